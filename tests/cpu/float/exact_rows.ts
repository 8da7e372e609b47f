/**
 * What rows of Book I 4.6 and 7.6.3 mean, in the exact arithmetic of `exact.ts`
 * and `exact_convert.ts`: which operation, on which elements.
 *
 * @module
 */
import {
  compute,
  type FormatName,
  isNan,
  type Operation,
  type Result,
} from "./exact.ts";
import {
  type Direction,
  directionOf,
  fromHalf,
  fromInteger,
  fromSingle,
  halfOf,
  type IntegerKind,
  singleOf,
  sourceOf,
  toFormat,
  toInteger,
  toIntegral,
} from "./exact_convert.ts";

/** Registers of an instruction, of 128 bits each: the target as it was, A, B, C. */
export type Registers = readonly [bigint, bigint, bigint, bigint];

/** A row in exact arithmetic. */
export interface Meaning {
  /** One result, which FPSCR classifies, or several. */
  readonly scalar: boolean;
  /** Whether FPSCR has no part in it: AltiVec's rows. */
  readonly apart?: true;
  /** What FPRF is made by; `undefined` where it is left open. */
  readonly format: FormatName | undefined;
  readonly elements: number;
  /** What the registers hold, for whoever makes some. */
  readonly operands: "double" | "single" | "half" | "integer";
  readonly compute: (i: number, registers: Registers, fpscr: bigint) => Result;
  /** A result as a part of the target. */
  readonly place: (bits: bigint, i: number) => bigint;
  /** The part of the target that is defined. */
  readonly defined: bigint;
}

const SIGN = 1n << 63n;
const ALL = (1n << 128n) - 1n;
const UPPER = ALL << 64n & ALL;

/** Element i of a register in elements of so many bits. */
function element(register: bigint, i: number, bits: number): bigint {
  return BigInt.asUintN(bits, register >> BigInt(128 - bits * (i + 1)));
}

function put(value: bigint, i: number, bits: number): bigint {
  return value << BigInt(128 - bits * (i + 1));
}

function twice(word: bigint): bigint {
  return word << 32n | word;
}

/** A format's elements: how to read and to write one as a double. */
interface Numbers {
  readonly bits: 32 | 64;
  readonly format: FormatName;
  readonly read: (register: bigint, i: number) => bigint;
  readonly write: (x: bigint) => bigint;
}

const DOUBLES: Numbers = {
  bits: 64,
  format: "double",
  read: (register, i) => element(register, i, 64),
  write: (x) => x,
};
const SINGLES: Numbers = {
  bits: 32,
  format: "single",
  read: (register, i) => fromSingle(element(register, i, 32)),
  write: singleOf,
};

/** Elements of a row by the letters in its name. */
function numbersOf(letters: string | undefined): Numbers {
  return letters === "sp" ? SINGLES : DOUBLES;
}

function negated(x: bigint): bigint {
  return isNan(x) ? x : x ^ SIGN;
}

/** a op b, or ± (a × c ± b). */
interface Arithmetic {
  readonly operation: string;
  readonly format: FormatName;
  readonly negative: boolean;
  readonly fused: boolean;
}

function arithmetic(
  { operation, format, negative, fused }: Arithmetic,
  { a, b, c }: { a: bigint; b: bigint; c: bigint },
  fpscr: bigint,
): Result {
  const minus = fused && operation === "sub";
  const result = compute(
    fused ? "fma" : operation as Operation,
    { a, b: minus ? negated(b) : b, c },
    { fpscr, format },
  );
  return negative ? { ...result, bits: negated(result.bits) } : result;
}

/** One result in doubleword 0. */
function scalar(
  format: FormatName | undefined,
  compute: (registers: Registers, fpscr: bigint) => Result,
  { operands = "double", write = (x) => x, defined = ALL }: {
    operands?: Meaning["operands"];
    write?: (bits: bigint) => bigint;
    defined?: bigint;
  } = {},
): Meaning {
  return {
    scalar: true,
    format,
    elements: 1,
    operands,
    compute: (_i, registers, fpscr) => compute(registers, fpscr),
    place: (bits) => write(bits) << 64n,
    defined,
  };
}

function upper(register: bigint): bigint {
  return register >> 64n;
}

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  "": "nearestAway",
  n: "nearestAway",
  z: "zero",
  p: "up",
  m: "down",
};

function direction(letter: string, fpscr: bigint): Direction {
  return DIRECTIONS[letter] ?? directionOf(fpscr);
}

function kindOf(sign: string, size: string): IntegerKind {
  return { signed: sign === "s", bits: size === "w" ? 32 : 64 };
}

type Make = (...parts: string[]) => Meaning;

/** Meanings by names of rows; the groups are what `Make` gets. */
const TABLE: readonly (readonly [RegExp, Make])[] = [
  [/^f(n?)(m?)(add|sub|mul|div|sqrt)(s?)$/, (n, m, operation = "", s) => {
    const format = s ? "single" : "double";
    const meaning = { operation, format, negative: !!n, fused: !!m } as const;
    return scalar(
      format,
      ([, a, b, c], fpscr) =>
        arithmetic(
          meaning,
          { a: upper(a), b: upper(b), c: upper(c) },
          fpscr,
        ),
      { operands: format, defined: UPPER },
    );
  }],
  [
    /^xs(n?)(m?)(add|sub|mul|div|sqrt)([am]?)([ds]p)$/,
    (n, m, operation = "", order, letters) => {
      const { format } = numbersOf(letters);
      const meaning = { operation, format, negative: !!n, fused: !!m };
      return scalar(
        format,
        (registers, fpscr) =>
          arithmetic(meaning, ordered(registers.map(upper), order), fpscr),
        { operands: format === "single" ? "single" : "double" },
      );
    },
  ],
  [
    /^xv(n?)(m?)(add|sub|mul|div|sqrt)([am]?)([ds]p)$/,
    (n, m, operation = "", order, letters) => {
      const numbers = numbersOf(letters);
      const { format } = numbers;
      const meaning = { operation, format, negative: !!n, fused: !!m };
      return vector(numbers, numbers, (i, registers, fpscr) =>
        arithmetic(
          meaning,
          ordered(registers.map((one) => numbers.read(one, i)), order),
          fpscr,
        ));
    },
  ],
  [/^v(n?)(m?)(add|sub)fp$/, (n, m, operation = "") => {
    const meaning = {
      operation,
      format: "single",
      negative: !!n,
      fused: !!m,
    } as const;
    return apart((_i, [, a, b, c]) => arithmetic(meaning, { a, b, c }, 0n));
  }],
  [
    /^vrfi([nzpm])$/,
    (letter = "") =>
      apart((_i, [, , b]) =>
        toIntegral(b, letter === "n" ? "nearest" : direction(letter, 0n), {
          exact: false,
        })
      ),
  ],
  [/^(frsp|xsrsp)$/, (name) =>
    scalar(
      "single",
      ([, , b], fpscr) => toFormat(upper(b), { fpscr, format: "single" }),
      { defined: name === "frsp" ? UPPER : ALL },
    )],
  [/^fcti([dw])(u?)(z?)$/, (size = "", u, z) =>
    scalar(
      undefined,
      ([, , b], fpscr) =>
        toInteger(
          sourceOf(upper(b)),
          kindOf(u ? "u" : "s", size),
          z ? "zero" : directionOf(fpscr),
        ),
      { defined: size === "w" ? 0xffff_ffffn << 64n : UPPER },
    )],
  [/^xscvdp([su])x([dw])s$/, (sign = "", size = "") =>
    scalar(
      undefined,
      ([, , b]) => toInteger(sourceOf(upper(b)), kindOf(sign, size), "zero"),
      { write: size === "w" ? twice : (x) => x },
    )],
  [/^fcfid(u?)(s?)$/, (u, s) => {
    const format = s ? "single" : "double";
    return scalar(
      format,
      ([, , b], fpscr) =>
        fromInteger(upper(b), kindOf(u ? "u" : "s", "d"), { fpscr, format }),
      { operands: "integer", defined: UPPER },
    );
  }],
  [/^xscv([su])xd([ds]p)$/, (sign = "", letters) => {
    const { format } = numbersOf(letters);
    return scalar(
      format,
      ([, , b], fpscr) =>
        fromInteger(upper(b), kindOf(sign, "d"), { fpscr, format }),
      { operands: "integer" },
    );
  }],
  [/^fri([nzpm])$/, (letter = "") =>
    scalar(
      "double",
      ([, , b], fpscr) =>
        toIntegral(upper(b), direction(letter, fpscr), { exact: false }),
      { defined: UPPER },
    )],
  [
    /^xsrdpi([czpm]?)$/,
    (letter = "") =>
      scalar(
        "double",
        ([, , b], fpscr) =>
          toIntegral(upper(b), direction(letter, fpscr), {
            exact: letter === "c",
          }),
      ),
  ],
  [/^xvr([ds]p)i([czpm]?)$/, (letters, letter = "") => {
    const numbers = numbersOf(letters);
    return vector(
      numbers,
      numbers,
      (i, [, , b], fpscr) =>
        toIntegral(numbers.read(b, i), direction(letter, fpscr), {
          exact: letter === "c",
        }),
    );
  }],
  [/^xscvdpsp$/, () =>
    scalar(
      "single",
      ([, , b], fpscr) => toFormat(upper(b), { fpscr, format: "single" }),
      { write: (x) => twice(singleOf(x)) },
    )],
  [/^xscvspdp$/, () =>
    scalar(
      "double",
      ([, , b], fpscr) =>
        toFormat(fromSingle(element(b, 0, 32)), { fpscr, format: "double" }),
      { operands: "single" },
    )],
  [/^xscvdphp$/, () =>
    scalar(
      "half",
      ([, , b], fpscr) => toFormat(upper(b), { fpscr, format: "half" }),
      { write: halfOf },
    )],
  [/^xscvhpdp$/, () =>
    scalar(
      "double",
      ([, , b], fpscr) =>
        toFormat(fromHalf(element(b, 3, 16)), { fpscr, format: "double" }),
      { operands: "half" },
    )],
  [/^xvcvdpsp$/, () => ({
    ...vector(
      DOUBLES,
      DOUBLES,
      (i, [, , b], fpscr) =>
        toFormat(element(b, i, 64), { fpscr, format: "single" }),
    ),
    place: (x, i) => put(twice(singleOf(x)), i, 64),
  })],
  [/^xvcvspdp$/, () => ({
    ...vector(
      DOUBLES,
      DOUBLES,
      (i, [, , b], fpscr) =>
        toFormat(SINGLES.read(b, 2 * i), { fpscr, format: "double" }),
    ),
    operands: "single",
  })],
  [/^xvcvsphp$/, () => ({
    ...vector(
      SINGLES,
      SINGLES,
      (i, [, , b], fpscr) =>
        toFormat(SINGLES.read(b, i), { fpscr, format: "half" }),
    ),
    place: (x, i) => put(halfOf(x), i, 32),
  })],
  [/^xvcvhpsp$/, () => ({
    ...vector(
      SINGLES,
      SINGLES,
      (i, [, , b], fpscr) =>
        toFormat(fromHalf(element(b, 2 * i + 1, 16)), {
          fpscr,
          format: "single",
        }),
    ),
    operands: "half",
  })],
  [/^xvcv([ds]p)([su])x([dw])s$/, (letters, sign = "", size = "") => {
    const from = numbersOf(letters);
    const kind = kindOf(sign, size);
    const wide = Math.max(from.bits, kind.bits);
    const source = wide / from.bits;
    return {
      ...vector(
        from,
        DOUBLES,
        (i, [, , b]) =>
          toInteger(sourceOf(from.read(b, i * source)), kind, "zero"),
      ),
      elements: 128 / wide,
      place: (x, i) => put(wide > kind.bits ? twice(x) : x, i, wide),
    };
  }],
  [/^xvcv([su])x([dw])([ds]p)$/, (sign = "", size = "", letters) => {
    const to = numbersOf(letters);
    const kind = kindOf(sign, size);
    const wide = Math.max(to.bits, kind.bits);
    const source = wide / kind.bits;
    return {
      ...vector(
        to,
        to,
        (i, [, , b], fpscr) =>
          fromInteger(element(b, i * source, kind.bits), kind, {
            fpscr,
            format: to.format,
          }),
      ),
      operands: "integer",
      elements: 128 / wide,
      place: (x, i) =>
        put(wide > to.bits ? twice(to.write(x)) : to.write(x), i, wide),
    };
  }],
];

/** VSX names its operands by the order of the letters A and M. */
function ordered(
  [t = 0n, a = 0n, b = 0n]: readonly bigint[],
  order: string | undefined,
): { a: bigint; b: bigint; c: bigint } {
  if (order === "a") return { a, c: b, b: t };
  if (order === "m") return { a, c: t, b };
  return { a, b, c: b };
}

/** Results in all elements. */
function vector(
  from: Numbers,
  to: Numbers,
  compute: Meaning["compute"],
): Meaning {
  return {
    scalar: false,
    format: undefined,
    elements: 128 / to.bits,
    operands: from.format,
    compute,
    place: (x, i) => put(to.write(x), i, to.bits),
    defined: ALL,
  };
}

/** Elements that are singles, under no control of FPSCR. */
function apart(compute: Meaning["compute"]): Meaning {
  return {
    ...vector(SINGLES, SINGLES, (i, [t, a, b, c], fpscr) => {
      const read = (register: bigint) => SINGLES.read(register, i);
      return compute(i, [read(t), read(a), read(b), read(c)], fpscr);
    }),
    apart: true,
  };
}

/** What a row means, if exact arithmetic knows it. */
export function meaningOf(name: string): Meaning | undefined {
  for (const [pattern, make] of TABLE) {
    const found = pattern.exec(name);
    if (found) return make(...found.slice(1).map((part) => part ?? ""));
  }
  return undefined;
}
