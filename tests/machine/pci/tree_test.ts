// The host bridge in the device tree (IEEE 1275, PCI bus binding).
import assert from "node:assert/strict";
import {
  type DeviceTreeNode,
  propertyBytes,
} from "../../../machine/device_tree/node.ts";
import { addressOf, PciWorld } from "./support.ts";
import { TestDevice } from "./test_device.ts";

/** A property's cells. */
function cells(node: DeviceTreeNode | undefined, name: string): number[] {
  const value = node?.properties.get(name);
  assert.ok(value, `${name} is there`);
  const bytes = propertyBytes(value);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from(
    { length: bytes.length / 4 },
    (_, i) => view.getUint32(4 * i),
  );
}

Deno.test("the bridge's node names its BUID, windows and sources", () => {
  const node = new PciWorld().pci.node();
  assert.equal(node.name, "pci@800000020000000");
  assert.deepEqual(cells(node, "reg"), [0x0800_0000, 0x2000_0000, 0, 0]);
  assert.deepEqual(cells(node, "bus-range"), [0, 255]);
  assert.deepEqual(cells(node, "ranges"), [
    ...[0x0100_0000, 0, 0, 0x2000, 0, 0, 0x1_0000],
    ...[0x0200_0000, 0, 0x8000_0000, 0x2000, 0x8000_0000, 0, 0x8000_0000],
    ...[0x0300_0000, 0x2100, 0, 0x2100, 0, 0x100, 0],
  ]);
  assert.deepEqual(cells(node, "ibm,dma-window"), [
    0x8000_0000,
    0,
    0,
    0,
    0x4000_0000,
  ]);
  assert.deepEqual(cells(node, "ibm,pe-total-#msi"), [0xd00]);
  assert.deepEqual(node.children, []);
});

Deno.test("the bridge's node names calls by the tokens that they have", () => {
  const world = new PciWorld();
  const node = world.pci.node();
  const { tokens } = world.rtas;
  assert.deepEqual(cells(node, "ibm,ddw-applicable"), [
    tokens.get("ibm,query-pe-dma-window"),
    tokens.get("ibm,create-pe-dma-window"),
    tokens.get("ibm,remove-pe-dma-window"),
  ]);
  assert.deepEqual(cells(node, "ibm,ddw-extensions"), [
    2,
    tokens.get("ibm,reset-pe-dma-window"),
    1,
  ]);
});

Deno.test("interrupt-map leads each slot's pins to the sources they drive", () => {
  for (const slot of [0, 1, 6, 31]) {
    for (const pin of [1, 2, 3, 4] as const) {
      const world = new PciWorld();
      const { fn, device } = world.plug({ slot, pin });
      device.wires.setLine(true);
      const event = world.interruptEvents.at(-1);
      assert.ok(event && "level" in event);
      const node = world.pci.node();
      const mask = cells(node, "interrupt-map-mask");
      const wanted = [fn.slot << 11, 0, 0, pin].map((cell, i) =>
        cell & mask[i]!
      );
      const map = cells(node, "interrupt-map");
      const entries = Array.from(
        { length: map.length / 7 },
        (_, i) => map.slice(7 * i, 7 * i + 7),
      );
      const found = entries.filter((entry) =>
        wanted.every((cell, i) => cell === entry[i])
      );
      assert.deepEqual(found.map((entry) => entry.slice(4)), [
        [0x1111, event.level, 1],
      ]);
    }
  }
});

Deno.test("a function's node says what its configuration space says", () => {
  const world = new PciWorld();
  const { fn } = world.plug({ name: "probe", slot: 17, pin: 3, msiVectors: 4 });
  const node = world.pci.node().children[0];
  assert.equal(node?.name, "legacy-device@11");
  const value = (name: string) => cells(node, name)[0];
  assert.equal(value("vendor-id"), fn.readConfig(0, 2));
  assert.equal(value("device-id"), fn.readConfig(2, 2));
  assert.equal(value("revision-id"), fn.readConfig(8, 1));
  assert.equal(value("class-code"), fn.readConfig(8, 4) >>> 8);
  assert.equal(value("subsystem-vendor-id"), fn.readConfig(0x2c, 2));
  assert.equal(value("subsystem-id"), fn.readConfig(0x2e, 2));
  assert.equal(value("interrupts"), 3);
  assert.equal(value("ibm,req#msi-x"), 3);
  assert.equal(value("ibm,req#msi"), 4);
  assert.deepEqual(cells(node, "reg"), [
    ...[0x0000_8800, 0, 0, 0, 0],
    ...[0x0100_8810, 0, 0, 0, 32],
    ...[0x4300_8820, 0, 0, 0, 0x4000],
    ...[0x0200_8814, 0, 0, 0, 0x1000],
  ]);
  const memory = addressOf(fn, 4);
  assert.deepEqual(cells(node, "assigned-addresses"), [
    ...[0x8100_8810, 0, addressOf(fn, 0), 0, 32],
    ...[0xc300_8820, memory / 2 ** 32, memory % 2 ** 32, 0, 0x4000],
    ...[0x8200_8814, 0, addressOf(fn, 1), 0, 0x1000],
  ]);
});

Deno.test("a function's node is named by its class", () => {
  const names: [classCode: number, name: string][] = [
    [0x010000, "scsi@0"],
    [0x020000, "ethernet@0"],
    [0x078000, "communication-controller@0"],
    [0x000200, "legacy-device@0"],
    [0x018000, "mass-storage@0"],
    [0xff0000, "pci1b36,5@0"],
  ];
  for (const [classCode, name] of names) {
    const world = new PciWorld();
    const device = new TestDevice();
    Object.assign(device.ids, { class: classCode });
    world.pci.add({ name: "x", face: device });
    assert.equal(world.pci.node().children[0]?.name, name);
  }
});

Deno.test("a function without messages announces none", () => {
  const world = new PciWorld();
  world.plug({ vectors: 0 });
  const { properties } = world.pci.node().children[0]!;
  assert.equal(properties.has("ibm,req#msi-x"), false);
  assert.equal(properties.has("ibm,req#msi"), false);
});
