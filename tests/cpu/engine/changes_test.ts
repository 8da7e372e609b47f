import assert from "node:assert/strict";
import { DATA_TLB } from "../../../cpu/engine/layout.ts";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { ENGINES, FREE_ENGINES, type TestEngine } from "../engines.ts";
import { HASH_TABLE_BYTES, HashedMemory } from "../mmu/hash_table.ts";
import { PTE, type RadixPage, RadixTrees } from "../mmu/radix_tree.ts";
import { ATTN, op, putCode } from "./programs.ts";

/**
 * Loops that load from one address, change what the address means, load again
 * and change it back: each load must find what holds at that very moment.
 */
const CODE = 0x2000;
const FIRST = 0x20_0000;
const SECOND = 0x20_1000;
const EA = 0x10_0000_0000n;
/** Its page has the same place in a data TLB. */
const OTHER_EA = EA + 4096n * BigInt(DATA_TLB.entries);
/** Where that leads. */
const THIRD = 0x20_2000;
const LEAVE = op("sc", { LEV: 1 });
const PAGE = PTE.readWrite | PTE.execute;

interface Case {
  readonly name: string;
  readonly change: readonly number[];
  readonly back: readonly number[];
  readonly hash?: boolean;
  /** Prepares tables and registers; r4 is EA already. */
  prepare(engine: TestEngine): void;
}

/** A process's page for OTHER_EA. */
function other(pid: number): RadixPage {
  return { ea: OTHER_EA, real: BigInt(THIRD), shift: 12, flags: PAGE, pid };
}

function map(engine: TestEngine): RadixTrees {
  const trees = new RadixTrees(engine);
  trees.map(other(0));
  engine.set("LPCR", LPCR.HR | LPCR.UPRT | LPCR.GTSE | LPCR.LPES);
  engine.set("PAPR", 1n);
  trees.map({ ea: EA, real: BigInt(FIRST), shift: 12, flags: PAGE });
  return trees;
}

/** Segments of two virtual ones, whose first pages are different real ones. */
function mapSegments(engine: TestEngine): void {
  [FIRST, SECOND].forEach((real, i) => {
    const table = new HashedMemory(engine);
    table.addSegment({ ea: EA, vsid: 0x100n + BigInt(i) });
    table.addPage({ ea: EA, real: BigInt(real) });
    table.addPage({ ea: OTHER_EA, real: BigInt(THIRD) });
  });
  for (let i = 0; i < 32; i++) engine.set("SLBE", 0n, i);
  engine.set("PAPR", 1n);
  const entry = EA | 0x0800_0000n | 3n;
  engine.set("SLBE", entry & ~0xfffn, 3);
  engine.set("SLBV", 0x100n << 12n, 3);
  engine.set("GPR", EA, 8);
  engine.set("GPR", entry, 9);
  engine.set("GPR", 0x101n << 12n, 10);
  engine.set("GPR", 0x100n << 12n, 11);
}

const TLBIE = { RB: 4, RS: 7, RIC: 0, PRS: 1, R: 1 } as const;

/** slbie of the segment at r8, then an entry of what the register holds. */
function newSegment(RS: number): number[] {
  return [op("slbie", { RB: 8 }), op("slbmte", { RS, RB: 9 })];
}

const CASES: readonly Case[] = [
  {
    name: "PIDR",
    change: [op("mtspr", { SPR: 48, RS: 8 })],
    back: [op("mtspr", { SPR: 48, RS: 9 })],
    prepare(engine) {
      const trees = map(engine);
      trees.map(other(1));
      trees.map({
        ea: EA,
        real: BigInt(SECOND),
        shift: 12,
        flags: PAGE,
        pid: 1,
      });
      engine.set("GPR", 1n, 8);
      engine.set("GPR", 0n, 9);
    },
  },
  ...(["tlbie", "tlbiel"] as const).map((name): Case => ({
    name,
    change: [op("std", { RS: 8, RA: 10, DS: 0 }), op(name, TLBIE)],
    back: [op("std", { RS: 9, RA: 10, DS: 0 }), op(name, TLBIE)],
    prepare(engine) {
      const trees = map(engine);
      const entry = trees.map({
        ea: EA,
        real: BigInt(FIRST),
        shift: 12,
        flags: PAGE,
      });
      // The page table maps itself.
      const at = 0x20_0000_0000n;
      trees.map({
        ea: at,
        real: BigInt(entry & ~0xfff),
        shift: 12,
        flags: PAGE,
      });
      const leaf = PTE.valid | PTE.leaf | PAGE;
      engine.set("GPR", leaf | BigInt(SECOND), 8);
      engine.set("GPR", leaf | BigInt(FIRST), 9);
      engine.set("GPR", at + BigInt(entry & 0xfff), 10);
      engine.set("GPR", 1n << 32n, 7);
    },
  })),
  {
    name: "MSR[DR]",
    change: [op("mtmsrd", { RS: 8, L: 0 })],
    back: [op("mtmsrd", { RS: 9, L: 0 })],
    prepare(engine) {
      const trees = map(engine);
      // The address that is the second page in real mode.
      trees.map({
        ea: BigInt(SECOND),
        real: BigInt(FIRST),
        shift: 12,
        flags: PAGE,
      });
      engine.set("GPR", BigInt(SECOND), 4);
      engine.set("GPR", MSR.SF | MSR.ME, 8);
      engine.set("GPR", MSR.SF | MSR.ME | MSR.DR, 9);
    },
  },
  {
    name: "a segment",
    hash: true,
    change: newSegment(10),
    back: newSegment(11),
    prepare: mapSegments,
  },
  {
    name: "all segments",
    hash: true,
    change: [op("slbia", { IH: 4 }), op("slbmte", { RS: 10, RB: 9 })],
    back: [op("slbia", { IH: 0 }), op("slbmte", { RS: 11, RB: 9 })],
    prepare: mapSegments,
  },
  {
    name: "HRMOR",
    change: [op("mtspr", { SPR: 313, RS: 8 })],
    back: [op("mtspr", { SPR: 313, RS: 9 })],
    prepare(engine) {
      engine.set("PAPR", 0n);
      // With the offset the thread goes on in a copy of its code.
      engine.ram.copyWithin(0x1_0000 + CODE, CODE, CODE + 0x100);
      engine.ram.copyWithin(0x1_3000, SECOND, SECOND + 8);
      engine.ram.copyWithin(0x3000, FIRST, FIRST + 8);
      engine.set("GPR", 0x3000n, 4);
      engine.set("GPR", 0x1_0000n, 8);
      engine.set("GPR", 0n, 9);
    },
  },
];

/** What turns a page of code into another one while it is carried out. */
const CODE_CHANGES: readonly {
  readonly name: string;
  /** Instructions of the first page and of the second. */
  readonly change: readonly [number[], number[]];
  prepare(engine: TestEngine): void;
}[] = CASES.flatMap(({ name, change, back, prepare }) =>
  ["PIDR", "tlbie", "tlbiel"].includes(name)
    ? [{ name, change: [[...change], [...back]] as const, prepare }]
    : []
);

for (const tested of [...ENGINES, ...FREE_ENGINES]) {
  for (const { name, change: [change, back], prepare } of CODE_CHANGES) {
    Deno.test(`${tested.name} engine goes on in another page of code after ${name}`, () => {
      const rounds = FREE_ENGINES.includes(tested) ? 2000 : 20;
      const engine = tested.create({ ramBytes: 4 << 20 });
      const big = { littleEndian: false };
      // Both pages are left in the middle; the other one goes on there, or
      // earlier where an engine keeps no translations.
      const at = 4 * change.length;
      const count = (RT: number) => op("addi", { RT, RA: RT, SI: 1 });
      putCode(engine, { at: FIRST, ...big }, [...change, count(22)]);
      putCode(engine, { at: FIRST + at + 64, ...big }, [
        op("bc", { BO: 16, BI: 0, BD: -at - 64 }),
        LEAVE,
      ]);
      putCode(engine, { at: SECOND + 4, ...big }, change.slice(1));
      putCode(engine, { at: FIRST + 68, ...big }, back.slice(1));
      putCode(engine, { at: SECOND + at, ...big }, [
        count(21),
        op("b", { LI: 64 - 4 - at }),
      ]);
      putCode(engine, { at: SECOND + 64, ...big }, [...back, count(23)]);
      engine.set("GPR", EA, 4);
      prepare(engine);
      engine.set("MSR", MSR.SF | MSR.ME | MSR.DR | MSR.IR);
      engine.set("NIA", EA);
      engine.set("CTR", BigInt(rounds));
      engine.set("DEC_EXPIRY", 1n << 60n);
      engine.refresh();
      let reason = "budget";
      for (let i = 0; i < 40 && reason === "budget"; i++) {
        reason = engine.run(2000);
      }
      assert.equal(reason, "hypercall");
      assert.equal(engine.get("GPR", 21), BigInt(rounds));
      assert.equal(engine.get("GPR", 22), 0n);
      assert.equal(engine.get("GPR", 23), 0n);
    });
  }
}

/** Cases whose addresses are translated all the time. */
const TRANSLATED = CASES.filter(({ name }) =>
  name !== "MSR[DR]" && name !== "HRMOR"
);

for (
  const { tested, cases, when, drivenOut } of [...ENGINES, ...FREE_ENGINES]
    .flatMap((tested) => [
      {
        tested,
        cases: CASES,
        when: "with the next instruction",
        drivenOut: [],
      },
      {
        tested,
        cases: TRANSLATED,
        when: "where another page has the place in the TLB",
        drivenOut: [op("lwz", { RT: 5, RA: 12, SI: 0 })],
      },
    ])
) {
  const rounds = FREE_ENGINES.includes(tested) ? 3000 : 20;
  for (const { name, change, back, hash = false, prepare } of cases) {
    Deno.test(`${tested.name} engine follows a change of ${name} ${when}`, () => {
      const engine = tested.create({
        ramBytes: 4 << 20,
        hashTableBytes: hash ? HASH_TABLE_BYTES : 0,
      });
      const load = (RT: number) => [
        op("lwz", { RT: 3, RA: 4, SI: 0 }),
        op("add", { RT, RA: RT, RB: 3 }),
        ...drivenOut,
      ];
      const loop = [...load(20), ...change, ...load(21), ...back];
      const words = [
        ...loop,
        op("bc", { BO: 16, BI: 0, BD: -4 * loop.length }),
      ];
      const big = { littleEndian: false };
      putCode(engine, { at: FIRST, ...big }, [5]);
      putCode(engine, { at: SECOND, ...big }, [7]);
      engine.set("GPR", EA, 4);
      engine.set("GPR", OTHER_EA, 12);
      const end = name === "HRMOR" ? ATTN : LEAVE;
      putCode(engine, { at: CODE, ...big }, [...words, end]);
      prepare(engine);
      const privilege = name === "HRMOR" ? MSR.HV : MSR.DR;
      engine.set("MSR", MSR.SF | MSR.ME | privilege);
      engine.set("NIA", BigInt(CODE));
      engine.set("CTR", BigInt(rounds));
      engine.set("DEC_EXPIRY", 1n << 60n);
      engine.set("HDEC_EXPIRY", 1n << 60n);
      engine.refresh();
      let reason = "budget";
      for (let i = 0; i < 40 && reason === "budget"; i++) {
        reason = engine.run(2000);
      }
      assert.equal(reason, name === "HRMOR" ? "attn" : "hypercall");
      assert.equal(engine.get("GPR", 20), BigInt(5 * rounds));
      assert.equal(engine.get("GPR", 21), BigInt(7 * rounds));
    });
  }
}
