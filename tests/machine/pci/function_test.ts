// The configuration space of a function (PCI Local Bus 3.0, chapter 6).
import assert from "node:assert/strict";
import type { AccessBytes, PciCapability } from "../../../virtio/pci_face.ts";
import { addressOf, enable, PciWorld } from "./support.ts";

Deno.test("PciFunction shows its identity in the header", () => {
  const { fn } = new PciWorld().plug({ pin: 2 });
  assert.equal(fn.readConfig(0x00, 4), 0x0005_1b36, "device and vendor");
  assert.equal(fn.readConfig(0x08, 4), 0x00ff_0003, "class and revision");
  assert.equal(fn.readConfig(0x0a, 2), 0x00ff);
  assert.equal(fn.readConfig(0x0e, 1), 0, "a type 0 header, one function");
  assert.equal(fn.readConfig(0x2c, 4), 0x1100_1af4, "subsystem");
  assert.equal(fn.readConfig(0x30, 4), 0, "no expansion ROM");
  assert.equal(fn.readConfig(0x3d, 1), 2, "INTB");
});

Deno.test("PciFunction lets the guest write only what may be written", () => {
  const { fn } = new PciWorld().plug({ vectors: 0 });
  const before = Array.from({ length: 64 }, (_, i) => fn.readConfig(4 * i, 4));
  for (let at = 0; at < 256; at += 4) fn.writeConfig(at, 4, 0xffff_ffff);
  const changed = before.flatMap((value, i) => {
    const now = fn.readConfig(4 * i, 4);
    return now === value ? [] : [[4 * i, now]];
  });
  assert.deepEqual(changed, [
    [0x04, 0x0000_0547], // command; no status bit
    [0x0c, 0x0000_ffff], // cache line size, latency timer
    [0x10, 0xffff_ffe1], // I/O of 32 bytes
    [0x20, 0xffff_c00c], // 16 KiB of memory, 64 bits, prefetchable
    [0x24, 0xffff_ffff],
    [0x3c, 0x0000_01ff], // interrupt line, and the pin as it was
  ]);
});

Deno.test("PciFunction tells a BAR's size to a guest that writes ones", () => {
  const { fn } = new PciWorld().plug({
    vectors: 0,
    bars: [
      { index: 0, kind: "io", bytes: 4 },
      { index: 2, kind: "mem32", bytes: 2 ** 20 },
      { index: 4, kind: "mem64-prefetchable", bytes: 16 },
    ],
  });
  for (const at of [0x10, 0x14, 0x18, 0x20, 0x24]) {
    fn.writeConfig(at, 4, 0xffff_ffff);
  }
  assert.equal(fn.readConfig(0x10, 4), 0xffff_fffd);
  assert.equal(fn.readConfig(0x14, 4), 0, "there is no BAR 1");
  assert.equal(fn.readConfig(0x18, 4), 0xfff0_0000);
  assert.equal(fn.readConfig(0x20, 4), 0xffff_fffc);
  assert.equal(fn.readConfig(0x24, 4), 0xffff_ffff);
});

Deno.test("PciFunction takes registers in parts of 1, 2 and 4 bytes", () => {
  const { fn } = new PciWorld().plug();
  fn.writeConfig(0x10, 4, 0x0000_2000);
  fn.writeConfig(0x11, 1, 0x31);
  assert.equal(fn.readConfig(0x10, 4), 0x3101);
  assert.equal(fn.readConfig(0x10, 2), 0x3101);
  assert.equal(fn.readConfig(0x11, 1), 0x31);
  fn.writeConfig(0x12, 2, 0xabcd);
  assert.equal(fn.readConfig(0x10, 4), 0xabcd_3101);
});

Deno.test("PciFunction answers at a BAR's address once it is enabled there", () => {
  const world = new PciWorld();
  const { fn, device } = world.plug();
  device.memory(0).setUint32(8, 0x1122_3344, true);
  device.memory(4).setUint32(8, 0x5566_7788, true);
  const io = addressOf(fn, 0) + 8;
  const memory = addressOf(fn, 4) + 8;
  const read = () => [
    world.load("io", io, { bytes: 4 }),
    world.load("memory64", memory, { bytes: 4 }),
  ];
  assert.deepEqual(read(), [0xffff_ffffn, 0xffff_ffffn]);
  enable(fn, 1);
  assert.deepEqual(read(), [0x4433_2211n, 0xffff_ffffn]);
  enable(fn, 2);
  assert.deepEqual(read(), [0xffff_ffffn, 0x8877_6655n]);
  assert.deepEqual(device.accesses.map(({ bar }) => bar), [0, 4]);
});

Deno.test("PciFunction answers where the guest moves a BAR to", () => {
  const world = new PciWorld();
  const { fn, device } = world.plug();
  enable(fn);
  device.memory(4).setUint8(1, 0x5a);
  const old = addressOf(fn, 4);
  const load = (window: "memory32" | "memory64", at: number) =>
    world.load(window, at, { bytes: 1 });
  fn.writeConfig(0x20, 4, 0x9000_0000);
  fn.writeConfig(0x24, 4, 0);
  assert.equal(load("memory64", old + 1), 0xffn);
  assert.equal(load("memory32", 0x9000_0001), 0x5an);
  fn.writeConfig(0x24, 4, 0x2180);
  assert.equal(load("memory64", 0x2180_9000_0001), 0x5an);
  fn.writeConfig(0x24, 4, 0xffff_ffff);
  assert.equal(load("memory32", 0x9000_0001), 0xffn, "in no window");
  fn.writeConfig(0x20, 4, 0);
  fn.writeConfig(0x24, 4, 0);
  assert.equal(addressOf(fn, 4), 0, "an address that decodes nothing");
});

Deno.test("PciFunction chains its capabilities, MSI-X and MSI last", () => {
  const capabilities = [
    { bytes: Uint8Array.of(9, 0xff, 6, 1, 2, 3) },
    { bytes: Uint8Array.of(9, 0, 16, ...new Uint8Array(13)) },
  ];
  const { fn } = new PciWorld().plug({ capabilities, msiVectors: 2 });
  assert.equal(fn.readConfig(0x06, 2) & 0x10, 0x10, "there is a list");
  const found: number[][] = [];
  for (let at = fn.readConfig(0x34, 1); at !== 0;) {
    found.push([at, fn.readConfig(at, 1)]);
    at = fn.readConfig(at + 1, 1);
  }
  assert.deepEqual(found, [[0x40, 9], [0x48, 9], [0x58, 0x11], [0x64, 5]]);
  assert.equal(fn.readConfig(0x42, 4), 0x0302_0106);
});

Deno.test("PciFunction without capabilities has no list of them", () => {
  const { fn } = new PciWorld().plug({ vectors: 0 });
  assert.equal(fn.readConfig(0x06, 2), 0);
  assert.equal(fn.readConfig(0x34, 1), 0);
});

Deno.test("PciFunction asks a capability that answers by itself", () => {
  const stores: unknown[] = [];
  const capability: PciCapability = {
    bytes: Uint8Array.of(9, 0, 20, ...new Uint8Array(17)),
    load: (offset, bytes) => offset === 16 ? 0xc0de + bytes : undefined,
    store: (offset, bytes, value) => void stores.push([offset, bytes, value]),
  };
  const { fn } = new PciWorld().plug({ capabilities: [capability] });
  assert.equal(fn.readConfig(0x50, 4), 0xc0e2);
  assert.equal(fn.readConfig(0x50, 2), 0xc0e0);
  assert.equal(fn.readConfig(0x42, 1), 20, "what it leaves is in its bytes");
  fn.writeConfig(0x44, 1, 4);
  fn.writeConfig(0x50, 4, 0xffff_ffff);
  assert.deepEqual(stores, [[4, 1, 4], [16, 4, 0xffff_ffff]]);
});

Deno.test("PciFunction refuses what cannot be a function", () => {
  const plug = (
    bars: readonly { index: number; kind: "io" | "mem32"; bytes: number }[],
    vectors = 0,
  ) => new PciWorld().plug({ bars, vectors });
  const cases: [() => unknown, RegExp][] = [
    [
      () => plug([{ index: 1, kind: "mem32", bytes: 16 }], 1),
      /Cannot make PCI function test: no room for BAR: 1/,
    ],
    [
      () => plug([{ index: 6, kind: "mem32", bytes: 16 }]),
      /no room for BAR: 6/,
    ],
    [
      () => plug([{ index: 0, kind: "mem32", bytes: 24 }]),
      /size of BAR 0 is not a power of 2 from 16 to \d+: 24/,
    ],
    [() => plug([{ index: 0, kind: "io", bytes: 2 ** 17 }]), /from 4 to 65536/],
    [() => plug([], 2049), /number of vectors is not from 1 to 2048: 2049/],
    [
      () => new PciWorld().plug({ msiVectors: 3 }),
      /number of vectors is not a power of 2 to 32: 3/,
    ],
    [
      () =>
        new PciWorld().plug({
          capabilities: [{ bytes: new Uint8Array(200).fill(9, 0, 1) }],
        }),
      /Cannot place PCI capabilities: they end at: 264/,
    ],
  ];
  for (const [make, message] of cases) {
    assert.throws(make, { name: "RangeError", message });
  }
});

Deno.test("PciFunction tells of its pin in the status register", () => {
  const { fn, device } = new PciWorld().plug({ vectors: 0 });
  device.wires.setLine(true);
  assert.equal(fn.readConfig(6, 2), 8);
  enable(fn, 0x400);
  assert.equal(fn.readConfig(6, 2), 8, "also where the pin is disabled");
  assert.equal(fn.line, false);
  device.wires.setLine(false);
  assert.equal(fn.readConfig(6, 2), 0);
});

Deno.test("PciFunction's reset takes back all that the guest wrote", () => {
  const { fn, device } = new PciWorld().plug();
  const before = fn.save().config;
  enable(fn);
  fn.writeConfig(0x3c, 1, 17);
  fn.writeConfig(0x10, 4, 0x8000);
  device.wires.setLine(true);
  const resets = device.resets;
  fn.reset();
  assert.equal(device.resets, resets + 1);
  assert.equal(fn.line, false);
  assert.equal(addressOf(fn, 0), 0);
  fn.reassign();
  assert.deepEqual(fn.save().config, before);
});

Deno.test("PciFunction reads the same by any width", () => {
  const { fn } = new PciWorld().plug({ msiVectors: 4 });
  for (let at = 0; at < 256; at += 4) {
    const word = fn.readConfig(at, 4);
    for (const bytes of [1, 2] as AccessBytes[]) {
      let joined = 0;
      for (let i = 0; i < 4; i += bytes) {
        joined += fn.readConfig(at + i, bytes) * 2 ** (8 * i);
      }
      assert.equal(joined, word, `at ${at} by ${bytes}`);
    }
  }
});
