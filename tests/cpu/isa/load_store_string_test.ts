import assert from "node:assert/strict";
import { encode } from "../../../cpu/isa/encoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { MSR, type StateName } from "../../../cpu/state.ts";
import { ENGINES, type EngineUnderTest, type TestEngine } from "../engines.ts";

const CODE = 0x1000;
/** Doublewords of a group of the hash table. */
const GROUP = 16;
/** Memory coherence required, read and write for all. */
const PTE_LOW = 0x12n;
const SLB_VALID = 1n << 27n;

/** A thread with data translated by a hash table that maps only page 2. */
function onePage({ create }: EngineUnderTest): TestEngine {
  const engine = create({ hashTableBytes: 1 << 18 });
  const registers: [StateName, bigint][] = [
    ["PAPR", 1n],
    ["MSR", MSR.SF | MSR.ME | MSR.DR],
    ["NIA", BigInt(CODE)],
    ["LPCR", 0n],
    ["SLBE", SLB_VALID],
    ["SLBV", 0n],
    ["DEC_EXPIRY", 1n << 40n],
  ];
  for (const [name, value] of registers) engine.set(name, value);
  // VSID 0: the hash of a page is its number.
  engine.hashTable[2 * GROUP] = 1n;
  engine.hashTable[2 * GROUP + 1] = 0x2000n | PTE_LOW;
  return engine;
}

function carryOut(
  engine: TestEngine,
  name: string,
  fields: Readonly<Record<string, number>>,
): void {
  const row = ISA.find((candidate) => candidate.name === name);
  assert(row);
  const view = new DataView(engine.ram.buffer, engine.ram.byteOffset);
  view.setUint32(CODE, encode(row, fields));
  engine.refresh();
  engine.run(1);
}

function gpr(engine: TestEngine): bigint[] {
  return Array.from({ length: 32 }, (_, i) => engine.get("GPR", i));
}

for (const engine of ENGINES) {
  Deno.test(`${engine.name} engine loads no register where lmw or lswi ends in a missing page`, () => {
    for (const name of ["lmw", "lswi"]) {
      const thread = onePage(engine);
      thread.ram.fill(0xff, 0x2ff0, 0x3010);
      thread.set("GPR", 0x2ff8n, 4);
      const before = gpr(thread);
      carryOut(thread, name, { RT: 24, RA: 4 });
      assert.equal(thread.get("NIA"), 0x300n, name);
      assert.equal(thread.get("DAR"), 0x3000n, name);
      assert.deepEqual(gpr(thread), before, name);
    }
  });

  Deno.test(`${engine.name} engine stores no byte where stmw or stswi ends in a missing page`, () => {
    for (const name of ["stmw", "stswi"]) {
      const thread = onePage(engine);
      thread.set("GPR", 0x2ff8n, 4);
      thread.set("GPR", (1n << 64n) - 1n, 24);
      carryOut(thread, name, { RS: 24, RA: 4 });
      assert.equal(thread.get("NIA"), 0x300n, name);
      assert.equal(thread.get("DAR"), 0x3000n, name);
      assert.equal(thread.get("DSISR"), 0x4200_0000n, name);
      assert(thread.ram.subarray(0x2ff8, 0x3000).every((byte) => byte === 0));
    }
  });

  Deno.test(`${engine.name} engine loads all registers where lmw stays in its page`, () => {
    const thread = onePage(engine);
    thread.ram.fill(0x11, 0x2fe0, 0x3000);
    thread.set("GPR", 0x2fe0n, 4);
    carryOut(thread, "lmw", { RT: 24, RA: 4 });
    assert.equal(thread.get("NIA"), BigInt(CODE + 4));
    assert(gpr(thread).slice(24).every((value) => value === 0x1111_1111n));
  });
}
