import assert from "node:assert/strict";
import {
  type EntropySource,
  MAX_ENTROPY_BYTES,
  RngDevice,
} from "../../../virtio/rng/device.ts";
import { MOCK_SETUPS, MockDriver } from "../../../virtio/mock_driver.ts";

/** 1, 2, 3, … without 0, so that a byte not filled shows. */
function counting(): EntropySource & { next: number } {
  return {
    next: 0,
    fill(bytes) {
      for (let at = 0; at < bytes.length; at++) {
        bytes[at] = 1 + this.next++ % 255;
      }
    },
  };
}

for (const setup of MOCK_SETUPS) {
  Deno.test(`RngDevice fills buffers when ${setup.name}`, () => {
    const driver = new MockDriver(new RngDevice(counting()), setup);
    driver.start();
    const answer = driver.request(0, { room: [3, 5] });
    assert.equal(answer.written, 8);
    assert.deepEqual([...answer.bytes], [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(driver.request(0, { room: [1] }).bytes[0], 9);
  });

  Deno.test(`RngDevice bounds a request when ${setup.name}`, () => {
    const driver = new MockDriver(new RngDevice(counting()), setup);
    driver.start();
    const { written, bytes } = driver.request(0, {
      room: [MAX_ENTROPY_BYTES - 1, 8192],
    });
    assert.equal(written, MAX_ENTROPY_BYTES);
    assert.notEqual(bytes[MAX_ENTROPY_BYTES - 1], 0);
    assert.equal(bytes[MAX_ENTROPY_BYTES], 0);
  });

  Deno.test(`RngDevice breaks for requests of no use when ${setup.name}`, () => {
    const driver = new MockDriver(new RngDevice(counting()), setup);
    for (const room of [[], [4]]) {
      driver.start();
      driver.add(0, driver.buffers({ out: [new Uint8Array(4)], room }));
      driver.kick(0);
      assert.equal(driver.pci.core.breakage?.fault, "direction");
    }
    driver.start();
    assert.equal(driver.request(0, { room: [4] }).written, 4);
  });
}

Deno.test("RngDevice takes the host's random numbers by default", () => {
  const [setup] = MOCK_SETUPS;
  assert.ok(setup);
  const driver = new MockDriver(new RngDevice(), setup);
  driver.start();
  const first = driver.request(0, { room: [64] }).bytes;
  const second = driver.request(0, { room: [64] }).bytes;
  assert.notDeepEqual(first, second);
  assert.ok(new Set(first).size > 8);
});

Deno.test("RngDevice goes on after a restore", () => {
  for (const setup of MOCK_SETUPS) {
    const driver = new MockDriver(new RngDevice(counting()), setup);
    driver.start();
    driver.add(0, driver.buffers({ room: [4] }));
    const saved = structuredClone(driver.pci.save());
    const { world } = driver;
    const other = new MockDriver(new RngDevice(counting()), setup, { world });
    other.pci.restore(saved);
    other.kick(0);
    assert.deepEqual(
      driver.collect(0).map(({ bytes }) => [...bytes]),
      [[1, 2, 3, 4]],
    );
  }
});
