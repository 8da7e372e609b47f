// Conversions from and to quad precision, and rounding to integers, against
// exact integers on every engine.
import assert from "node:assert/strict";
import { encode } from "../../../cpu/isa/encoder.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { quadConvert } from "../../../cpu/isa/vsx_quad.ts";
import { ENGINES, FREE_ENGINES } from "../engines.ts";
import { type Operands, runBatch } from "../float/batch.ts";
import { generator, operand, setting } from "../float/cases.ts";
import { classOf, enter, isEnabled, type Result } from "../float/exact.ts";
import {
  directionFor,
  fromDouble,
  quadFromInteger,
  quadToInteger,
  toDouble,
  toExtended,
  toIntegral,
} from "./_exact_convert.ts";

const CASES = 120;
const SIGN = 1n << 127n;
const FR_FI = 3n << 17n;
const FPRF = 0x1f_000n;
const INVALID = 0x01f8_0700n;
const OE_UE = 3n << 5n;

type Source = () => bigint;

/** A number whose exponent is near that of an integer, a double's ends, or any. */
function quad(random: Source): bigint {
  const choice = random();
  const sign = choice >> 63n << 127n;
  const fractions = [
    0n,
    (1n << 112n) - 1n - (random() & 3n),
    random() & 7n,
    (random() & 15n) << 108n,
    random() << 48n | random() & 0xffff_ffffn,
    1n << 111n | random() & 1n,
    // Ties of what is cut off beyond 53 and 64 bits.
    random() << 48n & ~((1n << 60n) - 1n) | 1n << 59n,
    random() << 48n & ~((1n << 49n) - 1n) | 1n << 48n,
  ];
  const fraction = fractions[Number(choice & 7n)] ?? 0n;
  const near = choice >> 8n & 0xffffn;
  const kind = Number(choice >> 32n & 15n);
  if (kind === 0) return sign;
  if (kind === 1) return sign | 0x7fffn << 112n;
  if (kind === 2) return sign | 0x7fffn << 112n | fraction | 1n << 50n;
  const exponent = kind < 9
    ? 0x3fffn - 4n + near % 72n
    : kind < 11
    ? 0x3fffn - 1076n + near % 64n
    : kind < 13
    ? 0x3fffn + 1020n + near % 8n
    : 200n + near % 32000n;
  return sign | exponent << 112n | fraction & (1n << 112n) - 1n;
}

function classOfQuad(x: bigint): bigint {
  const magnitude = x & ~SIGN;
  const minus = x !== magnitude;
  if (magnitude > 0x7fffn << 112n) return 0b10001n;
  if (magnitude === 0x7fffn << 112n) return minus ? 0b01001n : 0b00101n;
  if (magnitude === 0n) return minus ? 0b10010n : 0b00010n;
  return minus ? 0b01000n : 0b00100n;
}

/** Fields that choose among what a row does. */
type Fields = Readonly<Record<string, number>>;

interface Expected extends Result {
  /** FPRF; `undefined` where it is left open. */
  readonly fprf: bigint | undefined;
  readonly target: bigint;
}

function expectation(name: string, fields: Fields, one: Operands): Expected {
  const b = one.vsr[2];
  const { fpscr } = one;
  const upper = b >> 64n;
  const [, sign, size] = /^xscvqp([su])([dw])z$/.exec(name) ?? [];
  if (size) {
    const bits = size === "w" ? 32 : 64;
    const kind = { bits, signed: sign === "s" } as const;
    const found = quadToInteger(b, kind);
    const wide = sign === "s"
      ? BigInt.asUintN(64, BigInt.asIntN(bits, found.bits))
      : found.bits;
    return { ...found, fprf: undefined, target: wide << 64n };
  }
  if (name === "xscvqpdp") {
    const found = toDouble(b, { fpscr, odd: fields.RO === 1 });
    const fprf = classOf(found.bits, "double");
    return { ...found, fprf, target: found.bits << 64n };
  }
  const { R = 0, RMC = 0, EX = 0 } = fields;
  const found = name === "xscvdpqp"
    ? fromDouble(upper)
    : name === "xsrqpi"
    ? toIntegral(b, directionFor({ R, RMC }, fpscr), { exact: EX === 1 })
    : name === "xsrqpxp"
    ? toExtended(b, directionFor({ R, RMC }, fpscr))
    : quadFromInteger(upper, name === "xscvsdqp");
  return { ...found, fprf: classOfQuad(found.bits), target: found.bits };
}

/** All that a row's fields can choose. */
function variants(row: Instruction): Fields[] {
  const has = (name: string) => row.fields.has(name);
  let all: Fields[] = [{}];
  for (const [name, most] of [["RO", 1], ["R", 1], ["EX", 1]] as const) {
    if (!has(name)) continue;
    all = all.flatMap((one) => [0, most].map((n) => ({ ...one, [name]: n })));
  }
  if (!has("RMC")) return all;
  return all.flatMap((one) =>
    [0, 1, 2, 3].map((RMC) => ({ ...one, RMC }))
      // The others are reserved.
      .filter(({ RMC }) => one.R === 1 || RMC === 0 || RMC === 3)
  );
}

function check(row: Instruction, fields: Fields): void {
  const word = encode(row, { VRT: 1, VRB: 3, ...fields });
  const random = generator(BigInt(word));
  const operands = Array.from({ length: CASES }, (_, n): Operands => ({
    vsr: [
      quad(random),
      0n,
      /^xscvdp/.test(row.name)
        ? operand(random) << 64n
        : /^xscv[su]d/.test(row.name)
        ? random() >> (random() & 63n) << 64n
        : quad(random),
      0n,
    ],
    // What an exponent that is adjusted (7.4.3) leaves may still not fit.
    fpscr: (n % 2 ? setting(random) : random() & 3n) &
      (row.name === "xscvqpdp" ? ~OE_UE : -1n),
  }));
  const expected = operands.map((one) => expectation(row.name, fields, one));
  for (const engine of [ENGINES[0], ...FREE_ENGINES]) {
    assert(engine);
    runBatch(engine, row, { word, operands }).forEach((left, i) => {
      const [one, right] = [operands[i], expected[i]];
      assert(one && right);
      const { fpscr: old, vsr } = one;
      const stays = isEnabled(right.flags & INVALID, old);
      const fprf = stays || right.fprf === undefined
        ? old & FPRF
        : right.fprf << 12n;
      const fpscr = enter(old & ~(FR_FI | FPRF) | fprf, right.flags);
      const open = right.fprf === undefined ? FPRF : 0n;
      const hex = (x: bigint) => x.toString(16);
      const text = `${row.name} ${JSON.stringify(fields)} of ${
        hex(vsr[2])
      } FPSCR ${hex(old)} by the ${engine.name}`;
      assert.equal(hex(left.target), hex(stays ? vsr[0] : right.target), text);
      assert.equal(hex(left.fpscr & ~open), hex(fpscr & ~open), text);
    });
  }
}

for (const row of quadConvert.rows) {
  Deno.test(`${row.name} converts or rounds as exact integers do, on every engine`, () => {
    for (const fields of variants(row)) check(row, fields);
  });
}
