// Binary floating point, scalar and vector, against exact integers on every
// engine, in loops that the JIT compiles: results and FPSCR in all rounding
// modes, with and without enabled exceptions.
import assert from "node:assert/strict";
import { encode } from "../../../cpu/isa/encoder.ts";
import { CHAPTERS, ISA } from "../../../cpu/isa/mod.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { ENGINES, type EngineUnderTest, FREE_ENGINES } from "../engines.ts";
import { MOST, type Operands, PLACES, runBatch } from "./batch.ts";
import { generator, operand, setting } from "./cases.ts";
import { classOf, enter, FPRF, isEnabled } from "./exact.ts";
import { halfOf, singleOf } from "./exact_convert.ts";
import { type Meaning, meaningOf, type Registers } from "./exact_rows.ts";

const FR_FI = 3n << 17n;
const INVALID = 0x01f8_0700n;
const ZX = 1n << 26n;
const OE_UE = 3n << 5n;

const ROWS: readonly (readonly [Instruction, Meaning])[] = ISA.flatMap(
  (row) => {
    const meaning = meaningOf(row.name);
    return meaning ? [[row, meaning] as const] : [];
  },
);

/** A double that a format of fewer bits holds. */
function fitting(x: bigint, lost: bigint, spread: bigint): bigint {
  const exponent = x >> 52n & 0x7ffn;
  const kept = x & ~((1n << lost) - 1n);
  if (exponent === 0x7ffn) {
    // A NaN must not become an infinity.
    return x & (1n << 52n) - 1n ? kept | 1n << 50n : kept;
  }
  if (exponent > 1023n - spread && exponent < 1023n + spread) return kept;
  if (exponent === 0n) return x & 1n << 63n;
  const near = 1023n - spread + 1n + exponent % (2n * spread - 2n);
  return kept & ~(0x7ffn << 52n) | near << 52n;
}

type Source = () => bigint;

/** A double, single, half or integer as the element of a register. */
function elementOf(kind: Meaning["operands"], random: Source): bigint {
  const any = operand(random);
  switch (kind) {
    case "double":
      return any;
    case "single":
      return singleOf(fitting(any, 29n, 126n));
    case "half": {
      // Denormals too: any bits are a number.
      const bits = random();
      return bits & 1n ? halfOf(fitting(any, 42n, 14n)) : bits >> 8n & 0xffffn;
    }
    case "integer": {
      const bits = random();
      const shift = random() & 63n;
      return random() & 1n ? bits >> shift : ~0n << shift ^ bits & 7n;
    }
  }
}

/** A register full of them. */
function registerOf({ operands, scalar }: Meaning, random: Source): bigint {
  // Rows of singles that are scalar have them as doubles.
  if (scalar && operands === "single") {
    return fitting(operand(random), 29n, 126n) << 64n;
  }
  const bits = { double: 64, single: 32, half: 16, integer: 64 }[operands];
  let register = 0n;
  for (let at = 0; at < 128; at += bits) {
    const element = BigInt.asUintN(bits, elementOf(operands, random));
    register = register << BigInt(bits) | element;
  }
  return register;
}

function expectation(
  { scalar, apart, format, elements, compute, place }: Meaning,
  { vsr, fpscr: old }: Operands,
) {
  const results = Array.from(
    { length: elements },
    (_, i) => compute(i, vsr, old),
  );
  const flags = results.reduce((all, one) => all | one.flags, 0n);
  // Where an exception of a vector is enabled, nothing is written (7.4).
  const suppressed = !apart &&
    isEnabled(scalar ? flags & (INVALID | ZX) : flags, old);
  const target = suppressed
    ? vsr[0]
    : results.reduce((all, { bits }, i) => all | place(bits, i), 0n);
  if (apart) return { fpscr: old, target };
  if (!scalar) return { fpscr: enter(old, flags & ~FR_FI), target };
  const [bits] = results.map((one) => one.bits);
  const fprf = suppressed || format === undefined
    ? old & FPRF
    : classOf(bits ?? 0n, format) << 12n;
  return {
    fpscr: enter(old & ~(FR_FI | FPRF) | fprf, flags),
    target,
  };
}

function operandsOf(row: Instruction, meaning: Meaning): Operands[] {
  const random = generator(BigInt(7919 * (ISA.indexOf(row) + 1)));
  return Array.from({ length: MOST }, (_, n) => {
    const fpscr = n % 2 ? setting(random) : random() & 3n;
    const narrow = /^x[sv]cv([ds]php|dpsp)$/.test(row.name);
    return {
      vsr: Array.from(
        { length: 4 },
        () => registerOf(meaning, random),
      ) as unknown as Registers,
      // What an exponent that is adjusted (4.4.3) leaves may still not fit.
      fpscr: narrow ? fpscr & ~OE_UE : fpscr,
    };
  });
}

/** A row's word with each register that it names in its place. */
function wordOf(row: Instruction): number {
  const fields = Object.entries(PLACES).filter(([name]) =>
    row.fields.has(name)
  );
  return encode(row, Object.fromEntries(fields));
}

function check(
  engine: EngineUnderTest,
  row: Instruction,
  meaning: Meaning,
  operands: readonly Operands[],
  expected: readonly ReturnType<typeof expectation>[],
): void {
  const left = runBatch(engine, row, { word: wordOf(row), operands });
  // What the book leaves open: FPRF of integers.
  const open = meaning.scalar && meaning.format === undefined ? FPRF : 0n;
  const { defined } = meaning;
  const hex = (x: bigint | undefined) => x?.toString(16);
  left.forEach(({ target, fpscr }, i) => {
    const [one, right] = [operands[i], expected[i]];
    assert(one && right);
    const text = `${row.name} on ${one.vsr.map(hex)} FPSCR ${
      hex(one.fpscr)
    } by the ${engine.name}`;
    assert.equal(hex(target & defined), hex(right.target & defined), text);
    assert.equal(hex(fpscr & ~open), hex(right.fpscr & ~open), text);
  });
}

const TESTED = [ENGINES[0], ...FREE_ENGINES].filter((one) => one !== undefined);

/** Estimates, tests, conversions with a scale, and mere moves of bits. */
const OTHERS =
  /^(f|x[sv])r(sqrt)?e[sd]?p?$|^ft|^fres$|^frsqrtes$|^v(exptefp|logefp|refp|rsqrtefp|c[ft][su]xs?)$|^xscv(dpspn|spdpn)$/;

for (const kind of ["f", "v", "xs", "xv"]) {
  const rows = ROWS.filter(([{ name }]) => name.startsWith(kind));
  Deno.test(`${rows.length} rows ${kind}… compute, round and convert as exact integers do, on every engine`, () => {
    for (const [row, meaning] of rows) {
      const operands = operandsOf(row, meaning);
      const expected = operands.map((one) => expectation(meaning, one));
      for (const engine of TESTED) {
        check(engine, row, meaning, operands, expected);
      }
    }
  });
}

Deno.test("meaningOf() knows every row that computes, rounds or converts", () => {
  const titles =
    /^(VSX )?(Scalar |Vector )?Floating-Point (.*Arithmetic|Multiply-Add|Convert|Rounding and Conversion)|^VSX Round to Floating/;
  const unknown = CHAPTERS
    .filter(({ title }) => titles.test(title))
    .flatMap(({ rows }) => rows)
    .map(({ name }) => name)
    .filter((name) => meaningOf(name) === undefined && !OTHERS.test(name));
  assert.deepEqual(unknown, []);
});
