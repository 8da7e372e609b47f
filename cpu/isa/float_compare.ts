/**
 * Floating-point comparisons (Book I 4.6.8).
 *
 * @module
 */
import type { Field, Ops } from "./ops.ts";
import { chapter, row } from "./row.ts";
import { compare, conclude, enterComparison } from "./softfloat/mod.ts";

function comparison(kind: "ordered" | "unordered") {
  return (m: Ops, f: Record<"BF" | "FRA" | "FRB", Field>) => {
    m.require("FP");
    const result = compare(m, m.fpr(f.FRA), m.fpr(f.FRB), kind);
    enterComparison(m, result);
    conclude(m, () => m.setCrField(f.BF, result));
  };
}

/** Comparisons (Book I 4.6.8). */
export const floatComparison = chapter(
  "Book I 4.6.8",
  "Floating-Point Compare Instructions",
  [
    row(
      "fcmpu BF,FRA,FRB",
      "X_BF_FRA_FRB",
      [63, 0],
      comparison("unordered"),
    ),
    row("fcmpo BF,FRA,FRB", "X_BF_FRA_FRB", [63, 32], comparison("ordered")),
  ],
);
