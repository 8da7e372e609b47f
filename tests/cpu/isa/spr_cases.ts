/**
 * Moves to and from every special purpose register number, in privileged and
 * problem state of a partition.
 */
import { MSR } from "../../../cpu/state.ts";
import { BUFFER_BYTES, NOP, type StorageCase } from "./storage_case.ts";

/** A case, and whether the value that it reads may differ. */
export interface SprCase extends StorageCase {
  readonly number: number;
  readonly text: string;
  /** r3 is a clock's, or of the processor's model. */
  readonly varies: boolean;
}

const ONES = (1n << 64n) - 1n;
const PRIVILEGED = MSR.SF | MSR.ME;
const PROBLEM = PRIVILEGED | MSR.PR | MSR.EE | MSR.IR | MSR.DR;

/** Clocks; what the runner leaves behind; PVR. */
const VARYING: ReadonlySet<number> = new Set([
  ...[22, 268, 269, 284, 285, 308, 309, 848, 849],
  ...[26, 27, 28, 272, 287],
]);

/** The runner needs SPRG0; SPRG1 it leaves as r31 was. */
const NOT_WRITTEN: ReadonlySet<number> = new Set([272, 273]);

const FSCR = 153;

function field(number: number): number {
  return ((number & 31) << 16) | ((number >> 5) << 11);
}

function mfspr(target: number, number: number): number {
  return (0x7c00_02a6 | (target << 21) | field(number)) >>> 0;
}

function mtspr(number: number, source: number): number {
  return (0x7c00_03a6 | (source << 21) | field(number)) >>> 0;
}

const UNTOUCHED = 0x5a5a_5a5a_1234_5678n;

function makeCase(
  number: number,
  text: string,
  { words, msr, source }: {
    words: readonly [number, number];
    msr: bigint;
    source: bigint;
  },
): SprCase {
  return {
    number,
    text,
    varies: VARYING.has(number),
    words,
    msr,
    gpr: Array.from({ length: 32 }, (_, i) => i === 4 ? source : UNTOUCHED),
    cr: 0,
    xer: 0,
    lr: 0x1000n,
    ctr: 0x2000n,
    storage: new Uint8Array(BUFFER_BYTES),
  };
}

/** Reads into r3. */
function reads(number: number, msr: bigint, state: string): SprCase {
  return makeCase(number, `${state} mfspr ${number}`, {
    words: [mfspr(3, number), NOP],
    msr,
    source: 0n,
  });
}

/** Writes all ones or zeros, and reads back into r3. */
function writes(
  number: number,
  source: bigint,
  { msr, state }: { msr: bigint; state: string },
): SprCase {
  const name = source === 0n ? "zeros" : "ones";
  return makeCase(number, `${state} mtspr ${number} ${name}`, {
    words: [mtspr(number, 4), mfspr(3, number)],
    msr,
    source,
  });
}

function accesses(number: number): SprCase[] {
  const privileged = { msr: PRIVILEGED, state: "privileged" };
  const problem = { msr: PROBLEM, state: "problem" };
  const cases = [
    reads(number, PRIVILEGED, "privileged"),
    reads(number, PROBLEM, "problem"),
  ];
  if (NOT_WRITTEN.has(number)) return cases;
  cases.push(
    writes(number, ONES, privileged),
    writes(number, 0n, privileged),
    writes(number, 0n, problem),
  );
  if (number === FSCR) cases.push(writes(FSCR, ONES, privileged));
  return cases;
}

/** DSCR, event-based branches, TAR: denied by FSCR. */
const FACILITIES = [3, 800, 801, 802, 803, 804, 805, 806, 815];

/** All in the order in which they must be carried out. */
export function sprCases(): SprCase[] {
  const privileged = { msr: PRIVILEGED, state: "privileged" };
  return [
    writes(FSCR, ONES, privileged),
    ...Array.from({ length: 1024 }, (_, number) => accesses(number)).flat(),
    writes(FSCR, 0n, privileged),
    ...FACILITIES.map((number) => reads(number, PROBLEM, "problem, FSCR = 0,")),
  ];
}
