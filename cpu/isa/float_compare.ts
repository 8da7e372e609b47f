/**
 * Floating-point comparisons (Book I 4.6.8).
 *
 * @module
 */
import type { Field, Ops } from "./ops.ts";
import { chapter, row } from "./row.ts";
import { compareInto } from "./softfloat/mod.ts";

function comparison(kind: "ordered" | "unordered") {
  return (m: Ops, f: Record<"BF" | "FRA" | "FRB", Field>) => {
    m.require("FP");
    compareInto(m, f.BF, { a: m.fpr(f.FRA), b: m.fpr(f.FRB), kind });
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
