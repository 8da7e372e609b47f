import assert from "node:assert/strict";
import { runInstruction } from "../../../cpu/engine/reference_harness.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import { floatFacility } from "../../../cpu/isa/float.ts";
import { MSR } from "../../../cpu/state.ts";
import { bitsOf } from "./cases.ts";

const ROWS = floatFacility.flatMap(({ rows }) => rows);
const TARGET = 0xdead_beefn;

interface Setting {
  readonly fields?: Readonly<Record<string, number>>;
  readonly fpscr?: bigint;
  readonly msr?: bigint;
  /** f2, f3. */
  readonly operands?: readonly [bigint, bigint];
}

/** Runs an instruction with FRA = f2, FRB = f3 and FRT = f1. */
function run(name: string, setting: Setting = {}) {
  const { fields = {}, fpscr = 0n, msr = 0n, operands = [0n, 0n] } = setting;
  const instruction = ROWS.find((row) => row.name === name);
  assert.ok(instruction, name);
  const registers = Object.entries({ FRT: 1, FRA: 2, FRB: 3 })
    .filter(([field]) => instruction.fields.has(field));
  const word = encode(instruction, {
    ...Object.fromEntries(registers),
    ...fields,
  });
  const result = runInstruction(word, {
    MSR: MSR.SF | MSR.FP | msr,
    VSR: [0n, TARGET << 64n, ...operands.map((bits) => bits << 64n)],
    FPSCR: fpscr,
  }, { instruction });
  return {
    raised: result.raised,
    changed: result.changed,
    srr1: result.state.EXCEPTION_SRR1,
    fpscr: result.state.FPSCR as bigint,
    cr1: (result.state.CR as readonly bigint[])[1],
    fpr: ((result.state.VSR as readonly bigint[])[1] ?? 0n) >> 64n,
  };
}

const FX = 1n << 31n;
const FEX = 1n << 30n;
const VX = 1n << 29n;
const ZX = 1n << 26n;
const XX = 1n << 25n;
const VXZDZ = 1n << 21n;
const INVALID_ENABLE = 1n << 7n;
const ZERO_ENABLE = 1n << 4n;
const INEXACT_ENABLE = 1n << 3n;

Deno.test("every row raises floating-point unavailable when MSR[FP] is 0", () => {
  assert.equal(ROWS.length, 86);
  for (const instruction of ROWS) {
    const fields = instruction.fields.has("RA") ? { RA: 1 } : {};
    const { raised, changed } = runInstruction(
      encode(instruction, fields),
      { MSR: MSR.SF | MSR.HV, FPSCR: 0n },
      { instruction },
    );
    assert.equal(raised, "fpUnavailable", instruction.name);
    assert.deepEqual(Object.keys(changed), ["EXCEPTION"], instruction.name);
  }
});

Deno.test("an enabled invalid operation leaves the target when FE0 and FE1 are 0", () => {
  const { raised, fpr, fpscr, cr1 } = run("fdiv", {
    fpscr: INVALID_ENABLE | 0x1_7000n,
    fields: { Rc: 1 },
  });
  assert.equal(raised, undefined);
  assert.equal(fpr, TARGET);
  assert.equal(fpscr, FX | FEX | VX | VXZDZ | INVALID_ENABLE | 0x1_7000n);
  assert.equal(cr1, 0xen);
});

Deno.test("an enabled exception interrupts after CR1 when FE0 or FE1 is 1", () => {
  for (const msr of [MSR.FE0, MSR.FE1]) {
    const zero = run("fdiv", {
      fpscr: ZERO_ENABLE,
      msr,
      operands: [bitsOf(1), 0n],
      fields: { Rc: 1 },
    });
    assert.equal(zero.raised, "program");
    assert.equal(zero.srr1, 1n << 20n);
    assert.equal(zero.fpr, TARGET);
    assert.equal(zero.fpscr, FX | FEX | ZX | ZERO_ENABLE);
    assert.equal(zero.cr1, 0xcn);
    const inexact = run("fdiv", {
      fpscr: INEXACT_ENABLE,
      msr,
      operands: [bitsOf(1), bitsOf(3)],
    });
    assert.equal(inexact.raised, "program");
    assert.equal(inexact.fpr, bitsOf(1 / 3));
  }
});

Deno.test("FX stays 0 when the exception bit was 1 already", () => {
  const operands = [bitsOf(1), bitsOf(3)] as const;
  assert.equal(run("fdiv", { operands }).fpscr & (FX | XX), FX | XX);
  assert.equal(run("fdiv", { operands, fpscr: XX }).fpscr & (FX | XX), XX);
});

Deno.test("mtfsb1 sets FX with an exception, and neither FEX nor VX", () => {
  const sqrt = run("mtfsb1", { fields: { BTF: 22, Rc: 1 } });
  assert.equal(sqrt.fpscr, FX | VX | 1n << 9n);
  assert.equal(sqrt.cr1, 0xan);
  assert.equal(run("mtfsb1", { fields: { BTF: 1 } }).fpscr, 0n);
  assert.equal(run("mtfsb1", { fields: { BTF: 2 } }).fpscr, 0n);
  assert.equal(run("mtfsb1", { fields: { BTF: 20 } }).fpscr, 0n);
  assert.equal(run("mtfsb1", { fields: { BTF: 29 } }).fpscr, 4n);
});

Deno.test("mtfsb1 interrupts when it completes an enabled exception", () => {
  const enabling = { fields: { BTF: 28 }, fpscr: FX | XX };
  assert.equal(run("mtfsb1", enabling).raised, undefined);
  const { raised, fpscr } = run("mtfsb1", { ...enabling, msr: MSR.FE0 });
  assert.equal(raised, "program");
  assert.equal(fpscr, FX | FEX | XX | INEXACT_ENABLE);
});

Deno.test("mtfsb0 takes a reason away and the summaries with it", () => {
  const fpscr = FX | FEX | VX | VXZDZ | INVALID_ENABLE;
  const after = run("mtfsb0", { fpscr, fields: { BTF: 10 } });
  assert.equal(after.fpscr, FX | INVALID_ENABLE);
  assert.equal(run("mtfsb0", { fpscr, fields: { BTF: 1 } }).fpscr, fpscr);
  assert.equal(run("mtfsb0", { fpscr, fields: { BTF: 2 } }).fpscr, fpscr);
});

Deno.test("mtfsf and mtfsfi reach both halves of FPSCR", () => {
  const operands = [0n, 0x5_0000_0003n] as const;
  const low = { L: 0, W: 0, FLM: 1 };
  assert.equal(run("mtfsf", { fields: low, operands }).fpscr, 3n);
  const high = { L: 0, W: 1, FLM: 0xff };
  assert.equal(run("mtfsf", { fields: high, operands }).fpscr, 5n << 32n);
  const all = { L: 1, W: 0, FLM: 0 };
  assert.equal(run("mtfsf", { fields: all, operands }).fpscr, 0x5_0000_0003n);
  const drn = { BFF: 7, W: 1, U: 15 };
  assert.equal(run("mtfsfi", { fields: drn }).fpscr, 7n << 32n);
  const rn = { BFF: 7, W: 0, U: 2 };
  assert.equal(run("mtfsfi", { fields: rn }).fpscr, 2n);
});

Deno.test("mffsce, mffscrn, mffscdrn and mffsl give what the book names", () => {
  const fpscr = 0x3_e307_f0fbn;
  assert.equal(run("mffs", { fpscr }).fpr, fpscr);
  const cleared = run("mffsce", { fpscr });
  assert.equal(cleared.fpr, fpscr);
  assert.equal(cleared.fpscr, fpscr & ~(0xf8n | FEX));
  assert.equal(run("mffsl", { fpscr }).fpr, 0x3_0007_f0fbn);
  const operands = [0n, 0x6_0000_0001n] as const;
  const binary = run("mffscrn", { fpscr: 3n, operands });
  assert.deepEqual([binary.fpr, binary.fpscr], [3n, 1n]);
  const decimal = run("mffscdrn", { fpscr: 1n << 32n, operands });
  assert.deepEqual([decimal.fpr, decimal.fpscr], [1n << 32n, 6n << 32n]);
  assert.equal(run("mffscrni", { fields: { RM: 2 } }).fpscr, 2n);
  assert.equal(run("mffscdrni", { fields: { DRM: 7 } }).fpscr, 7n << 32n);
});

Deno.test("mcrfs resets the exceptions that it copies, and no summary", () => {
  const fpscr = FX | VX | 1n << 28n | VXZDZ;
  const first = run("mcrfs", { fpscr, fields: { BF: 1, BFA: 0 } });
  assert.equal(first.cr1, 0xbn);
  assert.equal(first.fpscr, VX | VXZDZ);
  const third = run("mcrfs", { fpscr, fields: { BF: 1, BFA: 2 } });
  assert.equal(third.cr1, 2n);
  assert.equal(third.fpscr, FX | 1n << 28n);
});
