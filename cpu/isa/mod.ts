/**
 * Every instruction, by chapter of the book.
 *
 * @module
 */
import type { Chapter, Instruction } from "./row.ts";

/** The chapters in the order of the book. */
export const CHAPTERS: readonly Chapter[] = [];

/** All rows of all chapters. */
export const ISA: readonly Instruction[] = CHAPTERS.flatMap(({ rows }) => rows);
