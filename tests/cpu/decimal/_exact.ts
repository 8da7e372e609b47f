/**
 * Decimal arithmetic of Book I 5.6.1 in exact fractions: slow, without a
 * digit trick, and independent of the rows.
 *
 * @module
 */
import { type Decimal, decode, encode, type Format } from "./_format.ts";

/** The operations that the model knows. */
export type Operation = "add" | "sub" | "mul" | "div";

/** FPSCR bits by the book's numbers. */
function bit(n: number): bigint {
  return 1n << BigInt(63 - n);
}

const FX = bit(32);
const [FEX, VX, OX, UX, ZX, XX] = [33, 34, 35, 36, 37, 38].map(bit) as [
  bigint,
  bigint,
  bigint,
  bigint,
  bigint,
  bigint,
];
const [VXSNAN, VXISI, VXIDI, VXZDZ, VXIMZ] = [39, 40, 41, 42, 43].map(bit) as [
  bigint,
  bigint,
  bigint,
  bigint,
  bigint,
];
const FR = bit(45);
const FI = bit(46);
const FPRF = 0x1f_000n;
const [VE, OE, UE, ZE] = [56, 57, 58, 59].map(bit) as [
  bigint,
  bigint,
  bigint,
  bigint,
];
const INVALID = VXSNAN | VXISI | VXIDI | VXZDZ | VXIMZ;

/** What an instruction leaves. */
export interface Outcome {
  /** Nothing where an enabled exception leaves the target alone. */
  readonly bits: bigint | undefined;
  readonly fpscr: bigint;
}

interface Result {
  readonly value: Decimal;
  readonly flags: bigint;
}

/** ± numerator ÷ denominator × 10^exponent, and the exponent to aim at. */
interface Exact {
  readonly negative: boolean;
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly exponent: number;
  readonly ideal: number;
}

/** Whether a magnitude goes up, by twice what is left of a unit. */
function goesUp(
  drn: number,
  { negative, last, twice, unit }: {
    negative: boolean;
    last: bigint;
    twice: bigint;
    unit: bigint;
  },
): boolean {
  switch (drn) {
    case 0:
      return twice > unit || (twice === unit && last % 2n === 1n);
    case 1:
      return false;
    case 2:
      return !negative;
    case 3:
      return negative;
    case 4:
      return twice >= unit;
    case 5:
      return twice > unit;
    case 6:
      return true;
    default:
      return last % 5n === 0n;
  }
}

/** floor(numerator × 10^shift ÷ denominator), and the same without floor. */
function scaled({ numerator, denominator }: Exact, shift: number) {
  const n = shift > 0 ? numerator * 10n ** BigInt(shift) : numerator;
  const d = shift < 0 ? denominator * 10n ** BigInt(-shift) : denominator;
  return { quotient: n / d, rest: n % d, unit: d };
}

function roundExact(exact: Exact, format: Format, fpscr: bigint): Result {
  const { negative, exponent } = exact;
  const { precision, most, adjust } = format;
  const drn = Number(fpscr >> 32n & 7n);
  const full = 10n ** BigInt(precision);
  if (exact.numerator === 0n) {
    const clamped = Math.min(Math.max(exact.ideal, 0), most);
    const zero = { kind: "finite", negative, coefficient: 0n } as const;
    return { value: { ...zero, exponent: clamped }, flags: 0n };
  }
  // The exponent with which there are as many digits as fit.
  const digits = exact.numerator.toString().length -
    exact.denominator.toString().length;
  let e = exponent + digits - precision - 1;
  while (scaled(exact, exponent - e).quotient >= full) e++;
  let { ideal } = exact;
  let flags = 0n;
  let shift = exponent - e;
  const tiny = e < 0;
  if (tiny && fpscr & UE) {
    flags |= UX;
    e += adjust;
    ideal += adjust;
  } else if (tiny) {
    shift = exponent;
    e = 0;
  }
  let { quotient, rest, unit } = scaled(exact, shift);
  if (rest !== 0n) {
    flags |= XX | FI | (tiny ? UX : 0n);
    const last = quotient % 10n;
    if (goesUp(drn, { negative, last, twice: 2n * rest, unit })) {
      flags |= FR;
      quotient += 1n;
      if (quotient === full) {
        quotient /= 10n;
        e++;
      }
    }
  }
  if (e > most) {
    if (!(fpscr & OE)) {
      const infinite = [true, false, !negative, negative, true, true, true][
        drn
      ] ?? false;
      const value: Decimal = infinite ? { kind: "infinite", negative } : {
        kind: "finite",
        negative,
        coefficient: full - 1n,
        exponent: most,
      };
      return { value, flags: OX | XX | FI };
    }
    flags |= OX;
    e -= adjust;
    ideal -= adjust;
  }
  if (rest === 0n) {
    while (e < Math.min(ideal, most) && quotient % 10n === 0n) {
      quotient /= 10n;
      e++;
    }
  }
  const value = { kind: "finite", negative, coefficient: quotient } as const;
  return { value: { ...value, exponent: e }, flags };
}

const DEFAULT_NAN: Decimal = { kind: "quiet", negative: false, payload: 0n };

function isNan(
  x: Decimal,
): x is Extract<Decimal, { readonly payload: bigint }> {
  return x.kind === "quiet" || x.kind === "signaling";
}

function isZero(x: Decimal): boolean {
  return x.kind === "finite" && x.coefficient === 0n;
}

function invalid(flags: bigint): Result {
  return { value: DEFAULT_NAN, flags };
}

function negate(x: Decimal): Decimal {
  return isNan(x) ? x : { ...x, negative: !x.negative };
}

function add(a: Decimal, b: Decimal, format: Format, fpscr: bigint): Result {
  if (a.kind === "infinite" && b.kind === "infinite") {
    return a.negative === b.negative ? { value: a, flags: 0n } : invalid(VXISI);
  }
  if (a.kind !== "finite") return { value: a, flags: 0n };
  if (b.kind !== "finite") return { value: b, flags: 0n };
  const exponent = Math.min(a.exponent, b.exponent);
  const [x, y] = [a, b].map((one) => {
    const scale = 10n ** BigInt(one.exponent - exponent);
    return (one.negative ? -one.coefficient : one.coefficient) * scale;
  }) as [bigint, bigint];
  const sum = x + y;
  const negative = sum === 0n
    ? a.negative === b.negative ? a.negative : (fpscr >> 32n & 7n) === 3n
    : sum < 0n;
  return roundExact(
    {
      negative,
      numerator: sum < 0n ? -sum : sum,
      denominator: 1n,
      exponent,
      ideal: exponent,
    },
    format,
    fpscr,
  );
}

function multiply(
  a: Decimal,
  b: Decimal,
  format: Format,
  fpscr: bigint,
): Result {
  const negative = a.negative !== b.negative;
  if (a.kind !== "finite" || b.kind !== "finite") {
    if (isZero(a) || isZero(b)) return invalid(VXIMZ);
    return { value: { kind: "infinite", negative }, flags: 0n };
  }
  const exponent = a.exponent + b.exponent - format.bias;
  return roundExact(
    {
      negative,
      numerator: a.coefficient * b.coefficient,
      denominator: 1n,
      exponent,
      ideal: exponent,
    },
    format,
    fpscr,
  );
}

function divide(a: Decimal, b: Decimal, format: Format, fpscr: bigint): Result {
  const negative = a.negative !== b.negative;
  if (a.kind === "infinite") {
    if (b.kind === "infinite") return invalid(VXIDI);
    return { value: { kind: "infinite", negative }, flags: 0n };
  }
  if (a.kind !== "finite") return invalid(0n);
  if (b.kind !== "finite") {
    const zero = { kind: "finite", negative, coefficient: 0n } as const;
    return { value: { ...zero, exponent: 0 }, flags: 0n };
  }
  if (isZero(b)) {
    if (isZero(a)) return invalid(VXZDZ);
    return { value: { kind: "infinite", negative }, flags: ZX };
  }
  const exponent = a.exponent - b.exponent + format.bias;
  return roundExact(
    {
      negative,
      numerator: a.coefficient,
      denominator: b.coefficient,
      exponent,
      ideal: exponent,
    },
    format,
    fpscr,
  );
}

function compute(
  operation: Operation,
  [a, b]: readonly [Decimal, Decimal],
  format: Format,
  fpscr: bigint,
): Result {
  const nan = [a, b].find(({ kind }) => kind === "signaling") ??
    [a, b].find(isNan);
  if (nan) {
    return {
      value: { ...nan, kind: "quiet" } as Decimal,
      flags: nan.kind === "signaling" ? VXSNAN : 0n,
    };
  }
  switch (operation) {
    case "add":
      return add(a, b, format, fpscr);
    case "sub":
      return add(a, negate(b), format, fpscr);
    case "mul":
      return multiply(a, b, format, fpscr);
    case "div":
      return divide(a, b, format, fpscr);
  }
}

/** FPRF (Book I 5.5.1). */
export function classOf(value: Decimal, { precision }: Format): bigint {
  if (value.kind === "quiet") return 0b10001n;
  if (value.kind === "signaling") return 0b00001n;
  if (value.kind === "infinite") return value.negative ? 0b01001n : 0b00101n;
  if (value.coefficient === 0n) return value.negative ? 0b10010n : 0b00010n;
  const digits = value.coefficient.toString().length;
  if (value.exponent + digits < precision) {
    return value.negative ? 0b11000n : 0b10100n;
  }
  return value.negative ? 0b01000n : 0b00100n;
}

/** Result and FPSCR of an operation on bits. */
export function run(
  operation: Operation,
  operands: readonly [bigint, bigint],
  { format, fpscr }: { format: Format; fpscr: bigint },
): Outcome {
  const [a, b] = operands.map((bits) => decode(bits, format)) as [
    Decimal,
    Decimal,
  ];
  const { value, flags } = compute(operation, [a, b], format, fpscr);
  const vx = flags & INVALID ? VX : 0n;
  const exceptions = flags & ~(FR | FI) | vx;
  const suppressed = (flags & ZX && fpscr & ZE) || (vx && fpscr & VE);
  let after = fpscr & ~(FR | FI) | flags | vx;
  if (exceptions & ~fpscr) after |= FX;
  if (!suppressed) {
    after = after & ~FPRF | classOf(value, format) << 12n;
  }
  if (after >> 22n & after & 0xf8n) after |= FEX;
  return {
    bits: suppressed ? undefined : encode(value, format),
    fpscr: after,
  };
}
