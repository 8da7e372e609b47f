/**
 * The abstract machine in BigInt: slow, obvious, and the yardstick for the
 * other engines. Its parts are stacked in the order of `isa/ops.ts`:
 * registers, arithmetic, vectors, storage, and here branches and system.
 *
 * @module
 */
import { exitNumber, type ExitReason } from "../../exits.ts";
import {
  checkFacility,
  FACILITY,
  interruptNumber,
  PROGRAM_SRR1,
} from "../../interrupts.ts";
import type {
  Field,
  FscrFacility,
  InstructionExit,
  MsrFacility,
  Ops,
  ProgramCause,
  RaisedInterrupt,
  Value,
} from "../../isa/ops.ts";
import type { Subroutine } from "../../isa/subroutine.ts";
import { ACCESS, translate } from "../../mmu/mod.ts";
import type { Registers } from "../../registers.ts";
import { MSR } from "../../state.ts";
import type { Ram } from "./ram.ts";
import { ReferenceStorage } from "./storage.ts";
import { bits, known, reverse, signed, value } from "./values.ts";

/** Thrown to end a meaning early; what happened is in the registers. */
export class InstructionEnd extends Error {
  override readonly name = "InstructionEnd";
  /** Whether the instruction counts as completed. */
  readonly completed: boolean;

  constructor(completed: boolean) {
    super("Instruction has ended");
    this.completed = completed;
  }
}

const COMPLETED = new InstructionEnd(true);
const ABANDONED = new InstructionEnd(false);

const UNAVAILABLE = {
  FP: "fpUnavailable",
  VEC: "vectorUnavailable",
  VSX: "vsxUnavailable",
} as const;

/** What a reference machine needs of its surroundings. */
export interface Surroundings {
  readonly registers: Registers;
  readonly ram: Ram;
  /** Doublewords of the machine's hash table; empty where it has none. */
  readonly hashTable: BigUint64Array;
  /** The machine's timebase, without TB_OFFSET. */
  readonly timebase: () => bigint;
  /** A random doubleword for darn. */
  readonly random: () => bigint;
}

/** {@linkcode Ops} on a register block and RAM. */
export class ReferenceOps extends ReferenceStorage implements Ops {
  /** Address of the current instruction. */
  currentAddress = 0n;
  /** The current instruction, for HEIR. */
  currentWord = 0;
  /** Why the current instruction wants to leave the engine, if it does. */
  exitReason: ExitReason | undefined;
  readonly #timebase: () => bigint;
  readonly #random: () => bigint;

  constructor(surroundings: Surroundings) {
    super(surroundings.registers, surroundings.ram, surroundings.hashTable);
    this.#timebase = surroundings.timebase;
    this.#random = surroundings.random;
  }

  call(subroutine: Subroutine, ...args: Value[]): Value {
    if (args.length !== subroutine.parameters) {
      throw new RangeError(
        `Cannot call ${subroutine.name}: expected ${subroutine.parameters} arguments, got ${args.length}`,
      );
    }
    return subroutine.body(this, ...args);
  }

  protected override translate(ea: bigint, access: 0 | 1 | 2): bigint {
    return bits(
      this.call(translate, value(ea), value(BigInt(access))),
    );
  }

  /** The real address of an effective one, or raises. */
  realAddress(ea: bigint, access: keyof typeof ACCESS): bigint {
    return this.translate(ea, ACCESS[access]);
  }

  protected override misaligned(ea: bigint): never {
    return this.raise("alignment", { dar: value(ea) });
  }

  protected override notMemory(ea: bigint, access: 0 | 1): never {
    // DSISR bits 37 and 38.
    return this.raise("dataStorage", {
      dar: value(ea),
      dsisr: value(access === ACCESS.store ? 0x0600_0000n : 0x0400_0000n),
    });
  }

  protected override loadDevice(real: bigint, bytes: number): bigint {
    if (this.registers.get("MMIO_DONE") !== 0n) {
      this.registers.set("MMIO_DONE", 0n);
      return reverse(bytes, this.registers.get("EXIT_VALUE", 1));
    }
    this.#leave("mmioLoad", [real, 0n, BigInt(bytes)]);
    throw ABANDONED;
  }

  protected override storeDevice(
    real: bigint,
    bytes: number,
    number: bigint,
  ): void {
    if (this.registers.get("MMIO_DONE") !== 0n) {
      this.registers.set("MMIO_DONE", 0n);
      return;
    }
    this.#leave("mmioStore", [real, reverse(bytes, number), BigInt(bytes)]);
    throw ABANDONED;
  }

  cia(): Value {
    return value(this.currentAddress);
  }

  jump(target: Value): never {
    const address = this.ea(this.and(target, value(~3n)));
    this.registers.set("NIA", bits(address));
    throw COMPLETED;
  }

  jumpRelative(f: Field, absolute: boolean): never {
    const base = absolute ? 0n : this.currentAddress;
    return this.jump(value(base + BigInt(known(f).number)));
  }

  raise(
    interrupt: RaisedInterrupt,
    details: { srr1?: Value; dar?: Value; dsisr?: Value } = {},
  ): never {
    const { registers } = this;
    registers.set("EXCEPTION", BigInt(interruptNumber(interrupt)));
    registers.set(
      "EXCEPTION_SRR1",
      details.srr1 ? bits(details.srr1) : 0n,
    );
    if (details.dar) registers.set("DAR", bits(details.dar));
    if (details.dsisr) registers.set("DSISR", bits(details.dsisr));
    throw ABANDONED;
  }

  program(cause: ProgramCause): never {
    if (cause === "illegal") {
      this.registers.set("HEIR", BigInt(this.currentWord));
      return this.raise("hypervisorEmulationAssistance");
    }
    return this.raise("program", { srr1: value(PROGRAM_SRR1[cause]) });
  }

  privileged(): void {
    if (this.msrHas(MSR.PR)) this.program("privileged");
  }

  hypervisor(): void {
    if (this.msrHas(MSR.PR) || !this.msrHas(MSR.HV)) this.program("privileged");
  }

  require(facility: MsrFacility): void {
    if (!this.msrHas(MSR[facility])) this.raise(UNAVAILABLE[facility]);
  }

  requireFacility(facility: FscrFacility): void {
    this.call(checkFacility, value(BigInt(FACILITY[facility])));
  }

  exit(reason: InstructionExit, about?: Value): void {
    this.#leave(reason, about ? [bits(about)] : []);
  }

  setMsrAndJump(msr: Value, target: Value): never {
    this.registers.set("MSR", bits(msr));
    return this.jump(target);
  }

  timebase(): Value {
    return value(this.#timebase() + this.registers.get("TB_OFFSET"));
  }

  decrementer(which: "DEC" | "HDEC"): Value {
    const expiry = this.registers.get(`${which}_EXPIRY`);
    return value(expiry - this.#timebase());
  }

  setDecrementer(which: "DEC" | "HDEC", to: Value): void {
    this.registers.set(`${which}_EXPIRY`, this.#timebase() + signed(to));
  }

  random(): Value {
    return value(this.#random());
  }

  clearPending(mask: Value): void {
    const pending = this.registers.get("PENDING");
    this.registers.set("PENDING", pending & ~bits(mask));
  }

  dropTranslations(): void {
    // The reference walks the tables for each access and keeps nothing.
  }

  #leave(reason: ExitReason, about: bigint[]): void {
    this.exitReason = reason;
    this.registers.set("EXIT", BigInt(exitNumber(reason)));
    about.forEach((number, i) => this.registers.set("EXIT_VALUE", number, i));
  }
}
