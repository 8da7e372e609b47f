/**
 * Accelerators with RAM of their own, for tests of what only they have.
 *
 * @module
 */
import { InlineAccelerator, type InlineOptions } from "../../../cpu/inline.ts";
import type { StateName } from "../../../cpu/state.ts";
import { guestMemory } from "./programs.ts";

/** What a test wants. */
export interface BenchOptions extends
  Partial<
    Pick<InlineOptions, "engine" | "timebase" | "jitThreshold" | "overruns">
  > {
  readonly vcpus?: number;
  readonly ramBytes?: number;
}

/** An accelerator, its RAM, and registers by name. */
export interface Bench {
  readonly accelerator: InlineAccelerator;
  readonly ram: Uint8Array;
  get(name: StateName, index?: number): bigint;
  set(name: StateName, value: bigint, index?: number): void;
}

/** A POWER9 with RAM from real address 0; registers are vCPU 0's. */
export function createBench(
  { vcpus = 1, ramBytes = 1 << 18, ...options }: BenchOptions = {},
): Bench {
  const { layout, memory } = guestMemory(ramBytes, { vcpus });
  const accelerator: InlineAccelerator = new InlineAccelerator({
    cpu: "power9",
    memory,
    layout,
    jitThreshold: 1,
    timebase: (): number => accelerator.instructions(0),
    ...options,
  });
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    accelerator.setOneReg(vcpu, "LPCR", 0n);
    accelerator.setOneReg(vcpu, "DEC_EXPIRY", 1n << 52n);
    accelerator.setOneReg(vcpu, "HDEC_EXPIRY", 1n << 52n);
  }
  return {
    accelerator,
    ram: new Uint8Array(memory.buffer, layout.ram, ramBytes),
    get: (name, index) => accelerator.getOneReg(0, name, index),
    set: (name, value, index = 0) =>
      accelerator.setOneReg(0, name, value, { index }),
  };
}

/** Puts instruction words into RAM, and tells the accelerator. */
export function write(
  { accelerator, ram }: Bench,
  { at, littleEndian = false }: { at: number; littleEndian?: boolean },
  words: readonly number[],
): void {
  const view = new DataView(ram.buffer, ram.byteOffset);
  words.forEach((word, i) => view.setUint32(at + 4 * i, word, littleEndian));
  accelerator.ramWritten(at, 4 * words.length);
}
