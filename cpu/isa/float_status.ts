/**
 * Instructions on FPSCR itself (Book I 4.6.10).
 *
 * @module
 */
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, row, type RowOptions } from "./row.ts";
import {
  EXCEPTIONS,
  FPSCR,
  moveToFpscr,
  recordStatus,
  summarize,
} from "./softfloat/mod.ts";

const ENABLES = FPSCR.VE | FPSCR.OE | FPSCR.UE | FPSCR.ZE | FPSCR.XE;
const CONTROL = FPSCR.DRN | ENABLES | FPSCR.NI | FPSCR.RN;
/** What no instruction sets by itself: reserved bits, FEX and VX. */
const FIXED = ~((FPSCR.DRN | 0xffff_f7ffn) & ~(FPSCR.FEX | FPSCR.VX));

/** FPSCR with the bits of the mask from the value, where they are not fixed. */
function replaced(m: Ops, mask: Value, value: Value): Value {
  const open = m.and(mask, m.const(~FIXED));
  return m.or(
    m.and(m.reg("FPSCR"), m.not(open)),
    m.and(value, open),
  );
}

/** A nibble of ones for each of the eight bits. */
function nibbles(m: Ops, bits: Value): Value {
  let spread = bits;
  for (
    const [shift, mask] of [
      [12, 0x000f_000f],
      [6, 0x0303_0303],
      [3, 0x1111_1111],
    ] as const
  ) {
    spread = m.and(m.or(spread, m.shl(spread, shift)), m.const(mask));
  }
  return m.mul(spread, m.const(15));
}

/** Bit 32 + n of FPSCR. */
function bitOf(m: Ops, n: Field): Value {
  return m.shr(m.const(0x8000_0000), m.field(n));
}

/** FRT ← the control bits, which then become what `next` says. */
function exchange(next: (m: Ops, fpscr: Value) => Value) {
  return (m: Ops, f: { readonly FRT: Field }) => {
    m.require("FP");
    const fpscr = m.reg("FPSCR");
    m.setFpr(f.FRT, m.and(fpscr, m.const(CONTROL)));
    m.setReg("FPSCR", next(m, fpscr));
  };
}

function withRounding(m: Ops, fpscr: Value, rn: Value): Value {
  return m.or(
    m.and(fpscr, m.const(~FPSCR.RN)),
    m.and(rn, m.const(FPSCR.RN)),
  );
}

function withDecimalRounding(m: Ops, fpscr: Value, drn: Value): Value {
  return m.or(
    m.and(fpscr, m.const(~FPSCR.DRN)),
    m.and(drn, m.const(FPSCR.DRN)),
  );
}

const SINCE_3_0: RowOptions = { since: "3.0" };

/** Instructions on FPSCR (Book I 4.6.10). */
export const floatStatus = chapter(
  "Book I 4.6.10",
  "Floating-Point Status and Control Register Instructions",
  [
    row("mffs[.] FRT", "X_FPSCR_Rc", [63, 0, 583], (m, f) => {
      m.require("FP");
      m.setFpr(f.FRT, m.reg("FPSCR"));
      m.when(f.Rc, () => recordStatus(m));
    }),
    row("mffsce FRT", "X_FPSCR", [63, 1, 583], (m, f) => {
      m.require("FP");
      const fpscr = m.reg("FPSCR");
      m.setFpr(f.FRT, fpscr);
      m.setReg("FPSCR", summarize(m, m.and(fpscr, m.const(~ENABLES))));
    }, SINCE_3_0),
    row("mffscdrn FRT,FRB", "X_FPSCR_FRB", [63, 20, 583], (m, f) => {
      const drn = m.fpr(f.FRB);
      exchange((m, fpscr) => withDecimalRounding(m, fpscr, drn))(m, f);
    }, SINCE_3_0),
    row("mffscdrni FRT,DRM", "X_FPSCR_DRM", [63, 21, 583], (m, f) => {
      const drn = m.shl(m.field(f.DRM), 32);
      exchange((m, fpscr) => withDecimalRounding(m, fpscr, drn))(m, f);
    }, SINCE_3_0),
    row("mffscrn FRT,FRB", "X_FPSCR_FRB", [63, 22, 583], (m, f) => {
      const rn = m.fpr(f.FRB);
      exchange((m, fpscr) => withRounding(m, fpscr, rn))(m, f);
    }, SINCE_3_0),
    row("mffscrni FRT,RM", "X_FPSCR_RM", [63, 23, 583], (m, f) => {
      const rn = m.field(f.RM);
      exchange((m, fpscr) => withRounding(m, fpscr, rn))(m, f);
    }, SINCE_3_0),
    row("mffsl FRT", "X_FPSCR", [63, 24, 583], (m, f) => {
      m.require("FP");
      const seen = CONTROL | FPSCR.FR | FPSCR.FI | FPSCR.FPRF;
      m.setFpr(f.FRT, m.and(m.reg("FPSCR"), m.const(seen)));
    }, SINCE_3_0),
    row("mcrfs BF,BFA", "X_BF_BFA", [63, 64], (m, f) => {
      m.require("FP");
      const fpscr = m.reg("FPSCR");
      const shift = m.sub(m.const(28), m.shl(m.field(f.BFA), 2));
      m.setCrField(f.BF, m.and(m.shr(fpscr, shift), m.const(15)));
      // Exception bits are reset by being copied.
      const read = m.and(
        m.shl(m.const(15), shift),
        m.const(EXCEPTIONS | FPSCR.FX),
      );
      m.setReg("FPSCR", summarize(m, m.and(fpscr, m.not(read))));
    }),
    row("mtfsfi[.] BFF,U,W", "X_BFF", [63, 134], (m, f) => {
      m.require("FP");
      const field = m.add(
        m.field(f.BFF),
        m.shl(m.sub(m.const(1), m.field(f.W)), 3),
      );
      const shift = m.sub(m.const(60), m.shl(field, 2));
      const mask = m.shl(m.const(15), shift);
      moveToFpscr(m, replaced(m, mask, m.shl(m.field(f.U), shift)), f.Rc);
    }),
    row("mtfsf[.] FLM,FRB,L,W", "XFL", [63, 711], (m, f) => {
      m.require("FP");
      const mask = m.variable(m.const(-1));
      m.when(f.L, () => {}, () => {
        const shift = m.shl(m.field(f.W), 5);
        m.set(mask, m.shl(nibbles(m, m.field(f.FLM)), shift));
      });
      moveToFpscr(m, replaced(m, m.get(mask), m.fpr(f.FRB)), f.Rc);
    }),
    row("mtfsb0[.] BTF", "X_BTF", [63, 70], (m, f) => {
      m.require("FP");
      const fpscr = replaced(m, bitOf(m, f.BTF), m.const(0));
      m.setReg("FPSCR", summarize(m, fpscr));
      m.when(f.Rc, () => recordStatus(m));
    }),
    row("mtfsb1[.] BTF", "X_BTF", [63, 38], (m, f) => {
      m.require("FP");
      const bit = bitOf(m, f.BTF);
      const raised = m.and(
        m.and(bit, m.const(EXCEPTIONS)),
        m.not(m.reg("FPSCR")),
      );
      const fx = m.select(m.nonZero(raised), m.const(FPSCR.FX), m.const(0));
      moveToFpscr(m, m.or(replaced(m, bit, bit), fx), f.Rc);
    }),
  ],
);
