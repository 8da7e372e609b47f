/**
 * The golden vectors' cases on an engine of ours.
 *
 * @module
 */
import { MSR } from "../../../cpu/state.ts";
import type { EngineUnderTest, TestEngine } from "../engines.ts";
import { type Case, POINTER, type Registers } from "./_cases.ts";

const AT = 0x1000;
/** Where storage is: as far from a 4 KiB boundary as under Linux. */
const STORAGE = 0x2470;
const MSR_START = MSR.SF | MSR.HV | MSR.FP | MSR.VEC | MSR.VSX | MSR.ME;

/** One engine for many cases. */
export class CaseRunner {
  readonly #engine: TestEngine;
  readonly #code: DataView;

  constructor({ create }: EngineUnderTest) {
    this.#engine = create();
    const { ram } = this.#engine;
    this.#code = new DataView(ram.buffer, ram.byteOffset + AT, 4);
  }

  /** What the instruction leaves; throws where it raises an interrupt. */
  run(
    { word, before }: Case,
    { littleEndian }: { littleEndian: boolean },
  ): Registers {
    const engine = this.#engine;
    this.#code.setUint32(0, word, littleEndian);
    engine.ram.set(before.storage, STORAGE);
    engine.refresh();
    engine.set("MSR", littleEndian ? MSR_START | MSR.LE : MSR_START);
    engine.set("NIA", BigInt(AT));
    engine.set("VSCR", BigInt(before.vscr));
    engine.set("FPSCR", before.fpscr);
    for (let i = 0; i < 8; i++) {
      engine.set("CR", BigInt(before.cr >>> (28 - 4 * i) & 15), i);
      engine.set("GPR", address(before.gpr[i] ?? 0n, i), 4 + i);
    }
    before.vsr.forEach((value, i) => engine.set("VSR", value, i));
    engine.run(1);
    const next = engine.get("NIA");
    if (next !== BigInt(AT + 4)) {
      throw new Error(
        `Cannot complete ${word.toString(16)}: at 0x${next.toString(16)}`,
      );
    }
    return this.#after(before);
  }

  /** GPRs that still hold an address are given back as they were. */
  #after(before: Registers): Registers {
    const engine = this.#engine;
    let cr = 0;
    for (let i = 0; i < 8; i++) cr = cr << 4 | Number(engine.get("CR", i));
    return {
      cr: cr >>> 0,
      vscr: Number(engine.get("VSCR")),
      fpscr: engine.get("FPSCR"),
      gpr: before.gpr.map((value, i) => {
        const now = engine.get("GPR", 4 + i);
        return now === address(value, i) ? value : now;
      }),
      vsr: before.vsr.map((_, i) => engine.get("VSR", i)),
      storage: engine.ram.slice(STORAGE, STORAGE + before.storage.length),
    };
  }
}

function address(value: bigint, index: number): bigint {
  return index >= 4 && value & POINTER
    ? BigInt(STORAGE) + (value & ~POINTER)
    : value;
}
