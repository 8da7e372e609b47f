import assert from "node:assert/strict";
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
  assert.ok(BigInt(after.readAt.instructions) > 6n);
  const ile = 1n << 25n;
  assert.equal(BigInt(after.raw) ^ BigInt(before.raw), ile);
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
