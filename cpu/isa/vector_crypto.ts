/**
 * Vector exclusive-or-based instructions: AES, SHA, binary polynomials,
 * permute and exclusive-or (Book I 6.11).
 *
 * @module
 */
import type { Ops, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  cipher,
  cipherLast,
  inverseCipher,
  inverseCipherLast,
  substitute,
} from "./vector_aes.ts";
import { longBinary, ternary, vrNumber } from "./vector_families.ts";
import {
  constant,
  immediate,
  pickBytes,
  sixteen,
  splatConstant,
} from "./vector_lanes.ts";
import {
  polynomialSumDoublewords,
  polynomialSums,
  polynomialSumWords,
} from "./vector_polynomial.ts";

type Turn = readonly [kind: "rotate" | "shift", count: number];

/** The four functions of FIPS 180-4, 4.1.2 and 4.1.3: σ0, σ1, Σ0, Σ1. */
const SIGMA = {
  4: [
    [["rotate", 7], ["rotate", 18], ["shift", 3]],
    [["rotate", 17], ["rotate", 19], ["shift", 10]],
    [["rotate", 2], ["rotate", 13], ["rotate", 22]],
    [["rotate", 6], ["rotate", 11], ["rotate", 25]],
  ],
  8: [
    [["rotate", 1], ["rotate", 8], ["shift", 7]],
    [["rotate", 19], ["rotate", 61], ["shift", 6]],
    [["rotate", 28], ["rotate", 34], ["rotate", 39]],
    [["rotate", 14], ["rotate", 18], ["rotate", 41]],
  ],
} as const;

function turned(
  m: Ops,
  bytes: 4 | 8,
  x: Vector,
  [kind, count]: Turn,
): Vector {
  const right = m.simdShift("shr_u", bytes, x, m.const(count));
  if (kind === "shift") return right;
  const left = m.simdShift("shl", bytes, x, m.const(8 * bytes - count));
  return m.simd("v128.or", left, right);
}

function sigma(
  m: Ops,
  bytes: 4 | 8,
  x: Vector,
  turns: readonly Turn[] | undefined,
): Vector {
  return (turns ?? [])
    .map((turn) => turned(m, bytes, x, turn))
    .reduce((all, some) => m.simd("v128.xor", all, some));
}

/** Bit i of SIX chooses for word i; doubleword i looks at bit 2i. */
const SIX_BITS = {
  4: immediate(sixteen((i) => i % 4 === 3 ? 8 >> (i >> 2) : 0)),
  8: immediate(sixteen((i) => i % 8 === 7 ? 8 >> 2 * (i >> 3) : 0)),
} as const;
const EQUAL = { 4: "i32x4.eq", 8: "i64x2.eq" } as const;

function shaSigma(name: string, xo: number, bytes: 4 | 8): Instruction {
  return row(`${name} VRT,VRA,ST,SIX`, "VX_ST", [4, xo], (m, f) => {
    m.require("VEC");
    const x = m.vr(f.VRA);
    const first = 2 * m.fixed(f.ST);
    const bits = constant(m, SIX_BITS[bytes]);
    const six = m.simd("v128.and", bits, m.splat(bytes, m.field(f.SIX)));
    const second = m.simd(EQUAL[bytes], six, bits);
    const one = sigma(m, bytes, x, SIGMA[bytes][first]);
    const two = sigma(m, bytes, x, SIGMA[bytes][first + 1]);
    m.setVr(f.VRT, m.simdSelect(second, two, one));
  });
}

/** Vector exclusive-or-based instructions: a row an instruction. */
export const vectorCrypto = chapter(
  "Book I 6.11",
  "Vector Exclusive-OR-based Instructions",
  [
    longBinary("vcipher", 1288, cipher),
    longBinary("vcipherlast", 1289, cipherLast),
    longBinary("vncipher", 1352, inverseCipher),
    longBinary("vncipherlast", 1353, inverseCipherLast),
    row("vsbox VRT,VRA", "VX_VRA", [4, 1480], (m, f) => {
      m.require("VEC");
      m.call(substitute, vrNumber(m, f.VRT), vrNumber(m, f.VRA));
    }),
    shaSigma("vshasigmad", 1730, 8),
    shaSigma("vshasigmaw", 1666, 4),
    longBinary("vpmsumb", 1032, polynomialSums(1)),
    longBinary("vpmsumd", 1224, polynomialSumDoublewords),
    longBinary("vpmsumh", 1096, polynomialSums(2)),
    longBinary("vpmsumw", 1160, polynomialSumWords),
    ternary("vpermxor", 45, (m, a, b, c) => {
      const low = m.simd("v128.and", c, splatConstant(m, 1, 15));
      return m.simd(
        "v128.xor",
        pickBytes(m, a, m.simdShift("shr_u", 1, c, m.const(4))),
        pickBytes(m, b, low),
      );
    }),
  ],
);
