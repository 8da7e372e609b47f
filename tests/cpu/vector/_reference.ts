/**
 * The golden vectors' cases on the reference engine.
 *
 * @module
 */
import { ReferenceEngine } from "../../../cpu/engine/reference.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { MSR, STATE_BYTES } from "../../../cpu/state.ts";
import { type Case, POINTER, type Registers } from "./_cases.ts";

const RAM_BYTES = 0x4000;
/** Where storage is: as far from a 4 KiB boundary as under Linux. */
const STORAGE = 0x2470;
const MSR_START = MSR.SF | MSR.HV | MSR.FP | MSR.VEC | MSR.VSX | MSR.ME;

/** One row on the reference engine, for many cases. */
export class ReferenceRow {
  readonly #engine: ReferenceEngine;
  readonly #ram: Uint8Array;

  constructor(instruction: Instruction) {
    const buffer = new ArrayBuffer(STATE_BYTES + RAM_BYTES);
    this.#ram = new Uint8Array(buffer, STATE_BYTES);
    this.#engine = new ReferenceEngine({
      memory: { buffer },
      stateOffset: 0,
      ramOffset: STATE_BYTES,
      ramBytes: RAM_BYTES,
      isa: [instruction],
    });
  }

  /** What the instruction leaves; throws where it raises an interrupt. */
  run(
    { word, before }: Case,
    { littleEndian }: { littleEndian: boolean },
  ): Registers {
    const { registers } = this.#engine;
    registers.set("MSR", littleEndian ? MSR_START | MSR.LE : MSR_START);
    registers.set("NIA", 0x1000n);
    registers.set("EXCEPTION", 0n);
    registers.set("VSCR", BigInt(before.vscr));
    registers.set("FPSCR", before.fpscr);
    for (let i = 0; i < 8; i++) {
      const field = BigInt(before.cr >>> (28 - 4 * i) & 15);
      registers.set("CR", field, i);
      registers.set("GPR", this.#address(before.gpr[i] ?? 0n, i), 4 + i);
    }
    before.vsr.forEach((value, i) => registers.set("VSR", value, i));
    this.#ram.set(before.storage, STORAGE);
    this.#engine.carryOut(word);
    const raised = registers.get("EXCEPTION");
    if (raised !== 0n) throw new Error(`Cannot complete: raised ${raised}`);
    return this.#after(before);
  }

  #address(value: bigint, index: number): bigint {
    return index >= 4 && value & POINTER
      ? BigInt(STORAGE) + (value & ~POINTER)
      : value;
  }

  /** GPRs that still hold an address are given back as they were. */
  #after(before: Registers): Registers {
    const { registers } = this.#engine;
    let cr = 0;
    for (let i = 0; i < 8; i++) {
      cr = cr << 4 | Number(registers.get("CR", i));
    }
    return {
      cr: cr >>> 0,
      vscr: Number(registers.get("VSCR")),
      fpscr: registers.get("FPSCR"),
      gpr: before.gpr.map((value, i) => {
        const now = registers.get("GPR", 4 + i);
        return now === this.#address(value, i) ? value : now;
      }),
      vsr: before.vsr.map((_, i) => registers.get("VSR", i)),
      storage: this.#ram.slice(STORAGE, STORAGE + before.storage.length),
    };
  }
}
