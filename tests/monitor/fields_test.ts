import assert from "node:assert/strict";
import { decodeLpcr, decodeMsr, LPCR_FIELDS } from "../../monitor/fields.ts";

Deno.test("decodeLpcr() takes apart what a running radix guest has", () => {
  const fields = decodeLpcr(0x3d3f408n, "power9");
  assert.equal(fields.ILE, 1);
  assert.equal(fields.AIL, 3);
  assert.equal(fields.UPRT, 1);
  assert.equal(fields.HR, 1);
  assert.equal(fields.LD, 1);
  assert.equal(fields.GTSE, 1);
  assert.equal(fields.LPES0, 1);
  assert.equal(fields.LPES1, 0);
  assert.equal("RMLS" in fields, false);
});

Deno.test("decodeLpcr() gives POWER8 its own fields", () => {
  const fields = decodeLpcr(0x381f008n, "power8");
  assert.equal(fields.ILE, 1);
  assert.equal(fields.AIL, 3);
  assert.equal(fields.RMLS, 0);
  assert.equal("HR" in fields, false);
});

Deno.test("LPCR_FIELDS puts each named bit where a value with it alone shows", () => {
  for (const [name, { first, last }] of Object.entries(LPCR_FIELDS)) {
    assert.ok(first <= last);
    const lowest = decodeLpcr(1n << BigInt(63 - last), "power8");
    const other = decodeLpcr(1n << BigInt(63 - last), "power9");
    const value = { ...lowest, ...other }[name as keyof typeof LPCR_FIELDS];
    assert.equal(value, 1, name);
  }
});

Deno.test("decodeMsr() takes an MSR apart", () => {
  assert.deepEqual(decodeMsr(0x8000000002009033n), {
    SF: 1,
    HV: 0,
    VEC: 1,
    VSX: 0,
    EE: 1,
    PR: 0,
    FP: 0,
    ME: 1,
    IR: 1,
    DR: 1,
    RI: 1,
    LE: 1,
  });
});
