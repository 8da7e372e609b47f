import assert from "node:assert/strict";
import { DESCRIPTOR } from "../../../virtio/descriptors.ts";
import type { MockDriver, MockOptions } from "../../../virtio/mock_driver.ts";
import { writeDescriptor } from "../../../virtio/mock_ring.ts";
import type { RingFault } from "../../../virtio/ring_error.ts";
import { STATUS } from "../../../virtio/status.ts";
import { FEATURE } from "../../../virtio/features.ts";
import { echo, EchoDevice, setups, started } from "./support.ts";

const { next, write, indirect, available } = DESCRIPTOR;

/** A descriptor as a hostile driver writes it. */
interface Descriptor {
  readonly address?: number;
  readonly length?: number;
  readonly flags?: number;
  /** Where it goes on (split rings). */
  readonly next?: number;
}

/** A ring that no device may take. */
interface Case {
  readonly name: string;
  readonly fault: RingFault;
  /** The table from index 0 on. */
  readonly chain: readonly Descriptor[];
  /** An indirect table, at `TABLE`. */
  readonly table?: readonly Descriptor[];
  readonly options?: MockOptions;
  /** What else is wrong in a split ring. */
  readonly damage?: (driver: MockDriver) => void;
  readonly forms?: readonly ("split" | "packed")[];
}

const RAM = 1 << 24;
const TABLE = RAM / 2 + 0x1000;
const DATA = RAM / 2 + 0x8000;

const GOOD: Descriptor = { address: DATA, length: 4 };
const ANSWER: Descriptor = { address: DATA + 16, length: 4, flags: write };

const CASES: readonly Case[] = [
  {
    name: "an address beyond memory",
    fault: "address",
    chain: [{ address: RAM, length: 1 }],
  },
  {
    name: "a buffer that ends beyond memory",
    fault: "address",
    chain: [{ address: RAM - 4, length: 5 }],
  },
  {
    name: "an address that is no exact number",
    fault: "address",
    chain: [{ address: 2 ** 63, length: 4 }],
  },
  {
    name: "a buffer whose end wraps around",
    fault: "address",
    chain: [{ address: Number.MAX_SAFE_INTEGER, length: 0xffffffff }],
  },
  { name: "an empty buffer", fault: "length", chain: [{ ...GOOD, length: 0 }] },
  {
    name: "an empty buffer to write",
    fault: "length",
    chain: [{ ...GOOD, flags: next, next: 1 }, { ...ANSWER, length: 0 }],
  },
  {
    name: "a buffer to read after one to write",
    fault: "direction",
    chain: [{ ...ANSWER, flags: write | next, next: 1 }, GOOD],
  },
  {
    name: "an indirect table that was not agreed on",
    fault: "indirect-not-negotiated",
    chain: [{ address: TABLE, length: 32, flags: indirect }],
    table: [{ ...GOOD, flags: next, next: 1 }, ANSWER],
    options: { without: [FEATURE.indirectDescriptors] },
  },
  {
    name: "an indirect table in an indirect table",
    fault: "indirect-nested",
    chain: [{ address: TABLE, length: 16, flags: indirect }],
    table: [{ address: TABLE, length: 16, flags: indirect }],
  },
  {
    name: "an indirect descriptor that goes on",
    fault: "indirect-next",
    chain: [
      { address: TABLE, length: 32, flags: indirect | next, next: 1 },
      ANSWER,
    ],
    table: [{ ...GOOD, flags: next, next: 1 }, ANSWER],
  },
  {
    name: "an empty indirect table",
    fault: "indirect-length",
    chain: [{ address: TABLE, length: 0, flags: indirect }],
  },
  {
    name: "an indirect table of a descriptor and a half",
    fault: "indirect-length",
    chain: [{ address: TABLE, length: 24, flags: indirect }],
    table: [GOOD],
  },
  {
    name: "an indirect table that is not in memory",
    fault: "address",
    chain: [{ address: RAM - 8, length: 16, flags: indirect }],
  },
  {
    name: "an indirect table of nearly 4 GiB, of empty buffers",
    fault: "length",
    chain: [{ address: TABLE, length: 0xfffffff0, flags: indirect }],
    forms: ["packed"],
  },
  {
    name: "an over-long indirect table",
    fault: "loop",
    chain: [{ address: TABLE, length: 16 * 1025, flags: indirect }],
    table: Array.from({ length: 1025 }, (_, index) => ({
      ...GOOD,
      flags: next,
      next: index + 1,
    })),
  },
  {
    name: "more than 4 GiB in one chain",
    fault: "length",
    chain: [{ address: TABLE, length: 16 * 600, flags: indirect }],
    table: Array.from({ length: 600 }, (_, index) => ({
      address: 0,
      length: RAM / 2,
      flags: index < 599 ? next : 0,
      next: index + 1,
    })),
  },
  {
    name: "a request that is too short for its device",
    fault: "short-chain",
    chain: [{ ...GOOD, length: 2, flags: next, next: 1 }, ANSWER],
  },
  {
    name: "a request without room for an answer",
    fault: "short-chain",
    chain: [GOOD],
  },
  {
    name: "a chain that loops",
    fault: "loop",
    chain: [
      { ...GOOD, flags: next, next: 1 },
      { ...GOOD, flags: next, next: 0 },
    ],
    forms: ["split"],
  },
  {
    name: "a chain that loops in its indirect table",
    fault: "loop",
    chain: [{ address: TABLE, length: 16, flags: indirect }],
    table: [{ ...GOOD, flags: next, next: 0 }],
    forms: ["split"],
  },
  {
    name: "a chain that goes on outside the table",
    fault: "next",
    chain: [{ ...GOOD, flags: next, next: 256 }],
    forms: ["split"],
  },
  {
    name: "a chain that goes on outside its indirect table",
    fault: "next",
    chain: [{ address: TABLE, length: 32, flags: indirect }],
    table: [{ ...GOOD, flags: next, next: 2 }, GOOD],
    forms: ["split"],
  },
  {
    name: "a head outside the table",
    fault: "head",
    chain: [GOOD],
    damage: ({ rings }) => {
      const { memory, driver, little } = rings[0]!.options;
      memory.setU16(driver + 4, 256, little);
    },
    forms: ["split"],
  },
  {
    name: "an available index further ahead than the ring is long",
    fault: "available-index",
    chain: [GOOD],
    damage: ({ rings }) => {
      const { memory, driver, little } = rings[0]!.options;
      memory.setU16(driver + 2, 257, little);
    },
    forms: ["split"],
  },
  {
    name: "an available index that went back",
    fault: "available-index",
    chain: [GOOD],
    damage: ({ rings }) => {
      const { memory, driver, little } = rings[0]!.options;
      memory.setU16(driver + 2, 0xffff, little);
    },
    forms: ["split"],
  },
  {
    name: "a chain through the whole ring and on",
    fault: "loop",
    chain: Array.from({ length: 256 }, (_, index) => ({
      ...GOOD,
      flags: next,
      next: (index + 1) % 256,
    })),
  },
];

/** Writes a case into memory and makes it available. */
function expose(driver: MockDriver, { chain, table, damage }: Case): void {
  const { options } = driver.rings[0]!;
  const packed = driver.setup.ring === "packed";
  const put = (base: number, index: number, descriptor: Descriptor) => {
    const { address = 0, length = 0, flags = 0 } = descriptor;
    const inRing = base === options.descriptor;
    const last = packed
      ? flags | (inRing ? available : 0)
      : descriptor.next ?? 0;
    writeDescriptor(options, base + 16 * index, {
      address,
      length,
      flags: packed ? 0 : flags,
      next: last,
    });
  };
  for (const [index, each] of chain.entries()) {
    put(options.descriptor, index, each);
  }
  for (const [index, each] of table?.entries() ?? []) put(TABLE, index, each);
  if (packed) return;
  options.memory.setU16(options.driver + 2, 1, options.little);
  damage?.(driver);
}

for (const test of CASES) {
  const { name, fault, options = {}, forms = ["split", "packed"] } = test;
  for (const setup of setups({})) {
    if (!forms.includes(setup.ring)) continue;
    Deno.test(`DeviceCore breaks the device at ${name}, ${setup.name}`, () => {
      const driver = started(new EchoDevice(), setup, options);
      const { world, pci: { core } } = driver;
      world.listening.add("VIRTIO_BROKEN");
      expose(driver, test);
      driver.kick(0);
      assert.deepEqual(
        { fault: core.breakage?.fault, queue: core.breakage?.queue },
        { fault, queue: 0 },
      );
      assert.equal(driver.device.served, 0);
      assert.equal(world.events.length, 1);
      assert.equal(world.events[0]!.queue, 0);
      assert.equal(world.events[0]!.data.fault, fault);

      const modern = setup.interface === "modern";
      assert.equal((driver.status & STATUS.needsReset) !== 0, modern);
      assert.equal(driver.readIsr() & 2, modern ? 2 : 0);

      const calls = driver.device.calls.length;
      driver.kick(0);
      driver.kick(1);
      assert.equal(driver.device.calls.length, calls, "it stands still");

      driver.start();
      assert.equal(core.broken, false);
      assert.equal(driver.status & STATUS.needsReset, 0);
      assert.equal(echo(driver, 5), 6, "a reset heals it");
    });
  }
}

for (const setup of setups({ interface: "modern" })) {
  Deno.test(`DeviceCore breaks the device at a ring outside memory, ${setup.name}`, () => {
    for (const register of [0x24, 0x2c, 0x34]) {
      const driver = started(new EchoDevice(), setup);
      driver.reset();
      driver.status = 3;
      driver.negotiate();
      driver.status = 11;
      driver.setUpQueue(1);
      driver.resetQueue(1);
      driver.store(4, 0x16, 2, 0);
      driver.store(4, register, 4, 1);
      driver.store(4, 0x1c, 2, 1);
      driver.status = 15;
      assert.equal(driver.pci.core.breakage?.fault, "ring-address");
      assert.ok(driver.status & STATUS.needsReset);
      driver.kick(0);
      driver.start();
      assert.equal(echo(driver, 1), 2);
    }
  });
}

Deno.test("DeviceCore breaks the device at a split ring of no power of 2", () => {
  const [setup] = setups({ interface: "modern", ring: "split" });
  const driver = started(new EchoDevice(), setup, { queueSize: 24 });
  assert.equal(driver.pci.core.breakage?.fault, "ring-size");
});

Deno.test("Queue takes a packed ring of any size", () => {
  const [setup] = setups({ ring: "packed" });
  for (const queueSize of [1, 3, 24, 63]) {
    const driver = started(new EchoDevice(), setup, { queueSize });
    for (let value = 0; value < 200; value++) {
      assert.equal(echo(driver, value, { indirect: true }), value + 1);
    }
  }
});

Deno.test("Queue takes overlapping buffers, which Linux uses", () => {
  for (const setup of setups({})) {
    const driver = started(new EchoDevice(), setup);
    const [page] = driver.buffers({ out: [new Uint8Array(4096).fill(7)] });
    const room = driver.buffers({ room: [4] });
    driver.add(0, [...Array(100).fill(page), ...room], { indirect: true });
    driver.add(0, [page!, { ...page!, write: true }, ...room]);
    driver.kick(0);
    const lengths = driver.collect(0).map(({ written }) => written);
    assert.deepEqual(lengths, [4, 4096], setup.name);
  }
});

Deno.test("Queue takes direct descriptors before an indirect one", () => {
  for (const setup of setups({ ring: "split" })) {
    const driver = started(new EchoDevice(), setup);
    const [one, two, room] = driver.buffers({
      out: [Uint8Array.of(0, 0), Uint8Array.of(0, 0)],
      room: [4],
    });
    const { options } = driver.rings[0]!;
    const table = driver.allocate(32);
    const put = (
      at: number,
      { address, length }: { address: number; length: number },
      [flags, following]: [flags: number, following: number],
    ) =>
      writeDescriptor(options, at, { address, length, flags, next: following });
    put(options.descriptor, one!, [next, 9]);
    put(options.descriptor + 9 * 16, { address: table, length: 32 }, [
      // The flag to write has no meaning here (virtio 1.3, 2.7.5.3.2).
      indirect | write,
      0,
    ]);
    put(table, two!, [next, 1]);
    put(table + 16, room!, [write, 0]);
    options.memory.setU16(options.driver + 2, 1, options.little);
    driver.kick(0);
    assert.equal(driver.device.served, 1, setup.name);
    assert.equal(driver.reader(driver.memory.read(room!.address, 4)).u32(), 1);
  }
});
