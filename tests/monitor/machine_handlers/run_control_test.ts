import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import denoJson from "../../../deno.json" with { type: "json" };
import { labGuest } from "../../../guests/mod.ts";
import { MachineUnderTest, programImage, SET_MODE_LE } from "./_machine.ts";

const kernel = programImage(SET_MODE_LE);

Deno.test("query-version names the program and what it runs on", async () => {
  const guest = new MachineUnderTest({ kernel });
  const version = await guest.call("query-version");
  assert.equal(version.version, denoJson.version);
  assert.equal(version.deno, Deno.version.deno);
});

Deno.test("stop and cont stop and continue the guest", async () => {
  const guest = new MachineUnderTest({ kernel });
  const status = async () => (await guest.call("query-status")).status;
  assert.equal(await status(), "prelaunch");
  await guest.call("cont");
  assert.equal(guest.wakes, 1, "who sleeps is woken");
  assert.equal(await status(), "running");
  guest.machine.slice();
  await guest.call("stop");
  assert.equal(await status(), "paused");
  const before = await guest.call("query-clock");
  assert.equal(guest.machine.slice(), Infinity);
  assert.deepEqual(await guest.call("query-clock"), before);
  await guest.call("cont");
  guest.machine.slice();
  const after = await guest.call("query-clock");
  assert.ok(BigInt(after.instructions) > BigInt(before.instructions));
  const names = guest.events.map(({ name }) => name)
    .filter((name) => name === "STOP" || name === "RESUME");
  assert.deepEqual(names, ["RESUME", "STOP", "RESUME"]);
});

Deno.test("system_reset starts the guest again from its entry", async () => {
  const guest = new MachineUnderTest({ kernel });
  guest.runSlices(2);
  await guest.call("memory-write", { address: "0x0", hex: "00000000" });
  await guest.call("system_reset");
  const { nia } = await guest.call("query-registers");
  assert.equal(nia, "0x0");
  const { hex } = await guest.call("memory-read", {
    address: "0x0",
    length: 4,
  });
  assert.equal(hex, "3860031c");
  assert.deepEqual(guest.events.at(-1)?.data, {
    guest: false,
    reason: "host-request",
  });
});

Deno.test("system_powerdown asks the guest by an interrupt", async () => {
  const guest = new MachineUnderTest({ kernel, interruptController: "xics" });
  guest.runSlices(1);
  await guest.call("system_powerdown");
  const answer = await guest.call("query-interrupts");
  const epow = answer.sources.find(({ number }) => number === 0x1000);
  assert.equal(epow?.count, 1);
  assert.equal((await guest.call("query-status")).status, "running");
});

Deno.test("quit is passed on", async () => {
  const guest = new MachineUnderTest({ kernel });
  await guest.call("quit");
  assert.equal(guest.quits, 1);
});

Deno.test("after its end a guest can be looked at, and reset", async () => {
  const { kernel } = labGuest();
  const guest = new MachineUnderTest({ kernel: readFileSync(kernel) });
  const run = () => guest.runUntil(() => guest.machine.ended !== undefined);
  run();
  const text = guest.text;
  assert.match(text, /LAB DONE:/);
  for (const method of ["stop", "cont"] as const) {
    await assert.rejects(guest.call(method), {
      code: -32000,
      message: `Cannot ${method}: machine is shutdown`,
    });
  }
  await guest.call("query-registers");
  await guest.call("system_reset");
  assert.deepEqual(await guest.call("query-status"), {
    status: "paused",
    running: false,
  });
  guest.text = "";
  await guest.call("cont");
  run();
  assert.equal(guest.text, text);
});
