import assert from "node:assert/strict";
import { row } from "../../../cpu/isa/row.ts";
import {
  conclude,
  elementAdd,
  elementDivide,
  elementMultiply,
  elementMultiplyAdd,
  elementSquareRoot,
  elementSubtract,
  enterSticky,
  FORMAT,
} from "../../../cpu/isa/softfloat/mod.ts";
import type { Field, Ops, Value } from "../../../cpu/isa/ops.ts";
import { generator, operand, setting, wordOf } from "./cases.ts";
import { complete, compute, type Operation } from "./exact.ts";
import { runCase } from "./ours.ts";

type Operands = Record<"a" | "b" | "c", Value>;

const OPERATIONS: Record<
  Operation,
  (m: Ops, operands: Operands, format: bigint) => Value
> = {
  add: (m, { a, b }, format) => elementAdd(m, a, b, format),
  sub: (m, { a, b }, format) => elementSubtract(m, a, b, format),
  mul: (m, { a, c }, format) => elementMultiply(m, a, c, format),
  div: (m, { a, b }, format) => elementDivide(m, a, b, format),
  sqrt: (m, { b }, format) => elementSquareRoot(m, b, format),
  fma: elementMultiplyAdd,
};

/** FR, FI and FPRF, which a vector instruction leaves alone. */
const SCALAR_ONLY = 0x7_f000n;

/** An element of a vector instruction, in the place of f1. */
function elementRow(op: Operation, format: "double" | "single") {
  return row(
    `${op} FRT,FRA,FRC,FRB`,
    "A",
    [63, 0],
    (m, f: Record<"FRT" | "FRA" | "FRB" | "FRC", Field>) => {
      const operands = { a: m.fpr(f.FRA), b: m.fpr(f.FRB), c: m.fpr(f.FRC) };
      const result = OPERATIONS[op](m, operands, FORMAT[format]);
      enterSticky(m);
      conclude(m, () => m.setFpr(f.FRT, result));
    },
  );
}

for (const format of ["double", "single"] as const) {
  Deno.test(`elements leave what scalars do but FR, FI and FPRF in ${format}`, () => {
    for (const op of Object.keys(OPERATIONS) as Operation[]) {
      const instruction = elementRow(op, format);
      const random = generator(BigInt(4000 + op.length));
      for (let n = 0; n < 400; n++) {
        const [target, a, b, c] = [
          random(),
          operand(random),
          operand(random),
          operand(random),
        ];
        const fpscr = n % 2 ? setting(random) : (random() & 1n) * 0x8200_0000n;
        const found = compute(op, { a, b, c }, { fpscr, format });
        const scalar = complete(found, { fpscr, target, format });
        const raised = scalar.interrupted;
        const outcome = runCase({
          instruction,
          word: wordOf(instruction, 0),
          fpr: [target, a, b, c],
          fpscr,
          cr: 0,
        });
        assert.deepEqual(outcome, {
          // Any enabled exception leaves the target of a vector alone.
          fpr: raised ? target : found.bits,
          fpscr: scalar.fpscr & ~SCALAR_ONLY | fpscr & SCALAR_ONLY,
          cr: 0,
          interrupted: raised,
        }, `${op} ${[a, b, c].map((x) => x.toString(16))} ${fpscr}`);
      }
    }
  });
}
