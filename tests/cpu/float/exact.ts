/**
 * Arithmetic of Book I 4.6.6 in exact rational numbers: slow, without a bit
 * trick, and independent of the rows.
 *
 * @module
 */
import { bitsOf, numberOf } from "./cases.ts";

/** The operations that the model knows. */
export type Operation = "add" | "sub" | "mul" | "div" | "sqrt" | "fma";

/** FPSCR bits by the book's numbers. */
function bit(n: number): bigint {
  return 1n << BigInt(63 - n);
}

const FX = bit(32);
const SUMMARY = { FEX: bit(33), VX: bit(34) };
const OX = bit(35);
const UX = bit(36);
const ZX = bit(37);
const XX = bit(38);
const VXSNAN = bit(39);
const VXISI = bit(40);
const VXIDI = bit(41);
const VXZDZ = bit(42);
const VXIMZ = bit(43);
const FR = bit(45);
const FI = bit(46);
const VXSQRT = bit(54);
const VE = bit(56);
const OE = bit(57);
const UE = bit(58);
const ZE = bit(59);
const INVALID = VXSNAN | VXISI | VXIDI | VXZDZ | VXIMZ | bit(44) | bit(53) |
  VXSQRT | bit(55);

/** A nonzero magnitude, known only by comparison with k × 2^q. */
interface Exact {
  readonly negative: boolean;
  /** Sign of the magnitude less k × 2^q. */
  readonly compare: (k: bigint, q: number) => number;
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** numerator / denominator × 2^exponent, with comparison by a power. */
function rational(
  numerator: bigint,
  denominator: bigint,
  { exponent, power = 1n }: { exponent: number; power?: bigint },
): Exact {
  const negative = numerator < 0n;
  const magnitude = negative ? -numerator : numerator;
  return {
    negative,
    compare(k, q) {
      const shift = exponent - Number(power) * q;
      const up = shift > 0 ? BigInt(shift) : 0n;
      const down = shift < 0 ? BigInt(-shift) : 0n;
      return order(magnitude << up, (k ** power * denominator) << down);
    },
  };
}

/** A finite double as integer × 2^exponent. */
export function parts(x: bigint): Parts {
  const field = Number(x >> 52n & 0x7ffn);
  const fraction = x & (1n << 52n) - 1n;
  const integer = field === 0 ? fraction : fraction | 1n << 52n;
  return {
    integer: x >> 63n ? -integer : integer,
    exponent: Math.max(field, 1) - 1075,
  };
}

/**
 * What a magnitude is rounded to: bits, least and greatest exponent, and what
 * an enabled overflow or underflow adjusts the exponent by.
 */
const FORMATS = {
  double: { precision: 53, least: -1022, greatest: 1023, adjust: 1536 },
  single: { precision: 24, least: -126, greatest: 127, adjust: 192 },
  half: { precision: 11, least: -14, greatest: 15, adjust: 24 },
};

/** A format, whose numbers are doubles everywhere here. */
export type FormatName = keyof typeof FORMATS;

/** Largest k below 2^60 for which holds(k), which is true up to some bound. */
function search(holds: (k: bigint) => boolean): bigint {
  let k = 0n;
  for (let step = 1n << 59n; step > 0n; step >>= 1n) {
    if (holds(k + step)) k += step;
  }
  return k;
}

/** The power of two at or below a magnitude; all are above 2^-17000. */
function exponentOf(v: Exact): number {
  let exponent = -17000;
  for (let step = 32768; step >= 1; step /= 2) {
    if (v.compare(1n, exponent + step) >= 0) exponent += step;
  }
  return exponent;
}

/** Bits of ±k × 2^q as a double. */
function toDouble(negative: boolean, k: bigint, q: number): bigint {
  // k has at most 53 bits, so that each step is exact.
  const half = Math.trunc(q / 2);
  const x = Number(k) * 2 ** half * 2 ** (q - half);
  return bitsOf(negative ? -x : x);
}

/** A result and the FPSCR bits that it raises. */
export interface Result {
  readonly bits: bigint;
  readonly flags: bigint;
}

function roundExact(v: Exact, name: FormatName, fpscr: bigint): Result {
  const { precision, least, greatest, adjust } = FORMATS[name];
  const mode = Number(fpscr & 3n);
  const exponent = exponentOf(v);
  const tiny = exponent < least;
  let flags = tiny && fpscr & UE ? UX : 0n;
  const last = (tiny && !flags ? least : exponent) - precision + 1;
  let k = search((candidate) => v.compare(candidate, last) >= 0);
  if (v.compare(k, last) !== 0) {
    flags |= XX | FI | (tiny ? UX : 0n);
    const half = v.compare(2n * k + 1n, last - 1);
    const up = [
      half > 0 || (half === 0 && k % 2n === 1n),
      false,
      !v.negative,
      v.negative,
    ][mode];
    if (up) {
      k++;
      flags |= FR;
    }
  }
  const limit = 1n << BigInt(precision);
  const carried = k === limit;
  if (exponent + (carried ? 1 : 0) <= greatest) {
    const adjusted = tiny && fpscr & UE ? adjust : 0;
    return { bits: toDouble(v.negative, k, last + adjusted), flags };
  }
  if (fpscr & OE) {
    const bits = toDouble(v.negative, k, last - adjust);
    return { bits, flags: flags | OX };
  }
  const infinite = mode === 0 || mode === (v.negative ? 3 : 2);
  return {
    bits: infinite
      ? bitsOf(v.negative ? -Infinity : Infinity)
      : toDouble(v.negative, limit - 1n, greatest - precision + 1),
    flags: OX | XX | FI,
  };
}

/** A number as integer × 2^exponent. */
export interface Parts {
  readonly integer: bigint;
  readonly exponent: number;
}

/** A number that is not 0, rounded as FPSCR says. */
export function roundNumber(
  { integer, exponent }: Parts,
  format: FormatName,
  fpscr: bigint,
): Result {
  return roundExact(rational(integer, 1n, { exponent }), format, fpscr);
}

const NAN = 0x7ff8_0000_0000_0000n;

/** Whether a double is a NaN. */
export function isNan(x: bigint): boolean {
  return (x << 1n & (1n << 64n) - 1n) > 0xffe0_0000_0000_0000n;
}

/** Whether a double is a signalling NaN. */
export function isSignaling(x: bigint): boolean {
  return isNan(x) && (x & 1n << 51n) === 0n;
}

/** The invalid operation that numbers without a NaN make, or 0. */
function invalidReason(op: Operation, a: number, c: number): bigint {
  switch (op) {
    case "add":
    case "sub":
      return VXISI;
    case "mul":
      return VXIMZ;
    case "div":
      return a === 0 ? VXZDZ : VXIDI;
    case "sqrt":
      return VXSQRT;
    case "fma":
      return Number.isNaN(a * c) ? VXIMZ : VXISI;
  }
}

/** The host's result where an operand is infinite or the result zero. */
function special(op: Operation, a: number, b: number, c: number): number {
  switch (op) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * c;
    case "div":
      return a / b;
    case "sqrt":
      return Math.sqrt(b);
    case "fma":
      // A finite product must not overflow here.
      return (Number.isFinite(a * c) || !Number.isFinite(a) ||
          !Number.isFinite(c)
        ? a * c
        : Math.sign(a) * Math.sign(c)) + b;
  }
}

/** Operands as bits, of which an operation takes what it needs. */
export interface Operands {
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
}

function exactValue(op: Operation, { a, b, c }: Operands): Exact | undefined {
  const [x, y, z] = [parts(a), parts(b), parts(c)];
  function sum(p: typeof x, q: typeof x): Exact | undefined {
    const exponent = Math.min(p.exponent, q.exponent);
    const total = (p.integer << BigInt(p.exponent - exponent)) +
      (q.integer << BigInt(q.exponent - exponent));
    return total === 0n ? undefined : rational(total, 1n, { exponent });
  }
  const product = {
    integer: x.integer * z.integer,
    exponent: x.exponent + z.exponent,
  };
  switch (op) {
    case "add":
      return sum(x, y);
    case "sub":
      return sum(x, { ...y, integer: -y.integer });
    case "mul":
      return sum(product, { integer: 0n, exponent: product.exponent });
    case "fma":
      return sum(product, y);
    case "div":
      return x.integer === 0n ? undefined : rational(
        y.integer < 0n ? -x.integer : x.integer,
        y.integer < 0n ? -y.integer : y.integer,
        { exponent: x.exponent - y.exponent },
      );
    case "sqrt":
      return rational(y.integer, 1n, { exponent: y.exponent, power: 2n });
  }
}

/** The zero of a sum or product that is exactly zero. */
function exactZero(op: Operation, operands: Operands, rn: number): bigint {
  const [a, b, c] = [operands.a, operands.b, operands.c].map((x) => x >> 63n);
  const signs = op === "add"
    ? [a, b]
    : op === "sub"
    ? [a, (b ?? 0n) ^ 1n]
    : op === "fma"
    ? [(a ?? 0n) ^ (c ?? 0n), b]
    : [(a ?? 0n) ^ ((op === "mul" ? c : b) ?? 0n)];
  const same = signs.every((sign) => sign === signs[0]);
  return (same ? signs[0] ?? 0n : rn === 3 ? 1n : 0n) << 63n;
}

/** Default result and raised FPSCR bits of an operation (Book I 4.4). */
export function compute(
  op: Operation,
  operands: Operands,
  { fpscr, format }: { fpscr: bigint; format: FormatName },
): Result {
  const { a, b, c } = operands;
  const used = op === "mul"
    ? [a, c]
    : op === "sqrt"
    ? [b]
    : op === "fma"
    ? [a, b, c]
    : [a, b];
  const [x, y, z] = [numberOf(a), numberOf(b), numberOf(c)];
  const nan = used.find(isNan);
  if (nan !== undefined) {
    let flags = used.some(isSignaling) ? VXSNAN : 0n;
    const impossible = (x === 0 && Math.abs(z) === Infinity) ||
      (z === 0 && Math.abs(x) === Infinity);
    if (op === "fma" && impossible) flags |= VXIMZ;
    const quiet = nan | 1n << 51n;
    return {
      bits: format === "single" ? quiet & ~((1n << 29n) - 1n) : quiet,
      flags,
    };
  }
  const hosts = special(op, x, y, z);
  if (Number.isNaN(hosts)) {
    return { bits: NAN, flags: invalidReason(op, x, z) };
  }
  if (used.some((bits) => Math.abs(numberOf(bits)) === Infinity)) {
    return { bits: bitsOf(hosts), flags: 0n };
  }
  if (op === "div" && y === 0) return { bits: bitsOf(hosts), flags: ZX };
  if (op === "sqrt" && y === 0) return { bits: b, flags: 0n };
  const exact = exactValue(op, operands);
  return exact ? roundExact(exact, format, fpscr) : {
    bits: exactZero(op, operands, Number(fpscr & 3n)),
    flags: 0n,
  };
}

/** FPRF of a result. */
export function classOf(bits: bigint, format: FormatName): bigint {
  const x = numberOf(bits);
  const negative = bits >> 63n !== 0n;
  if (Number.isNaN(x)) return 0b10001n;
  if (x === 0) return negative ? 0b10010n : 0b00010n;
  if (Math.abs(x) === Infinity) return negative ? 0b01001n : 0b00101n;
  if (Math.abs(x) < 2 ** FORMATS[format].least) {
    return negative ? 0b11000n : 0b10100n;
  }
  return negative ? 0b01000n : 0b00100n;
}

/** FPSCR[FPRF]. */
export const FPRF: bigint = 0x1fn << 12n;

/** Exceptions with the bits that enable them. */
const ENABLES: readonly (readonly [bigint, bigint])[] = [
  [SUMMARY.VX, VE],
  [OX, OE],
  [UX, UE],
  [ZX, ZE],
  [XX, bit(60)],
];

/** FPSCR with exceptions entered and its summaries made anew. */
export function enter(old: bigint, flags: bigint): bigint {
  let fpscr = old | flags;
  if (flags & ~old & (INVALID | OX | UX | ZX | XX)) fpscr |= FX;
  fpscr &= ~(SUMMARY.FEX | SUMMARY.VX);
  if (fpscr & INVALID) fpscr |= SUMMARY.VX;
  const pending = ENABLES.some(([x, e]) => fpscr & x && fpscr & e);
  return pending ? fpscr | SUMMARY.FEX : fpscr;
}

/** Whether one of the exceptions is enabled. */
export function isEnabled(flags: bigint, fpscr: bigint): boolean {
  const raised = flags | (flags & INVALID ? SUMMARY.VX : 0n);
  return ENABLES.some(([x, e]) => raised & x && fpscr & e);
}

/** FPSCR and target after an arithmetic instruction, interrupts enabled. */
export function complete(
  { bits, flags }: Result,
  before: { fpscr: bigint; target: bigint; format: FormatName },
): { fpr: bigint; fpscr: bigint; interrupted: boolean } {
  const { fpscr: old, format } = before;
  const suppressed = isEnabled(flags & (INVALID | ZX), old);
  const kept = old & ~(FR | FI);
  const classed = suppressed
    ? kept
    : kept & ~FPRF | classOf(bits, format) << 12n;
  return {
    fpr: suppressed ? before.target : bits,
    fpscr: enter(classed, flags),
    interrupted: isEnabled(flags, old),
  };
}
