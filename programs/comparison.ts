/**
 * Where two outputs differ.
 *
 * @module
 */

/** A line that is not the same on both sides; an end of an output is `undefined`. */
export interface Difference {
  /** Number of the line, from 1. */
  readonly line: number;
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

/** Compares line by line. */
export function differences(ours: string, theirs: string): Difference[] {
  if (ours === theirs) return [];
  const left = ours.split("\n");
  const right = theirs.split("\n");
  const found: Difference[] = [];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    if (left[at] === right[at]) continue;
    found.push({ line: at + 1, ours: left[at], theirs: right[at] });
  }
  return found;
}

/** Says a few of the differences. */
export function describe(
  found: readonly Difference[],
  [ours, theirs]: readonly [string, string],
  most = 10,
): string[] {
  const side = (name: string, text: string | undefined) =>
    `    ${name}: ${text ?? "(has ended)"}`;
  const lines = found.slice(0, most).flatMap((difference) => [
    `  line ${difference.line}`,
    side(ours, difference.ours),
    side(theirs, difference.theirs),
  ]);
  if (found.length > most) lines.push(`  and ${found.length - most} more`);
  return lines;
}
