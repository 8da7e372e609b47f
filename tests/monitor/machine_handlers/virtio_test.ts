import assert from "node:assert/strict";
import { MachineUnderTest, programImage, SET_MODE_LE } from "./_machine.ts";

const kernel = programImage(SET_MODE_LE);

function setUp() {
  return new MachineUnderTest({
    kernel,
    devices: [
      { kind: "rng", slot: 2 },
      { kind: "rng", name: "dice", byteOrder: "little", form: "modern" },
    ],
    virtio: { form: "legacy" },
  });
}

Deno.test("query-virtio shows devices, their order and why they have it", async () => {
  const guest = setUp();
  const [rng, dice] = await guest.call("query-virtio");
  assert.deepEqual(
    [rng?.device, rng?.type, rng?.id, rng?.transport, rng?.slot],
    ["rng0", "rng", 4, "legacy", 2],
  );
  assert.deepEqual([rng?.status, rng?.active, rng?.broken], [[], false, null]);
  assert.deepEqual(rng?.byteOrder, {
    order: "big",
    policy: "ile-at-reset",
    reason: "default",
    explanation:
      "the processor's own order: the guest has not reset the device yet",
    forced: null,
    unforced: "big",
    vcpu: null,
    latchedAt: null,
  });
  assert.ok(
    rng?.offered.transport.includes("VIRTIO_RING_F_EVENT_IDX"),
    rng?.offered.transport.join(),
  );
  assert.equal(dice?.byteOrder.order, "little");
  assert.equal(dice?.byteOrder.policy, "little");
  assert.deepEqual(await guest.call("query-virtio", { device: "dice" }), [
    dice,
  ]);
});

Deno.test("query-virtio-queue and -ring tell a queue that is not set up", async () => {
  const guest = setUp();
  const queue = { device: "rng0", queue: 0 };
  const { name, maximum, form, open } = await guest.call(
    "query-virtio-queue",
    queue,
  );
  assert.deepEqual([name, maximum, form, open], ["requests", 8, null, []]);
  await assert.rejects(guest.call("query-virtio-ring", queue), {
    name: "MonitorError",
    message: "Cannot inspect ring: the driver has not set it up: 0",
  });
});

Deno.test("virtio methods refuse devices and queues that are not there", async () => {
  const guest = setUp();
  for (
    const refused of [
      guest.call("query-virtio", { device: "rng1" }),
      guest.call("diagnose-virtio", { device: "rng1" }),
      guest.call("force-byte-order", {
        target: { device: "rng1" },
        order: "big",
      }),
    ]
  ) {
    await assert.rejects(refused, {
      message: 'Cannot find virtio device: "rng1"',
    });
  }
  const absent = { device: "rng0", queue: 1 };
  for (
    const refused of [
      guest.call("query-virtio-queue", absent),
      guest.call("query-virtio-ring", absent),
      guest.call("virtio-inject", { ...absent, fault: { kind: "break" } }),
    ]
  ) {
    await assert.rejects(refused, { message: "Cannot find queue of rng0: 1" });
  }
});

Deno.test("force-byte-order holds until auto and is shown", async () => {
  const guest = setUp();
  const target = { device: "rng0" };
  const forced = await guest.call("force-byte-order", {
    target,
    order: "little",
  });
  assert.ok("byteOrder" in forced);
  const { order, reason, unforced } = forced.byteOrder;
  assert.deepEqual([order, reason, unforced], ["little", "forced", "big"]);
  guest.machine.reset();
  const { findings } = await guest.call("diagnose-virtio", target);
  assert.deepEqual(findings, [
    "the device reads little-endian: forced by the monitor",
    "without the force it would read big-endian",
    "vCPU 0 has MSR[LE]=0 and LPCR[ILE]=0",
  ]);
  const lifted = await guest.call("force-byte-order", {
    target,
    order: "auto",
  });
  assert.ok("byteOrder" in lifted);
  assert.equal(lifted.byteOrder.order, "big");
  assert.equal(lifted.byteOrder.forced, null);
});

Deno.test("virtio-inject breaks a device, which query-virtio shows", async () => {
  const guest = setUp();
  await guest.call("virtio-inject", {
    device: "rng0",
    queue: 0,
    fault: { kind: "break" },
  });
  const [rng] = await guest.call("query-virtio", { device: "rng0" });
  assert.equal(rng?.broken?.fault, "injected");
  assert.equal(rng?.broken?.queue, 0);
});

Deno.test("force-byte-order holds a vCPU's ILE against H_SET_MODE", async () => {
  const guest = setUp();
  const { machine } = guest;
  const force = (order: "big" | "auto") =>
    guest.call("force-byte-order", { target: "all-vcpus", order });
  assert.deepEqual(await force("big"), {
    vcpus: [{ vcpu: 0, interruptByteOrder: "big", forced: true }],
  });
  guest.runUntil(() => machine.lpcr.pinOf(0)?.wanted === true);
  const [held] = await guest.call("query-lpcr");
  assert.equal(held?.interruptByteOrder, "big");
  assert.deepEqual(held?.forced, { order: "big", wanted: "little" });
  const calls = await guest.call("query-hcalls", {});
  const mode = calls.find(({ name }) => name === "H_SET_MODE");
  assert.equal(mode?.last?.value, 0, "H_SUCCESS");
  const { vcpus } = await guest.call("force-byte-order", {
    target: { vcpu: 0 },
    order: "auto",
  }) as { vcpus: unknown };
  assert.deepEqual(vcpus, [
    { vcpu: 0, interruptByteOrder: "little", forced: false },
  ]);
});
