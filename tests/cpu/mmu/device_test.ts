import assert from "node:assert/strict";
import { MSR } from "../../../cpu/state.ts";
import { ENGINES, type EngineUnderTest, type TestEngine } from "../engines.ts";
import { PTE, RadixTrees } from "./radix_tree.ts";

const DEVICE = 0x2000_8000_0000n;
const EA = 0xc000_0000_4000_0000n;

/** D-form opcodes of loads and stores by width. */
const ACCESSES = [
  { bytes: 1, load: 34, store: 38 },
  { bytes: 2, load: 40, store: 44 },
  { bytes: 4, load: 32, store: 36 },
  { bytes: 8, load: 58, store: 62 },
];

/** A thread in real mode code with a device's page mapped for its data. */
function prepare(
  { create }: EngineUnderTest,
  { littleEndian, words }: { littleEndian: boolean; words: readonly number[] },
): TestEngine {
  const engine = create({ ramBytes: 4 << 20 });
  const trees = new RadixTrees(engine);
  trees.map({
    ea: EA,
    real: DEVICE,
    shift: 12,
    flags: PTE.readWrite | PTE.privileged | PTE.nonIdempotent,
  });
  const view = new DataView(engine.ram.buffer, engine.ram.byteOffset);
  [...words, 0x4800_0000].forEach((word, i) =>
    view.setUint32(0x2000 + 4 * i, word, littleEndian)
  );
  engine.set("PAPR", 1n);
  engine.set("MSR", MSR.SF | MSR.DR | (littleEndian ? MSR.LE : 0n));
  engine.set("NIA", 0x2000n);
  engine.set("GPR", EA, 4);
  engine.refresh();
  return engine;
}

/** The low bytes of a number in the order of memory, as a little-endian one. */
function inMemory(
  value: bigint,
  { bytes, littleEndian }: { bytes: number; littleEndian: boolean },
): bigint {
  const cut = BigInt.asUintN(8 * bytes, value);
  if (littleEndian) return cut;
  let out = 0n;
  for (let i = 0; i < bytes; i++) {
    out = out << 8n | (cut >> BigInt(8 * i)) & 0xffn;
  }
  return out;
}

const VALUE = 0x8182_8384_8586_8788n;

for (const tested of ENGINES) {
  for (const littleEndian of [false, true]) {
    const order = littleEndian ? "little" : "big";

    Deno.test(`${tested.name} engine leaves for a device's load and goes on with the answer, ${order}-endian`, () => {
      for (const { bytes, load } of ACCESSES) {
        // l?z r3,16(r4)
        const word = (load << 26 | 3 << 21 | 4 << 16 | 16) >>> 0;
        const engine = prepare(tested, { littleEndian, words: [word] });
        assert.equal(engine.run(4), "mmio");
        assert.equal(engine.get("NIA"), 0x2000n);
        assert.equal(engine.get("EXIT_VALUE", 0), DEVICE + 16n);
        assert.equal(engine.get("EXIT_VALUE", 2), BigInt(bytes));
        const about = { bytes, littleEndian };
        engine.set("EXIT_VALUE", inMemory(VALUE, about), 1);
        engine.set("MMIO_DONE", 1n);
        engine.run(4);
        assert.equal(engine.get("NIA"), 0x2004n);
        assert.equal(
          engine.get("GPR", 3),
          BigInt.asUintN(8 * bytes, VALUE),
        );
      }
    });

    Deno.test(`${tested.name} engine leaves for a device's store once, ${order}-endian`, () => {
      for (const { bytes, store } of ACCESSES) {
        const word = (store << 26 | 3 << 21 | 4 << 16 | 8) >>> 0;
        const engine = prepare(tested, { littleEndian, words: [word] });
        engine.set("GPR", VALUE, 3);
        assert.equal(engine.run(4), "mmio");
        assert.equal(engine.get("EXIT_VALUE", 0), DEVICE + 8n);
        const about = { bytes, littleEndian };
        assert.equal(
          BigInt.asUintN(8 * bytes, engine.get("EXIT_VALUE", 1)),
          inMemory(VALUE, about),
        );
        assert.equal(engine.get("EXIT_VALUE", 2), BigInt(bytes));
        engine.set("MMIO_DONE", 1n);
        assert.equal(engine.run(4), "budget");
        assert.equal(engine.get("NIA"), 0x2004n);
      }
    });
  }

  Deno.test(`${tested.name} engine updates RA of a device's load only once it is answered`, () => {
    // lwzu r3,4(r4)
    const engine = prepare(tested, {
      littleEndian: false,
      words: [0x8464_0004],
    });
    assert.equal(engine.run(4), "mmio");
    assert.equal(engine.get("GPR", 4), EA);
    engine.set("EXIT_VALUE", 1n, 1);
    engine.set("MMIO_DONE", 1n);
    engine.run(4);
    assert.equal(engine.get("GPR", 4), EA + 4n);
  });
}
