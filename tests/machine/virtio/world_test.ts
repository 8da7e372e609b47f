// What a machine is to its virtio devices.
import assert from "node:assert/strict";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { TIMEBASE_FREQUENCY } from "../../../machine/clock.ts";
import { PartitionWorld } from "../../../machine/virtio/world.ts";
import { WorkQueue } from "../../../machine/work_queue.ts";
import { PciWorld } from "../pci/support.ts";

const LITTLE = { value: LPCR.ILE, mask: LPCR.ILE, cause: "H_SET_MODE" };

/** A partition with a clock that the test moves. */
class VirtioTestWorld extends PciWorld {
  readonly work = new WorkQueue();
  readonly virtio = new PartitionWorld(this);
}

Deno.test("PartitionWorld.guestOrder() looks at the vCPU that accesses the bus", () => {
  const world = new VirtioTestWorld();
  const { accelerator, lpcr, pci, virtio } = world;
  assert.equal(virtio.guestOrder(), undefined, "nobody does");
  assert.equal(virtio.actor, undefined);
  pci.during(0, () => assert.equal(virtio.actor, 0));
  const seen = () => pci.during(0, () => virtio.guestOrder({ running: true }));
  const setIle = (value: bigint) =>
    lpcr.set(0, { value, mask: LPCR.ILE, cause: "test" });
  assert.deepEqual(seen(), { vcpu: 0, interrupts: "big", running: "big" });
  setIle(LPCR.ILE);
  assert.deepEqual(seen(), { vcpu: 0, interrupts: "little", running: "big" });
  accelerator.setOneReg(0, "MSR", MSR.LE, { mask: MSR.LE });
  setIle(0n);
  assert.deepEqual(seen(), { vcpu: 0, interrupts: "big", running: "little" });
  assert.equal(virtio.targetOrder, "big");
});

for (
  const [owner, asks] of [
    ["machine", []],
    ["accelerator-poll", ["0: virtio device: LPCR"]],
    ["accelerator-propagate", []],
  ] as const
) {
  Deno.test(`PartitionWorld.guestOrder() asks the vCPU as the owner ${owner} does`, () => {
    const world = new VirtioTestWorld({ lpcrOwner: owner });
    const { asked, pci, virtio } = world;
    world.lpcr.setMode(0, LITTLE);
    // What Machine does of a call that its accelerator has answered.
    if (owner === "accelerator-propagate") {
      world.lpcr.told(LITTLE);
    }
    asked.length = 0;
    const seen = pci.during(0, () => virtio.guestOrder());
    assert.deepEqual(seen, { vcpu: 0, interrupts: "little" });
    assert.deepEqual(asked, asks);
    pci.during(0, () => virtio.guestOrder({ running: true }));
    assert.equal(asked.length, 2 * asks.length + 1, "MSR[LE] has its price");
  });
}

Deno.test("PartitionWorld.guestOrder() never looks again by the mistake device-order", () => {
  const world = new VirtioTestWorld({ mistakes: ["device-order"] });
  world.lpcr.setMode(0, LITTLE);
  const seen = world.pci.during(0, () => world.virtio.guestOrder());
  assert.equal(seen?.interrupts, "big");
});

Deno.test("PartitionWorld.memory() is straight or through the windows", () => {
  const world = new VirtioTestWorld();
  world.ram.setU8(0x1000, 0xaa);
  world.ram.setU8(0x5000, 0xbb);
  world.hcall(0x20, [0x8000_0000, 0x1000, 0x5003]);
  const byte = (translated: boolean) =>
    world.virtio.memory(translated).view(0x1000, 1, "device-reads")[0];
  assert.deepEqual([byte(false), byte(true)], [0xaa, 0xbb]);
});

Deno.test("PartitionWorld.emit() tells the partition, without empty fields", () => {
  const world = new VirtioTestWorld();
  world.virtio.emit({
    name: "VIRTIO_BROKEN",
    device: "rng0",
    queue: 0,
    data: { fault: "loop", vcpu: undefined },
  });
  world.virtio.emit({ name: "VIRTIO_RESET", device: "rng0", data: {} });
  assert.deepEqual(world.events, [
    {
      name: "VIRTIO_BROKEN",
      data: { device: "rng0", queue: 0, fault: "loop" },
    },
    { name: "VIRTIO_RESET", data: { device: "rng0" } },
  ]);
  assert.equal(world.virtio.listens("VIRTIO_USED"), false);
  world.listening.add("VIRTIO_USED");
  assert.equal(world.virtio.listens("VIRTIO_USED"), true);
});

Deno.test("PartitionWorld.later() waits for virtual time", () => {
  const world = new VirtioTestWorld();
  const done: string[] = [];
  world.virtio.later(1000, () => void done.push("later"));
  world.virtio.defer(() => void done.push("soon"));
  world.work.run(world.clock.now());
  assert.deepEqual(done, ["soon"]);
  assert.equal(world.work.next, TIMEBASE_FREQUENCY / 1e6);
  world.clock.idle(world.work.next);
  assert.equal(world.virtio.now(), 1000);
  world.work.run(world.clock.now());
  assert.deepEqual(done, ["soon", "later"]);
});
