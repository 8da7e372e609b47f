import assert from "node:assert/strict";
import { probeTranslation } from "../../../cpu/mmu/probe.ts";
import { MSR } from "../../../cpu/state.ts";
import { ENGINES, type TestEngine } from "../engines.ts";
import { getDoubleword } from "./attempt.ts";
import { HASH_TABLE_BYTES, HashedMemory, SEGMENT } from "./hash_table.ts";
import { PTE, RadixTrees } from "./radix_tree.ts";

const EA = 0xc000_0000_0020_3000n;

/** A partition's thread with translation on. */
function start(): TestEngine {
  const [engine] = ENGINES;
  assert.ok(engine);
  const made = engine.create({
    ramBytes: 4 << 20,
    hashTableBytes: HASH_TABLE_BYTES,
  });
  made.set("PAPR", 1n);
  made.set("MSR", MSR.SF | MSR.IR | MSR.DR);
  return made;
}

Deno.test("probeTranslation() leaves registers, page table and hash table as they are", () => {
  const engine = start();
  const trees = new RadixTrees(engine);
  const flags = PTE.readWrite | PTE.privileged;
  const at = trees.map({ ea: EA, real: 0x5000n, shift: 12, flags });
  const before = engine.save();
  const entry = getDoubleword(engine, at);
  assert.deepEqual(
    probeTranslation(engine.place, { ea: EA + 5n, access: "store" }),
    { real: 0x5005n, pageBytes: 4096 },
  );
  assert.equal(getDoubleword(engine, at), entry);
  assert.deepEqual(engine.save(), before);
  const table = new HashedMemory(engine);
  table.addSegment({ ea: EA, vsid: 5n });
  table.addPage({ ea: EA, real: 0x6000n });
  const hashed = engine.hashTable.slice();
  assert.deepEqual(
    probeTranslation(engine.place, { ea: EA, access: "store" }),
    { real: 0x6000n, pageBytes: 4096 },
  );
  assert.deepEqual(engine.hashTable, hashed);
});

Deno.test("probeTranslation() names the interrupt and the faults that there would be", () => {
  const engine = start();
  const table = new HashedMemory(engine);
  table.addSegment({ ea: EA, vsid: 5n });
  table.addPage({ ea: EA, real: 0x6000n, flags: 3n | 1n << 9n });
  table.addSegment({ ea: 0n, vsid: 6n, flags: SEGMENT.N });
  engine.set("AMR", 2n << 60n);
  const cases = [
    [EA, "store", "dataStorage", ["protection", "key"]],
    [EA + 0x1000n, "load", "dataStorage", ["noTranslation"]],
    [0n, "fetch", "instructionStorage", ["noExecute"]],
    [1n << 40n, "load", "dataSegment", []],
    [1n << 40n, "fetch", "instructionSegment", []],
  ] as const;
  for (const [ea, access, interrupt, faults] of cases) {
    assert.deepEqual(
      probeTranslation(engine.place, { ea, access }),
      { interrupt, faults },
    );
  }
});

Deno.test("probeTranslation() reads real mode by MSR[DR] and MSR[IR]", () => {
  const engine = start();
  engine.set("MSR", MSR.SF | MSR.IR);
  const { place } = engine;
  const real = { real: 0x1234n, pageBytes: 4096 };
  assert.deepEqual(probeTranslation(place, { ea: 0x1234n }), real);
  assert.deepEqual(
    probeTranslation(place, { ea: 0x1234n, access: "fetch" }),
    { interrupt: "instructionSegment", faults: [] },
  );
});
