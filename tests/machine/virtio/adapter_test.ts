// Virtio devices on a machine, driven by the registers that a guest has.
import assert from "node:assert/strict";
import { LPCR } from "../../../cpu/state.ts";
import { Machine } from "../../../machine/machine.ts";
import type { PartitionEvent } from "../../../machine/partition.ts";
import { WINDOWS } from "../../../machine/pci/address_map.ts";
import type { AttachedDevice } from "../../../machine/virtio/adapter.ts";
import {
  programImage,
  SET_MODE_LE,
} from "../../monitor/machine_handlers/_machine.ts";
import { EntropyDevice } from "./entropy_device.ts";

/** Registers of the legacy interface (virtio 1.3, 4.1.4.10). */
const LEGACY = {
  address: 8,
  select: 14,
  notify: 16,
  status: 18,
  isr: 19,
} as const;

/** Where the test puts its ring: of 8 entries, the used ring a page further. */
const RING = { page: 0x400, descriptors: 0x40_0000, available: 0x40_0080 };
const USED = 0x40_1000;
const BUFFER = 0x50_0000;

/** A machine with one legacy device, which the test drives. */
function setUp() {
  const events: PartitionEvent[] = [];
  const machine = new Machine({
    cpu: "power9",
    mmu: "radix",
    interruptController: "xive",
    memoryBytes: 256 * 2 ** 20,
    vcpus: 2,
    kernel: programImage(SET_MODE_LE),
    bootargs: "",
    clock: "instructions",
  }, {
    console() {},
    event: (event) => void events.push(event),
    listens: () => true,
  });
  const device = new EntropyDevice();
  const attached = machine.virtio.add(device, {
    name: "rng0",
    form: "legacy",
  });
  machine.reset();
  events.length = 0;
  attached.fn.writeConfig(4, 2, 7);
  return { machine, device, attached, events, ...registers(machine, attached) };
}

/** The device's registers as a vCPU loads and stores them. */
function registers(machine: Machine, { fn }: AttachedDevice) {
  const region = machine.pci.regions.find(({ name }) => name === "pci-io");
  const bar = fn.bars[0];
  assert.ok(region && bar);
  const at = () => fn.barAddress(bar) - WINDOWS.io.bus;
  return {
    store(register: number, bytes: number, value: number, vcpu = 0) {
      const view = new DataView(new ArrayBuffer(8));
      view.setUint32(0, value, true);
      const big = view.getBigUint64(0) >> BigInt(64 - 8 * bytes);
      region.store(vcpu, at() + register, bytes, big);
    },
    load: (register: number) => Number(region.load(0, at() + register, 1)),
  };
}

Deno.test("VirtioDevices.add() refuses a name twice", () => {
  const { machine } = setUp();
  assert.throws(
    () => machine.virtio.add(new EntropyDevice(), { name: "rng0" }),
    {
      name: "RangeError",
      message: 'Cannot add device: name is taken: "rng0"',
    },
  );
  assert.equal(machine.virtio.find("rng0"), machine.virtio.all[0]);
  assert.equal(machine.virtio.find("rng1"), undefined);
});

for (const order of ["big", "little"] as const) {
  Deno.test(`a legacy device serves a ${order}-endian guest`, () => {
    const { machine, device, attached, events, store, load } = setUp();
    const little = order === "little";
    const vcpu = 1;
    const value = little ? LPCR.ILE : 0n;
    machine.lpcr.set(vcpu, { value, mask: LPCR.ILE, cause: "test" });
    store(LEGACY.status, 1, 0, vcpu);
    assert.equal(attached.transport.core.order.report().order, order);
    assert.deepEqual(
      events.filter(({ name }) => name === "VIRTIO_RESET").map(({ data }) =>
        data
      ),
      [{
        device: "rng0",
        by: "guest",
        before: [],
        vcpu,
        interrupts: order,
        running: "big",
        order,
      }],
    );
    store(LEGACY.status, 1, 3);
    store(LEGACY.address, 4, RING.page);
    store(LEGACY.status, 1, 7);
    const ram = new DataView(new ArrayBuffer(16));
    ram.setBigUint64(0, BigInt(BUFFER), little);
    ram.setUint32(8, 4, little);
    ram.setUint16(12, 2, little);
    machine.ram.write(RING.descriptors, new Uint8Array(ram.buffer));
    const available = new DataView(new ArrayBuffer(6));
    available.setUint16(2, 1, little);
    machine.ram.write(RING.available, new Uint8Array(available.buffer));
    store(LEGACY.notify, 2, 0);
    assert.equal(device.served, 1);
    assert.deepEqual([...machine.ram.read(BUFFER, 5)], [0, 1, 2, 3, 0]);
    const used = new DataView(machine.ram.read(USED, 12).buffer);
    assert.equal(used.getUint16(2, little), 1);
    assert.equal(used.getUint32(8, little), 4);
    assert.equal(attached.fn.line, true);
    assert.equal(load(LEGACY.isr), 1);
    assert.equal(attached.fn.line, false, "reading has acknowledged it");
  });
}

Deno.test("a machine's save() and restore() keep its devices", () => {
  const first = setUp();
  first.store(LEGACY.status, 1, 3);
  first.store(LEGACY.address, 4, RING.page);
  first.attached.transport.core.order.force("little");
  const saved = structuredClone(first.machine.save());
  const second = setUp();
  second.machine.restore(saved);
  assert.deepEqual(second.machine.save().pci, saved.pci);
  assert.equal(second.load(LEGACY.status), 3);
  const { forced } = second.attached.transport.core.order.report();
  assert.equal(forced, "little");
});

Deno.test("a machine's reset() resets its devices", () => {
  const { machine, store, load, attached } = setUp();
  store(LEGACY.status, 1, 3);
  machine.reset();
  attached.fn.writeConfig(4, 2, 7);
  assert.equal(load(LEGACY.status), 0);
});

Deno.test("a device's deferred work runs between slices", () => {
  const { machine } = setUp();
  const done: string[] = [];
  machine.virtio.world.defer(() => void done.push("deferred"));
  machine.virtio.world.later(1_000_000, () => void done.push("timed"));
  machine.start();
  machine.slice();
  assert.deepEqual(done, ["deferred"]);
  for (let i = 0; i < 1000 && done.length < 2; i++) machine.slice();
  assert.deepEqual(done, ["deferred", "timed"]);
  const { seconds } = machine.now();
  assert.ok(seconds >= 0.001 && seconds < 0.002, `${seconds}`);
});
