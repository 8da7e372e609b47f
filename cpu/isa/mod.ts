/**
 * Every instruction, by chapter of the book.
 *
 * @module
 */
import { branches } from "./branch.ts";
import { conditionMoves, conditionRegister } from "./condition.ts";
import { fixedArithmetic } from "./fixed_arithmetic.ts";
import { fixedCompare, fixedSelect, fixedTrap } from "./fixed_compare.ts";
import {
  decimalAssist,
  fixedLogical,
  programPriority,
} from "./fixed_logical.ts";
import { fixedRotate } from "./fixed_rotate.ts";
import { floatFacility } from "./float.ts";
import type { Chapter, Instruction } from "./row.ts";
import { vectorFacility } from "./vector.ts";
import { vectorScalarExtension } from "./vsx.ts";

/** The chapters in the order of the book. */
export const CHAPTERS: readonly Chapter[] = [
  branches,
  conditionRegister,
  fixedArithmetic,
  fixedCompare,
  fixedTrap,
  fixedSelect,
  fixedLogical,
  fixedRotate,
  decimalAssist,
  conditionMoves,
  programPriority,
  ...floatFacility,
  ...vectorFacility,
  ...vectorScalarExtension,
];

/** All rows of all chapters. */
export const ISA: readonly Instruction[] = CHAPTERS.flatMap(({ rows }) => rows);
