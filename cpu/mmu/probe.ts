/**
 * What an effective address means to a vCPU right now, for people who look at
 * it from outside: nothing in the machine changes.
 *
 * @module
 */
import { InstructionEnd, ReferenceOps } from "../engine/reference/ops.ts";
import { Ram } from "../engine/reference/ram.ts";
import { condition } from "../engine/reference/values.ts";
import { type InterruptName, interruptOf } from "../interrupts.ts";
import type { Condition } from "../isa/ops.ts";
import { Registers } from "../registers.ts";
import { STATE_BYTES } from "../state.ts";
import { type ACCESS, FAULT } from "./faults.ts";

/** Where the vCPU and its machine lie in the shared memory. */
export interface ProbedMachine {
  readonly memory: { readonly buffer: ArrayBufferLike };
  /** Byte offset of the vCPU's register block. */
  readonly stateOffset: number;
  readonly ramOffset: number;
  readonly ramBytes: number;
  readonly hashTable?: { readonly offset: number; readonly bytes: number };
}

/** A translation, or the interrupt that there would be instead. */
export type ProbedTranslation =
  | {
    readonly real: bigint;
    /** Size of the page in bytes; 4096 in real mode. */
    readonly pageBytes: number;
  }
  | {
    readonly interrupt: InterruptName;
    /** Names of the fault bits that are set, of {@linkcode FAULT}. */
    readonly faults: readonly (keyof typeof FAULT)[];
  };

/** Reads tables, but sets no reference and change bits. */
class QuietOps extends ReferenceOps {
  override storeReal(): void {}

  override compareAndSwapReal(): Condition {
    return condition(true);
  }

  override compareAndSwapHashTable(): Condition {
    return condition(true);
  }
}

/**
 * Translates as the vCPU would for an access, by its MSR, LPCR, process table,
 * SLB and hash table.
 */
export function probeTranslation(
  machine: ProbedMachine,
  { ea, access = "load" }: { ea: bigint; access?: keyof typeof ACCESS },
): ProbedTranslation {
  const { memory: { buffer }, stateOffset, hashTable } = machine;
  const copy = new Uint8Array(STATE_BYTES);
  copy.set(new Uint8Array(buffer, stateOffset, STATE_BYTES));
  const registers = new Registers(copy, 0);
  const ops = new QuietOps({
    registers,
    ram: new Ram(buffer, machine.ramOffset, machine.ramBytes),
    hashTable: hashTable
      ? new BigUint64Array(buffer, hashTable.offset, hashTable.bytes / 8)
      : new BigUint64Array(0),
    timebase: () => 0n,
    random: () => 0n,
  });
  try {
    const real = ops.realAddress(BigInt.asUintN(64, ea), access);
    return { real, pageBytes: 2 ** registers.low("PAGE_SHIFT") };
  } catch (error) {
    if (!(error instanceof InstructionEnd)) throw error;
    return explain(registers, access);
  }
}

function explain(
  registers: Registers,
  access: keyof typeof ACCESS,
): ProbedTranslation {
  const interrupt = interruptOf(registers.low("EXCEPTION"));
  if (!interrupt) {
    throw new RangeError("Cannot explain fault: no interrupt was raised");
  }
  const { name } = interrupt;
  const bits = name === "dataStorage"
    ? registers.low("DSISR")
    : access === "fetch" && name === "instructionStorage"
    ? registers.low("EXCEPTION_SRR1")
    : 0;
  const names = Object.keys(FAULT) as (keyof typeof FAULT)[];
  return {
    interrupt: name,
    faults: names.filter((fault) => (bits & FAULT[fault]) !== 0),
  };
}
