/**
 * Decimal numbers as integers and exponents, to and from bits (Book I 5.3
 * and 5.4 and appendix B): independent of the rows.
 *
 * @module
 */

/** The numbers of a format. */
export interface Format {
  readonly bits: bigint;
  readonly precision: number;
  readonly bias: number;
  /** The greatest biased exponent. */
  readonly most: number;
  /** Bits of the exponent's continuation, and of the trailing significand. */
  readonly continuation: bigint;
  readonly trailing: bigint;
  /** Adjustment of the exponent for enabled exceptions. */
  readonly adjust: number;
}

/** The three formats. */
export const FORMATS = {
  short: {
    bits: 32n,
    precision: 7,
    bias: 101,
    most: 191,
    continuation: 6n,
    trailing: 20n,
    adjust: 192,
  },
  long: {
    bits: 64n,
    precision: 16,
    bias: 398,
    most: 767,
    continuation: 8n,
    trailing: 50n,
    adjust: 576,
  },
  extended: {
    bits: 128n,
    precision: 34,
    bias: 6176,
    most: 12287,
    continuation: 12n,
    trailing: 110n,
    adjust: 9216,
  },
} as const satisfies Record<string, Format>;

/** A value, or what is none. */
export type Decimal =
  | {
    readonly kind: "finite";
    readonly negative: boolean;
    readonly coefficient: bigint;
    /** Biased. */
    readonly exponent: number;
  }
  | { readonly kind: "infinite"; readonly negative: boolean }
  | Nan<"quiet">
  | Nan<"signaling">;

interface Nan<K> {
  readonly kind: K;
  readonly negative: boolean;
  readonly payload: bigint;
}

/** Three digits of a declet: the table of appendix B, case by case. */
function digitsOf(declet: number): number {
  function bit(n: number): number {
    return declet >> (9 - n) & 1;
  }
  const [p, q, r, s, t, u, v, w, x, y] = Array.from(
    { length: 10 },
    (_, i) => bit(i),
  ) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  function three(a: number, b: number, c: number): number {
    return 100 * a + 10 * b + c;
  }
  function small(high: number, middle: number, low: number): number {
    return 4 * high + 2 * middle + low;
  }
  if (!v) return three(small(p, q, r), small(s, t, u), small(w, x, y));
  if (!w && !x) return three(small(p, q, r), small(s, t, u), 8 + y);
  if (!w && x) return three(small(p, q, r), 8 + u, small(s, t, y));
  if (w && !x) return three(8 + r, small(s, t, u), small(p, q, y));
  if (!s && !t) return three(8 + r, 8 + u, small(p, q, y));
  if (!s && t) return three(8 + r, small(p, q, u), 8 + y);
  if (s && !t) return three(small(p, q, r), 8 + u, 8 + y);
  return three(8 + r, 8 + u, 8 + y);
}

const DIGITS: readonly number[] = Array.from(
  { length: 1024 },
  (_, declet) => digitsOf(declet),
);

/** The preferred declet of three digits: the least. */
const DECLETS: readonly number[] = Array.from(
  { length: 1000 },
  (_, three) => DIGITS.indexOf(three),
);

function fromDeclets(trailing: bigint, bits: bigint): bigint {
  let value = 0n;
  for (let at = bits - 10n; at >= 0n; at -= 10n) {
    value = 1000n * value + BigInt(DIGITS[Number(trailing >> at & 1023n)] ?? 0);
  }
  return value;
}

function toDeclets(value: bigint, bits: bigint): bigint {
  let trailing = 0n;
  let rest = value;
  for (let at = 0n; at < bits; at += 10n) {
    trailing |= BigInt(DECLETS[Number(rest % 1000n)] ?? 0) << at;
    rest /= 1000n;
  }
  return trailing;
}

/** What the bits stand for. */
export function decode(bits: bigint, format: Format): Decimal {
  const negative = bits >> (format.bits - 1n) === 1n;
  const g = bits >> (format.bits - 6n) & 31n;
  const tail = bits & (1n << format.trailing) - 1n;
  const trailing = fromDeclets(tail, format.trailing);
  if (g === 30n) return { kind: "infinite", negative };
  if (g === 31n) {
    const signaling = bits >> (format.bits - 7n) & 1n;
    const kind = signaling ? "signaling" : "quiet";
    return { kind, negative, payload: trailing };
  }
  const large = g >> 3n === 3n;
  const first = large ? 8n + (g & 1n) : g & 7n;
  const top = large ? g >> 1n & 3n : g >> 3n;
  const rest = bits >> format.trailing & (1n << format.continuation) - 1n;
  return {
    kind: "finite",
    negative,
    coefficient: first * 10n ** BigInt(format.precision - 1) + trailing,
    exponent: Number(top << format.continuation | rest),
  };
}

/** The preferred bits of a value. */
export function encode(value: Decimal, format: Format): bigint {
  const sign = (value.negative ? 1n : 0n) << (format.bits - 1n);
  if (value.kind === "infinite") return sign | 30n << (format.bits - 6n);
  if (value.kind !== "finite") {
    const payload = toDeclets(value.payload, format.trailing);
    const head = value.kind === "signaling" ? 63n : 62n;
    return sign | head << (format.bits - 7n) | payload;
  }
  const scale = 10n ** BigInt(format.precision - 1);
  const [first, rest] = [value.coefficient / scale, value.coefficient % scale];
  const exponent = BigInt(value.exponent);
  const top = exponent >> format.continuation;
  const g = first < 8n ? top << 3n | first : 24n | top << 1n | first & 1n;
  const low = exponent & (1n << format.continuation) - 1n;
  return sign | g << (format.bits - 6n) | low << format.trailing |
    toDeclets(rest, format.trailing);
}
