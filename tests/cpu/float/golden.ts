/**
 * The recorded outcomes as text, and in what QEMU's POWER9 differs from the
 * book.
 *
 * @module
 */
import { type FloatCase, floatCases, statusCases } from "./cases.ts";
import type { Outcome } from "./qemu.ts";

/** The cases that golden/qemu.txt holds the outcomes of, in order. */
export const GOLDEN_CASES: readonly FloatCase[] = [
  ...floatCases(120),
  ...statusCases(60),
];

/** CR fields that an instruction here can change: 1 and 6. */
const CR_SHIFTS = [24, 4];

/** Outcome in short: target (- if unchanged), FPSCR, CR1 and CR6, interrupt. */
export function describeOutcome(before: FloatCase, after: Outcome): string {
  const fpr = after.fpr === before.fpr[0] ? "-" : after.fpr.toString(16);
  const cr = CR_SHIFTS.map((shift) => (after.cr >>> shift & 15).toString(16));
  return `${fpr} ${after.fpscr.toString(16)} ${cr.join("")}${
    after.interrupted ? " !" : ""
  }`;
}

/** The outcome that a line means. */
export function parseOutcome(before: FloatCase, line: string): Outcome {
  const [fpr = "", fpscr = "", cr = "", interrupt] = line.split(" ");
  const fields = CR_SHIFTS.map((shift, i) =>
    parseInt(cr[i] ?? "", 16) << shift
  );
  const others = CR_SHIFTS.reduce((mask, shift) => mask & ~(15 << shift), ~0);
  return {
    fpr: fpr === "-" ? before.fpr[0] : BigInt(`0x${fpr}`),
    fpscr: BigInt(`0x${fpscr}`),
    cr: fields.reduce((sum, field) => sum | field, before.cr & others) >>> 0,
    interrupted: interrupt === "!",
  };
}

const FX = 0x8000_0000n;
const VXVC = 1n << 19n;
const FR = 1n << 18n;
const FI = 1n << 17n;
const FPRF = 0x1f_000n;
const CLASS = 0x1_0000n;
const NI = 4n;
const DRN = 7n << 32n;

/** What the book and QEMU agree about. */
export interface Agreement {
  /** FPSCR bits. */
  readonly fpscr: bigint;
  /** Whether the target is the same. */
  readonly fpr: boolean;
  /** Whether CR is. */
  readonly cr: boolean;
}

function magnitude(x: bigint): bigint {
  return x & (1n << 63n) - 1n;
}

/**
 * Where QEMU 7.2 is not the book's POWER9 (Book I 4.2.2 and 4.4):
 *
 * - it never computes FR, so that FR is left as it was;
 * - with an enabled exception it leaves out CR1 and FPRF;
 * - fcfid* leave out FPRF, and the target where inexact is enabled;
 * - comparisons change FI and C, and set VXVC beside an enabled VXSNAN;
 * - FPRF classes a denormalized single as a normal double;
 * - fnmadd and fnmsub negate before they round;
 * - fre and fres of zero give a half;
 * - enabled underflow of frsp wraps the exponent of numbers far too small;
 * - mtfsb1 sets neither FX nor NI;
 * - its user mode loses DRN on the way through a signal.
 */
export function agreement(
  { instruction: { name }, fpr: [, , b], fpscr }: FloatCase,
  { interrupted, fpr }: Outcome,
): Agreement {
  const conversion = name.startsWith("fcfid");
  const directed = name.startsWith("fnm") && (fpscr & 2n) !== 0n;
  const half = /^fres?$/.test(name) && magnitude(b) === 0n;
  const wrapped = name === "frsp" && interrupted && (fpscr & 0x20n) !== 0n;
  if (directed) return { fpscr: 0n, fpr: false, cr: false };
  let differing = FR;
  if (interrupted) differing |= FPRF | DRN;
  if (conversion || half) differing |= FPRF;
  if (name.startsWith("fcmp")) differing |= FI | CLASS | VXVC;
  if (name === "mtfsb1") differing |= FX | NI;
  const single = name === "frsp" || name.endsWith("s");
  if (single && magnitude(fpr) < 897n << 52n) differing |= CLASS;
  return {
    fpscr: ~differing,
    fpr: !((conversion && interrupted) || half || wrapped),
    cr: !interrupted && name !== "mtfsb1",
  };
}
