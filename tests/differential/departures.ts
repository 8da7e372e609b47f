/**
 * Where QEMU 7.2 departs from the book, or the book leaves a result open, and
 * what is done so that this and nothing else is not compared. Each has its
 * paragraph in docs/departures.md.
 *
 * Most are settled in the program: an instruction before or behind brings both
 * processors to the same state, so that nothing of it reaches what follows.
 *
 * @module
 */
import { buildDecoder } from "../../cpu/isa/decoder.ts";
import { ISA } from "../../cpu/isa/mod.ts";
import { op } from "./assembler.ts";
import { SCRATCH } from "./pools.ts";
import type { Case } from "./case.ts";
import type { Difference } from "./compare.ts";

/** FPSCR bits by the book's numbers. */
function bit(n: number): number {
  return 2 ** (63 - n);
}

const FR = bit(45);
const FI = bit(46);
const C = bit(47);
const FPRF = 31 * 2 ** 12;
/** Exceptions that elements of a vector may raise. */
const EXCEPTIONS = [33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 54, 55]
  .reduce((sum, n) => sum + bit(n), 0);

function clear(n: number): number {
  return op("mtfsb0", { BTF: n - 32 });
}

function set(n: number): number {
  return op("mtfsb1", { BTF: n - 32 });
}

const CLEAR_FPRF = [
  op("mtfsfi", { BFF: 3, U: 0 }),
  op("mtfsfi", { BFF: 4, U: 0 }),
];
/**
 * Some rows take exceptions that an earlier instruction has left in QEMU's
 * arithmetic for theirs; mffs forgets those.
 */
const FORGET = [clear(45), op("mffs", { FRT: SCRATCH })];
const CLEAR_OE_UE = [clear(57), clear(58)];

/** Rows of chapter 5, by their names. */
const DECIMAL =
  /^d(add|sub|mul|div|cmp[uo]|tst\w+|quai?|rrnd|rint[xn]|ct\w+|rsp|rdp|cf\w+|dedpd|enbcd|xex|iex|sc[lr]i)q?$/;

/** A departure, by the rows that show it. */
export interface Departure {
  readonly name: string;
  readonly rows: RegExp;
  /** What comes before or behind such a row in a program. */
  readonly before?: readonly number[];
  readonly behind?: readonly number[];
  /** FPSCR bits that are not compared where the row interrupts. */
  readonly fpscr?: number;
}

/** All that are settled in programs. */
export const DEPARTURES: readonly Departure[] = [
  { name: "FR", rows: /^(mffs.*|mcrfs)$/, before: [clear(45)] },
  { name: "FX set anew", rows: /^(mtfsf|mtfsfi|mcrfs)$/, behind: [set(32)] },
  { name: "FX of mtfsb1", rows: /^mtfsb1$/, before: [set(32)] },
  {
    name: "exceptions of an earlier instruction",
    rows: /^xs(max|min|cmpexp)/,
    before: [...CLEAR_OE_UE, ...FORGET],
  },
  {
    name: "CR6 of unsigned decimal numbers",
    rows: /^bcdu/,
    behind: [op("mtocrf", { RS: 0, FXM: 2 })],
  },
  {
    name: "decimal floating point",
    rows: DECIMAL,
    before: [op("mtfsfi", { BFF: 6, U: 0 }), clear(60)],
    behind: CLEAR_FPRF,
    fpscr: FPRF,
  },
  {
    name: "VXVC where VE is set",
    rows: /^(fcmpo|xscmpodp)$/,
    before: [clear(56)],
  },
  {
    name: "FI and C of comparisons",
    rows: /^(fcmp[uo]|xscmp[uo]dp)$/,
    behind: [clear(46), clear(47)],
    fpscr: FI + C,
  },
  {
    name: "FPRF of conversions from integers",
    rows: /^fcfid/,
    behind: CLEAR_FPRF,
    fpscr: FPRF,
  },
  {
    name: "rounding of a negated result",
    rows: /^(f|xs|xv)nm(add|sub)/,
    // To nearest or to zero.
    before: [clear(62)],
  },
  {
    name: "rounding of quad precision to integers",
    rows: /^xsrqp(i|xp)/,
    before: [clear(63)],
  },
  {
    name: "exceptions of vectors",
    rows: /^xv(?!abs|nabs|neg|cpsgn|iexp|xexp|xsig|t)/,
    before: [...CLEAR_OE_UE, set(32), set(35), set(36), clear(46), ...FORGET],
    fpscr: EXCEPTIONS,
  },
  {
    name: "interrupts of vector comparisons",
    rows: /^xvcmp/,
    before: [clear(56)],
  },
  {
    name: "zero divide of estimates",
    rows: /^x[sv](rsqrte|re)[sd]p/,
    before: [clear(59), set(32), set(37)],
  },
  {
    name: "class of single results",
    rows:
      /^(f(add|sub|mul|div|sqrt|re|rsqrte|n?m(add|sub))s|frsp|xs(add|sub|mul|div|sqrt|re|rsqrte|r|n?m(add|sub)[am])sp|xscvdp[sh]p)$/,
    before: CLEAR_OE_UE,
    behind: CLEAR_FPRF,
    fpscr: FPRF,
  },
];

/** What comes before and behind a row in a program. */
export interface Settling {
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

const KNOWN = new Map<string, Settling>();

/** What comes before and behind a row in a program. */
export function settling(name: string): Settling {
  let known = KNOWN.get(name);
  if (!known) {
    const found = DEPARTURES.filter(({ rows }) => rows.test(name));
    known = {
      before: found.flatMap(({ before = [] }) => before),
      behind: found.flatMap(({ behind = [] }) => behind),
    };
    KNOWN.set(name, known);
  }
  return known;
}

/**
 * FPSCR bits that are compared where a program has ended, by the name of the
 * row that interrupted it, if one did.
 */
export function comparedBits(interrupted: string | undefined): bigint {
  let bits = COMPARED.get(interrupted);
  if (bits === undefined) {
    bits = ~DEPARTURES
      .filter(({ rows }) => interrupted !== undefined && rows.test(interrupted))
      .reduce((sum, { fpscr = 0 }) => sum | BigInt(fpscr), BigInt(FR));
    COMPARED.set(interrupted, bits);
  }
  return bits;
}

const COMPARED = new Map<string | undefined, bigint>();

/** Words that settle something, which need nothing around them. */
const SETTLING = new Set(
  DEPARTURES.flatMap(({ before = [], behind = [] }) => [...before, ...behind]),
);

/** Whether a word stands in a program to settle what is around it. */
export function isSettling(word: number): boolean {
  return SETTLING.has(word);
}

const decode = buildDecoder(ISA);

/**
 * Whether a case that has been shrunk shows nothing but a departure which
 * depends on operands, so that no instruction around it settles it.
 */
export function explained(one: Case, found: readonly Difference[]): boolean {
  const rows = one.words
    .filter((word) => word !== NOP && !isSettling(word))
    .map((word) => decode(word)?.name ?? "");
  const last = rows.at(-1) ?? "";
  const only = (names: RegExp) => found.every(({ name }) => names.test(name));
  // An infinity times zero, plus a signalling NaN: one of two exceptions.
  // A signalling NaN behind a quiet one, in the comparisons that C makes.
  if (
    /m(add|sub)|^xs(max|min)jdp$/.test(last) && found.every(isMissingVxsnan)
  ) {
    return true;
  }
  // An adjusted exponent that does not fit leaves what may be a signalling NaN.
  if (last === "xscvqpdp" && found.every(isClassOfSignaling)) return true;
  const size = /^st(.)cx\.$/.exec(last)?.[1];
  if (size !== undefined) return isOtherReservation(size, rows, found);
  if (rows.includes("divde")) {
    // A quotient of 64 bits is taken for one that fits.
    const xer = found.find(({ name }) => name === "XER");
    return xer !== undefined && OVERFLOW.test(xer.ours) &&
      !OVERFLOW.test(xer.theirs);
  }
  // What of several parts could be moved has been moved.
  return /^(stfdp|stmw|stsw|stq|stx|lfdp|lmw|lsw|lq|lxv)/.test(last) &&
    only(/^(storage|vs|r)/);
}

/**
 * A reservation for this storage of another length: the book leaves open what
 * a store conditional does (Book II 4.6.2), QEMU does not look at lengths. Of
 * 16 bytes, QEMU does not find it.
 */
function isOtherReservation(
  size: string,
  rows: readonly string[],
  found: readonly Difference[],
): boolean {
  const reserve = rows.findLast((name) => /^l[bhwdq]arx$/.test(name));
  if (reserve === undefined) return false;
  const quadword = size === "q";
  if ((reserve === `l${size}arx`) !== quadword) return false;
  const cr = found.find(({ name }) => name === "CR");
  if (cr === undefined) return false;
  const [theirs, ours] = [BigInt(`0x${cr.theirs}`), BigInt(`0x${cr.ours}`)];
  const [stored, left] = quadword ? [ours, theirs] : [theirs, ours];
  return stored === (left | STORED) && stored !== left && found.length <= 2 &&
    found.every(({ name }) => /^(CR$|storage)/.test(name));
}

/** CR0[2]. */
const STORED = 0x2000_0000n;

/** QEMU gives signalling NaNs no class, which only such exponents make. */
function isClassOfSignaling({ name, theirs, ours }: Difference): boolean {
  if (name !== "FPSCR") return false;
  const [left, right] = [BigInt(`0x${theirs}`), BigInt(`0x${ours}`)];
  return (left & BigInt(FPRF)) === 0n && (left | CLASS_OF_NAN) === right &&
    (right & OE_UE) !== 0n;
}

/** FPRF of a quiet NaN. */
const CLASS_OF_NAN = 0x1_1000n;
const OE_UE = BigInt(bit(57) + bit(58));

const VXSNAN = BigInt(bit(39));
const FX_VX_VXSNAN = BigInt(bit(32) + bit(34)) | VXSNAN;
const VXIMZ = BigInt(bit(43));

function isMissingVxsnan({ name, theirs, ours }: Difference): boolean {
  if (name !== "FPSCR") return false;
  const [left, right] = [BigInt(`0x${theirs}`), BigInt(`0x${ours}`)];
  return (left & VXIMZ) !== 0n
    ? (left | VXSNAN) === right
    : (left | FX_VX_VXSNAN) === right;
}

const NOP = op("ori");
/** XER with SO and OV. */
const OVERFLOW = /^[c-f]\w{7}$/;
