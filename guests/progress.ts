/**
 * How the recipes tell what they are doing.
 *
 * @module
 */

/** One report of a recipe at work. */
export interface Progress {
  /** Number of the present step, from 1. */
  step: number;
  /** How many steps there are. */
  steps: number;
  /** What the step does, as in "Downloading packages". */
  text: string;
  /** Bytes done so far, where the step counts them. */
  doneBytes?: number;
  /** Bytes to do, where they are known. */
  totalBytes?: number;
}

/** Receives the reports of a recipe. */
export type OnProgress = (progress: Progress) => void;

/**
 * Writes a number of bytes for people, in decimal units.
 *
 * @param bytes How many, 0 or more.
 * @returns As in "31.2 MB".
 *
 * @example Usage
 * ```ts
 * import { formatBytes } from "./progress.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatBytes(31_234_932), "31.2 MB");
 * ```
 */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/**
 * Writes a report as one line for people.
 *
 * @param progress The report.
 * @returns As in "[2/4] Downloading packages: 12.4 MB of 32.2 MB".
 */
export function formatProgress(progress: Progress): string {
  const { step, steps, text, doneBytes, totalBytes } = progress;
  let line = `[${step}/${steps}] ${text}`;
  if (doneBytes !== undefined) {
    line += `: ${formatBytes(doneBytes)}`;
    if (totalBytes !== undefined) line += ` of ${formatBytes(totalBytes)}`;
  }
  return line;
}
