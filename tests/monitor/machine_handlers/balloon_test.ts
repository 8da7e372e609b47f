import assert from "node:assert/strict";
import { BalloonDevice } from "../../../virtio/balloon/device.ts";
import { MachineUnderTest, programImage, SET_MODE_LE } from "./_machine.ts";

const kernel = programImage(SET_MODE_LE);
const MEBIBYTE = 2 ** 20;

Deno.test("balloon sets what query-balloon and the device tell", async () => {
  const guest = new MachineUnderTest({
    kernel,
    devices: [{ kind: "rng" }, { kind: "balloon" }],
  });
  assert.deepEqual(await guest.call("query-balloon"), {
    device: "balloon0",
    actual: 256 * MEBIBYTE,
    target: 256 * MEBIBYTE,
    pending: false,
    stats: null,
  });
  await guest.call("balloon", { value: 200 * MEBIBYTE + 1 });
  const { target } = await guest.call("query-balloon", { device: "balloon0" });
  assert.equal(target, 200 * MEBIBYTE + 4096, "whole pages");
  const device = guest.machine.virtio.find("balloon0")?.device;
  assert.ok(device instanceof BalloonDevice);
  assert.equal(device.target, 56 * 256 - 1);
  assert.deepEqual(await guest.call("balloon-poll"), { asked: false });
});

Deno.test("balloon refuses more memory than there is, and a balloon that is not there", async () => {
  const guest = new MachineUnderTest({
    kernel,
    devices: [{ kind: "balloon" }],
  });
  await assert.rejects(guest.call("balloon", { value: 257 * MEBIBYTE }), {
    message: "Invalid params",
  });
  await assert.rejects(guest.call("query-balloon", { device: "rng0" }), {
    message: 'Cannot find balloon: "rng0"',
  });
  const without = new MachineUnderTest({ kernel });
  await assert.rejects(without.call("query-balloon"), {
    message:
      "Cannot find a balloon: the machine was made without --device balloon",
  });
});
