// Code that a disk reads into a page while it is hot, compiled and running.
import assert from "node:assert/strict";
import { LPCR, MSR } from "../../../cpu/state.ts";
import type { MachineOptions } from "../../../machine/machine_options.ts";
import { WINDOWS } from "../../../machine/pci/address_map.ts";
import { BlkDevice } from "../../../virtio/blk/device.ts";
import { Boot } from "../../boot/driver.ts";
import { DEFAULT_CONFIGURATION } from "../../boot/configurations.ts";
import { bl, BLR, bytesOf, li, mr, op } from "../../cpu/engine/programs.ts";
import { PTE, RadixTrees } from "../../cpu/mmu/radix_tree.ts";
import { programImage } from "../../monitor/machine_handlers/_machine.ts";
import { MemoryBackend } from "../../virtio/blk/_disk.ts";

const SECTOR_BYTES = 512;
const ROUNDS = 20;
/** Calls of the routine in a round: most of a slice. */
const CALLS = 10_000;

/** Registers of the legacy interface (virtio 1.3, 4.1.4.10). */
const LEGACY = { address: 8, notify: 16, status: 18 } as const;

/** What the programs use of RAM: a page of 2 MB, mapped to itself. */
const HERE = 0x20_0000;
/** The routine is in a page of its own. */
const [READER, RUNNER, ROUTINE] = [HERE, HERE + 0x2000, HERE + 0x4000];
const [HEADER, STATUS] = [HERE + 0x2_0000, HERE + 0x2_0800];
const [DONE, ANSWER] = [HERE + 0x2_1000, HERE + 0x2_1008];
/** The ring, of 256 entries: the used ring is a page behind the available. */
const DESCRIPTORS = HERE + 0x4_0000;
const AVAILABLE = DESCRIPTORS + 16 * 256;
const USED = DESCRIPTORS + 0x2000;
/** The disk's registers. */
const REGISTERS = 0x4000_0000n;

// Registers of the programs.
const [ROUND, SUM, WRONG, SCRATCH, ROUNDS_LEFT] = [20, 21, 22, 9, 27];
const [HEADER_AT, NOTIFY_AT, USED_AT, AVAILABLE_AT] = [23, 24, 25, 26];
const [DONE_AT, ANSWER_AT] = [28, 29];

const SYNC = op("sync", { L: 0 });
const ISYNC = op("isync");
const STAY = op("b", { LI: 0 });

function addi(RT: number, RA: number, SI: number): number {
  return op("addi", { RT, RA, SI });
}

function compare(RA: number, RB: number): number {
  return op("cmpl", { BF: 0, L: 1, RA, RB });
}

/** Branches over so many words, or back, where the comparison says so. */
function unlessEqual(words: number): number {
  return op("bc", { BO: 4, BI: 2, BD: 4 * words });
}

function ifEqual(words: number): number {
  return op("bc", { BO: 12, BI: 2, BD: 4 * words });
}

/** The next round's sector is asked for. */
const ASK = [
  addi(ROUND, ROUND, 1),
  op("std", { RS: ROUND, RA: HEADER_AT, DS: 8 }),
  SYNC,
  op("sth", { RS: ROUND, RA: AVAILABLE_AT, SI: 2 }),
  SYNC,
  op("sth", { RS: 0, RA: NOTIFY_AT, SI: 0 }),
];

/** Waits until the disk has answered. */
const AWAIT = [
  op("lhz", { RT: SCRATCH, RA: USED_AT, SI: 2 }),
  compare(SCRATCH, ROUND),
  unlessEqual(-2),
  ISYNC,
];

/** Ends a round that began so many words before; then all. */
function again(words: number): number[] {
  return [
    compare(ROUND, ROUNDS_LEFT),
    unlessEqual(-words - 1),
    op("std", { RS: ROUND, RA: DONE_AT, DS: 0 }),
    STAY,
  ];
}

/** Reads a sector into the routine, then calls that many times. */
function callsWhatItReads(): number[] {
  const before = [
    ...ASK,
    ...AWAIT,
    li(SCRATCH, CALLS),
    op("mtspr", { RS: SCRATCH, SPR: 9 }),
  ];
  const at = READER + 4 * before.length;
  const body = [
    ...before,
    bl(ROUTINE - at),
    op("add", { RT: SUM, RA: SUM, RB: 3 }),
    compare(3, ROUND),
    ifEqual(2),
    addi(WRONG, WRONG, 1),
    op("bc", { BO: 16, BI: 0, BD: -20 }),
  ];
  return [...body, ...again(body.length)];
}

/** Reads sectors; the next when another vCPU has seen the last one's code. */
function readsForAnother(): number[] {
  const body = [
    ...ASK,
    op("ld", { RT: SCRATCH, RA: ANSWER_AT, DS: 0 }),
    compare(SCRATCH, ROUND),
    unlessEqual(-2),
  ];
  return [...body, ...again(body.length)];
}

/** Calls the routine without a pause until it is another, and tells so. */
function callsUntilItChanges(): number[] {
  const body = [
    mr(10, ROUND),
    addi(ROUND, ROUND, 1),
    addi(SUM, SUM, 1),
    bl(ROUTINE - RUNNER - 12),
    compare(3, ROUND),
    ifEqual(5),
    // What was there before, else something is wrong.
    compare(3, 10),
    ifEqual(-5),
    addi(WRONG, WRONG, 1),
    op("b", { LI: -28 }),
    op("std", { RS: ROUND, RA: ANSWER_AT, DS: 0 }),
  ];
  return [...body, ...again(body.length)];
}

/** A number of so many bytes. */
function number(value: number | bigint, bytes: number, littleEndian: boolean) {
  return bytesOf(BigInt(value), { bytes, littleEndian });
}

function wordsOf(words: readonly number[], littleEndian: boolean): Uint8Array {
  return Uint8Array.from(
    words.flatMap((word) => [...number(word, 4, littleEndian)]),
  );
}

/** Sector n gives n in r3. */
function disk(littleEndian: boolean): MemoryBackend {
  const backend = new MemoryBackend(ROUNDS + 1);
  for (let sector = 0; sector <= ROUNDS; sector++) {
    const code = wordsOf([li(3, sector), BLR], littleEndian);
    backend.bytes.set(code, sector * SECTOR_BYTES);
  }
  return backend;
}

type Setting = Pick<
  MachineOptions,
  "engine" | "accelerator" | "jitThreshold"
>;

/** A machine with a legacy disk, ready to read sectors into the routine. */
function setUp(setting: Setting, vcpus: number, littleEndian: boolean) {
  const boot = new Boot(
    { kernel: programImage({ 0: [STAY] }), append: "" },
    {
      ...DEFAULT_CONFIGURATION,
      ...setting,
      vcpus,
      memoryBytes: 256 * 2 ** 20,
      clock: setting.accelerator === "threads" ? "host" : "instructions",
    },
  );
  const { machine } = boot;
  const backend = disk(littleEndian);
  const device = new BlkDevice({
    backend,
    defer: (work) => machine.work.defer(work),
  });
  const { fn } = machine.virtio.add(device, { name: "disk0", form: "legacy" });
  machine.reset();
  fn.writeConfig(4, 2, 7);
  const { accelerator } = machine;
  const trees = new RadixTrees({
    ram: machine.ram.view(0, machine.ram.size),
    set: (name, value) => accelerator.setOneReg(0, name, value),
  });
  trees.map({
    ea: BigInt(HERE),
    real: BigInt(HERE),
    shift: 21,
    flags: PTE.readWrite | PTE.privileged | PTE.execute,
  });
  const region = machine.pci.regions.find(({ name }) => name === "pci-io");
  const [bar] = fn.bars;
  assert(region && bar);
  const at = fn.barAddress(bar) - WINDOWS.io.bus;
  trees.map({
    ea: REGISTERS,
    real: BigInt(region.base),
    shift: 16,
    flags: PTE.readWrite | PTE.privileged | PTE.nonIdempotent,
  });
  const store = (register: number, bytes: number, value: number) => {
    const big = number(value, bytes, true);
    const read = big.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
    region.store(0, at + register, bytes, read);
  };
  machine.lpcr.set(0, {
    value: littleEndian ? LPCR.ILE : 0n,
    mask: LPCR.ILE,
    cause: "test",
  });
  store(LEGACY.status, 1, 0);
  store(LEGACY.status, 1, 3);
  store(LEGACY.address, 4, DESCRIPTORS / 4096);
  store(LEGACY.status, 1, 7);
  const put = (at: number, bytes: Uint8Array) => machine.ram.write(at, bytes);
  [
    { address: HEADER, bytes: 16, flags: 1, next: 1 },
    { address: ROUTINE, bytes: SECTOR_BYTES, flags: 3, next: 2 },
    { address: STATUS, bytes: 1, flags: 2, next: 0 },
  ].forEach(({ address, bytes, flags, next }, i) => {
    put(
      DESCRIPTORS + 16 * i,
      Uint8Array.from([
        ...number(address, 8, littleEndian),
        ...number(bytes, 4, littleEndian),
        ...number(flags, 2, littleEndian),
        ...number(next, 2, littleEndian),
      ]),
    );
  });
  put(ROUTINE, wordsOf([li(3, 0), BLR], littleEndian));
  return {
    boot,
    machine,
    backend,
    put,
    notify: Number(REGISTERS) + at + LEGACY.notify,
  };
}

/** Lets programs run, one on each vCPU, until the first is done. */
function run(
  setting: Setting,
  programs: readonly { at: number; words: readonly number[] }[],
  littleEndian: boolean,
) {
  const parts = setUp(setting, programs.length, littleEndian);
  const { boot, machine, backend, put, notify } = parts;
  using _ = boot;
  const { accelerator } = machine;
  const gpr: Readonly<Record<number, number>> = {
    [ROUNDS_LEFT]: ROUNDS,
    [HEADER_AT]: HEADER,
    [NOTIFY_AT]: notify,
    [USED_AT]: USED,
    [AVAILABLE_AT]: AVAILABLE,
    [DONE_AT]: DONE,
    [ANSWER_AT]: ANSWER,
  };
  for (const [vcpu, { at, words }] of programs.entries()) {
    put(at, wordsOf(words, littleEndian));
    if (vcpu > 0) {
      machine.startVcpu(vcpu, { address: at, argument: 0, caller: 0 });
      for (const name of ["LPCR", "PRTBL"] as const) {
        const value = accelerator.getOneReg(0, name);
        accelerator.setOneReg(vcpu, name, value);
      }
    }
    const msr = MSR.SF | MSR.ME | MSR.IR | MSR.DR |
      (littleEndian ? MSR.LE : 0n);
    accelerator.setOneReg(vcpu, "MSR", msr);
    accelerator.setOneReg(vcpu, "NIA", BigInt(at));
    for (let index = 0; index < 32; index++) {
      const value = BigInt(gpr[index] ?? 0);
      accelerator.setOneReg(vcpu, "GPR", value, { index });
    }
  }
  machine.start();
  boot.runUntil(() => machine.ram.u8(DONE) + machine.ram.u8(DONE + 7) > 0, {
    seconds: 60,
  });
  machine.stop();
  const { counter } = machine.engineView ?? {};
  const vcpu = programs.length - 1;
  const get = (index: number) => accelerator.getOneReg(vcpu, "GPR", index);
  return {
    round: get(ROUND),
    sum: get(SUM),
    wrong: get(WRONG),
    reads: backend.log.filter((line) => line.startsWith("read")).length,
    inRegions: counter?.(vcpu, "REGION_INSTRUCTIONS") ?? 0,
    instructions: accelerator.instructions(vcpu),
    dropped: counter?.(vcpu, "CODE_DROPS") ?? 0,
  };
}

const SETTINGS: Readonly<Record<string, Setting>> = {
  "the interpreter": { engine: "interpreter", accelerator: "inline" },
  "the JIT": { engine: "jit", accelerator: "inline" },
  "the JIT ahead": { engine: "jit", accelerator: "inline", jitThreshold: 0 },
  "both engines": { engine: "both", accelerator: "inline", jitThreshold: 1 },
  "threads of the interpreter": {
    engine: "interpreter",
    accelerator: "threads",
  },
  "threads of the JIT": { engine: "jit", accelerator: "threads" },
  "threads of the JIT ahead": {
    engine: "jit",
    accelerator: "threads",
    jitThreshold: 0,
  },
};

for (const [name, setting] of Object.entries(SETTINGS)) {
  for (const littleEndian of [false, true]) {
    const order = littleEndian ? "little-endian" : "big-endian";
    const check = (
      { round, wrong, reads, inRegions, instructions, dropped }: ReturnType<
        typeof run
      >,
    ) => {
      assert.equal(round, BigInt(ROUNDS));
      assert.equal(reads, ROUNDS);
      assert.equal(wrong, 0n);
      assert(dropped >= ROUNDS - 1, `dropped ${dropped} times`);
      const share = inRegions / instructions;
      if (setting.engine === "interpreter") assert.equal(share, 0);
      else assert(share > 0.1, `${share} in regions`);
    };
    Deno.test(`a ${order} guest runs what a disk has read into hot code, on ${name}`, () => {
      const words = callsWhatItReads();
      const done = run(setting, [{ at: READER, words }], littleEndian);
      check(done);
      const sum = CALLS * ROUNDS * (ROUNDS + 1) / 2;
      assert.equal(done.sum, BigInt(sum));
    });

    Deno.test(`a ${order} guest runs what a disk reads into a loop's routine meanwhile, on ${name}`, () => {
      check(run(setting, [
        { at: READER, words: readsForAnother() },
        { at: RUNNER, words: callsUntilItChanges() },
      ], littleEndian));
    });
  }
}
