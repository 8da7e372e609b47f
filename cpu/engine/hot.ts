/**
 * Rows whose handlers stand in the interpreter's loop itself, and rows whose
 * handlers are only made when a guest meets the first of them; all others are
 * functions that the loop calls. By how often kernels and shells execute them.
 *
 * @module
 */
import { decimalFacility } from "../isa/decimal.ts";
import type { Instruction } from "../isa/row.ts";
import { vectorDecimals } from "../isa/vector.ts";
import { quadPrecision } from "../isa/vsx.ts";

/** Names of hot rows; every variant of a named row is hot. */
export const HOT_ROWS: ReadonlySet<string> = new Set([
  "addi",
  "addis",
  "add",
  "subf",
  "neg",
  "mulli",
  "mulld",
  "mullw",
  "addic",
  "addic.",
  "addc",
  "adde",
  "addze",
  "subfc",
  "subfe",
  "subfic",
  "cmpi",
  "cmpli",
  "cmp",
  "cmpl",
  "ori",
  "oris",
  "xori",
  "andi.",
  "and",
  "or",
  "xor",
  "nor",
  "andc",
  "extsw",
  "extsb",
  "extsh",
  "cntlzd",
  "rldicl",
  "rldicr",
  "rlwinm",
  "rlwimi",
  "rldimi",
  "rldic",
  "sld",
  "srd",
  "slw",
  "srw",
  "sradi",
  "srawi",
  "extswsli",
  "lbz",
  "lhz",
  "lwz",
  "lwa",
  "ld",
  "stb",
  "sth",
  "stw",
  "std",
  "ldu",
  "lwzu",
  "lbzu",
  "stdu",
  "stwu",
  "stbu",
  "lbzx",
  "lhzx",
  "lwzx",
  "lwax",
  "ldx",
  "stbx",
  "sthx",
  "stwx",
  "stdx",
  "ldbrx",
  "lwbrx",
  "b",
  "bc",
  "bclr",
  "bcctr",
  "isel",
  "mcrf",
]);

/** Variants of hot rows that are rare all the same. */
export function isRareVariant(name: string): boolean {
  return /\b(OE=1|AA=1)\b/.test(name) || /^bcctr .*BO=(?!20\b)/.test(name);
}

/** SPR moves that are hot, by variant name. */
export const HOT_VARIANTS: ReadonlySet<string> = new Set([
  "mfspr SPR=8",
  "mfspr SPR=9",
  "mtspr SPR=8",
  "mtspr SPR=9",
]);

/** Rows that most guests never execute, and that are long. */
export const RARE_ROWS: ReadonlySet<Instruction> = new Set(
  [...decimalFacility, ...quadPrecision, ...vectorDecimals].flatMap((
    { rows },
  ) => rows),
);
