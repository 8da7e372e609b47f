import assert from "node:assert/strict";
import { NO_VECTOR } from "../../../virtio/queue.ts";
import { echo, EchoDevice, HoldingDevice, setups, started } from "./support.ts";
import { MockDriver, type MockOptions } from "../../../virtio/mock_driver.ts";

const MODERN = setups({ interface: "modern", ring: "split" });

function fresh(options: MockOptions = {}): MockDriver {
  const driver = new MockDriver(new EchoDevice(), MODERN[0]!, options);
  driver.become();
  driver.reset();
  return driver;
}

/** A load or a store in the common configuration. */
function load(driver: MockDriver, offset: number, bytes: 1 | 2 | 4): number {
  return driver.load(4, offset, bytes);
}

function store(
  driver: MockDriver,
  offset: number,
  [bytes, value]: readonly [1 | 2 | 4, number],
): void {
  driver.store(4, offset, bytes, value);
}

Deno.test("ModernRegisters device_feature shows 32 bits at a time", () => {
  const driver = fresh();
  const words = [0, 1, 2, 0xffffffff].map((word) => {
    store(driver, 0, [4, word]);
    assert.equal(load(driver, 0, 4), word);
    return load(driver, 4, 4);
  });
  // VERSION_1 and RING_RESET.
  assert.deepEqual(words, [0x38000005, 0x101, 0, 0]);
});

Deno.test("ModernRegisters driver_feature keeps what is written, up to FEATURES_OK", () => {
  const driver = fresh();
  for (const [word, value] of [[0, 4], [1, 1], [2, 0xffffffff]] as const) {
    store(driver, 8, [4, word]);
    store(driver, 12, [4, value]);
    assert.equal(load(driver, 8, 4), word);
    assert.equal(load(driver, 12, 4), word < 2 ? value : 0);
  }
  assert.equal(driver.pci.core.agreed, 0n);
  driver.status = 11;
  assert.equal(driver.pci.core.agreed, 0x1_0000_0004n);
  store(driver, 8, [4, 0]);
  store(driver, 12, [4, 5]);
  assert.equal(load(driver, 12, 4), 4);
});

Deno.test("ModernRegisters counts queues and configuration changes", () => {
  const driver = fresh();
  assert.equal(load(driver, 0x12, 2), 2);
  assert.equal(load(driver, 0x15, 1), 0);
  for (let change = 0; change < 257; change++) {
    (driver.pci.core.device as EchoDevice).host!.configChanged();
  }
  assert.equal(load(driver, 0x15, 1), 1);
  store(driver, 0x15, [1, 9]);
  assert.equal(load(driver, 0x15, 1), 1, "read-only");
});

Deno.test("ModernRegisters config_msix_vector takes vectors that are there", () => {
  const driver = fresh();
  for (
    const [written, read] of [[0, 0], [2, 2], [3, NO_VECTOR], [
      0xffff,
      NO_VECTOR,
    ]]
  ) {
    store(driver, 0x10, [2, written!]);
    assert.equal(load(driver, 0x10, 2), read);
    store(driver, 0x1a, [2, written!]);
    assert.equal(load(driver, 0x1a, 2), read);
  }
});

Deno.test("ModernRegisters queue registers belong to the selected queue", () => {
  const driver = fresh();
  const rows = [0, 1].map((index) => {
    store(driver, 0x16, [2, index]);
    store(driver, 0x18, [2, 16 << index]);
    store(driver, 0x1a, [2, index]);
    for (let word = 0; word < 6; word++) {
      store(driver, 0x20 + 4 * word, [4, 0xff000000 + index * 16 + word]);
    }
    return index;
  });
  for (const index of rows) {
    store(driver, 0x16, [2, index]);
    assert.equal(load(driver, 0x16, 2), index);
    assert.equal(load(driver, 0x18, 2), 16 << index);
    assert.equal(load(driver, 0x1a, 2), index);
    assert.equal(load(driver, 0x1c, 2), 0);
    assert.equal(load(driver, 0x1e, 2), index, "notification offset");
    for (let word = 0; word < 6; word++) {
      assert.equal(
        load(driver, 0x20 + 4 * word, 4),
        0xff000000 + index * 16 + word,
        "an address is kept to the bit, though no memory has it",
      );
    }
  }
  store(driver, 0x16, [2, 2]);
  const offsets = [
    0x18,
    0x1c,
    0x1e,
    0x20,
    0x24,
    0x28,
    0x2c,
    0x30,
    0x34,
  ] as const;
  assert.ok(offsets.every((at) => load(driver, at, at < 0x20 ? 2 : 4) === 0));
  assert.equal(load(driver, 0x1a, 2), NO_VECTOR);
  store(driver, 0x18, [2, 4]);
  store(driver, 0x1c, [2, 1]);
  assert.equal(load(driver, 0x1c, 2), 0);
});

Deno.test("ModernRegisters queue_size is at most the device's", () => {
  const driver = fresh();
  assert.equal(load(driver, 0x18, 2), 256);
  for (
    const [written, read] of [[64, 64], [0, 64], [257, 64], [0xffff, 64], [
      1,
      1,
    ]]
  ) {
    store(driver, 0x18, [2, written!]);
    assert.equal(load(driver, 0x18, 2), read);
  }
});

Deno.test("ModernRegisters keeps an enabled queue as it is", () => {
  const driver = started(new EchoDevice(), MODERN[0]);
  const before = { ...driver.pci.core.queues[0]!.settings };
  store(driver, 0x16, [2, 0]);
  store(driver, 0x18, [2, 8]);
  for (let word = 0; word < 6; word++) store(driver, 0x20 + 4 * word, [4, 8]);
  store(driver, 0x1c, [2, 0]);
  assert.equal(load(driver, 0x1c, 2), 1);
  assert.deepEqual(driver.pci.core.queues[0]!.settings, before);
  assert.equal(echo(driver, 1), 2);
});

Deno.test("ModernRegisters ISR status is cleared by reading", () => {
  const driver = started(new EchoDevice(), MODERN[0]);
  echo(driver, 1);
  assert.equal(driver.load(4, 0x1000, 1), 1);
  assert.equal(driver.load(4, 0x1000, 1), 0);
  assert.equal(driver.load(4, 0x1004, 4), 0);
});

for (const setup of MODERN) {
  Deno.test(`ModernRegisters configuration is little-endian, ${setup.order} guest`, () => {
    const driver = started(new EchoDevice(), setup);
    assert.equal(driver.load(4, 0x2000, 4), 0x12345678);
    assert.equal(driver.load(4, 0x2004, 2), 0xbcde);
    assert.equal(driver.load(4, 0x2006, 1), 0x9a);
    assert.equal(driver.load(4, 0x2007, 4), 0x05060708);
    assert.equal(driver.load(4, 0x200b, 4), 0x01020304);
    assert.equal(driver.load(4, 0x200f, 4), 0);
    driver.store(4, 0x2000, 4, 0xcafef00d);
    assert.equal(driver.device.field, 0xcafef00d);
    driver.store(4, 0x2006, 1, 0x55);
    assert.equal(driver.device.byte, 0x55);
    assert.deepEqual(driver.device.calls.slice(-2), [
      "config 0 4",
      "config 6 1",
    ]);
  });

  Deno.test(`ModernRegisters configuration is little-endian before any feature, ${setup.order} guest`, () => {
    const driver = new MockDriver(new EchoDevice(), setup);
    driver.become();
    driver.reset();
    assert.equal(driver.load(4, 0x2000, 4), 0x12345678);
  });
}

Deno.test("ModernRegisters configuration is in the forced order while that holds", () => {
  const driver = started(new EchoDevice(), MODERN[0]);
  driver.pci.core.forceOrder("big");
  assert.equal(driver.load(4, 0x2000, 4), 0x78563412);
  driver.pci.core.forceOrder(undefined);
  assert.equal(driver.load(4, 0x2000, 4), 0x12345678);
});

Deno.test("ModernRegisters notifications reach the queue by their address", () => {
  const driver = started(new HoldingDevice(), MODERN[0]);
  driver.world.listening.add("VIRTIO_NOTIFY");
  driver.store(4, 0x3004, 2, 1);
  driver.store(4, 0x3000, 4, 0);
  driver.store(4, 0x3008, 2, 2);
  assert.deepEqual(driver.world.events.map(({ queue }) => queue), [1, 0]);
  assert.equal(driver.load(4, 0x3000, 2), 0);
});

for (const setup of setups({ interface: "modern" })) {
  Deno.test(`ModernRegisters queue_reset takes one queue back, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup);
    const writer = driver.writer();
    writer.u32(5);
    driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
    driver.kick(0);
    const [stale] = driver.device.held;
    const queue = driver.device.queue(0);
    driver.resetQueue(0);
    assert.deepEqual(driver.device.calls.slice(-1), ["reset queue 0"]);
    assert.equal(load(driver, 0x3a, 2), 0);
    assert.equal(load(driver, 0x1c, 2), 0);
    assert.equal(queue.size, 0);
    assert.equal(queue.pop(), undefined);
    const before = driver.memory.bytes.slice();
    queue.push(stale!, 4);
    assert.deepEqual(driver.memory.bytes, before, "the old chain is void");
    driver.kick(0);
    // A ring's memory is the driver's to clear.
    driver.setUpQueue(0);
    assert.equal(queue.size, 256);
    driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
    driver.kick(0);
    driver.device.complete(0);
    assert.equal(driver.collect(0).length, 1);
  });
}

Deno.test("ModernRegisters queue_reset does nothing where it was not agreed on", () => {
  const driver = started(new EchoDevice(), MODERN[0], {
    rings: { ringReset: false },
  });
  driver.store(4, 0x16, 2, 0);
  driver.store(4, 0x3a, 2, 1);
  assert.equal(echo(driver, 1), 2);
});

Deno.test("ModernRegisters answers 0 between its parts", () => {
  const driver = fresh();
  for (const offset of [0x38, 0x3c, 0x40, 0x800, 0x1001, 0x2fff, 0x3ffc]) {
    driver.store(4, offset, 1, 0xff);
    assert.equal(driver.load(4, offset, 1), 0, `0x${offset.toString(16)}`);
  }
});
