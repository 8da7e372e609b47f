import assert from "node:assert/strict";
import { legacyQueueAddresses } from "../../../virtio/legacy_registers.ts";
import { echo, EchoDevice, HoldingDevice, setups, started } from "./support.ts";
import { MockDriver } from "../../../virtio/mock_driver.ts";

const [BIG, LITTLE] = setups({ interface: "legacy" });

/** A function with legacy registers, reset by its driver. */
function fresh(setup = BIG!, messages = false): MockDriver {
  const driver = new MockDriver(new EchoDevice(), setup, { messages });
  driver.become();
  driver.reset();
  return driver;
}

Deno.test("LegacyRegisters offers 32 bits of features, VERSION_1 not among them", () => {
  for (const setup of [BIG!, LITTLE!]) {
    const driver = fresh(setup);
    assert.equal(driver.load(0, 0, 4), 0x38000005);
    driver.store(0, 0, 4, 0);
    assert.equal(driver.load(0, 0, 4), 0x38000005, "read-only");
  }
});

Deno.test("LegacyRegisters keeps the driver's features, and agrees on those offered", () => {
  const driver = fresh();
  driver.store(0, 4, 4, 0xf0000004);
  assert.equal(driver.load(0, 4, 4), 0xf0000004);
  assert.equal(driver.pci.core.agreed, 0x30000004n);
  assert.equal(driver.load(0, 0, 4), 0x38000005);
});

Deno.test("LegacyRegisters shows each queue's size, and 0 for one not there", () => {
  const driver = fresh();
  const sizes = [0, 1, 2, 0xffff].map((index) => {
    driver.store(0, 14, 2, index);
    assert.equal(driver.load(0, 14, 2), index);
    return driver.load(0, 12, 2);
  });
  assert.deepEqual(sizes, [256, 64, 0, 0]);
  driver.store(0, 8, 4, 1);
  assert.equal(driver.load(0, 8, 4), 0, "there is no such queue to place");
  driver.store(0, 14, 2, 1);
  driver.store(0, 12, 2, 8);
  assert.equal(driver.load(0, 12, 2), 64, "the size is the device's to choose");
});

Deno.test("LegacyRegisters places queues by pages, and takes them away by page 0", () => {
  const driver = fresh();
  driver.store(0, 8, 4, 5);
  assert.equal(driver.load(0, 8, 4), 5);
  assert.deepEqual(driver.pci.core.queues[0]!.addresses, {
    descriptor: 0x5000,
    driver: 0x6000,
    device: 0x7000,
  });
  assert.ok(driver.pci.core.queues[0]!.settings.enabled);
  driver.store(0, 8, 4, 0xffffffff);
  assert.equal(driver.load(0, 8, 4), 0xffffffff);
  driver.store(0, 8, 4, 0);
  assert.equal(driver.load(0, 8, 4), 0);
  assert.equal(driver.pci.core.queues[0]!.settings.enabled, false);
});

Deno.test("legacyQueueAddresses() puts the used ring on the next page", () => {
  assert.deepEqual(legacyQueueAddresses(0x10000, 256), {
    descriptor: 0x10000,
    driver: 0x11000,
    device: 0x12000,
  });
  assert.deepEqual(legacyQueueAddresses(0x10000, 128), {
    descriptor: 0x10000,
    driver: 0x10800,
    device: 0x11000,
  });
  // 16 * 1024 + 6 + 2 * 1024 bytes end on the fifth page.
  assert.equal(legacyQueueAddresses(0, 1024).device, 0x5000);
});

Deno.test("LegacyRegisters status shows what was written, and resets by 0", () => {
  const driver = fresh();
  for (const status of [1, 3, 7]) {
    driver.store(0, 18, 1, status);
    assert.equal(driver.load(0, 18, 1), status);
  }
  driver.store(0, 14, 2, 1);
  driver.store(0, 18, 1, 0);
  assert.equal(driver.load(0, 18, 1), 0);
  assert.equal(driver.load(0, 14, 2), 0);
  assert.equal(driver.load(0, 4, 4), 0);
});

Deno.test("LegacyRegisters ISR status is cleared, and the line lowered, by reading", () => {
  const driver = started(new EchoDevice(), BIG);
  const { wires } = driver.world;
  echo(driver, 1);
  assert.ok(wires.line);
  driver.device.host!.configChanged();
  assert.equal(driver.load(0, 19, 1), 3);
  assert.equal(wires.line, false);
  assert.equal(driver.load(0, 19, 1), 0);
});

Deno.test("LegacyRegisters has vectors only while MSI-X is enabled", () => {
  const driver = fresh(BIG!, true);
  driver.store(0, 20, 2, 2);
  assert.equal(driver.load(0, 20, 2), 2);
  driver.store(0, 20, 2, 3);
  assert.equal(driver.load(0, 20, 2), 0xffff, "there are three");
  driver.store(0, 14, 2, 1);
  driver.store(0, 22, 2, 1);
  assert.equal(driver.load(0, 22, 2), 1);
  driver.store(0, 14, 2, 0);
  assert.equal(driver.load(0, 22, 2), 0xffff);
  driver.store(0, 14, 2, 9);
  driver.store(0, 22, 2, 1);
  assert.equal(driver.load(0, 22, 2), 0xffff, "no such queue");
  assert.equal(driver.load(0, 24, 4), 0x78563412);
  driver.world.wires.messagesEnabled = false;
  assert.equal(driver.load(0, 20, 4), 0x78563412);
  driver.store(0, 8, 4, 1);
  driver.store(0, 14, 2, 1);
  driver.store(0, 8, 4, 2);
  driver.store(0, 8, 4, 3);
  driver.world.wires.messagesEnabled = true;
  assert.equal(driver.load(0, 22, 2), 1, "placing a queue keeps its vector");
});

for (const setup of [BIG!, LITTLE!]) {
  Deno.test(`LegacyRegisters configuration is bytes in the device's order, ${setup.order}`, () => {
    const driver = started(new EchoDevice(), setup);
    const big = [
      0x12,
      0x34,
      0x56,
      0x78,
      0xbc,
      0xde,
      0x9a,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
    ];
    const little = [
      ...[0x78, 0x56, 0x34, 0x12, 0xde, 0xbc, 0x9a],
      ...[8, 7, 6, 5, 4, 3, 2, 1],
    ];
    const bytes = setup.order === "big" ? big : little;
    assert.deepEqual([...driver.config(17)], [...bytes, 0, 0]);
    const word = (at: number, count: number) =>
      bytes.slice(at, at + count).reduce(
        (sum, byte, index) => sum + byte * 256 ** index,
        0,
      );
    assert.equal(driver.load(0, 20, 4), word(0, 4));
    assert.equal(driver.load(0, 21, 4), word(1, 4));
    assert.equal(driver.load(0, 24, 2), word(4, 2));
    const writer = driver.writer();
    writer.u32(0xcafef00d);
    driver.writeConfig(0, writer.written);
    assert.equal(driver.device.field, 0xcafef00d);
    driver.store(0, 26, 1, 0x77);
    assert.equal(driver.device.byte, 0x77);
  });
}

Deno.test("LegacyRegisters header answers accesses of any width and alignment", () => {
  const driver = fresh();
  driver.store(0, 18, 1, 3);
  const bytes = [0, 1, 2, 3].map((at) => driver.load(0, at, 1));
  assert.deepEqual(bytes, [0x05, 0, 0, 0x38]);
  assert.equal(driver.load(0, 2, 2), 0x3800);
  assert.equal(driver.load(0, 12, 4), 256, "size and selector");
  assert.equal(driver.load(0, 16, 4), 0x00030000, "status and ISR status");
  driver.store(0, 14, 4, 1);
  assert.equal(driver.load(0, 14, 2), 1, "the selector and the kick after it");
  driver.store(0, 4, 2, 5);
  assert.equal(driver.load(0, 4, 4), 0, "half a register takes nothing");
  assert.equal(driver.load(0, 31, 1), 5, "the configuration comes after it");
});

Deno.test("LegacyRegisters notify reaches queues that are there", () => {
  const driver = started(new HoldingDevice(), BIG);
  driver.world.listening.add("VIRTIO_NOTIFY");
  for (const index of [0, 1, 2, 0xffff]) driver.store(0, 16, 2, index);
  assert.deepEqual(driver.world.events.map(({ queue }) => queue), [0, 1]);
});

Deno.test("LegacyRegisters lets a driver use queues before DRIVER_OK", () => {
  const driver = fresh();
  driver.status = 1;
  driver.negotiate();
  driver.setUpQueue(0);
  driver.kick(0);
  assert.equal(driver.pci.core.active, false, "not before DRIVER either");
  driver.status = 3;
  assert.equal(echo(driver, 1), 2);
  assert.ok(driver.pci.core.active);
  driver.setUpQueue(1);
  driver.status = 7;
  assert.equal(echo(driver, 3, { queue: 1 }), 4);
});
