/**
 * Runs random programs of privileged state on two machines, and makes what
 * differs short.
 *
 * @module
 */
import { op } from "../assembler.ts";
import { type Difference, differences } from "./compare.ts";
import {
  CASE,
  MOST_CASES,
  PROGRAM_WORDS,
  recordOffset,
  type Translation,
  TRANSLATIONS,
} from "./layout.ts";
import { drawProgram } from "./program.ts";
import type { Runner } from "./run.ts";

/** Programs of an image. */
const BATCH = 1500;
const NOP = op("ori");

/** A case with what both machines made of it, if they came back from it. */
export interface Judged {
  readonly translation: Translation;
  readonly bytes: Uint8Array;
  readonly theirs: Uint8Array | undefined;
  readonly ours: Uint8Array | undefined;
}

/** QEMU and ours. */
export interface Machines {
  readonly theirs: Runner;
  readonly ours: Runner;
}

/** What a hunt is about. */
export interface HuntOptions extends Machines {
  readonly seed: number;
  readonly count: number;
  /** Told how many programs have been compared. */
  readonly onProgress?: (programs: number) => void;
  /** Told of each difference, with the program's number. */
  readonly onDifference: (found: Judged, program: number) => void;
}

/** What differs of a case; nothing but "end" where a machine has none. */
export function compared(
  { bytes, theirs, ours }: Judged,
): readonly Difference[] {
  if (theirs && ours) return differences(bytes, { theirs, ours });
  const came = (record?: Uint8Array) => record ? 1n : 0n;
  const end = { name: "end", theirs: came(theirs), ours: came(ours) };
  return end.theirs === end.ours && theirs ? [] : [end];
}

/**
 * Both machines' records. Behind a case from which a machine does not come
 * back there are none, so they start anew with the next one.
 */
export async function judge(
  { theirs, ours }: Machines,
  translation: Translation,
  cases: readonly Uint8Array[],
): Promise<Judged[]> {
  const all: Judged[] = [];
  for (let first = 0; first < cases.length;) {
    const some = cases.slice(first, first + MOST_CASES);
    const left = await theirs(translation, some);
    const right = await ours(translation, some);
    const both = Math.min(left.length, right.length);
    some.slice(0, both + 1).forEach((bytes, i) => {
      all.push({ translation, bytes, theirs: left[i], ours: right[i] });
    });
    first = all.length;
  }
  return all;
}

/** How many programs QEMU ended with which interrupt, by its vector. */
export type Tally = Readonly<Record<Translation, Map<number, number>>>;

/** Program n translates as n modulo three says. */
export async function hunt(options: HuntOptions): Promise<Tally> {
  const { seed, count } = options;
  const tally: Tally = { real: new Map(), hash: new Map(), radix: new Map() };
  let done = 0;
  for (let start = 0; start < count; start += BATCH * TRANSLATIONS.length) {
    for (const [kind, translation] of TRANSLATIONS.entries()) {
      const numbers = Array.from(
        { length: BATCH },
        (_, i) => start + kind + TRANSLATIONS.length * i,
      ).filter((number) => number < count);
      const cases = numbers.map((index) =>
        drawProgram({ seed, index, translation }).bytes
      );
      const judged = await judge(options, translation, cases);
      for (const [i, one] of judged.entries()) {
        add(tally[translation], one.theirs);
        if (compared(one).length === 0) continue;
        options.onDifference(await shrink(options, one), numbers[i] ?? 0);
      }
      done += numbers.length;
      options.onProgress?.(done);
    }
  }
  return tally;
}

function add(tally: Map<number, number>, record?: Uint8Array): void {
  if (!record) return;
  const view = new DataView(record.buffer, record.byteOffset);
  const vector = Number(view.getBigUint64(recordOffset("vector")));
  tally.set(vector, (tally.get(vector) ?? 0) + 1);
}

/** Fewest instructions that still differ, when the case runs alone. */
export async function shrink(
  machines: Machines,
  start: Judged,
): Promise<Judged> {
  let best = start;
  // Where a machine does not come back, every attempt would take its time.
  while (best.theirs && best.ours) {
    const judged = await judge(
      machines,
      best.translation,
      withNops(best.bytes),
    );
    const found = judged.find((one) =>
      one.theirs && one.ours && compared(one).length > 0
    );
    if (!found) break;
    best = found;
  }
  const [alone] = await judge(machines, best.translation, [best.bytes]);
  return alone && compared(alone).length > 0 ? alone : best;
}

/** Each instruction as a no-operation, in either byte order. */
function withNops(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const fewer: Uint8Array[] = [];
  for (let n = 0; n < PROGRAM_WORDS; n++) {
    const at = CASE.code + 4 * n;
    const isNop = [false, true].some((order) =>
      view.getUint32(at, order) === NOP
    );
    if (isNop) continue;
    for (const littleEndian of [false, true]) {
      const copy = bytes.slice();
      new DataView(copy.buffer).setUint32(at, NOP, littleEndian);
      fewer.push(copy);
    }
  }
  return fewer;
}
