/**
 * Makes a case on which two processors differ as small as it gets: fewest
 * instructions, then fewest registers and bytes of storage that matter.
 *
 * @module
 */
import { buildDecoder } from "../../cpu/isa/decoder.ts";
import { ISA } from "../../cpu/isa/mod.ts";
import { op } from "./assembler.ts";
import {
  type Case,
  type Outcome,
  type Place,
  type Processor,
  REGISTERS,
  runCases,
} from "./case.ts";
import { same } from "./compare.ts";
import { isPooled } from "./pools.ts";
import { surroundings } from "./sequence.ts";
import { BATCH, isComparable, RECORD, STORAGE_BYTES } from "./record.ts";

const NOP = op("ori");

/** A case with what both made of it. */
export interface Judged {
  readonly one: Case;
  readonly theirs: Outcome;
  readonly ours: Outcome;
}

/** Two processors that are compared. */
export interface Judge {
  readonly theirs: Processor;
  readonly ours: Processor;
}

/** What both make of cases. */
export async function judge(
  { theirs, ours }: Judge,
  cases: readonly Case[],
): Promise<Judged[]> {
  const all: Judged[] = [];
  for (let i = 0; i < cases.length; i += BATCH.programs) {
    const some = cases.slice(i, i + BATCH.programs);
    const right = await runCases(ours, some);
    // QEMU would not come back from a program that does not end.
    const ending = some.flatMap((one, n) => {
      const outcome = right[n];
      return outcome && isComparable(outcome.record)
        ? [{ one, ours: outcome }]
        : [];
    });
    const left = await runCases(theirs, ending.map(({ one }) => one));
    ending.forEach((both, n) => {
      const outcome = left[n];
      if (outcome) all.push({ ...both, theirs: outcome });
    });
  }
  return all;
}

/** The smallest case that still differs; the given one must. */
export async function shrink(judges: Judge, start: Judged): Promise<Judged> {
  let best = start;
  /** Takes the first that still differs. */
  const attempt = async (cases: readonly Case[]): Promise<boolean> => {
    const judged = await judge(judges, cases);
    const found = judged.find(({ theirs, ours }) => !same(theirs, ours));
    if (found) best = found;
    return found !== undefined;
  };
  // Instructions: runs of them become no-operations, longest first.
  while (await attempt(withNops(best.one)));
  await attempt([withoutNops(best.one)]);
  // Start state: what can be 0 becomes 0, all at once if that works.
  await attempt([withZeros(best.one, REGISTERS.filter(isPlain))]);
  for (const places of await zeroable(judges, best)) {
    await attempt([withZeros(best.one, places)]);
  }
  await attempt([{ ...best.one, storage: new Uint8Array(STORAGE_BYTES) }]);
  while (await attempt(withLessStorage(best.one)));
  // In slot 0, where it will be repeated.
  await attempt([best.one]);
  return best;
}

/** Not what rows want of pools, and not the rounding mode. */
function isPlain({ at, bytes }: Place): boolean {
  return at !== RECORD.FPSCR &&
    !(bytes === 16 && isPooled((at - RECORD.VSR) / 16));
}

const decode = buildDecoder(ISA);

/** Ranges of words that stay together. */
function units(words: readonly number[]): [from: number, to: number][] {
  const all: [number, number][] = [];
  words.forEach((word, i) => {
    if (word === NOP) return;
    const { before, behind } = surroundings(words, i, decode);
    let from = i - before;
    let to = i + 1 + behind;
    while (all.length > 0 && (all.at(-1)?.[1] ?? 0) > from) {
      const last = all.pop();
      from = Math.min(from, last?.[0] ?? from);
      to = Math.max(to, last?.[1] ?? to);
    }
    all.push([from, to]);
  });
  return all;
}

function withNops(one: Case): Case[] {
  const parts = units(one.words);
  const cases: Case[] = [];
  for (let size = parts.length; size >= 1; size >>= 1) {
    for (let at = 0; at < parts.length; at += size) {
      const fewer = [...one.words];
      for (const [from, to] of parts.slice(at, at + size)) {
        fewer.fill(NOP, from, to);
      }
      if (!isEndless(fewer)) cases.push({ ...one, words: fewer });
    }
  }
  return cases;
}

const BC = op("bc") >>> 26;
const B = op("b") >>> 26;

/** Whether a loop has lost the two instructions that set its counter. */
function isEndless(words: readonly number[]): boolean {
  return words.some((word, i) => {
    if (word >>> 26 !== BC || (word & 0x8000) === 0) return false;
    const top = i + ((word << 16) >> 18);
    return words[top - 1] === NOP || words[top - 2] === NOP;
  });
}

function withoutNops(one: Case): Case {
  const { words } = one;
  const leads = (word: number) => word >>> 26 === BC || word >>> 26 === B;
  if (words.some(leads)) return one;
  return { ...one, words: words.filter((word) => word !== NOP) };
}

function withZeros(one: Case, places: readonly Place[]): Case {
  const record = one.record.slice();
  for (const { at, bytes } of places) record.fill(0, at, at + bytes);
  return { ...one, record };
}

/** Sets of registers to try: all that can be 0 alone, then each. */
async function zeroable(
  judges: Judge,
  { one }: Judged,
): Promise<readonly (readonly Place[])[]> {
  const places = REGISTERS.filter((place) => {
    const { at, bytes } = place;
    if (at !== RECORD.FPSCR && !isPlain(place)) return false;
    return one.record.subarray(at, at + bytes).some((byte) => byte !== 0);
  });
  const judged = await judge(
    judges,
    places.map((place) => withZeros(one, [place])),
  );
  const alone = places.filter((place) => {
    const found = judged.find(({ one: { record } }) =>
      record.subarray(place.at, place.at + place.bytes).every((b) => b === 0)
    );
    return found && !same(found.theirs, found.ours);
  });
  return [alone, ...alone.map((place) => [place])];
}

function withLessStorage(one: Case): Case[] {
  const cases: Case[] = [];
  for (let size = STORAGE_BYTES / 2; size >= 16; size >>= 1) {
    for (let at = 0; at < STORAGE_BYTES; at += size) {
      const part = one.storage.subarray(at, at + size);
      if (part.every((byte) => byte === 0)) continue;
      const storage = one.storage.slice();
      storage.fill(0, at, at + size);
      cases.push({ ...one, storage });
    }
    if (cases.length > 2 * BATCH.programs) break;
  }
  return cases;
}
