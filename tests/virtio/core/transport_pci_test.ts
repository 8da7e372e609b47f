import assert from "node:assert/strict";
import { DEVICE_KINDS, type DeviceKind } from "../../../virtio/device_kinds.ts";
import { MOCK_SETUPS } from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import { type PciForm, VirtioPci } from "../../../virtio/transport_pci.ts";
import type { PciCapability } from "../../../virtio/pci_face.ts";
import { echo, EchoDevice, setups, started } from "./support.ts";

function functionOf(form: PciForm, kind: DeviceKind = "blk"): VirtioPci {
  const device = Object.assign(new EchoDevice(), { kind });
  return new VirtioPci(device, { name: "test0", world: new MockWorld(), form });
}

Deno.test("VirtioPci has the numbers by which guests know its kind", () => {
  const expected: Readonly<Record<DeviceKind, number[]>> = {
    net: [0x1000, 1, 0x020000],
    blk: [0x1001, 2, 0x010000],
    balloon: [0x1002, 5, 0x00ff00],
    console: [0x1003, 3, 0x078000],
    scsi: [0x1004, 8, 0x010000],
    rng: [0x1005, 4, 0x00ff00],
    p9: [0x1009, 9, 0x000200],
  };
  for (const kind of Object.keys(DEVICE_KINDS) as DeviceKind[]) {
    const [device, id, code] = expected[kind];
    for (const form of ["legacy", "transitional"] as const) {
      assert.deepEqual(functionOf(form, kind).ids, {
        vendor: 0x1af4,
        device,
        revision: 0,
        class: code,
        subsystemVendor: 0x1af4,
        subsystem: id,
      });
    }
    const modern = functionOf("modern", kind).ids;
    assert.equal(modern.device, 0x1040 + id!);
    assert.ok(modern.revision >= 1);
    assert.ok(modern.subsystem >= 0x40);
  }
});

Deno.test("VirtioPci has the BARs of its form", () => {
  const bars = (form: PciForm) =>
    functionOf(form).bars.map(({ index, kind, bytes }) => [index, kind, bytes]);
  assert.deepEqual(bars("legacy"), [[0, "io", 64]]);
  assert.deepEqual(bars("modern"), [[4, "mem64-prefetchable", 0x4000]]);
  assert.deepEqual(bars("transitional"), [
    [0, "io", 64],
    [4, "mem64-prefetchable", 0x4000],
  ]);
  assert.deepEqual(functionOf("legacy").capabilities, []);
  assert.equal(functionOf("modern").msixVectors, 3);
});

/** Fields of a capability. */
function fields({ bytes }: PciCapability): Record<string, number> {
  const view = new DataView(bytes.buffer);
  return {
    id: bytes[0]!,
    length: bytes[2]!,
    type: bytes[3]!,
    bar: bytes[4]!,
    offset: view.getUint32(8, true),
    bytes: view.getUint32(12, true),
    ...bytes.length > 16 && { extra: view.getUint32(16, true) },
  };
}

Deno.test("modernCapabilities() name the parts of the BAR", () => {
  assert.deepEqual(functionOf("transitional").capabilities.map(fields), [
    { id: 9, length: 16, type: 1, bar: 4, offset: 0, bytes: 0x40 },
    { id: 9, length: 16, type: 3, bar: 4, offset: 0x1000, bytes: 1 },
    { id: 9, length: 20, type: 2, bar: 4, offset: 0x3000, bytes: 8, extra: 4 },
    { id: 9, length: 16, type: 4, bar: 4, offset: 0x2000, bytes: 15 },
    { id: 9, length: 20, type: 5, bar: 0, offset: 0, bytes: 0, extra: 0 },
  ]);
});

Deno.test("modernCapabilities() leave out a configuration that is empty", () => {
  const device = Object.assign(new EchoDevice(), { config() {} });
  const pci = new VirtioPci(device, { name: "rng0", world: new MockWorld() });
  const types = pci.capabilities.map(({ bytes }) => bytes[3]);
  assert.deepEqual(types, [1, 3, 2, 5]);
});

Deno.test("modernCapabilities() let firmware reach BARs through configuration space", () => {
  const driver = started(new EchoDevice(), setups({ interface: "modern" })[0]);
  const window = driver.pci.capabilities.at(-1)!;
  const aim = (bar: number, offset: number, bytes: number) => {
    window.store!(4, 1, bar);
    window.store!(8, 4, offset);
    window.store!(12, 4, bytes);
  };
  assert.equal(window.load!(0, 4), undefined, "only the data is special");
  assert.equal(window.load!(16, 4), undefined, "nothing is aimed at");
  aim(4, 0x2000, 4);
  assert.equal(window.load!(16, 4), 0x12345678);
  assert.equal(window.load!(16, 1), 0x78);
  aim(4, 0x14, 1);
  assert.equal(window.load!(16, 4), 15);
  aim(0, 12, 2);
  assert.equal(window.load!(16, 4), 256, "the legacy registers too");
  aim(4, 0x2000, 4);
  window.store!(16, 4, 0x11223344);
  assert.equal(driver.device.field, 0x11223344);
  for (
    const [bar, offset, bytes] of [[4, 0x3ffd, 4], [4, 0xffffffff, 4], [
      1,
      0,
      4,
    ], [4, 0, 3]]
  ) {
    aim(bar!, offset!, bytes!);
    assert.equal(window.load!(16, 4), undefined);
    window.store!(16, 4, 0);
  }
  window.store!(0, 4, 0);
  assert.equal(window.bytes[0], 9, "what describes it cannot be written");
});

for (const setup of MOCK_SETUPS) {
  Deno.test(`VirtioPci sends each queue's own vector, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup, { messages: true });
    const { wires } = driver.world;
    echo(driver, 1, { queue: 1 });
    echo(driver, 1, { queue: 0 });
    assert.deepEqual(wires.vectors, [1, 0]);
    assert.equal(wires.raised, 0);
    driver.device.host!.configChanged();
    assert.deepEqual(wires.vectors, [1, 0], "it has no vector");
    if (setup.interface === "modern") driver.store(4, 0x10, 2, 2);
    else driver.store(0, 20, 2, 2);
    driver.device.host!.configChanged();
    assert.deepEqual(wires.vectors, [1, 0, 2]);
  });

  Deno.test(`VirtioPci raises its line until the ISR status is read, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    const { wires } = driver.world;
    echo(driver, 1);
    assert.ok(wires.line);
    assert.equal(driver.readIsr(), 1);
    assert.equal(wires.line, false);
    echo(driver, 1);
    driver.status = 0;
    assert.equal(wires.line, false, "a reset lowers it");
    assert.deepEqual(wires.vectors, []);
  });
}

Deno.test("VirtioPci works in its single forms as in the transitional one", () => {
  for (const setup of MOCK_SETUPS) {
    const driver = started(new EchoDevice(), setup, { form: setup.interface });
    assert.equal(echo(driver, 1), 2);
  }
});

Deno.test("VirtioPci reset() from outside ends everything", () => {
  const driver = started(new EchoDevice());
  echo(driver, 1);
  driver.world.evidence = undefined;
  driver.world.listening.add("VIRTIO_RESET");
  driver.pci.reset();
  assert.equal(driver.status, 0);
  assert.equal(driver.readIsr(), 0);
  assert.equal(driver.device.calls.at(-1), "reset");
  assert.equal(driver.world.events[0]!.data.by, "outside");
});

Deno.test("VirtioPci raises nothing before it is connected", () => {
  const device = new EchoDevice();
  const pci = new VirtioPci(device, { name: "x", world: new MockWorld() });
  pci.bars[0]!.store(18, 1, 7);
  device.host!.configChanged();
  assert.equal(pci.isr, 2);
  assert.equal(pci.bars[0]!.load(19, 1), 2);
});
