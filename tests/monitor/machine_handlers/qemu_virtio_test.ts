import assert from "node:assert/strict";
import { MachineUnderTest, programImage, SET_MODE_LE } from "./_machine.ts";

const kernel = programImage(SET_MODE_LE);

Deno.test("x-query-virtio and its kin answer as QEMU's clients expect", async () => {
  const guest = new MachineUnderTest({
    kernel,
    devices: [{ kind: "rng" }],
    virtio: { byteOrder: "little" },
  });
  assert.deepEqual(await guest.call("x-query-virtio"), [
    {
      path: "/machine/peripheral/rng0/virtio-backend",
      name: "virtio-rng",
    },
  ]);
  const status = await guest.call("x-query-virtio-status", { path: "rng0" });
  const path = "/machine/peripheral/rng0/virtio-backend";
  assert.deepEqual(
    await guest.call("x-query-virtio-status", { path }),
    status,
    "a path and a name are the same",
  );
  assert.equal(status["device-endian"], "little");
  assert.equal(status["device-id"], 4);
  assert.deepEqual(status.status, { statuses: [] });
  const queue = await guest.call("x-query-virtio-queue-status", {
    path: "rng0",
    queue: 0,
  });
  assert.equal(queue["vring-num-default"], 8);
  assert.equal(queue["signalled-used-valid"], false);
});

Deno.test("x-query-virtio-queue-element refuses a queue that is not set up", async () => {
  const guest = new MachineUnderTest({ kernel, devices: [{ kind: "rng" }] });
  await assert.rejects(
    guest.call("x-query-virtio-queue-element", { path: "rng0", queue: 0 }),
    {
      message: "Cannot show a chain of rng0: the driver has not set queue 0 up",
    },
  );
});

Deno.test("x-query-virtio-status refuses a path that is not there", async () => {
  const guest = new MachineUnderTest({ kernel });
  await assert.rejects(
    guest.call("x-query-virtio-status", { path: "/machine" }),
    { message: 'Cannot find virtio device: "/machine"' },
  );
});
