import assert from "node:assert/strict";
import { probeTranslation } from "../../../cpu/mmu/probe.ts";
import { ENGINES, type EngineUnderTest, type TestEngine } from "../engines.ts";
import {
  type Attempt,
  attempt,
  getDoubleword,
  type Outcome,
  putDoubleword,
  putWord,
  STORED,
} from "./attempt.ts";
import {
  ENTRY,
  HASH_TABLE_BYTES,
  HashedMemory,
  SEGMENT,
  type TestPage,
} from "./hash_table.ts";

const RAM = 4 << 20;
const EA = 0xc000_0000_0020_3000n;
const REAL = 0x20_3000n;
const VSID = 0x1_2345_6789n;
/** Virtual page class key 11: bits 2:3 and 52:54 of the second doubleword. */
const CLASS = 11n;
const CLASS_BITS = (CLASS >> 3n) << 60n | (CLASS & 7n) << 9n;
const CLASS_SHIFT = 2n * (31n - CLASS);

interface Size {
  readonly name: string;
  readonly segment: bigint;
  readonly page: Omit<TestPage, "ea" | "real">;
}

const SIZES: readonly Size[] = [
  { name: "4K pages", segment: 0n, page: {} },
  {
    name: "64K pages in segments of 4K",
    segment: 0n,
    page: { base: 12, actual: 16, lp: 7n },
  },
  {
    name: "16M pages in segments of 4K",
    segment: 0n,
    page: { base: 12, actual: 24, lp: 0x38n },
  },
  {
    name: "64K pages",
    segment: SEGMENT.base64K,
    page: { base: 16, actual: 16, lp: 1n },
  },
  {
    name: "16M pages in segments of 64K",
    segment: SEGMENT.base64K,
    page: { base: 16, actual: 24, lp: 8n },
  },
  {
    name: "16M pages",
    segment: SEGMENT.base16M,
    page: { base: 24, actual: 24, lp: 0n },
  },
];

interface Fault {
  readonly name: string;
  readonly given: (table: HashedMemory, engine: TestEngine) => void;
  readonly when: Attempt;
  readonly then: Outcome;
}

/** A page at EA in a segment, both with these bits. */
function page(flags: bigint, segment = 0n) {
  return (table: HashedMemory) => {
    table.addSegment({ ea: EA, vsid: VSID, flags: segment });
    table.addPage({ ea: EA, real: REAL, flags });
  };
}

const load = { ea: EA } as const;
const store = { ea: EA, access: "store" } as const;
const fetch = { ea: EA, access: "fetch" } as const;

/** Each check of the walk and what the guest is told (7.5.3 to 7.5.6). */
const FAULTS: readonly Fault[] = [
  {
    name: "dataSegment without an SLB entry",
    given: () => {},
    when: store,
    then: { vector: 0x380, why: 0, address: EA },
  },
  {
    name: "instructionSegment without an SLB entry",
    given: () => {},
    when: fetch,
    then: { vector: 0x480, why: 0, address: EA },
  },
  {
    name: "dataSegment where the SLB entry is not valid",
    given: (table, engine) => {
      page(2n)(table);
      engine.set("SLBE", EA & -(1n << 28n), 0);
    },
    when: load,
    then: { vector: 0x380, why: 0, address: EA },
  },
  {
    name: "dataStorage for a load without an entry",
    given: (table) => table.addSegment({ ea: EA, vsid: VSID }),
    when: load,
    then: { vector: 0x300, why: 0x4000_0000, address: EA },
  },
  {
    name: "dataStorage for a store without an entry",
    given: (table) => table.addSegment({ ea: EA, vsid: VSID }),
    when: store,
    then: { vector: 0x300, why: 0x4200_0000, address: EA },
  },
  {
    name: "instructionStorage for a fetch without an entry",
    given: (table) => table.addSegment({ ea: EA, vsid: VSID }),
    when: fetch,
    then: { vector: 0x400, why: 0x4000_0000, address: EA },
  },
  {
    name: "dataStorage where the entry has another base page size",
    given: (table) => {
      table.addSegment({ ea: EA, vsid: VSID, flags: SEGMENT.base64K });
      table.addPage({ ea: EA & ~0xffffn, real: 0n, base: 16 });
    },
    when: { ea: EA & ~0xffffn },
    then: { vector: 0x300, why: 0x4000_0000, address: EA & ~0xffffn },
  },
  {
    name: "dataStorage where LPCR[TC] forbids the secondary group",
    given: (table, engine) => {
      table.addSegment({ ea: EA, vsid: VSID });
      table.addPage({ ea: EA, real: REAL, secondary: true });
      engine.set("LPCR", 0x200n);
    },
    when: load,
    then: { vector: 0x300, why: 0x4000_0000, address: EA },
  },
  {
    name: "instructionStorage in a segment without execution",
    given: page(2n, SEGMENT.N),
    when: fetch,
    then: { vector: 0x400, why: 0x1000_0000, address: EA },
  },
  {
    name: "instructionStorage for a page without execution",
    given: page(2n | ENTRY.noExecute),
    when: fetch,
    then: { vector: 0x400, why: 0x1000_0000, address: EA },
  },
  {
    name: "instructionStorage for guarded storage",
    given: page(2n | ENTRY.guarded),
    when: fetch,
    then: { vector: 0x400, why: 0x1000_0000, address: EA },
  },
  {
    name: "dataStorage where the class key denies a load",
    given: (table, engine) => {
      page(2n | CLASS_BITS)(table);
      engine.set("AMR", 1n << CLASS_SHIFT);
    },
    when: load,
    then: { vector: 0x300, why: 0x0020_0000, address: EA },
  },
  {
    name: "dataStorage where the class key denies a store",
    given: (table, engine) => {
      page(2n | CLASS_BITS)(table);
      engine.set("AMR", 2n << CLASS_SHIFT);
    },
    when: store,
    then: { vector: 0x300, why: 0x0220_0000, address: EA },
  },
  {
    name: "dataStorage where class key and protection deny a store",
    given: (table, engine) => {
      page(3n | CLASS_BITS)(table);
      engine.set("AMR", 2n << CLASS_SHIFT);
    },
    when: store,
    then: { vector: 0x300, why: 0x0a20_0000, address: EA },
  },
  {
    name: "instructionStorage where the class key denies a fetch",
    given: (table, engine) => {
      page(2n | CLASS_BITS)(table);
      engine.set("IAMR", 1n << CLASS_SHIFT);
    },
    when: fetch,
    then: { vector: 0x400, why: 0x0020_0000, address: EA },
  },
];

/** pp (with pp0 as 4) → may read, may write; by storage key (6.7.13.1). */
const PROTECTION: readonly (readonly [number, string, string])[] = [
  [0, "rw", ""],
  [1, "rw", "r"],
  [2, "rw", "rw"],
  [3, "r", "r"],
  [4, "", ""],
  [5, "", ""],
  [6, "r", ""],
  [7, "", ""],
];

function prepare(
  { create }: EngineUnderTest,
): { engine: TestEngine; table: HashedMemory } {
  const engine = create({ ramBytes: RAM, hashTableBytes: HASH_TABLE_BYTES });
  return { engine, table: new HashedMemory(engine) };
}

for (const tested of ENGINES) {
  const { name: engineName } = tested;

  for (const { name, segment, page } of SIZES) {
    for (const large of [0n, SEGMENT.oneTerabyte]) {
      const segments = large ? "1T" : "256M";
      Deno.test(`${engineName} engine translates by hash with ${name}, ${segments} segments`, () => {
        const { engine, table } = prepare(tested);
        table.addSegment({ ea: EA, vsid: VSID, flags: segment | large });
        const bytes = 1n << BigInt(page.actual ?? 12);
        const real = REAL & -bytes;
        table.addPage({ ea: EA, real, ...page });
        putDoubleword(engine, Number(REAL), 42n);
        assert.equal(attempt(engine, { ea: EA }), "done");
        assert.equal(engine.get("GPR", 3), 42n);
        assert.deepEqual(probeTranslation(engine.place, { ea: EA }), {
          real: REAL,
          pageBytes: Number(bytes),
        });
      });
    }
  }

  Deno.test(`${engineName} engine sets reference and change when it translates by hash`, () => {
    const { engine, table } = prepare(tested);
    table.addSegment({ ea: EA, vsid: VSID });
    const entry = table.addPage({ ea: EA, real: REAL });
    const both = ENTRY.reference | ENTRY.change;
    assert.equal(attempt(engine, load), "done");
    assert.equal(table.second(entry) & both, ENTRY.reference);
    assert.equal(attempt(engine, store), "done");
    assert.equal(table.second(entry) & both, both);
    assert.equal(getDoubleword(engine, Number(REAL)), STORED);
  });

  Deno.test(`${engineName} engine finds an entry anywhere in the secondary group`, () => {
    const { engine, table } = prepare(tested);
    table.addSegment({ ea: EA, vsid: VSID });
    table.addPage({ ea: EA, real: REAL, secondary: true, slot: 7 });
    putDoubleword(engine, Number(REAL), 7n);
    assert.equal(attempt(engine, load), "done");
    assert.equal(engine.get("GPR", 3), 7n);
  });

  Deno.test(`${engineName} engine tells two segments' pages apart by VSID`, () => {
    const { engine, table } = prepare(tested);
    const other = 0xd000_0000_0020_3000n;
    table.addSegment({ ea: EA, vsid: VSID });
    table.addSegment({ ea: other, vsid: VSID + (1n << 30n) });
    table.addPage({ ea: EA, real: REAL });
    // The same group: the hash drops VSID's upper bits.
    table.addPage({ ea: other, real: REAL + 0x1000n, slot: 1 });
    putDoubleword(engine, Number(REAL), 1n);
    putDoubleword(engine, Number(REAL) + 0x1000, 2n);
    assert.equal(attempt(engine, { ea: other }), "done");
    assert.equal(engine.get("GPR", 3), 2n);
    assert.equal(attempt(engine, load), "done");
    assert.equal(engine.get("GPR", 3), 1n);
  });

  Deno.test(`${engineName} engine fetches by hash`, () => {
    const { engine, table } = prepare(tested);
    page(2n)(table);
    putWord(engine, Number(REAL), 0x4800_0000);
    assert.equal(attempt(engine, fetch), "done");
  });

  Deno.test(`${engineName} engine leaves for a device where a hashed page is not in RAM`, () => {
    const { engine, table } = prepare(tested);
    table.addSegment({ ea: EA, vsid: VSID });
    table.addPage({ ea: EA, real: 0x2000_8000_0000n });
    assert.deepEqual(attempt(engine, load), { device: 0x2000_8000_0000n });
  });

  Deno.test(`${engineName} engine protects hashed pages by pp and the state's key`, () => {
    for (const [pp, unkeyed, keyed] of PROTECTION) {
      for (const problem of [false, true]) {
        for (const key of [false, true]) {
          const { engine, table } = prepare(tested);
          const mine = problem ? SEGMENT.Kp : SEGMENT.Ks;
          const others = problem ? SEGMENT.Ks : SEGMENT.Kp;
          const flags = BigInt(pp & 3) | BigInt(pp >> 2) << 63n;
          page(flags, key ? mine : others)(table);
          const allowed = key ? keyed : unkeyed;
          const about = `pp ${pp}, problem ${problem}, key ${key}`;
          assert.deepEqual(
            attempt(engine, { ...load, problem }),
            allowed.includes("r")
              ? "done"
              : { vector: 0x300, why: 0x0800_0000, address: EA },
            `load, ${about}`,
          );
          assert.deepEqual(
            attempt(engine, { ...store, problem }),
            allowed.includes("w")
              ? "done"
              : { vector: 0x300, why: 0x0a00_0000, address: EA },
            `store, ${about}`,
          );
          putWord(engine, Number(REAL), 0x4800_0000);
          assert.deepEqual(
            attempt(engine, { ...fetch, problem }),
            allowed.includes("r")
              ? "done"
              : { vector: 0x400, why: 0x0800_0000, address: EA },
            `fetch, ${about}`,
          );
        }
      }
    }
  });

  for (const { name, given, when, then } of FAULTS) {
    Deno.test(`${engineName} engine raises ${name} by hash`, () => {
      const { engine, table } = prepare(tested);
      given(table, engine);
      assert.deepEqual(attempt(engine, when), then);
    });
  }
}
