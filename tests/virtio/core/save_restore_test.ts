import assert from "node:assert/strict";
import {
  MOCK_SETUPS,
  MockDriver,
  type MockOptions,
  type MockSetup,
} from "../../../virtio/mock_driver.ts";
import { VirtioPci } from "../../../virtio/transport_pci.ts";
import { HoldingDevice, setups, started } from "./support.ts";

/** Puts another device in the place of a driver's, from what that saved. */
function replaced(
  driver: MockDriver & { device: HoldingDevice },
  options: MockOptions,
): HoldingDevice {
  const device = new HoldingDevice();
  const pci = new VirtioPci(device, {
    name: "rng0",
    ...options,
    rings: { packed: driver.setup.ring === "packed", ...options.rings },
    world: driver.world,
  });
  pci.connect(driver.world.wires);
  const saved = structuredClone(driver.pci.save());
  driver.world.wires.setLine(false);
  pci.restore(saved);
  assert.deepEqual(pci.save(), saved, "restored, it saves the same");
  Object.assign(driver, { pci, device });
  return device;
}

function offer(driver: MockDriver, value: number): number {
  const writer = driver.writer();
  writer.u32(value);
  return driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
}

function wholeLife(setup: MockSetup, options: MockOptions): void {
  const driver = started(new HoldingDevice(), setup, options);
  let next = 1;
  const answers: number[] = [];
  const kinds = ["save", "offer", "complete", "save"] as const;
  for (let step = 0; step < 120; step++) {
    switch (kinds[(step * 7 + (step >> 3)) % kinds.length]) {
      case "save":
        replaced(driver, options);
        break;
      case "offer":
        offer(driver, next++);
        offer(driver, next++);
        if (step % 3) driver.kickIfWanted(0);
        break;
      case "complete":
        if (driver.device.held.length > 0) {
          driver.device.complete(driver.device.held.length - 1);
        }
    }
    driver.world.runDeferred();
    for (const { bytes } of driver.collect(0)) {
      answers.push(driver.reader(bytes).u32() - 1);
    }
  }
  driver.kick(0);
  while (driver.device.held.length > 0) driver.device.complete(0);
  for (const { bytes } of driver.collect(0)) {
    answers.push(driver.reader(bytes).u32() - 1);
  }
  const sorted = answers.toSorted((a, b) => a - b);
  assert.deepEqual(sorted, Array.from({ length: next - 1 }, (_, i) => i + 1));
}

for (const setup of MOCK_SETUPS) {
  Deno.test(`VirtioPci restore() goes on where save() was, ${setup.name}`, () => {
    for (const eventIndex of [true, false]) {
      wholeLife(setup, { rings: { eventIndex }, queueSize: 64 });
    }
  });

  Deno.test(`VirtioPci restore() keeps a force, a break and the interrupt, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup);
    offer(driver, 1);
    driver.kick(0);
    driver.device.complete(0);
    driver.pci.core.forceOrder("little");
    driver.pci.core.forceOrder("big");
    driver.pci.core.inject(0, { kind: "break" });
    replaced(driver, {});
    const { core } = driver.pci;
    assert.equal(core.order.forced, "big");
    assert.equal(core.breakage?.fault, "injected");
    assert.ok(driver.world.wires.line);
    assert.equal(driver.readIsr() & 1, 1);
    driver.collect(0);
    core.forceOrder(undefined);
    offer(driver, 2);
    driver.world.runDeferred();
    driver.device.complete(0);
    assert.equal(driver.collect(0).length, 1);
  });
}

for (const setup of setups({ interface: "modern" })) {
  Deno.test(`VirtioPci restore() keeps the order of requests, ${setup.name}`, () => {
    wholeLife(setup, {
      rings: { inOrder: true, packed: setup.ring === "packed" },
    });
  });
}

Deno.test("VirtioPci restore() sends what a fault held back", () => {
  for (const setup of MOCK_SETUPS) {
    const driver = started(new HoldingDevice(), setup);
    offer(driver, 1);
    driver.kick(0);
    driver.pci.core.inject(0, { kind: "delay-completions" });
    driver.device.complete(0);
    replaced(driver, {});
    assert.deepEqual(driver.collect(0), []);
    driver.world.runDeferred();
    const [answer] = driver.collect(0);
    assert.equal(driver.reader(answer!.bytes).u32(), 2);
  }
});

Deno.test("VirtioPci restore() keeps the configuration and its registers", () => {
  const [setup] = setups({ interface: "modern" });
  const driver = started(new HoldingDevice(), setup, { messages: true });
  driver.device.field = 0xabcdef01;
  driver.device.host!.configChanged();
  driver.store(4, 0x00, 4, 1);
  driver.store(4, 0x16, 2, 1);
  driver.store(4, 0x10, 2, 2);
  driver.pci.capabilities.at(-1)!.store!(4, 1, 4);
  replaced(driver, {});
  assert.equal(driver.load(4, 0x2000, 4), 0xabcdef01);
  assert.equal(driver.load(4, 0x15, 1), 1);
  assert.equal(driver.load(4, 0x00, 4), 1);
  assert.equal(driver.load(4, 0x16, 2), 1);
  assert.equal(driver.load(4, 0x10, 2), 2);
  assert.equal(driver.load(4, 0x1a, 2), 1);
  assert.equal(driver.pci.capabilities.at(-1)!.bytes[4], 4);
});

Deno.test("VirtioPci restore() of a device that nobody set up", () => {
  const driver = new MockDriver(new HoldingDevice(), MOCK_SETUPS[0]!);
  const other = Object.assign(driver, { device: new HoldingDevice() });
  replaced(other, {});
  driver.start();
  assert.ok(driver.pci.core.active);
});

Deno.test("VirtioPci restore() refuses what no such device can have saved", () => {
  const driver = started(new HoldingDevice());
  const saved = driver.pci.save();
  const { core } = saved;
  const [first, second] = core.queues;
  const { ring } = first!;
  const tooFar = { ...ring!.progress, available: 70_000 };
  const bad = [
    { ...core, queues: [first!] },
    {
      ...core,
      queues: [
        { ...first!, ring: { ...ring!, progress: tooFar } },
        second!,
      ],
    },
  ];
  for (const state of bad) {
    assert.throws(
      () => driver.pci.restore({ ...saved, core: state }),
      RangeError,
    );
  }
  driver.start();
  offer(driver, 1);
  driver.kick(0);
  driver.device.complete(0);
  assert.equal(driver.collect(0).length, 1);
});
