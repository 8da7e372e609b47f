/**
 * Floating-point rounding and conversion (Book I 4.6.7).
 *
 * @module
 */
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  carryOut,
  conclude,
  enterInteger,
  enterScalar,
  FORMAT,
  type Format,
  type IntegerFormat,
  type IntegerMode,
  roundToInteger,
  SCALAR_ROUND_TO_SINGLE,
  scalarFromInteger,
  toInteger,
} from "./softfloat/mod.ts";

interface FromB {
  readonly FRT: Field;
  readonly FRB: Field;
  readonly Rc: Field;
}

/** FRT from FRB by what enters its result by itself. */
function entered(convert: (m: Ops, frb: Value) => Value) {
  return (m: Ops, f: FromB) => {
    m.require("FP");
    const result = convert(m, m.fpr(f.FRB));
    conclude(m, () => m.setFpr(f.FRT, result), f.Rc);
  };
}

/** FRT from FRB, FPRF by the format of the result. */
function number(convert: (m: Ops, frb: Value) => Value, format: Format) {
  return (m: Ops, f: FromB) => {
    m.require("FP");
    const result = convert(m, m.fpr(f.FRB));
    enterScalar(m, result, format);
    conclude(m, () => m.setFpr(f.FRT, result), f.Rc);
  };
}

function integral(name: string, xo: number, mode: IntegerMode): Instruction {
  return row(
    `${name}[.] FRT,FRB`,
    "X_FRB",
    [63, xo],
    number((m, frb) => roundToInteger(m, frb, { mode }), FORMAT.double),
  );
}

function integer(
  name: string,
  xo: number,
  format: IntegerFormat & { mode: IntegerMode },
): Instruction {
  return row(`${name}[.] FRT,FRB`, "X_FRB", [63, xo], (m, f) => {
    m.require("FP");
    const result = toInteger(m, m.fpr(f.FRB), format);
    enterInteger(m);
    conclude(m, () => m.setFpr(f.FRT, result), f.Rc);
  });
}

const RN = "RN";
const DOUBLEWORD = { bytes: 8, signed: true } as const;
const UNSIGNED_DOUBLEWORD = { bytes: 8, signed: false } as const;
const WORD = { bytes: 4, signed: true } as const;
const UNSIGNED_WORD = { bytes: 4, signed: false } as const;

function fromDoubleword(signed: boolean, precision: "double" | "single") {
  return entered((m, frb) => scalarFromInteger(m, frb, { signed, precision }));
}

/** Rounding and conversion (Book I 4.6.7). */
export const floatConversion = chapter(
  "Book I 4.6.7",
  "Floating-Point Rounding and Conversion Instructions",
  [
    row(
      "frsp[.] FRT,FRB",
      "X_FRB",
      [63, 12],
      (m, f) => {
        m.require("FP");
        carryOut(m, SCALAR_ROUND_TO_SINGLE, {
          operands: [m.fpr(f.FRB)],
          write: (result) => m.setFpr(f.FRT, result),
          rc: f.Rc,
        });
      },
    ),
    integer("fctid", 814, { ...DOUBLEWORD, mode: RN }),
    integer("fctidz", 815, { ...DOUBLEWORD, mode: "zero" }),
    integer("fctidu", 942, { ...UNSIGNED_DOUBLEWORD, mode: RN }),
    integer("fctiduz", 943, { ...UNSIGNED_DOUBLEWORD, mode: "zero" }),
    integer("fctiw", 14, { ...WORD, mode: RN }),
    integer("fctiwz", 15, { ...WORD, mode: "zero" }),
    integer("fctiwu", 142, { ...UNSIGNED_WORD, mode: RN }),
    integer("fctiwuz", 143, { ...UNSIGNED_WORD, mode: "zero" }),
    row("fcfid[.] FRT,FRB", "X_FRB", [63, 846], fromDoubleword(true, "double")),
    row(
      "fcfidu[.] FRT,FRB",
      "X_FRB",
      [63, 974],
      fromDoubleword(false, "double"),
    ),
    row(
      "fcfids[.] FRT,FRB",
      "X_FRB",
      [59, 846],
      fromDoubleword(true, "single"),
    ),
    row(
      "fcfidus[.] FRT,FRB",
      "X_FRB",
      [59, 974],
      fromDoubleword(false, "single"),
    ),
    integral("frin", 392, "nearestAway"),
    integral("friz", 424, "zero"),
    integral("frip", 456, "up"),
    integral("frim", 488, "down"),
  ],
);
