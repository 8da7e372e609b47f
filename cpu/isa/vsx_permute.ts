/**
 * VSX moves, logical instructions and permutes (Book I 7.6.3).
 *
 * @module
 */
import type { Bytes, Field, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row, type RowOptions } from "./row.ts";
import { type Binary, POWER9 } from "./vector_families.ts";
import { inverted, logical, orComplement } from "./vector_integer.ts";
import {
  applyShuffle,
  constant,
  elementShuffle,
  immediate,
  ORDINALS,
  permute,
  pickBytes,
  shuffle,
  sixteen,
  splatConstant,
  splatElement,
  window,
} from "./vector_lanes.ts";
import {
  requireByRegister,
  requireFloatOrVector,
  setScalar,
} from "./vsx_families.ts";

/** XT from XA and XB. */
function binary(
  name: string,
  xo: number,
  compute: Binary,
  options?: RowOptions,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    m.setVsr(f.XT, compute(m, m.vsr(f.XA), m.vsr(f.XB)));
  }, options);
}

// ------------------------------------------------------------------- moves

function moveFrom(
  name: string,
  xo: number,
  compute: (m: Ops, x: Value) => Value,
): Instruction {
  return row(`${name} RA,XS`, "XX1_XS_RA", [31, xo], (m, f) => {
    requireFloatOrVector(m, f.XS);
    m.setGpr(f.RA, compute(m, m.fpr(f.XS)));
  });
}

function moveTo(
  name: string,
  xo: number,
  compute: (m: Ops, value: Value) => Value,
): Instruction {
  return row(`${name} XT,RA`, "XX1_RA", [31, xo], (m, f) => {
    requireFloatOrVector(m, f.XT);
    setScalar(m, f.XT, compute(m, m.gpr(f.RA)));
  });
}

/** Moves between GPRs and VSRs: a row an instruction. */
export const vsxMoves = chapter("Book I 7.6.3", "VSX Move Instructions", [
  moveFrom("mfvsrd", 51, (_, x) => x),
  row("mfvsrld RA,XS", "XX1_XS_RA", [31, 307], (m, f) => {
    requireByRegister(m, f.XS);
    m.setGpr(f.RA, m.lower(m.vsr(f.XS)));
  }, POWER9),
  moveFrom("mfvsrwz", 115, (m, x) => m.zeroExtend(4, x)),
  moveTo("mtvsrd", 179, (_, value) => value),
  row("mtvsrdd XT,RA,RB", "XX1", [31, 435], (m, f) => {
    requireByRegister(m, f.XT);
    m.setVsr(f.XT, m.vector(m.gprOrZero(f.RA), m.gpr(f.RB)));
  }, POWER9),
  moveTo("mtvsrwa", 211, (m, value) => m.signExtend(4, value)),
  row("mtvsrws XT,RA", "XX1_RA", [31, 403], (m, f) => {
    requireByRegister(m, f.XT);
    m.setVsr(f.XT, m.splat(4, m.gpr(f.RA)));
  }, POWER9),
  moveTo("mtvsrwz", 243, (m, value) => m.zeroExtend(4, value)),
]);

/** Logical instructions: a row an instruction. */
export const vsxLogical = chapter("Book I 7.6.3", "VSX Logical Instructions", [
  binary("xxland", 130, logical("and")),
  binary("xxlandc", 138, logical("andnot")),
  binary("xxleqv", 186, inverted("xor")),
  binary("xxlnand", 178, inverted("and")),
  binary("xxlnor", 162, inverted("or")),
  binary("xxlor", 146, logical("or")),
  binary("xxlorc", 170, orComplement),
  binary("xxlxor", 154, logical("xor")),
]);

// ----------------------------------------------------------------- permute

function shuffled(bytes: Bytes, elements: readonly number[]): Binary {
  const order = elementShuffle(bytes, elements);
  return (m, a, b) => applyShuffle(m, order, a, b);
}

function reversed(name: string, eo: number, bytes: number): Instruction {
  const order = shuffle(sixteen((i) => i ^ (bytes - 1)));
  return row(`${name} XT,XB`, "XX2_EO", [60, eo, 475], (m, f) => {
    m.require("VSX");
    m.setVsr(f.XT, applyShuffle(m, order, m.vsr(f.XB)));
  }, POWER9);
}

/** XT is the second half of what the indices in XB choose from. */
function permuted(name: string, xo: number, backwards: boolean): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const five = splatConstant(m, 1, 31);
    const index = backwards
      ? m.simd("v128.andnot", five, m.vsr(f.XB))
      : m.simd("v128.and", five, m.vsr(f.XB));
    m.setVsr(f.XT, permute(m, m.vsr(f.XA), m.vsr(f.XT), index));
  }, POWER9);
}

/** True where bit `mask` of a field is 1. */
function bitOf(m: Ops, field: Field, mask: number) {
  return m.nonZero(m.and(m.field(field), m.const(mask)));
}

const WORD_OF_DOUBLEWORD_0 = immediate(
  sixteen((i) => i >= 4 && i < 8 ? 0xff : 0),
);

/** Permutes: a row an instruction. */
export const vsxPermute = chapter("Book I 7.6.3", "VSX Permute Instructions", [
  reversed("xxbrd", 23, 8),
  reversed("xxbrh", 7, 2),
  reversed("xxbrq", 31, 16),
  reversed("xxbrw", 15, 4),
  row("xxextractuw XT,XB,UIM", "XX2_UIM4", [60, 165], (m, f) => {
    m.require("VSX");
    const x = m.vsr(f.XB);
    const start = m.add(m.field(f.UIM), m.const(12));
    const moved = window(m, x, x, m.and(start, m.const(15)));
    const word = constant(m, WORD_OF_DOUBLEWORD_0);
    m.setVsr(f.XT, m.simd("v128.and", moved, word));
  }, POWER9),
  row("xxinsertw XT,XB,UIM", "XX2_UIM4", [60, 181], (m, f) => {
    m.require("VSX");
    const start = m.splat(1, m.field(f.UIM));
    const index = m.simd("i8x16.sub", constant(m, ORDINALS), start);
    const four = splatConstant(m, 1, 4);
    const inside = m.simd("i8x16.gt_u", four, index);
    const source = m.simd("i8x16.add", index, four);
    const moved = pickBytes(m, m.vsr(f.XB), source);
    m.setVsr(f.XT, m.simdSelect(inside, moved, m.vsr(f.XT)));
  }, POWER9),
  binary("xxmrghw", 18, shuffled(4, [0, 4, 1, 5])),
  binary("xxmrglw", 50, shuffled(4, [2, 6, 3, 7])),
  permuted("xxperm", 26, false),
  row("xxpermdi XT,XA,XB,DM", "XX3_DM", [60, 10], (m, f) => {
    m.require("VSX");
    const [a, b] = [m.vsr(f.XA), m.vsr(f.XB)];
    m.setVsr(
      f.XT,
      m.vector(
        m.select(bitOf(m, f.DM, 2), m.lower(a), m.upper(a)),
        m.select(bitOf(m, f.DM, 1), m.lower(b), m.upper(b)),
      ),
    );
  }),
  permuted("xxpermr", 58, true),
  row("xxsel XT,XA,XB,XC", "XX4", [60, 3], (m, f) => {
    m.require("VSX");
    m.setVsr(f.XT, m.simdSelect(m.vsr(f.XC), m.vsr(f.XB), m.vsr(f.XA)));
  }),
  row("xxsldwi XT,XA,XB,SHW", "XX3_SHW", [60, 2], (m, f) => {
    m.require("VSX");
    const start = m.shl(m.field(f.SHW), 2);
    m.setVsr(f.XT, window(m, m.vsr(f.XA), m.vsr(f.XB), start));
  }),
  row("xxspltib XT,IMM8", "XX1_IMM8", [60, 0, 360], (m, f) => {
    requireByRegister(m, f.XT);
    m.setVsr(f.XT, m.splat(1, m.field(f.IMM8)));
  }, POWER9),
  row("xxspltw XT,XB,UIM", "XX2_UIM2", [60, 164], (m, f) => {
    m.require("VSX");
    m.setVsr(f.XT, splatElement(m, 4, m.vsr(f.XB), m.field(f.UIM)));
  }),
]);
