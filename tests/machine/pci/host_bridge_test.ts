import assert from "node:assert/strict";
import { HostBridge } from "../../../machine/pci/host_bridge.ts";
import { addressOf, capability, enable, PciWorld } from "./support.ts";
import { TestDevice } from "./test_device.ts";

Deno.test("HostBridge.add() gives slots in the order of devices", () => {
  const { pci } = new PciWorld();
  const add = (name: string, slot?: number) =>
    pci.add({ name, face: new TestDevice(), ...slot !== undefined && { slot } })
      .slot;
  assert.deepEqual([add("a"), add("b", 2), add("c"), add("d")], [0, 2, 1, 3]);
  assert.deepEqual(pci.functions.map(({ name }) => name), ["a", "c", "b", "d"]);
});

Deno.test("HostBridge.add() refuses slots that are taken or not there", () => {
  const { pci } = new PciWorld();
  const add = (name: string, slot?: number) => () =>
    pci.add({
      name,
      face: new TestDevice(),
      ...slot !== undefined && { slot },
    });
  add("first", 7)();
  assert.throws(add("second", 7), {
    name: "RangeError",
    message: "Cannot add PCI device second: slot is taken by first: 7",
  });
  for (const slot of [-1, 32, 1.5]) {
    assert.throws(add("x", slot), {
      name: "RangeError",
      message: `Cannot add PCI device x: no slot: ${slot}`,
    });
  }
  for (let i = 0; i < 31; i++) add(`d${i}`)();
  assert.throws(add("last"), /Cannot add PCI device last: no slot: 32/);
});

Deno.test("HostBridge.reset() gives BARs addresses that do not overlap", () => {
  const { pci } = new PciWorld();
  for (let i = 0; i < 32; i++) {
    pci.add({
      name: `d${i}`,
      face: new TestDevice({
        bars: [
          { index: 0, kind: "io", bytes: 4 << (i % 8) },
          { index: 2, kind: "mem32", bytes: 16 << (i % 11) },
          { index: 4, kind: "mem64-prefetchable", bytes: 4096 << (i % 13) },
        ],
      }),
    });
  }
  pci.reset();
  for (const kind of ["io", "mem32", "mem64-prefetchable"]) {
    const ranges = pci.functions.flatMap((fn) =>
      fn.bars.filter((bar) => bar.kind === kind).map((bar) => {
        const start = fn.barAddress(bar);
        assert.equal(start % bar.bytes, 0, "naturally aligned");
        assert.notEqual(start, 0);
        return [start, start + bar.bytes] as const;
      })
    ).sort(([a], [b]) => a - b);
    assert.ok(ranges.length >= 32);
    ranges.forEach(([start], i) => {
      assert.ok(i === 0 || ranges[i - 1]![1] <= start, `${kind} ${i}`);
    });
  }
});

Deno.test("HostBridge.reset() refuses BARs that fit no window", () => {
  const { pci } = new PciWorld();
  const bars = [{ index: 2, kind: "mem32", bytes: 2 ** 31 }] as const;
  pci.add({ name: "a", face: new TestDevice({ bars, vectors: 0 }) });
  pci.reset();
  pci.add({ name: "b", face: new TestDevice({ bars, vectors: 0 }) });
  assert.throws(() => pci.reset(), {
    name: "RangeError",
    message:
      "Cannot assign PCI addresses: BAR 2 of b does not fit: 2147483648 bytes",
  });
});

Deno.test("HostBridge's windows turn the machine's order into PCI's", () => {
  const world = new PciWorld();
  const { fn, device } = world.plug();
  enable(fn);
  const at = addressOf(fn, 4);
  const store = (offset: number, bytes: number, value: bigint) =>
    world.store("memory64", at + offset, { bytes, value });
  store(0, 1, 0x11n);
  store(2, 2, 0x2233n);
  store(4, 4, 0x4455_6677n);
  store(8, 8, 0x8899_aabb_ccdd_eeffn);
  assert.deepEqual(device.accesses.map(({ bar: _bar, ...access }) => access), [
    { offset: 0, bytes: 1, value: 0x11 },
    { offset: 2, bytes: 2, value: 0x3322 },
    { offset: 4, bytes: 4, value: 0x7766_5544 },
    { offset: 8, bytes: 4, value: 0xbbaa_9988 },
    { offset: 12, bytes: 4, value: 0xffee_ddcc },
  ]);
  const load = (offset: number, bytes: number) =>
    world.load("memory64", at + offset, { bytes });
  assert.equal(load(0, 1), 0x11n);
  assert.equal(load(2, 2), 0x2233n);
  assert.equal(load(4, 4), 0x4455_6677n);
  assert.equal(load(8, 8), 0x8899_aabb_ccdd_eeffn);
});

Deno.test("HostBridge's windows take unaligned accesses apart", () => {
  const world = new PciWorld();
  const { fn, device } = world.plug();
  enable(fn);
  const at = addressOf(fn, 4);
  const value = 0x0102_0304_0506_0708n;
  world.store("memory64", at + 1, { bytes: 8, value });
  assert.deepEqual(
    device.accesses.map(({ offset, bytes }) => [offset, bytes]),
    [[1, 1], [2, 2], [4, 4], [8, 1]],
  );
  assert.equal(world.load("memory64", at + 1, { bytes: 8 }), value);
  assert.equal(world.load("memory64", at + 6, { bytes: 4 }), 0x0607_0800n);
});

Deno.test("HostBridge's windows read as all ones where nobody answers", () => {
  const world = new PciWorld();
  const { fn, device } = world.plug();
  enable(fn);
  const end = addressOf(fn, 4) + 0x4000;
  device.memory(4).setUint32(0x3ffc, 0, true);
  const load = (at: number, bytes: number) =>
    world.load("memory64", at, { bytes });
  assert.equal(load(end - 4, 4), 0n);
  assert.equal(load(end - 4, 8), 0xffff_ffffn);
  assert.equal(load(end, 8), 0xffff_ffff_ffff_ffffn);
  assert.equal(load(end, 1), 0xffn);
  assert.equal(world.load("memory32", 0xffff_fffc, { bytes: 4 }), 0xffff_ffffn);
  world.store("memory64", end, { bytes: 8, value: 0n });
  assert.equal(world.load("io", 0, { bytes: 2 }), 0xffffn);
});

Deno.test("HostBridge tells devices which vCPU accesses them", () => {
  const world = new PciWorld();
  const seen: (number | undefined)[] = [];
  const { fn } = world.plug({
    accessed: () => void seen.push(world.pci.accessor),
  });
  enable(fn);
  const at = addressOf(fn, 0);
  world.load("io", at, { bytes: 1, vcpu: 3 });
  world.store("io", at, { bytes: 1, value: 0n, vcpu: 1 });
  assert.deepEqual(seen, [3, 1]);
  assert.equal(world.pci.accessor, undefined);
});

Deno.test("HostBridge spreads pins over four sources", () => {
  const world = new PciWorld();
  const lines: [slot: number, pin: 1 | 2 | 3 | 4, source: number][] = [
    [0, 1, 0x1200],
    [0, 4, 0x1203],
    [1, 1, 0x1201],
    [3, 2, 0x1200],
    [31, 1, 0x1203],
  ];
  for (const [slot, pin, source] of lines) {
    const bridge = new HostBridge({
      ram: world.ram,
      interrupts: {
        trigger() {},
        setLevel: (level, on) => void levels.push([level, on]),
      },
      written() {},
    });
    const levels: [number, boolean][] = [];
    const face = new TestDevice();
    bridge.add({ name: "x", face, slot, pin });
    face.wires.setLine(true);
    face.wires.setLine(true);
    face.wires.setLine(false);
    assert.deepEqual(levels, [[source, true], [source, false]]);
  }
});

Deno.test("HostBridge asserts a source while any function does", () => {
  const world = new PciWorld();
  const [a, b] = [0, 4].map((slot) =>
    world.plug({ name: `in ${slot}`, slot }).device
  );
  assert.ok(a && b);
  world.interruptEvents.length = 0;
  a.wires.setLine(true);
  b.wires.setLine(true);
  a.wires.setLine(false);
  assert.deepEqual(world.interruptEvents, [{ level: 0x1200, on: true }]);
  b.wires.setLine(false);
  assert.deepEqual(world.interruptEvents.slice(1), [
    { level: 0x1200, on: false },
  ]);
});

/** A bus with something of everything in its state. */
function eventful() {
  const world = new PciWorld();
  const { fn, device } = world.plug({ vectors: 3 });
  const other = world.plug({ name: "other", vectors: 2, slot: 9 });
  const held = world.plug({ name: "held", vectors: 0, slot: 12 });
  enable(fn);
  world.callFor("ibm,change-msi", { args: [4, 3, 1], results: 4 });
  fn.writeConfig(capability(fn, 0x11) + 2, 2, 0x8000);
  device.wires.sendVector(2);
  device.memory(4).setUint32(0, 42);
  other.device.wires.setLine(true);
  held.fn.hold(true);
  world.hcall(0x20, [0x8000_0000, 0x3000, 0x5003]);
  world.callFor("ibm,create-pe-dma-window", { args: [16, 30], results: 4 });
  world.hcall(0x20, [0x8000_0001, 2 ** 44 + 0x10000, 0x2_0001]);
  return world;
}

/** The same devices, before anything has happened. */
function pristine() {
  const world = new PciWorld();
  const { device } = world.plug({ vectors: 3 });
  const other = world.plug({ name: "other", vectors: 2, slot: 9 });
  world.plug({ name: "held", vectors: 0, slot: 12 });
  world.interruptEvents.length = 0;
  return { world, device, other: other.device };
}

Deno.test("HostBridge.restore() takes what save() gave", () => {
  const saved = structuredClone(eventful().pci.save());
  const { world, device, other } = pristine();
  world.pci.restore(saved);
  assert.deepEqual(world.pci.save(), saved);
  assert.deepEqual(world.interruptEvents, [], "the controller knows its lines");
  assert.deepEqual(world.pci.describe(), eventful().pci.describe());
  const fn = world.pci.find(0, 0)!;
  const at = addressOf(fn, 4);
  assert.equal(world.load("memory64", at, { bytes: 4 }), 42n);
  const control = addressOf(fn, 1) + 16 * 2 + 12;
  world.store("memory32", control, { bytes: 4, value: 0n });
  assert.deepEqual(world.interruptEvents, [{ trigger: 0x1302 }]);
  other.wires.setLine(false);
  assert.deepEqual(world.interruptEvents.at(-1), { level: 0x1201, on: false });
  const memory = world.pci.memory({ translated: true });
  const view = memory.view(2 ** 44 + 0x10004, 4, "device-reads");
  world.ram.setU32(0x2_0004, 0x0102_0304);
  assert.deepEqual([...view], [1, 2, 3, 4]);
  assert.equal(device.resets, 3, "none by the restoring");
});

Deno.test("HostBridge.restore() refuses states of other devices", () => {
  const saved = eventful().pci.save();
  const restore = (state: unknown) => () => pristine().world.pci.restore(state);
  const [first, second, third] = saved.functions;
  assert.ok(first && second && third);
  const config = first.config.slice();
  config[0]!++;
  const range: unknown[] = [
    { ...saved, functions: [first] },
    { ...saved, functions: [first, second, { ...third, slot: 3 }] },
    { ...saved, functions: [{ ...first, name: "x" }, second, third] },
    { ...saved, functions: [{ ...first, config }, second, third] },
    {
      ...saved,
      messages: [{ slot: 1, kind: "msix", first: 0x1300, count: 1 }],
    },
    {
      ...saved,
      messages: [{ slot: 0, kind: "msix", first: 0x1200, count: 1 }],
    },
    {
      ...saved,
      messages: [{ slot: 0, kind: "msix", first: 0x1fff, count: 2 }],
    },
    { ...saved, messages: [saved.messages[0], saved.messages[0]] },
    { ...saved, windows: [saved.windows[0], saved.windows[0]] },
    { ...saved, windows: [{ ...saved.windows[0], liobn: 5 }] },
    { ...saved, windows: [{ ...saved.windows[1], pageShift: 13 }] },
    { ...saved, windows: [{ ...saved.windows[1], windowShift: 60 }] },
    {
      ...saved,
      windows: [{ ...saved.windows[0], low: Uint32Array.of(0xffff_f003) }],
    },
    {
      ...saved,
      windows: [{ ...saved.windows[0], indexes: Uint32Array.of(2 ** 30) }],
    },
  ];
  for (const state of range) assert.throws(restore(state), RangeError);
  const type: unknown[] = [
    null,
    7,
    {},
    { ...saved, functions: [null, second, third] },
    { ...saved, functions: [{ ...first, config: [] }, second, third] },
    { ...saved, functions: [{ ...first, asserted: 1 }, second, third] },
    { ...saved, functions: [{ ...first, msix: undefined }, second, third] },
    {
      ...saved,
      functions: [
        { ...first, msix: { ...first.msix, pending: 1 } },
        second,
        third,
      ],
    },
    { ...saved, messages: [{ slot: 0, kind: "x", first: 0x1300, count: 1 }] },
    { ...saved, messages: undefined },
    { ...saved, windows: [{ ...saved.windows[0], high: [] }] },
  ];
  for (const state of type) assert.throws(restore(state), TypeError);
});

Deno.test("HostBridge.describe() tells of slots, addresses and interrupts", () => {
  const { functions, dmaWindows, strayMessages } = eventful().pci.describe();
  assert.equal(strayMessages, 0);
  assert.deepEqual(
    dmaWindows.map(({ liobn, mapped, pageBytes, bytes }) => [
      liobn,
      mapped,
      pageBytes,
      bytes,
    ]),
    [[0x8000_0000, 1, 4096, 2 ** 30], [0x8000_0001, 1, 65536, 2 ** 30]],
  );
  assert.deepEqual(
    functions.map(({ device, slot, node, heldInReset, pin }) => [
      device,
      slot,
      node,
      heldInReset,
      pin.source,
      pin.asserted,
    ]),
    [
      ["test", 0, "legacy-device@0", false, 0x1200, false],
      ["other", 9, "legacy-device@9", false, 0x1201, true],
      ["held", 12, "legacy-device@c", true, 0x1200, false],
    ],
  );
  assert.deepEqual(functions[0]?.messages, [{
    kind: "msix",
    enabled: true,
    vectors: 3,
    sources: { first: 0x1300, count: 3 },
    functionMasked: false,
    table: [0, 1, 2].map((vector) => ({
      vector,
      source: 0x1300 + vector,
      masked: true,
      pending: vector === 2,
    })),
  }]);
  assert.deepEqual(functions[1]?.messages[0]?.sources, null);
});
