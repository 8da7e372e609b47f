import assert from "node:assert/strict";
import { BytesReader, BytesWriter } from "../../../virtio/accessor.ts";
import {
  BalloonDevice,
  type BalloonOptions,
} from "../../../virtio/balloon/device.ts";
import { MAX_PAGES, PAGE_BYTES } from "../../../virtio/balloon/pages.ts";
import type { Statistics } from "../../../virtio/balloon/statistics.ts";
import {
  MOCK_SETUPS,
  MockDriver,
  type MockSetup,
} from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";

const LITTLE = { little: true };

/** A balloon and a driver that has set it up. */
class TestBalloon {
  readonly world = new MockWorld();
  readonly reported: Statistics[] = [];
  readonly actuals: number[] = [];
  readonly device: BalloonDevice;
  readonly driver: MockDriver;

  constructor(setup: MockSetup, options: Partial<BalloonOptions> = {}) {
    const memory = this.world.memory(false);
    this.device = new BalloonDevice({
      memory,
      memoryBytes: memory.bytes.length,
      onActual: (pages) => this.actuals.push(pages),
      onStatistics: (statistics) => this.reported.push(statistics),
      ...options,
    });
    this.driver = new MockDriver(this.device, setup, { world: this.world });
    this.driver.start();
  }

  pages(...numbers: readonly number[]): Uint8Array {
    const fields = this.driver.writer();
    for (const number of numbers) fields.u32(number);
    return fields.written;
  }

  /** Offers pages without waiting for an answer. */
  offer(queue: number, bytes: Uint8Array, room: readonly number[] = []): void {
    const out = bytes.length === 0 ? [] : [bytes];
    this.driver.add(queue, this.driver.buffers({ out, room }));
    this.driver.kick(queue);
  }

  report(...entries: readonly (readonly [number, bigint])[]): void {
    const fields = this.driver.writer();
    for (const [tag, value] of entries) {
      fields.u16(tag);
      fields.u64(value);
    }
    this.offer(2, fields.written);
  }

  /** The configuration, which is little-endian in any case. */
  config(): [target: number, actual: number] {
    const fields = new BytesReader(this.driver.config(8), LITTLE);
    return [fields.u32(), fields.u32()];
  }

  page(number: number): Uint8Array {
    return this.driver.memory.read(number * PAGE_BYTES, PAGE_BYTES);
  }

  fill(number: number): void {
    const page = new Uint8Array(PAGE_BYTES).fill(0xab);
    this.driver.memory.write(number * PAGE_BYTES, page);
  }
}

for (const setup of MOCK_SETUPS) {
  Deno.test(`BalloonDevice empties pages when ${setup.name}`, () => {
    const guest = new TestBalloon(setup);
    const first = 0xe00;
    for (let page = first; page < first + 4; page++) guest.fill(page);
    guest.driver.memory.writes.length = 0;
    const out = [guest.pages(first + 2, first, 0xf00)];
    assert.equal(guest.driver.request(0, { out }).written, 0);
    const sums = [0, 1, 2, 3].map((page) =>
      guest.page(first + page).reduce((sum, byte) => sum + byte, 0)
    );
    assert.deepEqual(sums, [0, 0xab * PAGE_BYTES, 0, 0xab * PAGE_BYTES]);
    const written = guest.driver.memory.writes
      .filter(({ bytes }) => bytes === PAGE_BYTES)
      .map(({ address }) => address / PAGE_BYTES);
    assert.deepEqual(
      written,
      [first + 2, first],
      "not the page that was empty",
    );
    const back = [guest.pages(first + 2, first)];
    assert.equal(guest.driver.request(1, { out: back }).written, 0);
  });

  Deno.test(`BalloonDevice has a little-endian config when ${setup.name}`, () => {
    const guest = new TestBalloon(setup);
    assert.deepEqual(guest.config(), [0, 0]);
    guest.driver.readIsr();
    guest.device.target = 0x234;
    assert.deepEqual(guest.config(), [0x234, 0]);
    assert.equal(guest.driver.readIsr() & 2, 2, "configuration interrupt");
    const fields = new BytesWriter(LITTLE);
    fields.u32(0x123);
    guest.driver.writeConfig(4, fields.written);
    assert.deepEqual(guest.config(), [0x234, 0x123]);
    assert.equal(guest.device.actual, 0x123);
    assert.deepEqual(guest.actuals, [0x123]);
  });

  Deno.test(`BalloonDevice asks for statistics when ${setup.name}`, () => {
    const guest = new TestBalloon(setup);
    assert.equal(guest.device.requestStatistics(), false);
    guest.report([5, 1n], [4, 1n]);
    // Of legacy drivers, the first ones may be from nowhere.
    const first = setup.interface === "legacy" ? undefined : {
      "total-memory": 1n,
      "free-memory": 1n,
    };
    assert.deepEqual(guest.device.statistics, first);
    assert.deepEqual(guest.driver.collect(2), []);
    assert.equal(guest.device.requestStatistics(), true);
    assert.equal(guest.device.requestStatistics(), false, "under way");
    assert.equal(guest.driver.collect(2).length, 1);
    guest.report([5, 1n << 40n], [999, 7n], [4, (1n << 64n) - 1n], [3, 12n]);
    const expected = {
      "total-memory": 1n << 40n,
      "free-memory": (1n << 64n) - 1n,
      "minor-faults": 12n,
    };
    assert.deepEqual(guest.device.statistics, expected);
    assert.deepEqual(guest.reported.at(-1), expected);
    assert.equal(guest.device.requestStatistics(), true);
  });

  Deno.test(`BalloonDevice restores what it saved when ${setup.name}`, () => {
    const guest = new TestBalloon(setup);
    guest.device.target = 7;
    guest.driver.writeConfig(4, Uint8Array.of(5, 0, 0, 0));
    guest.report([4, 1n]);
    guest.device.requestStatistics();
    guest.driver.collect(2);
    guest.report([4, 2n]);
    const saved = structuredClone(guest.driver.pci.save());
    const { world } = guest;
    const memory = world.memory(false);
    const device = new BalloonDevice({ memory, memoryBytes: 1 << 20 });
    const other = new MockDriver(device, setup, { world });
    other.pci.restore(saved);
    assert.deepEqual([device.target, device.actual], [7, 5]);
    assert.deepEqual(device.statistics, { "free-memory": 2n });
    assert.equal(device.requestStatistics(), true);
    assert.equal(guest.driver.collect(2).length, 1);
  });

  Deno.test(`BalloonDevice breaks for wrong requests when ${setup.name}`, () => {
    const guest = new TestBalloon(setup);
    const last = guest.world.ram.bytes.length / PAGE_BYTES - 1;
    const many = new Uint8Array(4 * (MAX_PAGES + 1));
    const cases = [
      [0, guest.pages(last + 1), [], "address"],
      [0, guest.pages(0xffff_ffff), [], "address"],
      [1, guest.pages(last + 1), [], "address"],
      [0, guest.pages(0).subarray(0, 3), [], "request"],
      [0, many, [], "request"],
      [0, guest.pages(0), [4], "direction"],
      [1, new Uint8Array(0), [4], "direction"],
    ] as const;
    for (const [queue, bytes, room, fault] of cases) {
      guest.driver.start();
      guest.offer(queue, bytes, room);
      assert.equal(guest.driver.pci.core.breakage?.fault, fault);
    }
    guest.driver.start();
    const out = [guest.pages(last)];
    assert.equal(guest.driver.request(0, { out }).written, 0);
  });
}

const SETUP = MOCK_SETUPS[0] ?? assert.fail();

Deno.test("BalloonDevice takes bytes of actual one by one, the last counts", () => {
  const guest = new TestBalloon(SETUP);
  for (const [at, byte] of [0x12, 0x34, 0, 0].entries()) {
    assert.equal(guest.device.actual, 0);
    guest.driver.writeConfig(4 + at, Uint8Array.of(byte));
  }
  assert.equal(guest.device.actual, 0x3412);
  guest.driver.writeConfig(0, Uint8Array.of(9, 9, 9, 9));
  assert.deepEqual(guest.config(), [0, 0x3412]);
});

Deno.test("BalloonDevice bounds its target by the guest's memory", () => {
  const guest = new TestBalloon(SETUP, { memoryBytes: 10 * PAGE_BYTES });
  guest.device.target = 10;
  for (const pages of [11, -1, 0.5, NaN]) {
    assert.throws(() => guest.device.target = pages, RangeError);
  }
  assert.equal(guest.device.target, 10);
});

Deno.test("BalloonDevice finds statistics that came before DRIVER_OK", () => {
  for (const setup of MOCK_SETUPS) {
    const { driver, device } = new TestBalloon(setup);
    driver.reset();
    driver.status = 1 | 2;
    driver.negotiate();
    driver.status = driver.status | 8;
    for (const queue of [0, 1, 2]) driver.setUpQueue(queue);
    const fields = driver.writer();
    fields.u16(4);
    fields.u64(9n);
    driver.add(2, driver.buffers({ out: [fields.written] }));
    driver.kick(2);
    driver.status = driver.status | 4;
    assert.equal(device.requestStatistics(), true, setup.name);
  }
});

Deno.test("BalloonDevice forgets the driver's part over a reset", () => {
  const guest = new TestBalloon(MOCK_SETUPS[2] ?? assert.fail());
  guest.device.target = 3;
  guest.driver.writeConfig(4, Uint8Array.of(2, 0, 0, 0));
  guest.report([4, 1n]);
  guest.driver.reset();
  assert.equal(guest.device.statistics, undefined);
  assert.equal(guest.device.requestStatistics(), false);
  assert.deepEqual(guest.config(), [3, 0]);
});

Deno.test("BalloonDevice keeps one buffer for statistics", () => {
  const guest = new TestBalloon(MOCK_SETUPS[2] ?? assert.fail());
  for (let value = 1n; value < 50n; value++) guest.report([4, value]);
  assert.equal(guest.driver.collect(2).length, 48);
  assert.deepEqual(guest.device.statistics, { "free-memory": 49n });
});

Deno.test("BalloonDevice reads no more than 64 statistics", () => {
  const guest = new TestBalloon(MOCK_SETUPS[2] ?? assert.fail());
  const entries = Array.from(
    { length: 65 },
    (_, at) => [at === 64 ? 4 : 5, 1n] as const,
  );
  guest.report(...entries);
  assert.deepEqual(guest.device.statistics, { "total-memory": 1n });
});

Deno.test("BalloonDevice offers to deflate, unless told not to", () => {
  const offered = (options: Partial<BalloonOptions>) =>
    new TestBalloon(SETUP, options).device.features;
  assert.equal(offered({}), 0b110n);
  assert.equal(offered({ deflateOnOom: false }), 0b010n);
});

Deno.test("BalloonDevice restores only a balloon's state", () => {
  const { device } = new TestBalloon(SETUP);
  const state = device.save();
  for (
    const wrong of [undefined, {}, { ...state, target: -1 }, {
      ...state,
      ignoreNext: 1,
    }]
  ) {
    assert.throws(() => device.restore(wrong, undefined), TypeError);
  }
  device.restore(state, undefined);
});
