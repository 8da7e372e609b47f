import assert from "node:assert/strict";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { Vcpus } from "../../../machine/vcpus.ts";
import { TestWorld } from "../world.ts";

const NMI_REGISTER = "ibm,nmi-register";
const NMI_INTERLOCK = "ibm,nmi-interlock";

Deno.test("ibm,nmi-register() takes handlers in low memory only", () => {
  const world = new TestWorld();
  assert.deepEqual(world.call(NMI_INTERLOCK, []), [-3]);
  assert.deepEqual(world.call(NMI_REGISTER, [32 << 20, 0x3000]), [-3]);
  assert.equal(world.nmi.isRegistered, false);
  assert.deepEqual(world.call(NMI_REGISTER, [0x2000, 0x3000]), [0]);
  assert.deepEqual(world.nmi.save(), {
    systemReset: 0x2000,
    machineCheck: 0x3000,
  });
  assert.deepEqual(world.call(NMI_INTERLOCK, []), [0]);
});

Deno.test("systemReset() goes to the guest's handler when it has registered one", () => {
  for (const order of [0n, LPCR.ILE]) {
    const world = new TestWorld();
    const { accelerator, nmi, ram } = world;
    const vcpus = new Vcpus(world);
    vcpus.reset();
    nmi.rtasBase = 0x8000;
    nmi.register({ systemReset: 0x2000, machineCheck: 0x3000 });
    accelerator.setOneReg(0, "LPCR", order, { mask: LPCR.ILE });
    accelerator.setOneReg(0, "MSR", MSR.SF | MSR.EE | MSR.ME | MSR.IR);
    accelerator.setOneReg(0, "NIA", 0x1234n);
    accelerator.setOneReg(0, "GPR", 0xfeed_f00dn, { index: 3 });
    vcpus.cede(0);
    vcpus.systemReset(0);
    assert.equal(vcpus.prepare(0).runs, true);
    const get = (name: "NIA" | "MSR" | "SRR0" | "SRR1") =>
      accelerator.getOneReg(0, name);
    assert.equal(get("NIA"), 0x2000n);
    assert.equal(get("SRR0"), 0x1234n);
    assert.equal(get("SRR1"), MSR.SF | MSR.EE | MSR.ME | MSR.IR);
    assert.equal(get("MSR"), MSR.SF | MSR.ME | (order ? MSR.LE : 0n));
    const area = Number(accelerator.getOneReg(0, "GPR", 3));
    assert.equal(ram.u64(area), 0xfeed_f00dn);
    assert.ok(area >= 0x8000 + 20 && area < 0x9000);
  }
});
