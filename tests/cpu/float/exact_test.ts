import assert from "node:assert/strict";
import {
  floatArithmetic,
  floatMultiplyAdd,
} from "../../../cpu/isa/float_arithmetic.ts";
import {
  bitsOf,
  type FloatCase,
  generator,
  numberOf,
  operand,
  setting,
  wordOf,
} from "./cases.ts";
import { complete, compute, type Operation } from "./exact.ts";
import { runCase } from "./ours.ts";

const SIGN = 1n << 63n;

/** Instructions as operations of the model, with signs of b and the result. */
const MODELLED: Record<
  string,
  { op: Operation; minusB?: true; minus?: true }
> = {
  fadd: { op: "add" },
  fsub: { op: "sub" },
  fmul: { op: "mul" },
  fdiv: { op: "div" },
  fsqrt: { op: "sqrt" },
  fmadd: { op: "fma" },
  fmsub: { op: "fma", minusB: true },
  fnmadd: { op: "fma", minus: true },
  fnmsub: { op: "fma", minusB: true, minus: true },
};

function isNan(x: bigint): boolean {
  return (x & ~SIGN) > 0x7ff0_0000_0000_0000n;
}

function check(one: FloatCase): void {
  const { name } = one.instruction;
  const model = MODELLED[name] ?? MODELLED[name.slice(0, -1)];
  assert.ok(model);
  const format = name.endsWith("s") ? "single" : "double";
  const [target, a, b, c] = one.fpr;
  const minusB = model.minusB && !isNan(b);
  const found = compute(
    model.op,
    { a, b: minusB ? b ^ SIGN : b, c },
    { fpscr: one.fpscr, format },
  );
  const minus = model.minus && !isNan(found.bits);
  const expected = complete(
    { ...found, bits: minus ? found.bits ^ SIGN : found.bits },
    { fpscr: one.fpscr, target, format },
  );
  const rc = (one.word & 1) !== 0;
  const cr1 = Number(expected.fpscr >> 28n & 15n) << 24;
  const outcome = runCase(one);
  assert.deepEqual(outcome, {
    ...expected,
    cr: rc ? (one.cr & ~0x0f00_0000 | cr1) >>> 0 : one.cr,
  }, `${name} ${one.fpr.map((x) => x.toString(16))} ${one.fpscr.toString(16)}`);
}

/** An operand that a single can hold, where the book defines no other. */
function asSingle(x: bigint): bigint {
  const exponent = Number(x >> 52n & 0x7ffn);
  if (exponent > 896 && exponent < 1151) return x & ~((1n << 29n) - 1n);
  if (exponent === 0 || exponent === 2047) {
    const fraction = x & (1n << 52n) - 1n;
    return fraction === 0n || exponent === 2047
      ? x & ~((1n << 29n) - 1n) | (fraction ? 1n << 40n : 0n)
      : x & SIGN;
  }
  return x & ~((1n << 48n) - 1n) & ~(0x7ffn << 52n) |
    BigInt(880 + exponent % 268) << 52n;
}

const ROWS = [...floatArithmetic.rows, ...floatMultiplyAdd.rows].filter(
  ({ name }) => name in MODELLED || name.slice(0, -1) in MODELLED,
);

/** What a program does most: round to nearest, no enables. */
function quietly(random: () => bigint): bigint {
  return random() & 1n ? 0x8200_0000n : 0n;
}

Deno.test("arithmetic equals exact rationals when operands are edges or random", () => {
  assert.equal(ROWS.length, 18);
  ROWS.forEach((instruction, i) => {
    const random = generator(1000n + BigInt(i));
    const single = instruction.name.endsWith("s");
    for (let n = 0; n < 600; n++) {
      const operands = [operand(random), operand(random), operand(random)];
      const [a = 0n, b = 0n, c = 0n] = single
        ? operands.map(asSingle)
        : operands;
      check({
        instruction,
        word: wordOf(instruction, Number(random() & 1n)),
        fpr: [random(), a, b, c],
        fpscr: n % 2 ? setting(random) : quietly(random),
        cr: Number(random() & 0xffff_ffffn),
      });
    }
  });
});

Deno.test("arithmetic equals exact rationals when results nearly cancel or tie", () => {
  ROWS.forEach((instruction, i) => {
    const random = generator(2000n + BigInt(i));
    const single = instruction.name.endsWith("s");
    for (let n = 0; n < 600; n++) {
      // Exponents and fractions close together, few bits set.
      const [a = 0n, b = 0n, c = 0n] = [0, 1, 2].map(() => {
        const exponent = 1020n + random() % 7n;
        const top = random() & 0xffn;
        const low = random() & 3n;
        return random() & SIGN | exponent << 52n | top << 44n |
          low << (single ? 29n : 0n);
      });
      check({
        instruction,
        word: wordOf(instruction, 0),
        fpr: [0n, a, b, c],
        fpscr: n % 4 ? quietly(random) : random() & 3n,
        cr: 0,
      });
    }
  });
});

/** Fraction bits all 0, nearly all 1, or few: what makes ties likely. */
function tying(random: () => bigint): bigint {
  const all = (1n << 52n) - 1n;
  const choices = [
    0n,
    all - (random() & 3n),
    random() & 7n,
    (random() & 7n) << 49n,
    (random() & 3n) << 50n | random() & 3n,
    (random() & 7n) << 25n | (random() & 1n) << 51n,
    random() & all,
  ];
  return choices[Number(random() % 7n)] ?? 0n;
}

Deno.test("multiply-add equals exact rationals when product and addend meet", () => {
  floatMultiplyAdd.rows.forEach((instruction, i) => {
    const random = generator(3000n + BigInt(i));
    const single = instruction.name.endsWith("s");
    for (let n = 0; n < 1500; n++) {
      const [x, z] = [1000n + random() % 46n, 1000n + random() % 46n];
      const spread = [3n, 20n, 60n, 120n][n % 4] ?? 3n;
      const y = x + z - 1023n + random() % (2n * spread) - spread;
      const [a = 0n, c = 0n, near = 0n] = [x, z, y].map((exponent) => {
        const bits = random() & SIGN | exponent << 52n | tying(random);
        return single ? bits & ~((1n << 29n) - 1n) : bits;
      });
      // Every fourth addend leaves a power of two or next to nothing.
      const product = numberOf(a) * numberOf(c);
      const rest = random() & 1n
        ? Math.sign(product) * 2 ** Math.round(Math.log2(Math.abs(product)))
        : 0;
      const meeting = BigInt.asUintN(
        64,
        bitsOf(rest - product) + (random() & 7n) - 3n,
      );
      check({
        instruction,
        word: wordOf(instruction, 0),
        fpr: [0n, a, n % 4 === 3 && !single ? meeting : near, c],
        fpscr: quietly(random),
        cr: 0,
      });
    }
  });
});
