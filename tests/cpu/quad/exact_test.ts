import assert from "node:assert/strict";
import { disassemble } from "../../../cpu/isa/disassembler.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { quadArithmetic } from "../../../cpu/isa/vsx_quad.ts";
import { ENGINES } from "../engines.ts";
import { type Case, Random, STORAGE_BYTES } from "../vector/_cases.ts";
import { CaseRunner } from "../vector/_machine.ts";
import { compute, type Operation } from "./_exact.ts";

const CASES = 160;
const SIGN = 1n << 127n;
const FLAG = { FX: 1n << 31n, FEX: 1n << 30n, VX: 1n << 29n };
const FR_FI = 3n << 17n;
const FPRF = 0x1f_000n;
const INVALID = 0x01f8_0700n;
const [VE, ZE, ZX] = [1n << 7n, 1n << 4n, 1n << 26n];

/** Names of rows without signs, and the signs. */
function meaningOf(name: string) {
  const [, negative, rest = ""] = /^xs(n?)(\w+)qp$/.exec(name) ?? [];
  const fused = rest.startsWith("m") && rest !== "mul";
  const operation = (fused ? "fma" : rest) as Operation;
  return { operation, negative: negative === "n", minus: rest === "msub" };
}

/** A fraction: nothing, all, a few bits at either end, any. */
function fraction(random: Random): bigint {
  return random.pick([
    0n,
    (1n << 112n) - 1n - random.bits(2),
    random.bits(3),
    random.bits(3) << 109n,
    1n << 111n | random.bits(1),
    random.bits(112),
    random.bits(112),
  ]);
}

function number(random: Random, near: bigint): bigint {
  const sign = random.bits(1) << 127n;
  const kind = random.below(16);
  if (kind === 0) return sign;
  if (kind === 1) return sign | 0x7fffn << 112n;
  if (kind === 2) return sign | 0x7fffn << 112n | random.bits(112) | 1n;
  if (kind === 3) return sign | fraction(random);
  if (kind === 4) {
    return sign | BigInt(1 + random.below(120)) << 112n | fraction(random);
  }
  if (kind === 5) {
    return sign | BigInt(0x7ffe - random.below(120)) << 112n | fraction(random);
  }
  const spread = BigInt(random.pick([2, 8, 120, 400]));
  const exponent = near + random.bits(16) % spread;
  return sign | exponent << 112n | fraction(random);
}

/** VRT = v3 (the addend), VRA = v1, VRB = v2, any FPSCR enables and modes. */
function makeCase(insn: Instruction, index: number): Case {
  const random = new Random(`${insn.name} exact ${index}`);
  const near = BigInt(random.pick([0x3fff, 0x3fff, 0x3fff, 0x2000, 0x5fff]));
  const numbers = Object.entries({ VRT: 3, VRA: 1, VRB: 2 })
    .filter(([name]) => insn.fields.has(name));
  const fields = Object.fromEntries(numbers);
  const vsr = Array.from({ length: 64 }, () => 0n);
  for (const register of [33, 34, 35]) vsr[register] = number(random, near);
  return {
    word: encode(insn, { ...fields, RO: random.below(4) === 0 ? 1 : 0 }),
    before: {
      cr: 0,
      vscr: 0,
      fpscr: random.bits(2) | (random.below(2) ? random.bits(5) << 3n : 0n),
      gpr: new Array<bigint>(8).fill(0n),
      vsr,
      storage: new Uint8Array(STORAGE_BYTES),
    },
  };
}

function classOf(x: bigint): bigint {
  const minus = (x & SIGN) !== 0n;
  const magnitude = x & ~SIGN;
  if (magnitude > 0x7fffn << 112n) return 0b10001n;
  if (magnitude === 0x7fffn << 112n) return minus ? 0b01001n : 0b00101n;
  if (magnitude === 0n) return minus ? 0b10010n : 0b00010n;
  if (magnitude < 1n << 112n) return minus ? 0b11000n : 0b10100n;
  return minus ? 0b01000n : 0b00100n;
}

function negateNumber(x: bigint): bigint {
  return classOf(x) === 0b10001n ? x : x ^ SIGN;
}

/** VRT and FPSCR that the book asks for. */
function expectation(insn: Instruction, { word, before }: Case) {
  const { operation, negative, minus } = meaningOf(insn.name);
  const [a = 0n, b = 0n, t = 0n] = before.vsr.slice(33, 36);
  const operands = operation === "fma"
    ? { a, c: b, b: minus ? negateNumber(t) : t }
    : { a, b, c: 0n };
  const { fpscr } = before;
  const odd = (word & 1) !== 0;
  const result = compute(operation, operands, { fpscr, odd });
  const bits = negative ? negateNumber(result.bits) : result.bits;
  const vx = result.flags & INVALID ? FLAG.VX : 0n;
  const stays = (vx && fpscr & VE) || (result.flags & ZX && fpscr & ZE);
  let after = fpscr & ~FR_FI | result.flags | vx;
  if (result.flags & ~FR_FI) after |= FLAG.FX;
  if (!stays) after = after & ~FPRF | classOf(bits) << 12n;
  if (after >> 22n & after & 0xf8n) after |= FLAG.FEX;
  return { bits: stays ? t : bits, fpscr: after };
}

for (const engine of ENGINES) {
  Deno.test(`${engine.name} computes in quad precision as exact integers do`, () => {
    const runner = new CaseRunner(engine);
    for (const insn of quadArithmetic.rows) {
      for (let i = 0; i < CASES; i++) {
        const one = makeCase(insn, i);
        const after = runner.run(one, { littleEndian: true });
        const expected = expectation(insn, one);
        const message = `${disassemble(insn, one.word)} on ${
          one.before.vsr.slice(33, 36).map((x) => x.toString(16))
        } FPSCR ${one.before.fpscr.toString(16)}`;
        const hex = (x: bigint | undefined) => x?.toString(16);
        assert.equal(hex(after.vsr[35]), hex(expected.bits), message);
        assert.equal(hex(after.fpscr), hex(expected.fpscr), message);
      }
    }
  });
}
