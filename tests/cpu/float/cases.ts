/**
 * Operands and FPSCR settings for floating-point instructions: edges and
 * random numbers, the same ones every time.
 *
 * @module
 */
import { encode } from "../../../cpu/isa/encoder.ts";
import { floatFacility } from "../../../cpu/isa/float.ts";
import { floatStatus } from "../../../cpu/isa/float_status.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";

/** One instruction on FRA = f2, FRB = f3, FRC = f4, with target FRT = f1. */
export interface FloatCase {
  readonly instruction: Instruction;
  readonly word: number;
  /** f1 to f4. */
  readonly fpr: readonly [bigint, bigint, bigint, bigint];
  readonly fpscr: bigint;
  readonly cr: number;
}

const SCRATCH = new DataView(new ArrayBuffer(8));

/** The bits of a double. */
export function bitsOf(x: number): bigint {
  SCRATCH.setFloat64(0, x);
  return SCRATCH.getBigUint64(0);
}

/** The double of such bits. */
export function numberOf(bits: bigint): number {
  SCRATCH.setBigUint64(0, bits);
  return SCRATCH.getFloat64(0);
}

/** Numbers near which something changes. */
const EDGES: readonly bigint[] = [
  ...[
    0,
    2 ** -1074,
    2 ** -1023,
    2 ** -1022 - 2 ** -1074,
    2 ** -1022,
    2 ** -970,
    2 ** -160,
    2 ** -150,
    2 ** -149,
    2 ** -126 - 2 ** -149,
    2 ** -126 - 2 ** -151,
    2 ** -126,
    0.1,
    0.25,
    0.5,
    1 - 2 ** -53,
    1,
    1 + 2 ** -52,
    1 + 2 ** -23,
    1 + 2 ** -24,
    1.5,
    2,
    2.5,
    3,
    2 ** 31 - 0.5,
    2 ** 31,
    2 ** 32 - 0.5,
    2 ** 32,
    2 ** 52 - 0.5,
    2 ** 53 - 1,
    2 ** 63 - 1024,
    2 ** 63,
    2 ** 64,
    2 ** 128 - 2 ** 104,
    2 ** 128 - 2 ** 103,
    2 ** 128,
    2 ** 500,
    2 ** 1023,
    Number.MAX_VALUE,
    Infinity,
  ].map(bitsOf),
  0x7ff8_0000_0000_0000n,
  0x7ff8_1234_5678_9abcn,
  0x7ff0_0000_0000_0001n,
  0x7ff4_5678_9000_0000n,
];

/** Random numbers from a seed (xorshift64*). */
export function generator(seed: bigint): () => bigint {
  let state = BigInt.asUintN(64, seed * 0x9e37_79b9_7f4a_7c15n) || 1n;
  return () => {
    state ^= state >> 12n;
    state = BigInt.asUintN(64, state ^ state << 25n);
    state ^= state >> 27n;
    return BigInt.asUintN(64, state * 0x2545_f491_4f6c_dd1dn);
  };
}

/** An operand: an edge, or random with fraction bits few or many. */
export function operand(random: () => bigint): bigint {
  const choice = random();
  const sign = choice & 1n << 63n;
  const kind = Number(choice >> 8n & 15n);
  if (kind < 6) {
    const edge = EDGES[Number(choice >> 16n & 0xffffn) % EDGES.length] ?? 0n;
    return edge | sign;
  }
  const spread = kind < 12 ? 40n : 400n;
  const exponent = 1023n + (choice >> 16n & 0xffffn) % spread - spread / 2n;
  let fraction = random() & (1n << 52n) - 1n;
  // A single, a few bits at the top, a few at both ends, or any.
  if (kind % 4 === 0) fraction &= ~((1n << 29n) - 1n);
  if (kind % 4 === 1) fraction &= 15n << 48n;
  if (kind % 4 === 2) fraction &= 15n << 48n | 7n;
  return sign | exponent << 52n | fraction;
}

/** FPSCR: any RN; half of them with enables or exceptions from before. */
export function setting(random: () => bigint): bigint {
  const choice = random();
  const rn = choice & 3n;
  if (choice & 4n) return rn;
  const enables = choice >> 8n & 0xf8n;
  if (choice & 8n) return rn | enables;
  // Exceptions of before, with FX, but none that is enabled.
  const sticky = choice >> 20n & 0x1ff8_0700n;
  const invalid = sticky & 0x01f8_0700n ? 0x2000_0000n : 0n;
  const past = sticky | invalid;
  return past ? rn | past | 0x8000_0000n | choice >> 8n & 0x7_f000n : rn;
}

/** Instructions that compute from FRA, FRB, FRC and FPSCR. */
export const COMPUTING: readonly Instruction[] = floatFacility
  .filter(({ title }) => !/Load|Store|Status/.test(title))
  .flatMap(({ rows }) => rows);

/** The instruction on f1 to f4, with a CR field far from CR1. */
export function wordOf(instruction: Instruction, rc: number): number {
  const fields = [...PLACES, ["Rc", rc] as const]
    .filter(([name]) => instruction.fields.has(name));
  return encode(instruction, Object.fromEntries(fields));
}

/** Where operands are. */
const PLACES: ReadonlyMap<string, number> = new Map([
  ["FRT", 1],
  ["FRA", 2],
  ["FRB", 3],
  ["FRC", 4],
  ["BF", 6],
]);

/** Instructions that read or change FPSCR itself. */
const STATUS: readonly Instruction[] = floatStatus.rows;

/** Any FPSCR whose summaries agree with it, no exception being enabled. */
function consistent(random: () => bigint): bigint {
  const bits = random() & 0x7_9fff_f7ffn;
  const invalid = bits & 0x01f8_0700n ? 0x2000_0000n : 0n;
  const pending = ((bits | invalid) >> 22n & 0xf8n) !== 0n;
  return (bits | invalid) & (pending ? ~0xf8n : -1n);
}

/** So many cases of each instruction on FPSCR. */
export function statusCases(each: number): FloatCase[] {
  return STATUS.flatMap((instruction, i) => {
    const random = generator(BigInt(500 + i));
    return Array.from({ length: each }, (): FloatCase => {
      const fields = [...instruction.fields].map(([name, { width }]) => {
        const any = Number(random() >> 8n) & (1 << width) - 1;
        return [name, PLACES.get(name) ?? any];
      });
      return {
        instruction,
        word: encode(instruction, Object.fromEntries(fields)),
        fpr: [random(), random(), random() >> (random() & 31n), random()],
        fpscr: consistent(random),
        cr: Number(random() & 0xffff_ffffn),
      };
    });
  });
}

/** So many cases of each computing computing instruction. */
export function floatCases(each: number): FloatCase[] {
  return COMPUTING.flatMap((instruction, i) => {
    const random = generator(BigInt(i + 1));
    return Array.from({ length: each }, (): FloatCase => ({
      instruction,
      word: wordOf(instruction, Number(random() & 1n)),
      fpr: [random(), operand(random), operand(random), operand(random)],
      fpscr: setting(random),
      cr: Number(random() & 0xffff_ffffn),
    }));
  });
}
