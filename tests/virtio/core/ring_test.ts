import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Chain } from "../../../virtio/chain.ts";
import type { MockDriver } from "../../../virtio/mock_driver.ts";
import { MOCK_SETUPS } from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import { echo, EchoDevice, HoldingDevice, setups, started } from "./support.ts";

/** Takes one request at each kick, and answers it. */
class StingyDevice extends EchoDevice {
  override notify(index: number): void {
    const queue = this.queue(index);
    const chain = queue.pop();
    if (chain === undefined) return;
    chain.writable.u32(chain.readable.u32());
    queue.push(chain, 4);
  }
}

/** Offers a request without a kick. */
function offer(driver: MockDriver, value: number): number {
  const writer = driver.writer();
  writer.u32(value);
  const buffers = driver.buffers({ out: [writer.written], room: [4] });
  return driver.add(0, buffers);
}

for (const setup of MOCK_SETUPS) {
  for (const eventIndex of [true, false]) {
    const name = `${setup.name}${eventIndex ? ", event index" : ""}`;
    const options = { rings: { eventIndex } };

    Deno.test(`Queue serves requests of any cut, ${name}`, () => {
      const driver = started(new EchoDevice(), setup, {
        ...options,
        queueSize: 32,
      });
      for (let round = 0; round < 300; round++) {
        const writer = driver.writer();
        writer.u32(round);
        const tail = Uint8Array.from({ length: round % 50 }, (_, i) => i);
        writer.bytes(tail);
        const cut = 1 + round % 7;
        const out = [
          writer.written.subarray(0, cut),
          writer.written.subarray(cut),
        ].filter(({ length }) => length > 0);
        const { bytes, written } = driver.request(round % 2, {
          out,
          room: [1 + round % 5, 60],
          indirect: round % 3 === 0,
        });
        assert.equal(written, 4 + tail.length);
        const reader = driver.reader(bytes);
        assert.equal(reader.u32(), round + 1);
        assert.deepEqual(reader.bytes(tail.length), tail);
      }
    });

    Deno.test(`Queue gives chains back in any order, ${name}`, () => {
      const driver = started(new HoldingDevice(), setup, options);
      for (let round = 0; round < 40; round++) {
        const ids = [1, 2, 3, 4, 5].map((value) => offer(driver, value));
        driver.kick(0);
        assert.deepEqual(driver.collect(0), []);
        driver.device.complete(3, 0);
        driver.device.complete(2);
        driver.device.complete(1, 0);
        const answers = driver.collect(0);
        const places = [3, 0, 4, 2, 1];
        assert.deepEqual(
          answers.map(({ id, bytes }) => [id, driver.reader(bytes).u32()]),
          places.map((place) => [ids[place], place + 2]),
        );
      }
    });

    Deno.test(`Queue asks for no kicks while the device is not done, ${name}`, () => {
      const driver = started(new StingyDevice(), setup, options);
      offer(driver, 1);
      offer(driver, 2);
      offer(driver, 3);
      assert.ok(driver.kickIfWanted(0), "an idle device wants a kick");
      offer(driver, 4);
      assert.equal(driver.kickIfWanted(0), false);
      for (let kick = 0; kick < 4; kick++) driver.kick(0);
      assert.equal(driver.collect(0).length, 4);
      offer(driver, 5);
      assert.ok(driver.kickIfWanted(0), "it has seen the ring empty");
      assert.equal(driver.collect(0).length, 1);
    });

    Deno.test(`Queue interrupts once for a batch, and only if wanted, ${name}`, () => {
      const driver = started(new EchoDevice(), setup, options);
      const { wires } = driver.world;
      for (let value = 0; value < 5; value++) offer(driver, value);
      driver.kick(0);
      assert.equal(wires.raised, 1);
      assert.equal(driver.collect(0).length, 5);
      driver.rings[0]!.interrupts(false);
      for (let value = 0; value < 5; value++) offer(driver, value);
      driver.kick(0);
      assert.equal(wires.raised, 1);
      assert.equal(driver.collect(0).length, 5);
      driver.rings[0]!.interrupts(true);
      offer(driver, 9);
      driver.kick(0);
      assert.equal(wires.raised, 2);
    });

    Deno.test(`Queue says of each byte that it wrote, ${name}`, () => {
      const world = new MockWorld(1 << 18);
      const driver = started(new EchoDevice(), setup, { ...options, world });
      const { bytes } = driver.memory;
      for (let round = 0; round < 50; round++) {
        offer(driver, round);
        offer(driver, round);
        const before = bytes.slice();
        driver.memory.writes.length = 0;
        driver.kick(0);
        for (const { address, bytes: length } of driver.memory.writes) {
          before.fill(0, address, address + length);
          before.set(bytes.subarray(address, address + length), address);
        }
        assert.equal(Buffer.compare(before, bytes), 0, `round ${round}`);
        driver.collect(0);
      }
    });

    Deno.test(`Queue unpop() gives the chain to the next pop(), ${name}`, () => {
      const driver = started(new HoldingDevice(), setup, options);
      offer(driver, 10);
      offer(driver, 20);
      driver.kick(0);
      const queue = driver.device.queue(0);
      const [first, second] = driver.device.held as [Chain, Chain];
      assert.throws(() => queue.unpop(first), RangeError);
      queue.unpop(second);
      const again = queue.pop()!;
      assert.equal(again.id, second.id);
      assert.equal(again.readable.u32(), 20);
      assert.equal(queue.pop(), undefined);
      driver.device.held = [first, again];
      queue.push(second, 0);
      assert.equal(driver.collect(0).length, 0, "what was given back is void");
      queue.push(first, 4);
      queue.push(first, 4);
      assert.equal(driver.collect(0).length, 1, "a chain comes back once");
    });
  }
}

Deno.test("Queue goes on past 65536 requests, split and packed", () => {
  for (const setup of [...setups({ order: "little" })]) {
    const driver = started(new EchoDevice(), setup, { queueSize: 8 });
    const writer = driver.writer();
    writer.u32(7);
    const buffers = driver.buffers({ out: [writer.written], room: [4] });
    const ring = driver.rings[0]!;
    for (let count = 0; count < 70_000; count++) {
      const id = ring.add(buffers);
      if (ring.needsKick()) driver.kick(0);
      assert.deepEqual(ring.take(), { id, written: 4 }, `request ${count}`);
    }
    assert.equal(driver.device.served, 70_000);
  }
});

Deno.test("Queue pushAll() shows all chains by one last store", () => {
  for (const setup of MOCK_SETUPS) {
    const driver = started(new HoldingDevice(), setup);
    for (let value = 0; value < 3; value++) offer(driver, value);
    driver.kick(0);
    const { writes } = driver.memory;
    writes.length = 0;
    const used = driver.device.held.map((chain) => ({ chain, written: 0 }));
    driver.device.queue(0).pushAll(used);
    const { options } = driver.rings[0]!;
    const last = setup.ring === "split"
      ? options.device + 2
      : options.descriptor + 14;
    const showing = writes.filter(({ address, bytes }) =>
      address <= last && last < address + bytes && bytes === 2
    );
    assert.deepEqual(showing, [{ address: last, bytes: 2 }]);
    assert.deepEqual(writes.at(-1), showing[0], setup.name);
    assert.equal(driver.collect(0).length, 3);
  }
});

Deno.test("Queue push() refuses more bytes than the chain has room for", () => {
  const driver = started(new HoldingDevice());
  offer(driver, 1);
  driver.kick(0);
  const [chain] = driver.device.held as [Chain];
  const queue = driver.device.queue(0);
  assert.throws(() => queue.push(chain, 5), RangeError);
  assert.throws(() => queue.push(chain, -1), RangeError);
  queue.push(chain, 4);
  assert.equal(driver.collect(0).length, 1);
});

Deno.test("Queue interrupts at the place that the driver asked for", () => {
  for (const setup of MOCK_SETUPS) {
    const driver = started(new HoldingDevice(), setup);
    const { wires } = driver.world;
    const ring = driver.rings[0]!;
    for (let value = 0; value < 6; value++) offer(driver, value);
    driver.kick(0);
    driver.device.complete(0);
    driver.collect(0);
    wires.raised = 0;
    const { memory, driver: at, size, little } = ring.options;
    // For the fourth completion from the beginning, and no earlier one.
    if (setup.ring === "split") memory.setU16(at + 4 + 2 * size, 3, little);
    else {
      memory.setU16(at, 0x8000 | 6, little);
      memory.setU16(at + 2, 2, little);
    }
    driver.device.complete(0);
    driver.device.complete(0);
    assert.equal(wires.raised, 0, setup.name);
    driver.device.complete(0);
    assert.equal(wires.raised, 1, setup.name);
    driver.device.complete(0);
    assert.equal(wires.raised, 1, setup.name);
  }
});

Deno.test("Queue ends work that makes itself without end, and comes back", () => {
  // Each answer lies over the ring, and makes the same request anew.
  class Endless extends EchoDevice {
    override notify(index: number): void {
      const queue = this.queue(index);
      for (let chain = queue.pop(); chain; chain = queue.pop()) {
        this.served++;
        queue.push(chain, 0);
        const { memory, driver: at, little } = driver.rings[0]!.options;
        memory.setU16(at + 2, memory.u16(at + 2, little) + 1, little);
      }
    }
  }
  const driver = started(new Endless(), setups({ interface: "legacy" })[1]);
  offer(driver, 1);
  driver.kick(0);
  assert.equal(driver.device.served, 2 * 256);
  assert.equal(driver.world.runDeferred(), 1);
  assert.equal(driver.device.served, 4 * 256);
  driver.reset();
  assert.equal(driver.world.runDeferred(), 1);
  assert.equal(driver.device.served, 4 * 256, "a reset ends it");
});

Deno.test("Queue reaches buffers whose pages are scattered by translation", () => {
  for (const setup of setups({ interface: "modern" })) {
    const driver = started(new EchoDevice(), setup, {
      rings: { accessPlatform: true, packed: setup.ring === "packed" },
    });
    const tail = Uint8Array.from({ length: 20_000 }, (_, index) => index);
    const writer = driver.writer();
    writer.u32(1);
    writer.bytes(tail);
    for (const indirect of [false, true]) {
      driver.allocate(4096 - 40);
      const { bytes, written } = driver.request(0, {
        out: [writer.written],
        room: [10_000, 10_004],
        indirect,
      });
      assert.equal(written, 20_004);
      const reader = driver.reader(bytes);
      assert.equal(reader.u32(), 2);
      assert.deepEqual(reader.bytes(20_000), tail);
    }
    assert.equal(echo(driver, 5), 6);
  }
});
