/**
 * Decimal quantum adjustment (Book I 5.6.4).
 *
 * @module
 */
import {
  quantizeLike,
  quantizeTo,
  reround,
  toIntegral,
} from "./decimal/quantum.ts";
import { roundingMode } from "./decimal/round.ts";
import {
  finish,
  immediateMode,
  LONG,
  modeOf,
  PAIR,
} from "./decimal_operands.ts";
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";

function mode(m: Ops, rmc: Field): Value {
  return modeOf(m, m.field(rmc), roundingMode(m));
}

/** drintx, and drintn, which does not look whether it is exact. */
function integral(name: string, xo: number, exact: boolean): Instruction[] {
  return [
    row(`${name}[.] R,FRT,FRB,RMC`, "Z23_R_RMC", [59, xo], (m, f) => {
      m.require("FP");
      const b = LONG.read(m, f.FRB);
      const mode = immediateMode(m, f, roundingMode(m));
      const result = toIntegral(m, b, { mode, exact, format: "long" });
      finish(m, result, { size: LONG, register: f.FRT, rc: f.Rc });
    }),
    row(`${name}q[.] R,FRTp,FRBp,RMC`, "Z23_R_RMCp", [63, xo], (m, f) => {
      m.require("FP");
      const b = PAIR.read(m, f.FRBp);
      const mode = immediateMode(m, f, roundingMode(m));
      const result = toIntegral(m, b, { mode, exact, format: "extended" });
      finish(m, result, { size: PAIR, register: f.FRTp, rc: f.Rc });
    }),
  ];
}

/** Quantum adjustment (Book I 5.6.4). */
export const decimalQuantum = chapter(
  "Book I 5.6.4",
  "DFP Quantum Adjustment Instructions",
  [
    row("dquai[.] TE,FRT,FRB,RMC", "Z23_TE", [59, 67], (m, f) => {
      m.require("FP");
      const b = LONG.read(m, f.FRB);
      const rounding = { mode: mode(m, f.RMC), format: "long" } as const;
      const result = quantizeTo(m, m.field(f.TE), b, rounding);
      finish(m, result, { size: LONG, register: f.FRT, rc: f.Rc });
    }),
    row("dquaiq[.] TE,FRTp,FRBp,RMC", "Z23_TEp", [63, 67], (m, f) => {
      m.require("FP");
      const b = PAIR.read(m, f.FRBp);
      const rounding = { mode: mode(m, f.RMC), format: "extended" } as const;
      const result = quantizeTo(m, m.field(f.TE), b, rounding);
      finish(m, result, { size: PAIR, register: f.FRTp, rc: f.Rc });
    }),
    row("dqua[.] FRT,FRA,FRB,RMC", "Z23_RMC", [59, 3], (m, f) => {
      m.require("FP");
      const [a, b] = [LONG.read(m, f.FRA), LONG.read(m, f.FRB)];
      const rounding = { mode: mode(m, f.RMC), format: "long" } as const;
      const result = quantizeLike(m, a, b, rounding);
      finish(m, result, { size: LONG, register: f.FRT, rc: f.Rc });
    }),
    row("dquaq[.] FRTp,FRAp,FRBp,RMC", "Z23_RMCp", [63, 3], (m, f) => {
      m.require("FP");
      const [a, b] = [PAIR.read(m, f.FRAp), PAIR.read(m, f.FRBp)];
      const rounding = { mode: mode(m, f.RMC), format: "extended" } as const;
      const result = quantizeLike(m, a, b, rounding);
      finish(m, result, { size: PAIR, register: f.FRTp, rc: f.Rc });
    }),
    row("drrnd[.] FRT,FRA,FRB,RMC", "Z23_RMC", [59, 35], (m, f) => {
      m.require("FP");
      const significance = m.and(m.fpr(f.FRA), m.const(63));
      const b = LONG.read(m, f.FRB);
      const rounding = { mode: mode(m, f.RMC), format: "long" } as const;
      const result = reround(m, significance, b, rounding);
      finish(m, result, { size: LONG, register: f.FRT, rc: f.Rc });
    }),
    row("drrndq[.] FRTp,FRA,FRBp,RMC", "Z23_FRA_RMCp", [63, 35], (m, f) => {
      m.require("FP");
      const significance = m.and(m.fpr(f.FRA), m.const(63));
      const b = PAIR.read(m, f.FRBp);
      const rounding = { mode: mode(m, f.RMC), format: "extended" } as const;
      const result = reround(m, significance, b, rounding);
      finish(m, result, { size: PAIR, register: f.FRTp, rc: f.Rc });
    }),
    ...integral("drintx", 99, true),
    ...integral("drintn", 227, false),
  ],
);
