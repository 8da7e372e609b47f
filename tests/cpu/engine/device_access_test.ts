import assert from "node:assert/strict";
import { PENDING } from "../../../cpu/interrupts.ts";
import { LPCR, MSR } from "../../../cpu/state.ts";
import {
  ENGINES,
  type EngineUnderTest,
  FREE_ENGINES,
  type TestEngine,
} from "../engines.ts";
import { PTE, RadixTrees } from "../mmu/radix_tree.ts";
import { bytesOf, op, putCode, valueOf } from "./programs.ts";

const DEVICE = 0x2000_8000_0000n;
const DEVICE_EA = 0xc000_0000_2000_0000n;
const RAM_EA = 0xc000_0000_3000_0000n;
const RAM = 0x20_0000;
const CODE = 0x2000;
const VECTORS = [0x300, 0x400, 0x500, 0x600, 0x700, 0x800, 0xf20, 0xf40, 0xf60];
const BRANCH_TO_SELF = op("b", { LI: 0 });
/** Storage is at r4, or at r4 + r6, where r6 is 0. */
const X = { RA: 4, RB: 6 };
const CONTENT = Uint8Array.from({ length: 32 }, (_, i) => 0x81 + i);

/** An engine with a page of RAM before one of a device, and two of those. */
function create({ create }: EngineUnderTest): TestEngine {
  const engine = create({ ramBytes: 4 << 20 });
  const trees = new RadixTrees(engine);
  const device = PTE.readWrite | PTE.privileged | PTE.nonIdempotent |
    PTE.execute;
  const memory = PTE.readWrite | PTE.privileged | PTE.execute;
  for (let page = 0n; page < 2n; page++) {
    const at = page * 4096n;
    const real = DEVICE + at;
    trees.map({ ea: DEVICE_EA + at, real, shift: 12, flags: device });
  }
  trees.map({ ea: RAM_EA, real: BigInt(RAM), shift: 12, flags: memory });
  trees.map({ ea: RAM_EA + 4096n, real: DEVICE, shift: 12, flags: device });
  return engine;
}

/** A thread that is about to carry out one instruction, and then spins. */
function prepare(
  engine: TestEngine,
  { littleEndian, word }: { littleEndian: boolean; word: number },
): TestEngine {
  for (const vector of VECTORS) {
    putCode(engine, { at: vector, littleEndian }, [BRANCH_TO_SELF]);
  }
  putCode(engine, { at: CODE, littleEndian }, [word, BRANCH_TO_SELF]);
  engine.set(
    "LPCR",
    LPCR.HR | LPCR.UPRT | LPCR.LPES | (littleEndian ? LPCR.ILE : 0n),
  );
  engine.set("PAPR", 1n);
  engine.set(
    "MSR",
    MSR.SF | MSR.ME | MSR.DR | MSR.FP | MSR.VEC | MSR.VSX |
      (littleEndian ? MSR.LE : 0n),
  );
  engine.set("NIA", BigInt(CODE));
  engine.set("FSCR", (1n << 56n) - 1n);
  engine.set("HFSCR", (1n << 56n) - 1n);
  engine.set("DEC_EXPIRY", 1n << 60n);
  engine.set("PENDING", 0n);
  for (let i = 0; i < 64; i++) {
    engine.set("VSR", 0x3ff0_1234_5678_9abc_0fed_cba9_8765_4321n, i);
  }
  for (let i = 0; i < 32; i++) engine.set("GPR", 0x1111_2222_3333_4444n, i);
  engine.set("GPR", 0n, 6);
  engine.set("XER_COUNT", 8n);
  engine.refresh();
  return engine;
}

/** A device of 32 bytes, and what was done to it. */
class Device {
  readonly content: Uint8Array = CONTENT.slice();
  readonly accesses: string[] = [];

  /** Serves an access as a machine does. */
  serve(engine: TestEngine): void {
    const offset = Number(engine.get("EXIT_VALUE", 0) - DEVICE);
    const bytes = Number(engine.get("EXIT_VALUE", 2));
    const value = engine.get("EXIT_VALUE", 1);
    const store = engine.get("EXIT") === 3n;
    this.accesses.push(`${store ? "store" : "load"} ${bytes} at ${offset}`);
    const place = this.content.subarray(offset, offset + bytes);
    if (store) place.set(bytesOf(value, { bytes, littleEndian: true }));
    engine.set("EXIT_VALUE", valueOf(place, true), 1);
    engine.set("MMIO_DONE", 1n);
  }
}

/** Runs until the thread spins; the device serves what leaves. */
function run(engine: TestEngine, device: Device): void {
  for (let i = 0; i < 8; i++) {
    const reason = engine.run(6);
    if (reason === "budget") return;
    assert.equal(reason, "mmio");
    device.serve(engine);
  }
  assert.fail(`does not come to an end: ${device.accesses.join(", ")}`);
}

/** All that a load can change. */
function registers(engine: TestEngine) {
  const all = (name: "GPR" | "VSR", count: number) =>
    Array.from({ length: count }, (_, i) => engine.get(name, i));
  return { gpr: all("GPR", 32), vsr: all("VSR", 64) };
}

/** Instructions that make one access of so many bytes. */
const LOADS: readonly (readonly [number, number])[] = [
  ...[["lbz", 1], ["lhz", 2], ["lha", 2], ["lwz", 4], ["lbzu", 1], ["lwzu", 4]]
    .map(([name, bytes]) =>
      [op(`${name}`, { RT: 3, RA: 4, SI: 0 }), Number(bytes)] as const
    ),
  ...["ld", "ldu"].map((name) =>
    [op(name, { RT: 3, RA: 4, DS: 0 }), 8] as const
  ),
  [op("lwa", { RT: 3, RA: 4, DS: 0 }), 4],
  ...[["lhbrx", 2], ["lwbrx", 4], ["ldbrx", 8], ["lwaux", 4], ["lhaux", 2]]
    .map(([name, bytes]) =>
      [op(`${name}`, { RT: 3, ...X }), Number(bytes)] as const
    ),
  [op("lfs", { FRT: 3, RA: 4, D: 0 }), 4],
  [op("lfd", { FRT: 3, RA: 4, D: 0 }), 8],
  [op("lfiwax", { FRT: 3, ...X }), 4],
  [op("lvehx", { VRT: 3, ...X }), 2],
  [op("lxsdx", { XT: 3, ...X }), 8],
  [op("lxvdsx", { XT: 3, ...X }), 8],
  [op("lxsibzx", { XT: 3, ...X }), 1],
];

const STORES: readonly (readonly [number, number])[] = [
  ...[["stb", 1], ["sth", 2], ["stw", 4], ["stbu", 1], ["stwu", 4]]
    .map(([name, bytes]) =>
      [op(`${name}`, { RS: 3, RA: 4, SI: 0 }), Number(bytes)] as const
    ),
  [op("std", { RS: 3, RA: 4, DS: 0 }), 8],
  ...[["sthbrx", 2], ["stwbrx", 4], ["stdbrx", 8]].map(([name, bytes]) =>
    [op(`${name}`, { RS: 3, ...X }), Number(bytes)] as const
  ),
  [op("stfs", { FRS: 3, RA: 4, D: 0 }), 4],
  [op("stfd", { FRS: 3, RA: 4, D: 0 }), 8],
  [op("stfiwx", { FRS: 3, ...X }), 4],
  [op("stvewx", { VRS: 3, ...X }), 4],
  [op("stxsdx", { XS: 3, ...X }), 8],
];

/** Instructions that a device's storage makes an alignment interrupt of. */
const TOO_MUCH: readonly {
  readonly name: string;
  readonly word: number;
  readonly bigEndianOnly?: boolean;
}[] = [
  { name: "lmw", word: op("lmw", { RT: 30, RA: 4, SI: 0 }) },
  { name: "stmw", word: op("stmw", { RS: 30, RA: 4, SI: 0 }) },
  {
    name: "lswi",
    word: op("lswi", { RT: 8, RA: 4, NB: 7 }),
    bigEndianOnly: true,
  },
  {
    name: "stswi",
    word: op("stswi", { RS: 8, RA: 4, NB: 7 }),
    bigEndianOnly: true,
  },
  { name: "lswx", word: op("lswx", { RT: 8, ...X }), bigEndianOnly: true },
  { name: "stswx", word: op("stswx", { RS: 8, ...X }), bigEndianOnly: true },
  { name: "lvx", word: op("lvx", { VRT: 3, ...X }) },
  { name: "stvx", word: op("stvx", { VRS: 3, ...X }) },
  { name: "lxvd2x", word: op("lxvd2x", { XT: 3, ...X }) },
  { name: "stxvw4x", word: op("stxvw4x", { XS: 3, ...X }) },
  { name: "lxv", word: op("lxv", { XT: 3, RA: 4, DQ: 0 }) },
  { name: "stxv", word: op("stxv", { XS: 3, RA: 4, DQ: 0 }) },
  { name: "lxvl", word: op("lxvl", { XT: 3, RA: 4, RB: 7 }) },
  { name: "stxvl", word: op("stxvl", { XS: 3, RA: 4, RB: 7 }) },
  { name: "lfdp", word: op("lfdp", { FRTp: 4, RA: 4, DS: 0 }) },
  { name: "stfdp", word: op("stfdp", { FRSp: 4, RA: 4, DS: 0 }) },
  { name: "dcbz", word: op("dcbz", X) },
];

/** And those that it makes a data storage interrupt of. */
const ATOMIC: readonly {
  readonly name: string;
  readonly word: number;
  readonly store?: boolean;
}[] = [
  { name: "lbarx", word: op("lbarx", { RT: 3, ...X }) },
  { name: "lwarx", word: op("lwarx", { RT: 3, ...X }) },
  { name: "ldarx", word: op("ldarx", { RT: 3, ...X }) },
  { name: "lqarx", word: op("lqarx", { RTp: 8, ...X }) },
  { name: "stwcx.", word: op("stwcx.", { RS: 3, ...X }), store: true },
  { name: "stdcx.", word: op("stdcx.", { RS: 3, ...X }), store: true },
  { name: "stqcx.", word: op("stqcx.", { RSp: 8, ...X }), store: true },
  ...[0, 8, 16, 24].map((FC) => ({
    name: `lwat ${FC}`,
    word: op("lwat", { RT: 8, RA: 4, FC }),
    store: true,
  })),
  ...[0, 24].map((FC) => ({
    name: `stdat ${FC}`,
    word: op("stdat", { RS: 8, RA: 4, FC }),
    store: true,
  })),
  { name: "lq", word: op("lq", { RTp: 8, RA: 4, DQ: 0 }) },
  { name: "stq", word: op("stq", { RSp: 8, RA: 4, DS: 0 }), store: true },
];

const NOT_MEMORY = 0x0400_0000n;
const IS_STORE = 0x0200_0000n;

for (const tested of [...ENGINES, ...FREE_ENGINES]) {
  // Making an engine takes longer than most of the tests.
  let shared: TestEngine | undefined;
  for (const littleEndian of [false, true]) {
    const order = littleEndian ? "little-endian" : "big-endian";
    const at = (word: number, ea: bigint) => {
      shared ??= create(tested);
      const engine = prepare(shared, { littleEndian, word });
      engine.set("GPR", ea, 4);
      engine.set("GPR", 5n << 56n, 7);
      return engine;
    };

    Deno.test(`${tested.name} engine loads from a device once what it would load from memory, ${order}`, () => {
      for (const [word, bytes] of LOADS) {
        for (const offset of [0, 8]) {
          const memory = at(word, RAM_EA + BigInt(offset));
          memory.ram.set(CONTENT, RAM);
          run(memory, new Device());
          const wanted = registers(memory);
          const engine = at(word, DEVICE_EA + BigInt(offset));
          const device = new Device();
          run(engine, device);
          assert.deepEqual(device.accesses, [`load ${bytes} at ${offset}`]);
          const moved = DEVICE_EA - RAM_EA;
          wanted.gpr[4] = (wanted.gpr[4] ?? 0n) + moved;
          assert.deepEqual(registers(engine), wanted, word.toString(16));
        }
      }
    });

    Deno.test(`${tested.name} engine stores to a device once what it would store to memory, ${order}`, () => {
      for (const [word, bytes] of STORES) {
        const memory = at(word, RAM_EA + 8n);
        memory.ram.set(CONTENT, RAM);
        run(memory, new Device());
        const wanted = memory.ram.slice(RAM, RAM + CONTENT.length);
        const engine = at(word, DEVICE_EA + 8n);
        const device = new Device();
        run(engine, device);
        assert.deepEqual(device.accesses, [`store ${bytes} at 8`]);
        assert.deepEqual([...device.content], [...wanted], word.toString(16));
        assert.notDeepEqual([...device.content], [...CONTENT]);
      }
    });

    Deno.test(`${tested.name} engine makes an alignment interrupt of what a device cannot serve at once, ${order}`, () => {
      for (const { name, word, bigEndianOnly } of TOO_MUCH) {
        if (littleEndian && bigEndianOnly) continue;
        const engine = at(word, DEVICE_EA);
        const before = registers(engine);
        const device = new Device();
        run(engine, device);
        assert.deepEqual(device.accesses, [], name);
        assert.equal(engine.get("NIA"), 0x600n, name);
        assert.equal(engine.get("SRR0"), BigInt(CODE), name);
        assert.equal(engine.get("DAR"), DEVICE_EA, name);
        assert.deepEqual(registers(engine), before, name);
      }
    });

    Deno.test(`${tested.name} engine makes a data storage interrupt of atomic accesses to a device, ${order}`, () => {
      for (const { name, word, store = false } of ATOMIC) {
        const engine = at(word, DEVICE_EA + 16n);
        const device = new Device();
        run(engine, device);
        assert.deepEqual(device.accesses, [], name);
        assert.equal(engine.get("NIA"), 0x300n, name);
        assert.equal(engine.get("DAR"), DEVICE_EA + 16n, name);
        assert.equal(
          engine.get("DSISR"),
          NOT_MEMORY | (store ? IS_STORE : 0n),
          name,
        );
      }
    });

    Deno.test(`${tested.name} engine makes an alignment interrupt of an access that ends on another page of a device, ${order}`, () => {
      const cases = [
        [op("lwz", { RT: 3, RA: 4, SI: 0 }), 0xffdn],
        [op("ld", { RT: 3, RA: 4, DS: 0 }), 0xff9n],
        [op("stw", { RS: 3, RA: 4, SI: 0 }), 0xfffn],
        [op("std", { RS: 3, RA: 4, DS: 0 }), 0xffcn],
        [op("sth", { RS: 3, RA: 4, SI: 0 }), 0xfffn],
      ] as const;
      for (const [word, offset] of cases) {
        for (const base of [DEVICE_EA, RAM_EA]) {
          const engine = at(word, base + offset);
          engine.ram.fill(0xaa, RAM, RAM + 4096);
          const device = new Device();
          run(engine, device);
          assert.deepEqual(device.accesses, []);
          assert.equal(engine.get("NIA"), 0x600n);
          // The first byte that is a device's.
          const dar = base === RAM_EA ? base + 4096n : base + offset;
          assert.equal(engine.get("DAR"), dar);
          assert.equal(engine.get("GPR", 3), 0x1111_2222_3333_4444n);
          const page = engine.ram.subarray(RAM, RAM + 4096);
          assert.ok(page.every((byte) => byte === 0xaa));
        }
      }
    });

    Deno.test(`${tested.name} engine leaves a device alone when its blocks are written back, ${order}`, () => {
      for (const name of ["dcbf", "dcbst", "icbi", "dcbt", "dcbtst"]) {
        const engine = at(op(name, X), DEVICE_EA);
        const device = new Device();
        run(engine, device);
        assert.deepEqual(device.accesses, [], name);
        assert.equal(engine.get("NIA"), BigInt(CODE + 4), name);
      }
    });

    Deno.test(`${tested.name} engine completes a device's access before it takes an interrupt, ${order}`, () => {
      const engine = at(op("lwz", { RT: 3, RA: 4, SI: 0 }), DEVICE_EA);
      engine.set("MSR", engine.get("MSR") | MSR.EE);
      engine.set("INTR_MSR", littleEndian ? MSR.LE : 0n);
      assert.equal(engine.run(6), "mmio");
      const device = new Device();
      device.serve(engine);
      engine.set("PENDING", BigInt(PENDING.external));
      assert.equal(engine.run(3), "budget");
      assert.equal(
        engine.get("GPR", 3),
        valueOf(CONTENT.slice(0, 4), littleEndian),
      );
      assert.equal(engine.get("NIA"), 0x500n);
      assert.equal(engine.get("SRR0"), BigInt(CODE + 4));
      assert.equal(engine.get("MMIO_DONE"), 0n);
    });
  }

  Deno.test(`${tested.name} engine counts and traces an access that waits for a device once`, () => {
    const word = op("lwz", { RT: 3, RA: 4, SI: 0 });
    const engine = prepare(create(tested), { littleEndian: false, word });
    putCode(engine, { at: 0xd00, littleEndian: false }, [op("attn")]);
    engine.refresh();
    engine.set("MSR", engine.get("MSR") | MSR.SE);
    engine.set("GPR", DEVICE_EA, 4);
    const device = new Device();
    for (let i = 0; i < 2; i++) {
      const start = engine.get("INSTRUCTIONS");
      assert.equal(engine.run(6), "mmio");
      assert.equal(engine.get("INSTRUCTIONS"), start);
      device.serve(engine);
      assert.equal(engine.run(1), "budget");
      assert.equal(engine.get("INSTRUCTIONS"), start + 1n);
      assert.equal(engine.get("NIA"), 0xd00n);
      assert.equal(engine.get("SRR0"), BigInt(CODE + 4));
      engine.set("NIA", BigInt(CODE));
      engine.set("MSR", engine.get("MSR") | MSR.SE | MSR.DR);
    }
    assert.equal(device.accesses.length, 2);
  });

  Deno.test(`${tested.name} engine fetches no instructions from a device`, () => {
    const engine = prepare(create(tested), { littleEndian: false, word: 0 });
    engine.set("MSR", MSR.SF | MSR.ME | MSR.IR);
    engine.set("NIA", DEVICE_EA + 8n);
    assert.equal(engine.run(4), "budget");
    assert.equal(engine.get("NIA"), 0x400n);
    assert.equal(engine.get("SRR0"), DEVICE_EA + 8n);
    assert.equal(engine.get("SRR1") & 0x783f_0000n, 0x1000_0000n);
  });
}
