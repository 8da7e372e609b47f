import assert from "node:assert/strict";
import type { MockDriver } from "../../../virtio/mock_driver.ts";
import { HoldingDevice, setups, started } from "./support.ts";

function offer(driver: MockDriver, value: number): number {
  const writer = driver.writer();
  writer.u32(value);
  return driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
}

for (const setup of setups({ interface: "modern" })) {
  const options = {
    rings: { inOrder: true, packed: setup.ring === "packed" },
  };

  Deno.test(`Queue keeps the order of requests where that was agreed on, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup, options);
    const ids = [1, 2, 3, 4].map((value) => offer(driver, value));
    driver.kick(0);
    driver.device.complete(2);
    driver.device.complete(1);
    assert.deepEqual(driver.collect(0), []);
    driver.device.complete(0);
    assert.deepEqual(driver.collect(0).map(({ id }) => id), ids.slice(0, 3));
    driver.device.complete(0);
    assert.deepEqual(driver.collect(0).map(({ id }) => id), ids.slice(3));
  });

  Deno.test(`Queue keeps the order also past unpop() and a fault, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup, options);
    const ids = [1, 2, 3].map((value) => offer(driver, value));
    driver.kick(0);
    const queue = driver.device.queue(0);
    queue.unpop(driver.device.held.pop()!);
    queue.unpop(driver.device.held.pop()!);
    driver.kick(0);
    assert.equal(driver.device.held.length, 3);
    driver.pci.core.inject(0, { kind: "delay-completions" });
    driver.device.complete(0);
    driver.device.complete(1, 0);
    assert.deepEqual(driver.collect(0), [], "the first one is held back");
    driver.pci.core.inject(0, { kind: "release" });
    assert.deepEqual(driver.collect(0).map(({ id }) => id), ids);
  });
}

Deno.test("Queue does not keep the order where that was not agreed on", () => {
  const driver = started(new HoldingDevice(), setups({})[2]);
  const ids = [1, 2].map((value) => offer(driver, value));
  driver.kick(0);
  driver.device.complete(1);
  assert.deepEqual(driver.collect(0).map(({ id }) => id), [ids[1]]);
});
