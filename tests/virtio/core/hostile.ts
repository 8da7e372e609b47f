/**
 * Rings and registers as a hostile guest writes them, from a seed.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { diagnose } from "../../../virtio/diagnose.ts";
import { inspectRing } from "../../../virtio/inspect.ts";
import { MOCK_SETUPS, MockDriver } from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import { RingError } from "../../../virtio/ring_error.ts";
import { reportDevice } from "../../../virtio/report.ts";
import { echo, EchoDevice, HoldingDevice } from "./support.ts";

const RAM = 1 << 16;

/** Numbers that are wrong in interesting ways. */
const EDGES = [
  0,
  1,
  2,
  3,
  4,
  7,
  15,
  16,
  32,
  63,
  64,
  128,
  255,
  256,
  257,
  1023,
  1024,
  4095,
  4096,
  0x7fff,
  0x8000,
  0x8080,
  0xfffe,
  0xffff,
  RAM - 16,
  RAM - 1,
  RAM,
  0x7fffffff,
  0x80000000,
  0xfffffff0,
  0xffffffff,
];

/** Marsaglia's xorshift, so that a seed names a case for good. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
    for (let i = 0; i < 8; i++) this.below(2);
  }

  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state % limit;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** A number of 32 bits, likely one at an edge. */
  edge(): number {
    return this.below(4) === 0
      ? this.below(0x10000) * 0x10000 + this.below(0x10000)
      : this.pick(EDGES);
  }
}

/** What a case came to, for counting. */
export type Outcome = "served" | "broken" | "quiet";

/**
 * One hostile guest. Throws where the device does what it must not: let
 * anything but its own breaking come of it, write without saying so, or not
 * heal by a reset.
 */
export function hostileCase(seed: number): Outcome {
  const random = new Random(seed);
  const device = random.below(4) ? new EchoDevice() : new HoldingDevice();
  const world = new MockWorld(RAM);
  const setup = random.pick(MOCK_SETUPS);
  const driver = new MockDriver(device, setup, {
    world,
    queueSize: random.pick([2, 4, 8, 64, 256]),
    rings: {
      packed: setup.ring === "packed" || random.below(2) === 0,
      eventIndex: random.below(2) === 0,
      accessPlatform: random.below(4) === 0,
      inOrder: random.below(4) === 0,
    },
  });
  driver.start();
  const breaks = watchBreaks(driver);
  let answers = 0;
  for (let step = 0; step < 12; step++) {
    answers += act(driver, random);
    look(driver, random);
  }
  const outcome = breaks() > 0 ? "broken" : answers > 0 ? "served" : "quiet";
  heal(driver, device);
  return outcome;
}

function watchBreaks({ world }: MockDriver): () => number {
  world.listening.add("VIRTIO_BROKEN");
  return () => world.eventsOf("VIRTIO_BROKEN").length;
}

/** Does one thing; gives whether something was published. */
function act(driver: MockDriver, random: Random): number {
  const { world } = driver;
  switch (random.below(10)) {
    case 0:
      return watched(driver, () => randomRegister(driver, random));
    case 1:
      driver.pci.core.forceOrder(random.pick(["big", "little", undefined]));
      return watched(driver, () => world.runDeferred());
    case 2:
      offerSoundly(driver, random);
      return watched(driver, () => driver.kick(0));
    case 3:
      return watched(driver, () => restoreElsewhere(driver));
    case 4: {
      const { device } = driver.pci.core;
      if (!(device instanceof HoldingDevice) || !device.held.length) return 0;
      return watched(driver, () => device.complete(0));
    }
    default:
      damage(driver, random);
      return watched(driver, () => driver.kick(random.below(2)));
  }
}

/** Requires that the device says of every byte that it writes. */
function watched(driver: MockDriver, work: () => void): number {
  const { ram, translated } = driver.world;
  ram.writes.length = 0;
  translated.writes.length = 0;
  const before = ram.bytes.slice();
  work();
  const saidWrites = ram.writes.length + translated.writes.length;
  for (const memory of [ram, translated]) {
    for (const { address, bytes } of memory.writes) {
      for (let at = address; at < address + bytes;) {
        const end = Math.min(address + bytes, at - at % 4096 + 4096);
        const place = memory.real(at);
        before.set(ram.bytes.subarray(place, place + end - at), place);
        at = end;
      }
    }
  }
  assert.equal(Buffer.compare(before, ram.bytes), 0, "unsaid write");
  return saidWrites;
}

/** Writes nonsense of some shape over the rings. */
function damage(driver: MockDriver, random: Random): void {
  const ring = driver.rings[random.below(2)];
  if (ring === undefined) return;
  const { memory, size, little, descriptor, driver: at, device } = ring.options;
  const swap = random.below(8) === 0 ? !little : little;
  for (let count = 1 + random.below(12); count > 0; count--) {
    switch (random.below(6)) {
      case 0: {
        const place = random.pick([descriptor, at, device]);
        memory.setU16(place + 2 * random.below(size), random.edge(), swap);
        break;
      }
      case 1:
        memory.setU16(at + 2, random.below(2 * size), swap);
        break;
      case 2:
        memory.setU16(
          at + 4 + 2 * random.below(size),
          random.below(size),
          swap,
        );
        break;
      default: {
        const place = descriptor + 16 * random.below(Math.min(size, 6));
        const address = random.below(3) ? random.below(RAM) : random.edge();
        memory.setU64(place, BigInt(address), swap);
        const length = random.below(3) ? random.below(64) : random.edge();
        memory.setU32(place + 8, length, swap);
        memory.setU16(place + 12, random.below(9), swap);
        const last = random.below(2) ? random.below(6) : 0x80 | random.below(8);
        memory.setU16(place + 14, last, swap);
      }
    }
  }
}

/** A proper request, if there is room. */
function offerSoundly(driver: MockDriver, random: Random): void {
  const writer = driver.writer();
  writer.u32(random.edge());
  const address = RAM / 2 + random.below(64) * 16;
  driver.memory.write(address, writer.written);
  const buffers = [
    { address, length: 4, write: false },
    { address: address + 4, length: 4, write: true },
  ];
  try {
    driver.rings[0]?.add(buffers);
  } catch (error) {
    // Only the mock itself may find the ring full.
    if (!(error instanceof RangeError)) throw error;
  }
}

function randomRegister(driver: MockDriver, random: Random): void {
  const bar = random.pick(driver.pci.bars);
  const bytes = random.pick([1, 2, 4] as const);
  const base = bar.index === 4
    ? random.pick([0, 0, 0, 0x1000, 0x2000, 0x3000])
    : 0;
  const offset = Math.min(base + random.below(0x40), bar.bytes - bytes);
  if (random.below(3) === 0) bar.load(offset, bytes);
  else bar.store(offset, bytes, random.edge());
}

/** Saves the device and restores another one from that. */
function restoreElsewhere(driver: MockDriver): void {
  const { core, form } = driver.pci;
  const saved = structuredClone(driver.pci.save());
  const Device = core.device.constructor as new () => EchoDevice;
  const other = new MockDriver(new Device(), driver.setup, {
    world: driver.world,
    form,
  });
  try {
    other.pci.restore(saved);
  } catch (error) {
    // Guest memory may not be what it was when the chain was taken.
    if (!(error instanceof RingError)) throw error;
  }
}

/** Looks at the device, which must not change anything. */
function look(driver: MockDriver, random: Random): void {
  if (random.below(40)) return;
  const { core } = driver.pci;
  const before = JSON.stringify(driver.pci.save(), plain);
  const memory = driver.world.ram.bytes.slice();
  reportDevice(driver.pci);
  diagnose(core);
  for (const { index } of core.queues) {
    for (const as of ["big", "little"] as const) {
      try {
        inspectRing(core, index, { as });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
  }
  assert.equal(JSON.stringify(driver.pci.save(), plain), before);
  assert.equal(Buffer.compare(memory, driver.world.ram.bytes), 0);
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}

/** A well-behaved driver follows: all must be as if nothing had been. */
function heal(driver: MockDriver, device: EchoDevice | HoldingDevice): void {
  driver.pci.core.forceOrder(undefined);
  driver.world.runDeferred();
  driver.start();
  assert.equal(driver.pci.core.broken, false);
  if (device instanceof EchoDevice) {
    assert.equal(echo(driver, 0x01020304), 0x01020305);
    return;
  }
  const writer = driver.writer();
  writer.u32(9);
  driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
  driver.kick(0);
  device.complete(0);
  assert.equal(driver.collect(0).length, 1);
}
