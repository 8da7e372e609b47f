/**
 * Floating-point rounding and conversion (Book I 4.6.7).
 *
 * @module
 */
import type { Field, Ops } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  carryOut,
  convertToInteger,
  type IntegerMode,
  type IntegerName,
  roundIntoInteger,
  type Scalar,
  SCALAR_FROM_INTEGER,
  SCALAR_ROUND_TO_SINGLE,
} from "./softfloat/mod.ts";

interface FromB {
  readonly FRT: Field;
  readonly FRB: Field;
  readonly Rc: Field;
}

/** FRT from FRB by an operation that enters its result. */
function entered(scalar: Scalar) {
  return (m: Ops, f: FromB) => {
    m.require("FP");
    carryOut(m, scalar, {
      operands: [m.fpr(f.FRB)],
      write: (result) => m.setFpr(f.FRT, result),
      rc: f.Rc,
    });
  };
}

function integral(name: string, xo: number, mode: IntegerMode): Instruction {
  return row(`${name}[.] FRT,FRB`, "X_FRB", [63, xo], (m, f) => {
    m.require("FP");
    roundIntoInteger(m, { b: m.fpr(f.FRB), mode }, {
      write: (result) => m.setFpr(f.FRT, result),
      rc: f.Rc,
    });
  });
}

function integer(
  name: string,
  xo: number,
  { to, mode }: { to: IntegerName; mode: "RN" | "zero" },
): Instruction {
  return row(`${name}[.] FRT,FRB`, "X_FRB", [63, xo], (m, f) => {
    m.require("FP");
    const misfit = "FPRF is a NaN's";
    convertToInteger(m, { b: m.fpr(f.FRB), to, mode, misfit }, {
      write: (result) => m.setFpr(f.FRT, result),
      rc: f.Rc,
    });
  });
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
      entered(SCALAR_ROUND_TO_SINGLE),
    ),
    integer("fctid", 814, { to: "doubleword", mode: "RN" }),
    integer("fctidz", 815, { to: "doubleword", mode: "zero" }),
    integer("fctidu", 942, { to: "unsignedDoubleword", mode: "RN" }),
    integer("fctiduz", 943, { to: "unsignedDoubleword", mode: "zero" }),
    integer("fctiw", 14, { to: "word", mode: "RN" }),
    integer("fctiwz", 15, { to: "word", mode: "zero" }),
    integer("fctiwu", 142, { to: "unsignedWord", mode: "RN" }),
    integer("fctiwuz", 143, { to: "unsignedWord", mode: "zero" }),
    row(
      "fcfid[.] FRT,FRB",
      "X_FRB",
      [63, 846],
      entered(SCALAR_FROM_INTEGER.signed.double),
    ),
    row(
      "fcfidu[.] FRT,FRB",
      "X_FRB",
      [63, 974],
      entered(SCALAR_FROM_INTEGER.unsigned.double),
    ),
    row(
      "fcfids[.] FRT,FRB",
      "X_FRB",
      [59, 846],
      entered(SCALAR_FROM_INTEGER.signed.single),
    ),
    row(
      "fcfidus[.] FRT,FRB",
      "X_FRB",
      [59, 974],
      entered(SCALAR_FROM_INTEGER.unsigned.single),
    ),
    integral("frin", 392, "nearestAway"),
    integral("friz", 424, "zero"),
    integral("frip", 456, "up"),
    integral("frim", 488, "down"),
  ],
);
