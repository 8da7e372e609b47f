/**
 * Quad-precision arithmetic of Book I 7.6.3 in exact integers: slow, without a
 * bit trick, and independent of the rows.
 *
 * @module
 */

/** The operations that the model knows; a × c + b for the fused one. */
export type Operation = "add" | "sub" | "mul" | "div" | "sqrt" | "fma";

/** How a result is rounded: FPSCR[RN], or to odd. */
export interface Rounding {
  readonly fpscr: bigint;
  readonly odd: boolean;
}

/** Default result and the FPSCR bits that it raises. */
export interface Result {
  readonly bits: bigint;
  readonly flags: bigint;
}

/** FPSCR bits by the book's numbers. */
function bit(n: number): bigint {
  return 1n << BigInt(63 - n);
}

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
const OE = bit(57);
const UE = bit(58);

const SIGN = 1n << 127n;
const INFINITY = 0x7fffn << 112n;
const QUIET = 1n << 111n;
const NAN = INFINITY | QUIET;
const FRACTION = (1n << 112n) - 1n;
const PRECISION = 113n;
/** Exponents of the last place, of the least and the greatest numbers. */
const LEAST = -16494n;
const GREATEST = 16383n - 112n;
const ADJUST = 24576n;

/** Whether a number is a NaN. */
export function isNan(x: bigint): boolean {
  return (x & ~SIGN) > INFINITY;
}

/** Whether a number is a signalling NaN. */
export function isSignaling(x: bigint): boolean {
  return isNan(x) && (x & QUIET) === 0n;
}

/** Whether a number is an infinity. */
export function isInfinite(x: bigint): boolean {
  return (x & ~SIGN) === INFINITY;
}

function isZero(x: bigint): boolean {
  return (x & ~SIGN) === 0n;
}

/** A finite number as integer × 2^exponent. */
export function parts(x: bigint): { integer: bigint; exponent: bigint } {
  const field = x >> 112n & 0x7fffn;
  const integer = field === 0n ? x & FRACTION : x & FRACTION | 1n << 112n;
  const exponent = (field === 0n ? 1n : field) - 16383n - 112n;
  return { integer: x & SIGN ? -integer : integer, exponent };
}

/** ± √^root (numerator ÷ denominator) × 2^exponent, which is not zero. */
interface Exact {
  readonly negative: boolean;
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly exponent: bigint;
  readonly root?: true;
}

function squareRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << BigInt(n.toString(2).length + 1 >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

/** Magnitude ÷ 2^last as floor, and whether that is all of it. */
function scaled(v: Exact, last: bigint): { floor: bigint; exact: boolean } {
  const shift = v.root ? v.exponent - 2n * last : v.exponent - last;
  const n = shift > 0n ? v.numerator << shift : v.numerator;
  const d = shift < 0n ? v.denominator << -shift : v.denominator;
  const quotient = n / d;
  if (!v.root) return { floor: quotient, exact: n % d === 0n };
  const floor = squareRoot(quotient);
  return { floor, exact: n % d === 0n && floor * floor === quotient };
}

function assemble(negative: boolean, k: bigint, last: bigint): bigint {
  // The exponent field of a number whose last place is 2^LEAST is 0 or 1.
  const field = last - LEAST;
  const magnitude = k < 1n << 112n ? k : (field << 112n) + k;
  return magnitude | (negative ? SIGN : 0n);
}

function roundExact(v: Exact, { fpscr, odd }: Rounding): Result {
  const bound = 1n << PRECISION;
  // A place that leaves more digits than fit, and then no more than fit.
  let last = v.exponent - 400n;
  if (v.root) last = v.exponent / 2n - 400n;
  const digits = BigInt(scaled(v, last).floor.toString(2).length);
  last += digits - PRECISION;
  let flags = 0n;
  const tiny = last < LEAST;
  const adjusted = tiny && (fpscr & UE) !== 0n;
  if (adjusted) flags |= UX;
  else if (tiny) last = LEAST;
  let { floor: k, exact } = scaled(v, last);
  if (!exact) {
    flags |= XX | FI | (tiny ? UX : 0n);
    const finer = scaled(v, last - 1n);
    const upperHalf = (finer.floor & 1n) === 1n;
    const tie = upperHalf && finer.exact;
    const mode = Number(fpscr & 3n);
    const nearest = upperHalf && (!tie || (k & 1n) === 1n);
    const directed = [nearest, false, !v.negative, v.negative][mode] ?? false;
    if (odd ? (k & 1n) === 0n : directed) {
      flags |= FR;
      k += 1n;
    }
    if (k === bound) {
      k >>= 1n;
      last += 1n;
    }
  }
  if (adjusted) last += ADJUST;
  if (last <= GREATEST) return { bits: assemble(v.negative, k, last), flags };
  if (fpscr & OE) {
    return {
      bits: assemble(v.negative, k, last - ADJUST),
      flags: flags | OX,
    };
  }
  const mode = Number(fpscr & 3n);
  const infinite = !odd && (mode === 0 || mode === (v.negative ? 3 : 2));
  const sign = v.negative ? SIGN : 0n;
  return {
    bits: sign | (infinite ? INFINITY : INFINITY - 1n),
    flags: OX | XX | FI,
  };
}

/** a × c + b of finite numbers. */
function fused(
  { a, b, c }: Operands,
  rounding: Rounding,
): Result {
  const [x, y, z] = [parts(a), parts(b), parts(c)];
  const exponent = x.exponent + z.exponent;
  const least = exponent < y.exponent ? exponent : y.exponent;
  const sum = (x.integer * z.integer << (exponent - least)) +
    (y.integer << (y.exponent - least));
  if (sum === 0n) {
    const product = (a ^ c) & SIGN;
    const same = product === (b & SIGN);
    const down = !rounding.odd && (rounding.fpscr & 3n) === 3n;
    return { bits: same ? product : down ? SIGN : 0n, flags: 0n };
  }
  return roundExact({
    negative: sum < 0n,
    numerator: sum < 0n ? -sum : sum,
    denominator: 1n,
    exponent: least,
  }, rounding);
}

/** Operands as bits, of which an operation takes what it needs. */
export interface Operands {
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
}

function invalid(flags: bigint): Result {
  return { bits: NAN, flags };
}

function multiplyAdd(operands: Operands, rounding: Rounding): Result {
  const { a, b, c } = operands;
  const sign = (a ^ c) & SIGN;
  const impossible = (isZero(a) && isInfinite(c)) ||
    (isZero(c) && isInfinite(a));
  const nan = [a, b, c].find(isNan);
  if (nan !== undefined) {
    const signaling = [a, b, c].some(isSignaling) ? VXSNAN : 0n;
    return { bits: nan | QUIET, flags: signaling | (impossible ? VXIMZ : 0n) };
  }
  if (impossible) return invalid(VXIMZ);
  if (isInfinite(a) || isInfinite(c)) {
    if (isInfinite(b) && (b & SIGN) !== sign) return invalid(VXISI);
    return { bits: sign | INFINITY, flags: 0n };
  }
  if (isInfinite(b)) return { bits: b, flags: 0n };
  return fused(operands, rounding);
}

function divide({ a, b }: Operands, rounding: Rounding): Result {
  const sign = (a ^ b) & SIGN;
  if (isInfinite(a)) {
    return isInfinite(b)
      ? invalid(VXIDI)
      : { bits: sign | INFINITY, flags: 0n };
  }
  if (isInfinite(b)) return { bits: sign, flags: 0n };
  if (isZero(b)) {
    if (isZero(a)) return invalid(VXZDZ);
    return { bits: sign | INFINITY, flags: ZX };
  }
  if (isZero(a)) return { bits: sign, flags: 0n };
  const [x, y] = [parts(a & ~SIGN), parts(b & ~SIGN)];
  return roundExact({
    negative: sign !== 0n,
    numerator: x.integer,
    denominator: y.integer,
    exponent: x.exponent - y.exponent,
  }, rounding);
}

function root(b: bigint, rounding: Rounding): Result {
  if (isZero(b)) return { bits: b, flags: 0n };
  if (b & SIGN) return invalid(VXSQRT);
  if (isInfinite(b)) return { bits: b, flags: 0n };
  const { integer, exponent } = parts(b);
  return roundExact({
    negative: false,
    numerator: integer,
    denominator: 1n,
    exponent,
    root: true,
  }, rounding);
}

/** Default result and raised FPSCR bits of an operation (Book I 7.4). */
export function compute(
  operation: Operation,
  { a, b, c }: Operands,
  rounding: Rounding,
): Result {
  if (operation === "fma") return multiplyAdd({ a, b, c }, rounding);
  const used = operation === "sqrt" ? [b] : [a, b];
  const nan = used.find(isNan);
  if (nan !== undefined) {
    const signaling = used.some(isSignaling);
    return { bits: nan | QUIET, flags: signaling ? VXSNAN : 0n };
  }
  const one = 0x3fffn << 112n;
  switch (operation) {
    case "add":
      return multiplyAdd({ a, c: one, b }, rounding);
    case "sub":
      return multiplyAdd({ a, c: one, b: b ^ SIGN }, rounding);
    case "mul":
      return multiplyAdd({ a, c: b, b: (a ^ b) & SIGN }, rounding);
    case "div":
      return divide({ a, b, c }, rounding);
    case "sqrt":
      return root(b, rounding);
  }
}
