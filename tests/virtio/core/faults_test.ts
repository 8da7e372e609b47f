import assert from "node:assert/strict";
import { MOCK_SETUPS, type MockDriver } from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import { echo, EchoDevice, started } from "./support.ts";

function offer(driver: MockDriver, value: number): number {
  const writer = driver.writer();
  writer.u32(value);
  return driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
}

for (const setup of MOCK_SETUPS) {
  Deno.test(`inject() delays completions for a time, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    driver.pci.core.inject(0, {
      kind: "delay-completions",
      count: 2,
      nanoseconds: 1000,
    });
    const ids = [1, 2, 3].map((value) => offer(driver, value));
    driver.kick(0);
    assert.deepEqual(driver.collect(0).map(({ id }) => id), [ids[2]]);
    driver.world.advance(999);
    assert.deepEqual(driver.collect(0), []);
    driver.world.wires.raised = 0;
    driver.world.advance(1);
    const late = driver.collect(0);
    assert.deepEqual(late.map(({ id }) => id), ids.slice(0, 2));
    assert.equal(driver.reader(late[0]!.bytes).u32(), 2);
    assert.ok(driver.world.wires.raised > 0);
  });

  Deno.test(`inject() delays completions until release, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    driver.pci.core.inject(0, { kind: "delay-completions", count: 9 });
    offer(driver, 1);
    driver.kick(0);
    driver.world.advance(1e12);
    assert.deepEqual(driver.collect(0), []);
    driver.pci.core.inject(0, { kind: "release" });
    assert.equal(driver.collect(0).length, 1);
    assert.equal(echo(driver, 5), 6, "and no more are held back");
  });

  Deno.test(`inject() forgets what is late after a reset, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    driver.pci.core.inject(0, {
      kind: "delay-completions",
      count: 5,
      nanoseconds: 10,
    });
    offer(driver, 1);
    driver.kick(0);
    driver.start();
    const before = driver.memory.bytes.slice();
    driver.world.advance(10);
    assert.deepEqual(driver.memory.bytes, before);
    assert.equal(echo(driver, 1), 2);
  });

  Deno.test(`inject() swaps the order of one completion, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    echo(driver, 1);
    echo(driver, 1);
    const { memory, device, descriptor, little } = driver.rings[0]!.options;
    driver.pci.core.inject(0, { kind: "swap-order" });
    offer(driver, 1);
    driver.kick(0);
    if (setup.ring === "split") {
      assert.equal(memory.u16(device + 2, !little), 3);
      assert.equal(memory.u32(device + 4 + 16 + 4, !little), 4);
    } else {
      assert.equal(memory.u32(descriptor + 4 * 16 + 8, !little), 4);
    }
    assert.equal(driver.pci.core.broken, false);
    driver.start();
    assert.equal(echo(driver, 1), 2);
  });

  Deno.test(`inject() swaps the order of one look for requests, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    driver.pci.core.inject(0, { kind: "swap-order", at: "available" });
    offer(driver, 1);
    driver.kick(0);
    assert.deepEqual(driver.collect(0), []);
    driver.pci.core.forceOrder(undefined);
    driver.world.runDeferred();
    assert.equal(driver.collect(0).length, 1);
  });

  Deno.test(`inject() loses interrupts, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    const { wires } = driver.world;
    driver.pci.core.inject(0, { kind: "lose-interrupt", count: 2 });
    const raised = [1, 2, 3].map((value) => {
      echo(driver, value);
      driver.readIsr();
      return wires.raised;
    });
    assert.deepEqual(raised, [0, 0, 1]);
  });

  Deno.test(`inject() corrupts a used length, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    driver.pci.core.inject(0, { kind: "corrupt-used-length" });
    const lengths = [1, 2].map((value) => {
      offer(driver, value);
      driver.kick(0);
      return driver.collect(0)[0]!.written;
    });
    assert.deepEqual(lengths, [0xffffffff, 4]);
    driver.pci.core.inject(0, { kind: "corrupt-used-length", length: 3 });
    offer(driver, 1);
    driver.kick(0);
    assert.equal(driver.collect(0)[0]!.written, 3);
  });

  Deno.test(`inject() breaks the device until it is reset, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    driver.pci.core.inject(1, { kind: "break" });
    assert.deepEqual(driver.pci.core.breakage, {
      fault: "injected",
      message: "The monitor broke the device",
      queue: 1,
    });
    offer(driver, 1);
    driver.kick(0);
    assert.deepEqual(driver.collect(0), []);
    driver.start();
    assert.equal(echo(driver, 1), 2);
  });
}

Deno.test("inject() refuses what cannot be", () => {
  const { pci: { core } } = started(new EchoDevice());
  assert.throws(() => core.inject(2, { kind: "break" }), RangeError);
  for (const count of [0, -1, 1.5, 65537]) {
    assert.throws(
      () => core.inject(0, { kind: "delay-completions", count }),
      RangeError,
    );
    assert.throws(
      () => core.inject(0, { kind: "lose-interrupt", count }),
      RangeError,
    );
  }
  for (const length of [-1, 2 ** 32, 0.5]) {
    assert.throws(
      () => core.inject(0, { kind: "corrupt-used-length", length }),
      RangeError,
    );
  }
});

Deno.test("inject() needs a clock for a delay of some time", () => {
  const world: MockWorld = Object.assign(new MockWorld(), { later: undefined });
  const { pci: { core } } = started(new EchoDevice(), MOCK_SETUPS[0], {
    world,
  });
  const delay = { kind: "delay-completions", nanoseconds: 1 } as const;
  assert.throws(() => core.inject(0, delay), RangeError);
});
