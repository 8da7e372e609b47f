// What one vCPU keeps of code and translations, and another changes.
import assert from "node:assert/strict";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { bl, BLR, li, op } from "../engine/programs.ts";
import { PTE, RadixTrees } from "../mmu/radix_tree.ts";
import { LEAVE, REAL, ThreadBench } from "./_bench.ts";
import {
  addi,
  compare,
  countDown,
  EIEIO,
  ISYNC,
  ld,
  LWSYNC,
  PTESYNC,
  std,
  SYNC,
  waitFor,
} from "./_programs.ts";

const CHANGER = 0x1000;
const USER = 0x2000;
const ROUTINE = 0x3000;
const FLAG = 0x8000;
const ANSWER = 0x8080;
const ROUNDS = 500;

// Registers of both: flag, answer, round; then scratch.
const [FLAG_AT, ANSWER_AT, ROUND, SCRATCH] = [3, 4, 5, 6];

/** A test on each engine; with the JIT, all but a slice's end is in regions. */
function testEngines(
  name: string,
  vcpus: number,
  run: (bench: ThreadBench) => void,
): void {
  for (const engine of ["interpreter", "jit"] as const) {
    Deno.test(`${name}, on the ${engine}`, () => {
      using bench = new ThreadBench({ vcpus, engine });
      run(bench);
      const { regions } = bench.accelerator.view.statistics ?? { regions: 0 };
      assert.equal(regions > 0, engine === "jit", `${regions} regions`);
    });
  }
}

function start(
  bench: ThreadBench,
  { msr = REAL, gpr }: {
    msr?: bigint;
    gpr: Readonly<Record<number, number>>;
  },
): void {
  const { accelerator, ram } = bench;
  ram.setBigUint64(FLAG, 0n);
  ram.setBigUint64(ANSWER, 0n);
  for (const [vcpu, nia] of [CHANGER, USER].entries()) {
    const registers = { [FLAG_AT]: FLAG, [ANSWER_AT]: ANSWER, [ROUND]: 0 };
    bench.enter(vcpu, {
      nia,
      gpr: { ...registers, ...gpr },
      ...vcpu === 1 && { msr },
    });
    accelerator.setOneReg(vcpu, "CTR", BigInt(ROUNDS));
  }
  bench.run([0, 1]);
}

/** Announces a round and waits for the answer, so many times. */
function announcing(change: readonly number[]): number[] {
  const loop = [
    addi(ROUND, ROUND, 1),
    ...change,
    std(ROUND, FLAG_AT),
    ...waitFor(ANSWER_AT, ROUND, SCRATCH),
  ];
  return [...loop, countDown(-loop.length), LEAVE];
}

/** Waits for a round, looks, and leaves early where it sees what is old. */
function answering(look: readonly number[]): number[] {
  const loop = [
    addi(ROUND, ROUND, 1),
    ...waitFor(FLAG_AT, ROUND, SCRATCH),
    ...look,
    std(ROUND, ANSWER_AT),
  ];
  return [...loop, countDown(-loop.length), LEAVE];
}

testEngines(
  "a vCPU carries out the code that another has changed, in every round",
  2,
  (bench) => {
    bench.write(ROUTINE, [li(10, 0), BLR]);
    const word = 11;
    const change = [
      op("addi", { RT: word, RA: word, SI: 1 }),
      op("stw", { RS: word, RA: 12, SI: 0 }),
      op("dcbst", { RA: 0, RB: 12 }),
      SYNC,
      op("icbi", { RA: 0, RB: 12 }),
      ISYNC,
      LWSYNC,
    ];
    bench.write(CHANGER, announcing(change));
    const before = 1 + waitFor(FLAG_AT, ROUND, SCRATCH).length + 1;
    const call = USER + 4 * before;
    // What is wrong is counted: the routine's number is the round's.
    const look = [
      ISYNC,
      bl(ROUTINE - call),
      compare(10, ROUND),
      op("bc", { BO: 12, BI: 2, BD: 8 }),
      addi(13, 13, 1),
    ];
    bench.write(USER, answering(look));
    start(bench, { gpr: { [word]: li(10, 0), 12: ROUTINE, 13: 0 } });
    assert.equal(bench.gpr(1, ROUND), BigInt(ROUNDS));
    assert.equal(bench.gpr(1, 13), 0n);
  },
);

testEngines(
  "no vCPU uses a translation after the tlbie and ptesync of another",
  2,
  (bench) => {
    const { accelerator, ram } = bench;
    const EA = 0x1000_0000n;
    const trees = new RadixTrees({
      ram: new Uint8Array(ram.buffer, ram.byteOffset, ram.byteLength),
      set(name, value) {
        for (const vcpu of [0, 1]) accelerator.setOneReg(vcpu, name, value);
      },
    });
    for (const vcpu of [0, 1]) {
      accelerator.setOneReg(vcpu, "LPCR", LPCR.GTSE, { mask: LPCR.GTSE });
    }
    const pages = [0x20_0000, 0x20_1000];
    const flags = PTE.readWrite | PTE.privileged;
    const [odd, even] = pages.map((real) => {
      const entry = trees.map({ ea: EA, real: BigInt(real), shift: 12, flags });
      return { entry, value: ram.getBigUint64(entry) };
    });
    assert.ok(odd && even && odd.entry === even.entry);
    for (const page of [0, 0x3000]) {
      trees.map({
        ea: BigInt(page),
        real: BigInt(page),
        shift: 12,
        flags,
      });
    }
    trees.map({ ea: 0x8000n, real: 0x8000n, shift: 12, flags });
    ram.setBigUint64(pages[0] ?? 0, 1n);
    ram.setBigUint64(pages[1] ?? 0, 0n);
    // The entry alternates between two pages, of which one has 1, the other 0.
    const tlbie = { RB: 16, RS: 17, RIC: 0, PRS: 1, R: 1 };
    bench.write(
      CHANGER,
      announcing([
        op("xor", { RS: 14, RA: 14, RB: 15 }),
        std(14, 12),
        PTESYNC,
        op("tlbie", tlbie),
        EIEIO,
        op("tlbsync"),
        PTESYNC,
      ]),
    );
    // After an odd round the word is 1, after an even one 0.
    bench.write(
      USER,
      answering([
        ld(10, 16),
        op("andi.", { RS: ROUND, RA: 11, UI: 1 }),
        compare(10, 11),
        op("bc", { BO: 12, BI: 2, BD: 8 }),
        addi(13, 13, 1),
      ]),
    );
    for (const vcpu of [0, 1]) {
      const set = (index: number, value: bigint) =>
        accelerator.setOneReg(vcpu, "GPR", value, { index });
      set(12, BigInt(odd.entry));
      set(13, 0n);
      set(14, even.value);
      set(15, odd.value ^ even.value);
      set(16, EA);
      set(17, 1n << 32n);
    }
    start(bench, { msr: MSR.SF | MSR.ME | MSR.DR, gpr: {} });
    assert.equal(bench.gpr(1, ROUND), BigInt(ROUNDS));
    assert.equal(bench.gpr(1, 13), 0n);
  },
);

testEngines(
  "vCPUs that store into each other's code all come on",
  4,
  (bench) => {
    // Each runs its own page and stores a word, as it is, into all of them.
    const vcpus = [0, 1, 2, 3];
    const at = (vcpu: number) => 0x10000 + vcpu * 0x1000;
    const spare = 0x800;
    for (const vcpu of vcpus) {
      const loop = vcpus.map((other) =>
        op("stw", { RS: 9, RA: 20 + other, SI: spare })
      );
      bench.write(at(vcpu), [...loop, countDown(-loop.length), LEAVE]);
      bench.enter(vcpu, {
        nia: at(vcpu),
        gpr: {
          9: 0x1234,
          ...Object.fromEntries(vcpus.map((o) => [20 + o, at(o)])),
        },
      });
      bench.accelerator.setOneReg(vcpu, "CTR", 2000n);
    }
    bench.run(vcpus);
    for (const vcpu of vcpus) {
      assert.equal(bench.accelerator.getOneReg(vcpu, "CTR"), 0n);
      assert.equal(bench.ram.getUint32(at(vcpu) + spare), 0x1234);
    }
  },
);

Deno.test("a vCPU that was reset with questions unanswered is not waited for in vain", () => {
  using bench = new ThreadBench({ vcpus: 3 });
  const { accelerator } = bench;
  const store = op("stw", { RS: 9, RA: 4, SI: 0x800 });
  const at = [0x10000, 0x11000, 0x12000] as const;
  bench.write(at[0], [store, LEAVE]);
  bench.write(at[1], [LEAVE, op("b", { LI: 0 })]);
  bench.write(at[2], [LEAVE]);
  const storeTo = (page: number) => {
    bench.enter(0, { nia: at[0], gpr: { 4: page, 9: 1 } });
    assert.equal(bench.run([0])[0]?.reason, "hypercall");
  };
  bench.enter(1, { nia: at[1] });
  bench.run([1]);
  // vCPU 1 has decoded its page and is asked to forget it; it does not run.
  storeTo(at[1]);
  accelerator.reset(1);
  accelerator.setOneReg(1, "PAPR", 1n);
  accelerator.setOneReg(1, "DEC_EXPIRY", 1n << 52n);
  bench.enter(1, { nia: at[1] + 4 });
  accelerator.resume(1);
  // Another page of code: all that run are waited for.
  bench.enter(2, { nia: at[2] });
  bench.run([2]);
  storeTo(at[2]);
});
