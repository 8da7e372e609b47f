import assert from "node:assert/strict";
import { MSR } from "../../../cpu/state.ts";
import { ENGINES, type TestEngine } from "../engines.ts";
import { type FloatCase } from "./cases.ts";
import { GOLDEN_CASES } from "./golden.ts";
import { runCase } from "./ours.ts";
import type { Outcome } from "./qemu.ts";

const AT = 0x1000n;
/** The vector of the program interrupt (Book III 7.5.9). */
const PROGRAM = 0x700n;

/** One case on an engine that is used again and again. */
function runOn(engine: TestEngine, one: FloatCase): Outcome {
  const { ram } = engine;
  new DataView(ram.buffer, ram.byteOffset).setUint32(Number(AT), one.word);
  engine.refresh();
  engine.set("NIA", AT);
  engine.set("MSR", MSR.SF | MSR.HV | MSR.FP | MSR.FE0 | MSR.FE1);
  engine.set("FPSCR", one.fpscr);
  one.fpr.forEach((bits, i) => engine.set("VSR", bits << 64n, 1 + i));
  for (let i = 0; i < 8; i++) {
    engine.set("CR", BigInt(one.cr >>> 28 - 4 * i & 15), i);
  }
  engine.run(1);
  return {
    fpr: engine.get("VSR", 1) >> 64n,
    fpscr: engine.get("FPSCR"),
    cr: Array.from({ length: 8 }, (_, i) => Number(engine.get("CR", i)))
      .reduce((sum, field) => (sum << 4 | field) >>> 0, 0),
    interrupted: engine.get("NIA") === PROGRAM,
  };
}

for (const { name, create } of ENGINES) {
  if (name === "reference") continue;
  Deno.test(`${name} computes in floating point what the reference does`, () => {
    const engine = create();
    for (const one of GOLDEN_CASES) {
      assert.deepEqual(
        runOn(engine, one),
        runCase(one),
        `${one.instruction.name} ${one.fpr.map((x) => x.toString(16))} FPSCR ${
          one.fpscr.toString(16)
        }`,
      );
    }
  });
}
