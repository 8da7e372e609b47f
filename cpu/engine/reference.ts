/**
 * The reference engine: fetches, decodes and carries out one instruction at a
 * time in BigInt. It runs on the same register block and RAM as the other
 * engines, so that any of them can go on where another has stopped.
 *
 * @module
 */
import { exitNumber, type ExitReason } from "../exits.ts";
import {
  deliver,
  interruptNumber,
  PENDING,
  pendingInterrupt,
} from "../interrupts.ts";
import { buildDecoder, type Decoder } from "../isa/decoder.ts";
import { extractField } from "../isa/forms.ts";
import { ISA } from "../isa/mod.ts";
import type { Field } from "../isa/ops.ts";
import type { Instruction, IsaVersion } from "../isa/row.ts";
import { Registers } from "../registers.ts";
import { MSR, STATE_BYTES } from "../state.ts";
import { traceInterrupt } from "../trace.ts";
import { InstructionEnd, ReferenceOps } from "./reference/ops.ts";
import { Ram } from "./reference/ram.ts";
import { bits, knownField, reverse, value } from "./reference/values.ts";

/** Where a reference engine finds what it works on. */
export interface ReferenceEngineOptions {
  /** Memory that holds registers, hash table and RAM. */
  readonly memory: { readonly buffer: ArrayBufferLike };
  /** Byte offset of the vCPU's register block. */
  readonly stateOffset: number;
  /** Byte offset of real address 0, a multiple of 8. */
  readonly ramOffset: number;
  /** Size of RAM in bytes, a multiple of 8. */
  readonly ramBytes: number;
  /** The machine's hash table, if it has one. */
  readonly hashTable?: { readonly offset: number; readonly bytes: number };
  /** Version of the ISA; default "3.0". */
  readonly version?: IsaVersion;
  /** The machine's timebase; default: one tick for each instruction. */
  readonly timebase?: () => bigint;
  /** Random doublewords for darn; default: 1, 2, 3 …, to be repeatable. */
  readonly random?: () => bigint;
  /** Rows to know; default: all. */
  readonly isa?: readonly Instruction[];
}

/** An engine in BigInt. */
export class ReferenceEngine {
  readonly registers: Registers;
  readonly ram: Ram;
  readonly ops: ReferenceOps;
  readonly #block: Uint8Array;
  readonly #decode: Decoder;
  readonly #timebase: () => bigint;

  constructor(options: ReferenceEngineOptions) {
    const { memory: { buffer }, hashTable } = options;
    this.registers = new Registers(options.memory, options.stateOffset);
    this.#block = new Uint8Array(buffer, options.stateOffset, STATE_BYTES);
    this.ram = new Ram(buffer, options.ramOffset, options.ramBytes);
    this.#timebase = options.timebase ??
      (() => this.registers.get("INSTRUCTIONS"));
    this.ops = new ReferenceOps({
      registers: this.registers,
      ram: this.ram,
      hashTable: hashTable
        ? new BigUint64Array(buffer, hashTable.offset, hashTable.bytes / 8)
        : new BigUint64Array(0),
      timebase: this.#timebase,
      random: options.random ?? counter(),
    });
    this.#decode = buildDecoder(options.isa ?? ISA, {
      version: options.version ?? "3.0",
    });
  }

  /** The register block as plain bytes. */
  save(): Uint8Array {
    return this.#block.slice();
  }

  /**
   * Puts back what {@linkcode save} gave.
   *
   * @throws {RangeError} where it has another size.
   */
  restore(saved: Uint8Array): void {
    if (saved.length !== STATE_BYTES) {
      throw new RangeError(
        `Cannot restore vCPU: expected ${STATE_BYTES} bytes, got ${saved.length}`,
      );
    }
    this.#block.set(saved);
  }

  /**
   * Runs until the thread leaves or has carried out so many instructions.
   * The reason is in EXIT too, what it is about in EXIT_VALUE.
   */
  run(maxInstructions: number): ExitReason {
    for (let i = 0; i < maxInstructions; i++) {
      if (this.registers.get("REQUEST") !== 0n) {
        this.registers.set("REQUEST", 0n);
        return this.#leave("kick");
      }
      const reason = this.step();
      if (reason) return reason;
    }
    return this.#leave("budget");
  }

  /**
   * Takes a due interrupt, then carries out one instruction. Gives the reason
   * to leave, if there is one.
   */
  step(): ExitReason | undefined {
    this.#noteDecrementers();
    // An access that the machine has served is completed first.
    const served = this.registers.get("MMIO_DONE") !== 0n;
    const due = served ? 0 : Number(bits(this.ops.call(pendingInterrupt)));
    if (due !== 0) {
      const dead = this.#deliver(due, this.registers.get("NIA"), 0n);
      if (dead) return dead;
    }
    return this.#execute();
  }

  /**
   * Carries out one instruction word as if it stood at NIA, without taking
   * asynchronous interrupts; one that the instruction raises is not taken but
   * left in EXCEPTION. Gives the reason to leave, if there is one.
   */
  carryOut(word: number): ExitReason | undefined {
    const { ops, registers } = this;
    const address = registers.get("NIA");
    ops.currentAddress = address;
    ops.currentWord = word;
    ops.exitReason = undefined;
    ops.accessed = { load: false, store: false };
    registers.set("EXCEPTION", 0n);
    registers.set("NIA", bits(ops.ea(value(address + 4n))));
    let completed = true;
    try {
      const instruction = this.#decode(word);
      if (instruction) instruction.execute(ops, operands(instruction, word));
      else ops.program("illegal");
    } catch (error) {
      if (!(error instanceof InstructionEnd)) throw error;
      completed = error.completed;
    }
    if (completed) {
      registers.set("INSTRUCTIONS", registers.get("INSTRUCTIONS") + 1n);
    } else registers.set("NIA", address);
    return ops.exitReason;
  }

  #execute(): ExitReason | undefined {
    const { registers } = this;
    const address = registers.get("NIA");
    const traced = registers.get("MSR") & (MSR.SE | MSR.BE);
    const word = this.#fetch(address);
    const reason = word === undefined ? undefined : this.carryOut(word);
    const raised = Number(registers.get("EXCEPTION"));
    if (raised !== 0) {
      registers.set("INSTRUCTIONS", registers.get("INSTRUCTIONS") + 1n);
      return this.#deliver(raised, address, registers.get("EXCEPTION_SRR1"));
    }
    if (reason) return reason;
    if (traced !== 0n && word !== undefined) this.#trace(word, traced);
    return undefined;
  }

  /** The instruction at an address; where that raises, EXCEPTION is set. */
  #fetch(address: bigint): number | undefined {
    const { ops, registers } = this;
    registers.set("EXCEPTION", 0n);
    try {
      const real = ops.realAddress(address, "fetch");
      if (!this.ram.holds(real, 4)) {
        // No instructions in device memory: it is no-execute (Book III 6.7.12).
        ops.raise("instructionStorage", { srr1: value(0x1000_0000n) });
      }
      const word = this.ram.load(real, 4);
      const little = (registers.get("MSR") & MSR.LE) !== 0n;
      return Number(little ? reverse(4, word) : word);
    } catch (error) {
      if (!(error instanceof InstructionEnd)) throw error;
      return undefined;
    }
  }

  #trace(word: number, msr: bigint): void {
    const srr1 = traceInterrupt(this.#decode(word), msr);
    if (srr1 === undefined) return;
    this.#deliver(
      interruptNumber("trace"),
      this.registers.get("NIA"),
      srr1,
    );
  }

  /** A decrementer is pending as long as it is negative (Book III 7.5.11). */
  #noteDecrementers(): void {
    const { registers } = this;
    const now = this.#timebase();
    let pending = registers.get("PENDING");
    for (
      const [expiry, mask] of [
        ["DEC_EXPIRY", PENDING.decrementer],
        ["HDEC_EXPIRY", PENDING.hypervisorDecrementer],
      ] as const
    ) {
      const negative = BigInt.asIntN(64, registers.get(expiry) - now) < 0n;
      pending = negative ? pending | BigInt(mask) : pending & ~BigInt(mask);
    }
    registers.set("PENDING", pending);
  }

  #deliver(
    number: number,
    address: bigint,
    srr1: bigint,
  ): ExitReason | undefined {
    const { ops, registers } = this;
    const machineCheck = number === interruptNumber("machineCheck");
    if (machineCheck && (registers.get("MSR") & MSR.ME) === 0n) {
      registers.set("EXIT_VALUE", BigInt(number));
      return this.#leave("checkstop");
    }
    const handler = ops.call(
      deliver,
      value(BigInt(number)),
      value(address),
      value(srr1),
    );
    registers.set("NIA", bits(handler));
    registers.set("EXCEPTION", 0n);
    registers.set("INTERRUPTS", registers.get("INTERRUPTS") + 1n);
    return undefined;
  }

  #leave(reason: ExitReason): ExitReason {
    this.registers.set("EXIT", BigInt(exitNumber(reason)));
    return reason;
  }
}

function counter(): () => bigint {
  let last = 0n;
  return () => ++last;
}

/** The operands of an instruction word. */
function operands(
  instruction: Instruction,
  word: number,
): Readonly<Record<string, Field>> {
  const fields: Record<string, Field> = {};
  for (const [name, layout] of instruction.fields) {
    fields[name] = knownField(name, extractField(layout, word));
  }
  return fields;
}
