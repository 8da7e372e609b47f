import assert from "node:assert/strict";
import {
  InstructionEnd,
  ReferenceOps,
} from "../../../cpu/engine/reference/ops.ts";
import { Ram } from "../../../cpu/engine/reference/ram.ts";
import { condition } from "../../../cpu/engine/reference/values.ts";
import type { Condition } from "../../../cpu/isa/ops.ts";
import { Registers } from "../../../cpu/registers.ts";
import { probeTranslation } from "../../../cpu/mmu/probe.ts";
import { MSR } from "../../../cpu/state.ts";
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
import { PTE, RadixTrees } from "./radix_tree.ts";

const RAM = 4 << 20;
const EA = 0xc000_0000_0020_3000n;
const REAL = 0x20_3000n;
const ALL = PTE.readWrite | PTE.read | PTE.execute;
const SYSTEM = ALL | PTE.privileged;

interface Fault {
  readonly name: string;
  /** Makes the tables. */
  readonly given?: (trees: RadixTrees, engine: TestEngine) => void;
  readonly when: Attempt;
  readonly then: Outcome;
}

/** A page of 4 KiB at EA. */
function page(flags: bigint) {
  return (trees: RadixTrees) => {
    trees.map({ ea: EA, real: REAL, shift: 12, flags });
  };
}

/** A process's page at 0x20_3000. */
function userPage(flags: bigint) {
  return (trees: RadixTrees) => {
    trees.map({ ea: REAL, real: REAL, shift: 12, flags, pid: 1 });
  };
}

const user = { ea: REAL } as const;

/** Each check of the walk and what the guest is told (7.5.3 to 7.5.6). */
const FAULTS: readonly Fault[] = [
  {
    name: "dataStorage for a load without an entry",
    when: { ea: EA },
    then: { vector: 0x300, why: 0x4000_0000, address: EA },
  },
  {
    name: "dataStorage for a store without an entry",
    when: { ea: EA, access: "store" },
    then: { vector: 0x300, why: 0x4200_0000, address: EA },
  },
  {
    name: "instructionStorage for a fetch without an entry",
    when: { ea: EA, access: "fetch" },
    then: { vector: 0x400, why: 0x4000_0000, address: EA },
  },
  {
    name: "dataStorage for a store to a page for reading",
    given: page(PTE.read | PTE.privileged),
    when: { ea: EA, access: "store" },
    then: { vector: 0x300, why: 0x0a00_0000, address: EA },
  },
  {
    name: "dataStorage for a load from a page for nothing but execution",
    given: page(PTE.execute | PTE.privileged),
    when: { ea: EA },
    then: { vector: 0x300, why: 0x0800_0000, address: EA },
  },
  {
    name: "instructionStorage for a fetch from a page of data",
    given: page(PTE.readWrite | PTE.privileged),
    when: { ea: EA, access: "fetch" },
    then: { vector: 0x400, why: 0x1000_0000, address: EA },
  },
  {
    name: "instructionStorage for a fetch from guarded storage",
    given: page(SYSTEM | PTE.nonIdempotent),
    when: { ea: EA, access: "fetch" },
    then: { vector: 0x400, why: 0x1000_0000, address: EA },
  },
  {
    name: "dataStorage for a process's load from the system's page",
    given: page(SYSTEM),
    when: { ea: EA, problem: true },
    then: { vector: 0x300, why: 0x0800_0000, address: EA },
  },
  {
    name: "dataStorage where key 0 denies the system a load",
    given: (trees, engine) => {
      userPage(ALL)(trees);
      engine.set("AMR", 1n << 62n);
    },
    when: user,
    then: { vector: 0x300, why: 0x0800_0000, address: REAL },
  },
  {
    name: "dataStorage where key 0 denies the system a store",
    given: (trees, engine) => {
      userPage(ALL)(trees);
      engine.set("AMR", 2n << 62n);
    },
    when: { ...user, access: "store" },
    then: { vector: 0x300, why: 0x0a00_0000, address: REAL },
  },
  {
    name: "instructionStorage where key 0 denies the system a fetch",
    given: (trees, engine) => {
      userPage(ALL)(trees);
      engine.set("IAMR", 1n << 62n);
    },
    when: { ...user, access: "fetch" },
    then: { vector: 0x400, why: 0x1000_0000, address: REAL },
  },
  {
    name: "dataSegment in quadrant 1",
    when: { ea: 0x4000_0000_0000_0000n },
    then: { vector: 0x380, why: 0, address: 0x4000_0000_0000_0000n },
  },
  {
    name: "instructionSegment in quadrant 2",
    when: { ea: 0x8000_0000_0000_0000n, access: "fetch" },
    then: { vector: 0x480, why: 0, address: 0x8000_0000_0000_0000n },
  },
  {
    name: "dataSegment beyond the tree's 52 bits",
    when: { ea: 0xc010_0000_0000_0000n },
    then: { vector: 0x380, why: 0, address: 0xc010_0000_0000_0000n },
  },
  {
    name: "dataStorage for a process beyond the process table",
    given: (_trees, engine) => engine.set("PIDR", 256n),
    when: { ea: 0n },
    then: { vector: 0x300, why: 0x4000_0000, address: 0n },
  },
  {
    name: "dataStorage for a directory of fewer than 32 entries",
    given: (trees) => trees.setDirectory({ ea: EA, shift: 30, bits: 4 }),
    when: { ea: EA },
    then: { vector: 0x300, why: 0x0008_0000, address: EA },
  },
  {
    name: "dataStorage for a directory that divides more than is left",
    given: (trees) => trees.setDirectory({ ea: EA, shift: 30, bits: 19 }),
    when: { ea: EA },
    then: { vector: 0x300, why: 0x0008_0000, address: EA },
  },
  {
    name: "dataStorage for a page of a size that there is not",
    given: (trees) =>
      void trees.map({ ea: EA, real: 0n, shift: 39, flags: SYSTEM }),
    when: { ea: EA },
    then: { vector: 0x300, why: 0x0008_0000, address: EA },
  },
  {
    name: "dataStorage at the second page that a load crosses into",
    given: page(SYSTEM),
    when: { ea: EA + 0xffcn },
    then: { vector: 0x300, why: 0x4000_0000, address: EA + 0x1000n },
  },
];

function prepare(
  { create }: EngineUnderTest,
): { engine: TestEngine; trees: RadixTrees } {
  const engine = create({ ramBytes: RAM });
  engine.set("PIDR", 1n);
  return { engine, trees: new RadixTrees(engine) };
}

/** A machine whose page table entries change whenever they are looked at. */
class ContendedOps extends ReferenceOps {
  attempts = 0;

  override compareAndSwapReal(): Condition {
    this.attempts++;
    return condition(false);
  }
}

Deno.test("walkRadix() gives up where reference and change cannot be updated", () => {
  const [tested] = ENGINES;
  assert.ok(tested);
  const { engine, trees } = prepare(tested);
  trees.map({ ea: EA, real: REAL, shift: 12, flags: SYSTEM });
  engine.set("PAPR", 1n);
  engine.set("MSR", MSR.SF | MSR.DR);
  const { memory, stateOffset, ramOffset, ramBytes } = engine.place;
  const ops = new ContendedOps({
    registers: new Registers(memory, stateOffset),
    ram: new Ram(memory.buffer, ramOffset, ramBytes),
    hashTable: new BigUint64Array(0),
    timebase: () => 0n,
    random: () => 0n,
  });
  assert.throws(() => ops.realAddress(EA, "store"), InstructionEnd);
  assert.equal(engine.get("DSISR"), 0x0204_0000n);
  assert.ok(ops.attempts > 1 && ops.attempts < 100);
});

for (const tested of ENGINES) {
  const { name: engineName } = tested;

  for (const shift of [12, 16, 21, 30]) {
    Deno.test(`${engineName} engine translates by radix tree with pages of 2^${shift} bytes`, () => {
      const { engine, trees } = prepare(tested);
      const bytes = 1n << BigInt(shift);
      const real = REAL & -bytes;
      const ea = EA & -bytes;
      const at = trees.map({ ea, real, shift, flags: SYSTEM });
      putDoubleword(engine, Number(REAL), 42n);
      assert.equal(attempt(engine, { ea: ea + (REAL - real) }), "done");
      assert.equal(engine.get("GPR", 3), 42n);
      const rc = PTE.reference | PTE.change;
      assert.equal(getDoubleword(engine, at) & rc, PTE.reference);
      engine.set("MSR", MSR.DR);
      assert.deepEqual(probeTranslation(engine.place, { ea: EA }), {
        real: REAL,
        pageBytes: Number(bytes),
      });
    });
  }

  Deno.test(`${engineName} engine sets reference and change when it stores by radix tree`, () => {
    const { engine, trees } = prepare(tested);
    const at = trees.map({ ea: EA, real: REAL, shift: 12, flags: SYSTEM });
    const access = "store";
    assert.equal(attempt(engine, { ea: EA + 8n, access }), "done");
    assert.equal(getDoubleword(engine, Number(REAL) + 8), STORED);
    const rc = PTE.reference | PTE.change;
    assert.equal(getDoubleword(engine, at) & rc, rc);
  });

  Deno.test(`${engineName} engine fetches by radix tree`, () => {
    const { engine, trees } = prepare(tested);
    trees.map({ ea: EA, real: REAL, shift: 12, flags: SYSTEM });
    putWord(engine, Number(REAL), 0x4800_0000);
    assert.equal(attempt(engine, { ea: EA, access: "fetch" }), "done");
  });

  Deno.test(`${engineName} engine takes the tree of PIDR in quadrant 0 and of process 0 in quadrant 3`, () => {
    const { engine, trees } = prepare(tested);
    const flags = ALL;
    trees.map({ ea: 0x5000n, real: 0x20_1000n, shift: 12, flags, pid: 1 });
    trees.map({ ea: 0x5000n, real: 0x20_2000n, shift: 12, flags, pid: 2 });
    trees.map({ ea: 0x5000n, real: 0x20_3000n, shift: 12, flags, pid: 0 });
    for (const n of [1, 2, 3]) {
      putDoubleword(engine, 0x20_0000 + n * 0x1000, BigInt(n));
    }
    const tries = [[1n, 0n, 1n], [2n, 0n, 2n], [2n, 3n, 3n]] as const;
    for (const [pid, quadrant, found] of tries) {
      engine.set("PIDR", pid);
      const ea = quadrant << 62n | 0x5000n;
      assert.equal(attempt(engine, { ea, problem: true }), "done");
      assert.equal(engine.get("GPR", 3), found);
    }
  });

  Deno.test(`${engineName} engine lets a process use its page whatever key 0 says`, () => {
    const { engine, trees } = prepare(tested);
    userPage(ALL)(trees);
    engine.set("AMR", 3n << 62n);
    assert.equal(
      attempt(engine, { ...user, problem: true, access: "store" }),
      "done",
    );
  });

  Deno.test(`${engineName} engine leaves for a device where a page is not in RAM`, () => {
    const { engine, trees } = prepare(tested);
    const real = 0x0006_0302_0318_0000n;
    const flags = SYSTEM | PTE.nonIdempotent;
    trees.map({ ea: EA, real, shift: 16, flags });
    assert.deepEqual(attempt(engine, { ea: EA }), {
      device: real | (EA & 0xffffn),
    });
  });

  Deno.test(`${engineName} engine stores nothing where a store crosses into a page that faults`, () => {
    const { engine, trees } = prepare(tested);
    trees.map({ ea: EA, real: REAL, shift: 12, flags: SYSTEM });
    const ea = EA + 0xffcn;
    assert.deepEqual(attempt(engine, { ea, access: "store" }), {
      vector: 0x300,
      why: 0x4200_0000,
      address: EA + 0x1000n,
    });
    assert.equal(getDoubleword(engine, Number(REAL) + 0xff8), 0n);
  });

  Deno.test(`${engineName} engine joins what a load crosses two pages for`, () => {
    const { engine, trees } = prepare(tested);
    trees.map({ ea: EA, real: REAL, shift: 12, flags: SYSTEM });
    const real = 0x30_0000n;
    trees.map({ ea: EA + 0x1000n, real, shift: 12, flags: SYSTEM });
    putDoubleword(engine, Number(REAL) + 0xff8, 0x0123_4567n);
    putDoubleword(engine, Number(real), 0x89ab_cdefn << 32n);
    assert.equal(attempt(engine, { ea: EA + 0xffcn }), "done");
    assert.equal(engine.get("GPR", 3), STORED);
    assert.equal(
      attempt(engine, { ea: EA + 0xffdn, access: "store" }),
      "done",
    );
    assert.equal(getDoubleword(engine, Number(REAL) + 0xff8), 0x0101_2345n);
    assert.equal(
      getDoubleword(engine, Number(real)),
      0x6789_abcd_ef00_0000n,
    );
  });

  for (const { name, given, when, then } of FAULTS) {
    Deno.test(`${engineName} engine raises ${name}`, () => {
      const { engine, trees } = prepare(tested);
      given?.(trees, engine);
      assert.deepEqual(attempt(engine, when), then);
    });
  }
}
