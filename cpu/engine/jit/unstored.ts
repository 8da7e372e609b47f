/**
 * Registers that the vCPU's block may not have as they are, where code is being
 * written: whoever lets others look into it stores them first.
 *
 * @module
 */
import { STATE_BLOCK } from "./region_locals.ts";
import type { RegionRegisters, RegisterSet } from "./registers.ts";

/** Those registers of one region. */
export class Unstored {
  readonly #registers: RegionRegisters;
  readonly #through: RegisterSet;
  #set: RegisterSet = 0n;

  /** `through` are the registers that are stored as soon as written. */
  constructor(registers: RegionRegisters, through: RegisterSet) {
    this.#registers = registers;
    this.#through = through;
  }

  get set(): RegisterSet {
    return this.#set;
  }

  startBlock(dirty: RegisterSet): void {
    this.#set = dirty;
  }

  /** They are or are going to be written. */
  add(written: RegisterSet): void {
    this.#set |= written & ~this.#through;
  }

  /** They have been written in the region. */
  written(written: RegisterSet): void {
    this.#registers.store(written & this.#through, STATE_BLOCK);
    this.add(written);
  }

  /** Stores all; they stay in the set, as another way may come without. */
  storeAll(): void {
    this.#registers.store(this.#set, STATE_BLOCK);
  }

  /** Stores those of a set. */
  store(set: RegisterSet): void {
    this.#registers.store(set & this.#set, STATE_BLOCK);
  }

  /** Writes a way on which all of them have been stored. */
  behindStore(write: () => void): void {
    const before = this.#set;
    this.#set = 0n;
    write();
    this.#set = before;
  }
}
