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
const CLEAR_OE_UE = [clear(57), clear(58)];

/** A departure, by the rows that show it. */
interface Departure {
  readonly name: string;
  readonly rows: RegExp;
  /** What comes before or behind such a row in a program. */
  readonly before?: readonly number[];
  readonly behind?: readonly number[];
  /** FPSCR bits that are not compared where the row interrupts. */
  readonly fpscr?: number;
}

const DEPARTURES: readonly Departure[] = [
  { name: "FR", rows: /^(mffs.*|mcrfs)$/, before: [clear(45)] },
  { name: "FX of mtfsb1", rows: /^mtfsb1$/, before: [set(32)] },
  {
    name: "exceptions of an earlier instruction",
    rows: /^xs(max|min)/,
    before: [clear(45)],
  },
  {
    name: "CR6 of unsigned decimal numbers",
    rows: /^bcdu/,
    behind: [op("mtocrf", { RS: 0, FXM: 2 })],
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
    name: "exceptions of vectors",
    rows: /^xv(?!abs|nabs|neg|cpsgn|iexp|xexp|xsig|t)/,
    before: [...CLEAR_OE_UE, set(32), set(35), set(36), clear(46)],
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
      /^(f(add|sub|mul|div|sqrt|re|rsqrte|n?m(add|sub))s|frsp|xs(add|sub|mul|div|sqrt|re|rsqrte|r|n?m(add|sub)[am])sp)$/,
    before: CLEAR_OE_UE,
    behind: CLEAR_FPRF,
    fpscr: FPRF,
  },
];

/** What comes before and behind a row in a program. */
export function settling(
  name: string,
): { readonly before: readonly number[]; readonly behind: readonly number[] } {
  const found = DEPARTURES.filter(({ rows }) => rows.test(name));
  return {
    before: found.flatMap(({ before = [] }) => before),
    behind: found.flatMap(({ behind = [] }) => behind),
  };
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

const decode = buildDecoder(ISA);

/**
 * Whether a case that has been shrunk shows nothing but a departure which
 * depends on operands, so that no instruction around it settles it.
 */
export function explained(one: Case, found: readonly Difference[]): boolean {
  const rows = one.words.filter((word) => word !== NOP)
    .map((word) => decode(word)?.name ?? "");
  const last = rows.at(-1) ?? "";
  if (rows.length === 1 && last === "vexptefp") return true;
  if (rows[0] === "divde" && rows.length === 3) {
    // A quotient of 64 bits is taken for one that fits.
    const xer = found.find(({ name }) => name === "XER");
    return xer !== undefined && OVERFLOW.test(xer.ours) &&
      !OVERFLOW.test(xer.theirs);
  }
  // What of several parts could be stored has been stored.
  return rows.length === 1 && /^(stfdp|stmw|stsw|stq|stx)/.test(last) &&
    found.every(({ name }) => name.startsWith("storage+"));
}

const NOP = op("ori");
/** XER with SO and OV. */
const OVERFLOW = /^[c-f]\w{7}$/;
