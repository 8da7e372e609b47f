import assert from "node:assert/strict";
import { writeOneReg } from "../../cpu/one_reg.ts";
import { Registers } from "../../cpu/registers.ts";
import { LPCR, MSR, STATE_BYTES } from "../../cpu/state.ts";

function registers(): Registers {
  return new Registers({ buffer: new ArrayBuffer(STATE_BYTES) }, 0);
}

Deno.test("writeOneReg() replaces the bits of the mask and no other", () => {
  const block = registers();
  writeOneReg(block, "GPR", 0xffffn, { index: 3 });
  writeOneReg(block, "GPR", 0x1234n, { index: 3, mask: 0xff0n });
  assert.equal(block.get("GPR", 3), 0xf23fn);
  assert.equal(block.get("GPR", 2), 0n);
});

Deno.test("writeOneReg() lets injected interrupts follow LPCR[ILE]", () => {
  const block = registers();
  block.set("INTR_MSR", MSR.SF | MSR.ME);
  writeOneReg(block, "LPCR", LPCR.ILE, { mask: LPCR.ILE });
  assert.equal(block.get("INTR_MSR"), MSR.SF | MSR.ME | MSR.LE);
  writeOneReg(block, "LPCR", LPCR.AIL, { mask: LPCR.AIL });
  assert.equal(block.get("INTR_MSR"), MSR.SF | MSR.ME | MSR.LE);
  writeOneReg(block, "LPCR", 0n);
  assert.equal(block.get("INTR_MSR"), MSR.SF | MSR.ME);
});
