/**
 * Decimal conversions and formats (Book I 5.6.5 and 5.6.6).
 *
 * @module
 */
import { convert, fromInteger, toInteger } from "./decimal/convert.ts";
import {
  extractExponent,
  fromBcd,
  insertExponent,
  shiftSignificand,
  toBcd,
} from "./decimal/parts.ts";
import { finish, LONG, PAIR } from "./decimal_operands.ts";
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  conclude,
  enterInteger,
  FPSCR,
  recordStatus,
} from "./softfloat/mod.ts";
import type { Wide } from "./wide.ts";

/** Ends a conversion to an integer; FPRF, undefined, stays as it was. */
function finishInteger(
  m: Ops,
  result: Value,
  { FRT, Rc }: Record<"FRT" | "Rc", Field>,
  fprf: Value,
): void {
  enterInteger(m);
  const others = m.and(m.reg("FPSCR"), m.const(~FPSCR.FPRF));
  m.setReg("FPSCR", m.or(others, fprf));
  conclude(m, () => m.setFpr(FRT, result), Rc);
}

function fprfOf(m: Ops): Value {
  return m.and(m.reg("FPSCR"), m.const(FPSCR.FPRF));
}

/** Conversions (Book I 5.6.5). */
export const decimalConversion = chapter(
  "Book I 5.6.5",
  "DFP Conversion Instructions",
  [
    row("dctdp[.] FRT,FRB", "X_FRB", [59, 258], (m, f) => {
      m.require("FP");
      const b = { high: m.shl(m.fpr(f.FRB), 32), low: m.const(0) };
      const result = convert(m, b, { from: "short", to: "long" });
      finish(m, result, { size: LONG, register: f.FRT, rc: f.Rc });
    }),
    row("dctqpq[.] FRTp,FRB", "X_FRTp_FRB_Rc", [63, 258], (m, f) => {
      m.require("FP");
      const b = LONG.read(m, f.FRB);
      const result = convert(m, b, { from: "long", to: "extended" });
      finish(m, result, { size: PAIR, register: f.FRTp, rc: f.Rc });
    }),
    row("drsp[.] FRT,FRB", "X_FRB", [59, 770], (m, f) => {
      m.require("FP");
      const b = LONG.read(m, f.FRB);
      const result = convert(m, b, { from: "long", to: "short" });
      finish(m, result, {
        // A short stands in the low word.
        size: {
          ...LONG,
          write: (m, register, { high }) => m.setFpr(register, m.shr(high, 32)),
        },
        register: f.FRT,
        rc: f.Rc,
        format: "short",
      });
    }),
    row("drdpq[.] FRTp,FRBp", "X_FRTp_FRBp_Rc", [63, 770], (m, f) => {
      m.require("FP");
      const b = PAIR.read(m, f.FRBp);
      const result = convert(m, b, { from: "extended", to: "long" });
      const target = { size: PAIR, register: f.FRTp, rc: f.Rc };
      finish(m, result, { ...target, format: "long" });
    }),
    row("dcffix[.] FRT,FRB", "X_FRB", [59, 802], (m, f) => {
      m.require("FP");
      const result = fromInteger(m, m.fpr(f.FRB), "long");
      finish(m, result, { size: LONG, register: f.FRT, rc: f.Rc });
    }),
    row("dcffixq[.] FRTp,FRB", "X_FRTp_FRB_Rc", [63, 802], (m, f) => {
      m.require("FP");
      const result = fromInteger(m, m.fpr(f.FRB), "extended");
      finish(m, result, { size: PAIR, register: f.FRTp, rc: f.Rc });
    }),
    row("dctfix[.] FRT,FRB", "X_FRB", [59, 290], (m, f) => {
      m.require("FP");
      const fprf = fprfOf(m);
      const b = LONG.read(m, f.FRB);
      finishInteger(m, toInteger(m, b, "long"), f, fprf);
    }),
    row("dctfixq[.] FRT,FRBp", "X_FRT_FRBp_Rc", [63, 290], (m, f) => {
      m.require("FP");
      const fprf = fprfOf(m);
      const b = PAIR.read(m, f.FRBp);
      finishInteger(m, toInteger(m, b, "extended"), f, fprf);
    }),
  ],
);

/** Writes what is not a result of computing: FPSCR stays as it is. */
function place(m: Ops, write: () => void, rc: Field): void {
  write();
  m.when(rc, () => recordStatus(m));
}

function shift(
  name: string,
  xo: number,
  direction: "left" | "right",
): Instruction[] {
  function shifted(m: Ops, a: Wide, sh: Field, format: "long" | "extended") {
    return shiftSignificand(m, a, m.field(sh), { direction, format });
  }
  return [
    row(`${name}[.] FRT,FRA,SH`, "Z22_SH", [59, xo], (m, f) => {
      m.require("FP");
      const result = shifted(m, LONG.read(m, f.FRA), f.SH, "long");
      place(m, () => LONG.write(m, f.FRT, result), f.Rc);
    }),
    row(`${name}q[.] FRTp,FRAp,SH`, "Z22_SHp", [63, xo], (m, f) => {
      m.require("FP");
      const result = shifted(m, PAIR.read(m, f.FRAp), f.SH, "extended");
      place(m, () => PAIR.write(m, f.FRTp, result), f.Rc);
    }),
  ];
}

/** Formats (Book I 5.6.6). */
export const decimalFormat = chapter(
  "Book I 5.6.6",
  "DFP Format Instructions",
  [
    row("ddedpd[.] SP,FRT,FRB", "X_SP_FRB", [59, 322], (m, f) => {
      m.require("FP");
      const b = LONG.read(m, f.FRB);
      const result = toBcd(m, b, m.field(f.SP), "long");
      place(m, () => LONG.write(m, f.FRT, result), f.Rc);
    }),
    row("ddedpdq[.] SP,FRTp,FRBp", "X_SP_FRBp", [63, 322], (m, f) => {
      m.require("FP");
      const b = PAIR.read(m, f.FRBp);
      const result = toBcd(m, b, m.field(f.SP), "extended");
      place(m, () => PAIR.write(m, f.FRTp, result), f.Rc);
    }),
    row("denbcd[.] S,FRT,FRB", "X_S_FRB", [59, 834], (m, f) => {
      m.require("FP");
      const result = fromBcd(m, LONG.read(m, f.FRB), m.field(f.S), "long");
      finish(m, result, { size: LONG, register: f.FRT, rc: f.Rc });
    }),
    row("denbcdq[.] S,FRTp,FRBp", "X_S_FRBp", [63, 834], (m, f) => {
      m.require("FP");
      const result = fromBcd(m, PAIR.read(m, f.FRBp), m.field(f.S), "extended");
      finish(m, result, { size: PAIR, register: f.FRTp, rc: f.Rc });
    }),
    row("dxex[.] FRT,FRB", "X_FRB", [59, 354], (m, f) => {
      m.require("FP");
      const result = extractExponent(m, LONG.read(m, f.FRB), "long");
      place(m, () => m.setFpr(f.FRT, result), f.Rc);
    }),
    row("dxexq[.] FRT,FRBp", "X_FRT_FRBp_Rc", [63, 354], (m, f) => {
      m.require("FP");
      const result = extractExponent(m, PAIR.read(m, f.FRBp), "extended");
      place(m, () => m.setFpr(f.FRT, result), f.Rc);
    }),
    row("diex[.] FRT,FRA,FRB", "X_FRA_FRB_Rc", [59, 866], (m, f) => {
      m.require("FP");
      const b = LONG.read(m, f.FRB);
      const result = insertExponent(m, m.fpr(f.FRA), b, "long");
      place(m, () => LONG.write(m, f.FRT, result), f.Rc);
    }),
    row(
      "diexq[.] FRTp,FRA,FRBp",
      "X_FRTp_FRA_FRBp_Rc",
      [63, 866],
      (m, f) => {
        m.require("FP");
        const b = PAIR.read(m, f.FRBp);
        const result = insertExponent(m, m.fpr(f.FRA), b, "extended");
        place(m, () => PAIR.write(m, f.FRTp, result), f.Rc);
      },
    ),
    ...shift("dscli", 66, "left"),
    ...shift("dscri", 98, "right"),
  ],
);
