import assert from "node:assert/strict";
import { MachineUnderTest, programImage, SET_MODE_LE } from "./_machine.ts";

const kernel = programImage(SET_MODE_LE);

Deno.test("query-device-tree gives the tree that the guest was given", async () => {
  const guest = new MachineUnderTest({ kernel });
  const root = await guest.call("query-device-tree");
  assert.equal(root.path, "/");
  const chosen = root.children.find(({ name }) => name === "chosen");
  assert.equal(chosen?.properties.bootargs, "quiet");
  const cpus = await guest.call("query-device-tree", {
    path: "/cpus",
    depth: 0,
  });
  assert.deepEqual(cpus.children, []);
  assert.equal(cpus.path, "/cpus");
});

Deno.test("query-device-tree finds nodes without their unit address", async () => {
  const guest = new MachineUnderTest({ kernel });
  const memory = await guest.call("query-device-tree", { path: "/memory" });
  assert.equal(memory.path, "/memory@0");
  assert.deepEqual(memory.properties.reg, {
    cells: ["0x0", "0x0", "0x0", "0x10000000"],
  });
  await assert.rejects(guest.call("query-device-tree", { path: "/none" }), {
    code: -32002,
    message: "Cannot find node: /none",
  });
});

for (const controller of ["xive", "xics"] as const) {
  Deno.test(`query-interrupts describes ${controller}`, async () => {
    const guest = new MachineUnderTest({
      kernel,
      interruptController: controller,
    });
    await guest.call("console-write", { text: "x" });
    const answer = await guest.call("query-interrupts");
    assert.equal(answer.controller, controller);
    assert.equal(answer.servers.length, 1);
    const vty = answer.sources.find(({ number }) => number === 0x1100);
    assert.ok(vty, "the terminal's interrupt came");
    assert.equal(vty.trigger, "edge");
    assert.equal(vty.count, 1);
  });
}

Deno.test("query-clock follows instructions", async () => {
  const guest = new MachineUnderTest({ kernel });
  const before = await guest.call("query-clock");
  assert.deepEqual(before, {
    policy: "instructions",
    instructions: "0x0",
    seconds: 0,
    timebase: "0x0",
    timebaseFrequency: 512_000_000,
    realTime: "2030-03-17T17:46:40.000Z",
    vcpus: [{ vcpu: 0, decrementer: "0x7fffffff", idle: false }],
  });
  guest.runSlices(3);
  const after = await guest.call("query-clock");
  assert.equal(after.timebase, after.instructions);
  assert.ok(after.seconds > 0);
  const ticks = BigInt(after.timebase);
  assert.equal(BigInt(after.vcpus[0]!.decrementer), 0x7fff_ffffn - ticks);
});

Deno.test("query-clock tells that a guest in H_CEDE is idle", async () => {
  const guest = new MachineUnderTest({
    kernel: programImage({
      0: [0x386000e0, 0x44000022, 0x48000000], // li r3,0xe0; sc 1; b .
    }),
    clock: "host",
  });
  guest.runSlices(2);
  const { vcpus, policy } = await guest.call("query-clock");
  assert.equal(policy, "host");
  assert.equal(vcpus[0]?.idle, true);
  const [cpu] = await guest.call("query-cpus-fast");
  assert.equal(cpu?.state, "ceded");
});

Deno.test("console-write types what there is room for", async () => {
  const guest = new MachineUnderTest({
    kernel: programImage({
      0: [
        0x38600054, // li r3,0x54: H_GET_TERM_CHAR
        0x38800000, // li r4,0
        0x44000022, // sc 1
        0x48000000, // b .
      ],
    }),
  });
  assert.deepEqual(await guest.call("console-write", { text: "hé" }), {
    accepted: 3,
  });
  assert.equal(guest.wakes, 1);
  guest.runSlices(2);
  const { gpr } = await guest.call("query-registers");
  assert.deepEqual(gpr.slice(4, 6), ["0x3", "0x68c3a90000000000"]);
  const data = btoa("x".repeat(65_536));
  await guest.call("console-write", { data });
  assert.deepEqual(await guest.call("console-write", { data }), {
    accepted: 0,
  });
  await assert.rejects(guest.call("console-write", { text: "", vty: 1 }), {
    code: -32002,
    message: "Cannot find vty: 1",
  });
});
