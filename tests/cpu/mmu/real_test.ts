import assert from "node:assert/strict";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { ENGINES, type TestEngine } from "../engines.ts";
import { attempt, putDoubleword, putWord } from "./attempt.ts";
import { HASH_TABLE_BYTES, HashedMemory } from "./hash_table.ts";

const RAM = 1 << 20;
const translated = false;

/** Sets up `ld r3,0(r4)` at 0x2000 of a thread that is no partition's. */
function bare(engine: TestEngine, ea: bigint): void {
  putWord(engine, 0x2000, 0xe864_0000);
  for (const at of [0x200, 0x2004]) putWord(engine, at, 0x4800_0000);
  engine.set("MSR", MSR.SF | MSR.HV | MSR.ME);
  engine.set("NIA", 0x2000n);
  engine.set("GPR", ea, 4);
  engine.refresh();
}

for (const { name, create } of ENGINES) {
  Deno.test(`${name} engine ignores the top four address bits in real mode`, () => {
    const engine = create({ ramBytes: RAM });
    putDoubleword(engine, 0x8000, 5n);
    const ea = 0xc000_0000_0000_8000n;
    assert.equal(attempt(engine, { ea, translated }), "done");
    assert.equal(engine.get("GPR", 3), 5n);
  });

  Deno.test(`${name} engine raises a storage interrupt beyond a partition's RAM in real mode`, () => {
    const engine = create({ ramBytes: RAM });
    const ea = BigInt(RAM);
    assert.deepEqual(attempt(engine, { ea, translated }), {
      vector: 0x300,
      why: 0x0800_0000,
      address: ea,
    });
    assert.deepEqual(attempt(engine, { ea, translated, access: "store" }), {
      vector: 0x300,
      why: 0x0a00_0000,
      address: ea,
    });
    assert.deepEqual(attempt(engine, { ea, translated, access: "fetch" }), {
      vector: 0x400,
      why: 0x0800_0000,
      address: ea,
    });
  });

  Deno.test(`${name} engine adds HRMOR in the hypervisor's real mode unless address bit 0 is set`, () => {
    const engine = create({ ramBytes: RAM });
    putDoubleword(engine, 0x8000, 1n);
    putDoubleword(engine, 0x4_8000, 2n);
    // HRMOR moves the code, too.
    putWord(engine, 0x4_2000, 0xe864_0000);
    putWord(engine, 0x4_2004, 0x4800_0000);
    for (const [ea, found] of [[0x8000n, 2n], [1n << 63n | 0x8000n, 1n]]) {
      bare(engine, ea ?? 0n);
      engine.set("HRMOR", 0x4_0000n);
      engine.refresh();
      engine.run(3);
      assert.equal(engine.get("GPR", 3), found);
    }
  });

  Deno.test(`${name} engine checks the machine beyond RAM in the hypervisor's real mode`, () => {
    const engine = create({ ramBytes: RAM });
    bare(engine, BigInt(RAM));
    engine.run(4);
    assert.equal(engine.get("NIA"), 0x200n);
    assert.equal(engine.get("DAR"), BigInt(RAM));
    assert.equal(engine.get("DSISR"), 0x40n);
    assert.equal(engine.get("SRR0"), 0x2000n);
    assert.equal(engine.get("SRR1") & 0x20_0000n, 0x20_0000n);
    assert.equal(engine.get("MSR") & MSR.ME, 0n);
  });

  Deno.test(`${name} engine uses the hash table on POWER8 whatever LPCR[HR] says`, () => {
    const engine = create({ ramBytes: RAM, hashTableBytes: HASH_TABLE_BYTES });
    const table = new HashedMemory(engine);
    const ea = 0xc000_0000_0000_8000n;
    table.addSegment({ ea, vsid: 77n });
    table.addPage({ ea, real: 0x8000n });
    engine.set("PVR", 0x4d0200n);
    engine.set("LPCR", LPCR.HR | LPCR.LPES);
    assert.equal(attempt(engine, { ea }), "done");
  });
}
