import assert from "node:assert/strict";
import type { LpcrOwner } from "../../../machine/lpcr/owner.ts";
import { MachineUnderTest, programImage, SET_MODE_LE } from "./_machine.ts";

const kernel = programImage(SET_MODE_LE);

Deno.test("query-lpcr shows ILE before and after H_SET_MODE", async () => {
  const guest = new MachineUnderTest({ kernel });
  const [before] = await guest.call("query-lpcr");
  assert.equal(before?.fields.ILE, 0);
  assert.equal(before?.interruptByteOrder, "big");
  assert.equal(before?.lastSet, null);
  assert.equal(before?.msr.fields.SF, 1);
  assert.equal(before?.msr.fields.LE, 0);
  guest.runSlices(2);
  const [after] = await guest.call("query-lpcr", { vcpu: 0 });
  assert.equal(after?.fields.ILE, 1);
  assert.equal(after?.interruptByteOrder, "little");
  assert.equal(after?.lastSet?.by, "H_SET_MODE LE");
  assert.equal(after?.lastSet?.at.instructions, "0x6");
  assert.equal(after?.owner, "machine");
  assert.equal(after?.policy, "machine");
  assert.equal(after?.injectedByteOrder, "little");
  assert.equal(after?.readAt.instructions, "0x6", "it wrote it");
  assert.equal(after?.cached.source, "written");
  assert.equal(after?.cached.stale, false);
  const ile = 1n << 25n;
  assert.equal(BigInt(after.raw) ^ BigInt(before.raw), ile);
});

Deno.test("query-lpcr shows a stale copy of the machine, and leaves it so", async () => {
  const guest = new MachineUnderTest({
    kernel,
    lpcrOwner: "accelerator-poll",
  });
  guest.runSlices(2);
  for (const _ of [1, 2]) {
    const [lpcr] = await guest.call("query-lpcr");
    assert.ok(lpcr);
    assert.equal(lpcr.fields.ILE, 1);
    assert.equal(lpcr.owner, "accelerator");
    assert.equal(lpcr.lastSet?.by, "H_SET_MODE LE");
    assert.ok(lpcr.lastSet.age >= 0);
    assert.deepEqual(
      [lpcr.cached.stale, lpcr.cached.source, lpcr.cached.interruptByteOrder],
      [true, "power-on", "big"],
    );
    assert.ok(lpcr.cached.age >= lpcr.lastSet.age);
  }
});

Deno.test("query-cpus counts exits, and register synchronisations by asker", async () => {
  const asked = async (lpcrOwner: LpcrOwner) => {
    const guest = new MachineUnderTest({ kernel, lpcrOwner, vcpus: 2 });
    guest.runSlices(2);
    await guest.call("query-lpcr", { vcpu: 1 });
    const cpus = await guest.call("query-cpus");
    assert.deepEqual(cpus.map(({ state }) => state), ["running", "stopped"]);
    return cpus.map(({ exits, synchronisations }) => ({
      hypercalls: exits.hypercall,
      synchronisations,
    }));
  };
  const lpcr = { by: "query-lpcr", count: 1 };
  const call = { by: "H_SET_MODE LE", count: 1 };
  assert.deepEqual(await asked("machine"), [
    { hypercalls: 1, synchronisations: [call] },
    { hypercalls: 0, synchronisations: [call, lpcr] },
  ]);
  assert.deepEqual(await asked("accelerator-poll"), [
    { hypercalls: 0, synchronisations: [] },
    { hypercalls: 0, synchronisations: [lpcr] },
  ]);
  assert.deepEqual(await asked("accelerator-propagate"), [
    { hypercalls: 1, synchronisations: [] },
    { hypercalls: 0, synchronisations: [lpcr] },
  ]);
});

Deno.test("query-lpcr forgets the last change at reset", async () => {
  const guest = new MachineUnderTest({ kernel });
  guest.runSlices(2);
  await guest.call("system_reset");
  const [lpcr] = await guest.call("query-lpcr");
  assert.equal(lpcr?.fields.ILE, 0);
  assert.equal(lpcr?.lastSet, null);
});

Deno.test("query-lpcr has the fields of the CPU", async () => {
  const power9 = new MachineUnderTest({ kernel });
  const power8 = new MachineUnderTest({ kernel, cpu: "power8" });
  const [nine] = await power9.call("query-lpcr");
  const [eight] = await power8.call("query-lpcr");
  assert.equal(nine?.fields.HR, 0);
  assert.ok(eight && !("HR" in eight.fields));
  assert.equal(eight.fields.RMLS, 0);
});

Deno.test("LPCR_CHANGE and HCALL tell of H_SET_MODE with its arguments", () => {
  const guest = new MachineUnderTest({ kernel });
  guest.runSlices(2);
  const [resume, change, call, ...others] = guest.events;
  assert.equal(resume?.name, "RESUME");
  assert.deepEqual(others, []);
  assert.equal(change?.name, "LPCR_CHANGE");
  assert.deepEqual(change?.data.changed, ["ILE"]);
  assert.equal(change?.data.by, "H_SET_MODE LE");
  assert.deepEqual(call?.data, {
    vcpu: 0,
    name: "H_SET_MODE",
    number: "0x31c",
    args: { mflags: "0x1", resource: "0x4", value1: "0x0", value2: "0x0" },
    result: { value: 0, name: "H_SUCCESS" },
  });
});

Deno.test("query-lpcr and query-cpus-fast tell vCPUs apart", async () => {
  const guest = new MachineUnderTest({ kernel, vcpus: 2 });
  guest.runSlices(2);
  const lpcrs = await guest.call("query-lpcr");
  assert.deepEqual(lpcrs.map(({ vcpu }) => vcpu), [0, 1]);
  const [second] = await guest.call("query-lpcr", { vcpu: 1 });
  assert.equal(second?.vcpu, 1);
  assert.equal(second?.fields.ILE, 1, "H_SET_MODE is for all of them");
  const cpus = await guest.call("query-cpus-fast");
  assert.deepEqual(cpus.map(({ state }) => state), ["running", "stopped"]);
  assert.deepEqual(cpus.map(({ pvr }) => pvr), ["0x4e1202", "0x4e1202"]);
  guest.machine.stop();
  const [stopped] = await guest.call("query-cpus-fast");
  assert.equal(stopped?.state, "paused");
  await assert.rejects(guest.call("query-lpcr", { vcpu: 2 }), {
    code: -32002,
    message: "Cannot find vCPU: 2",
  });
});
