/**
 * Vector-scalar registers that are kept for operands which some rows need:
 * elsewhere the book leaves their results undefined. Nothing else writes them.
 *
 * @module
 */
import type { Random } from "./random.ts";
import type { Kind } from "./values.ts";

/** A pool: registers, and what they start with. */
export interface Pool {
  readonly registers: readonly number[];
  readonly kind: Kind;
  /** Whether rows of the pool may write to it. */
  readonly written: boolean;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Doubles that singles hold, as single-precision rows want (Book I 4.3.5.1). */
const SINGLES: Pool = {
  registers: [...range(16, 21), ...range(48, 53)],
  kind: "rounded",
  written: true,
};
/** Such singles and doubles of which an estimate exists. */
const NONZERO_SINGLES: Pool = {
  registers: [22, 23],
  kind: "nonzero single",
  written: false,
};
const NONZERO: Pool = {
  registers: [24, 25],
  kind: "nonzero double",
  written: false,
};
/** Decimal numbers as the rows of Book I 6.18 want them. */
const PACKED: Pool = { registers: [56, 57], kind: "packed", written: false };
const NATIONAL: Pool = { registers: [58], kind: "national", written: false };
/** Digits in ASCII, and in EBCDIC. */
const ZONED: Pool = { registers: [59], kind: "zoned", written: false };
const EBCDIC: Pool = { registers: [62], kind: "ebcdic", written: false };
const LENGTHS: Pool = { registers: [63], kind: "length", written: false };

/** Digits for denbcd, and finite decimal numbers. */
const DIGITS: Pool = { registers: [28, 29], kind: "unsigned", written: false };
const FINITE: Pool = { registers: [30, 31], kind: "finite", written: false };

/** Where settling instructions put what nobody wants. */
export const SCRATCH = 26;

/** All of them. */
export const POOLS: readonly Pool[] = [
  SINGLES,
  NONZERO_SINGLES,
  NONZERO,
  PACKED,
  NATIONAL,
  ZONED,
  EBCDIC,
  LENGTHS,
  DIGITS,
  FINITE,
  { registers: [SCRATCH], kind: "double", written: false },
];

/** Whether a pool has the register. */
export function isPooled(register: number): boolean {
  return RESERVED.has(register);
}

const RESERVED = new Set(POOLS.flatMap(({ registers }) => registers));

/** Rows and fields that take their operands from a pool. */
const USERS: readonly (readonly [rows: RegExp, fields: RegExp, pool: Pool])[] =
  [
    [/^f(add|sub|mul|div|sqrt|n?m(add|sub))s$/, /^FR/, SINGLES],
    [/^xs(add|sub|mul|div|sqrt|re|rsqrte|n?m(add|sub)[am])sp$/, /^X/, SINGLES],
    [/^denbcdq?$/, /^FRBp?$/, DIGITS],
    [/^(ddedpdq?|drsp|diexq?)$/, /^FRBp?$/, FINITE],
    [/^dsc[lr]iq?$/, /^FRAp?$/, FINITE],
    [/^f(re|rsqrte)s$/, /^FRB$/, NONZERO_SINGLES],
    [/^f(re|rsqrte)s$/, /^FRT$/, SINGLES],
    [/^f(re|rsqrte)$/, /^FRB$/, NONZERO],
    [/^bcdcfn/, /^VRB$/, NATIONAL],
    [/^bcdcfz/, /^VRB$/, ZONED],
    [/^bcdu?trunc/, /^VRA$/, LENGTHS],
    [/^bcd(add|sub|cpsgn)/, /^VR[AB]$/, PACKED],
    [/^bcd(s|sr|trunc|ctn|ctz|ctsq|setsgn)\.$/, /^VRB$/, PACKED],
  ];

/** A field of a row, which names a register. */
export interface RegisterField {
  readonly row: string;
  readonly field: string;
  /** Added to the field's number: 32 for vector registers. */
  readonly base: 0 | 32;
  readonly width: number;
}

/** A number for the field, from the pool that its row wants or from no pool. */
export function vectorRegister(
  random: Random,
  { row, field, base, width }: RegisterField,
): number {
  const pool = USERS.find(([rows, fields]) =>
    rows.test(row) && fields.test(field)
  )?.[2];
  if (pool) {
    const fitting = pool.registers.filter((n) =>
      n >= base && n < base + 2 ** width
    );
    const n = random.pick(fitting) - base;
    return field.endsWith("p") ? n & ~1 : n;
  }
  const writes = /T/.test(field);
  const pair = field.endsWith("p");
  for (;;) {
    // Mostly few registers, so that results are operands of what follows.
    let n = random.once(2) ? random.below(8) : random.below(2 ** width);
    if (width === 6 && n < 8 && random.once(2)) n += 32;
    if (pair) n &= ~1;
    if (!writes) return n;
    if (!RESERVED.has(base + n) && !(pair && RESERVED.has(base + n + 1))) {
      return n;
    }
  }
}
