/**
 * What a region notes where it leaves in mid-block: how far it has come, and
 * which registers are still to be stored. A region has such a way out at nearly
 * every access to memory, so it is one number for each, and all else is worked
 * out behind them, where they have come together.
 *
 * @module
 */
import type { Code, Local } from "../../wasm/code.ts";
import { members, type RegisterSet } from "./registers.ts";

/** The number's parts, from its lowest bit: registers, status, done, place. */
const [STATUS_SHIFT, DONE_SHIFT, PLACE_SHIFT] = [28, 31, 40];

/** Registers that have their bits in numbers of their own. */
const BITS = 64;

/** A way out. */
export interface RareExit {
  /** Where the thread goes on, in instructions from the region's first page. */
  readonly place: number;
  /** Instructions of the block that have been carried out. */
  readonly done: number;
  /** What the region answers; 0 where that is known at run time only. */
  readonly status: number;
  /** Registers to store. */
  readonly store: RegisterSet;
}

/** The ways out of one region. */
export class RareExits {
  readonly #code: Code;
  readonly #number: Local;
  /** Numbers for the registers that have no place in the first. */
  readonly #more: Local[] = [];
  /** Bits of registers, in all numbers one after the other. */
  readonly #bits = new Map<number, number>();
  /** Registers that any of them stores. */
  #stored: RegisterSet = 0n;

  /** `written` are the registers that may have to be stored. */
  constructor(code: Code, written: RegisterSet) {
    this.#code = code;
    this.#number = code.local("i64");
    for (const register of members(written)) {
      this.#bits.set(register, this.#bits.size);
    }
    for (let bits = STATUS_SHIFT; bits < this.#bits.size; bits += BITS) {
      this.#more.push(code.local("i64"));
    }
  }

  /** Notes a way out, which must be taken then: nothing else is noted. */
  note({ place, done, status, store }: RareExit): void {
    const c = this.#code;
    this.#stored |= store;
    let bits = 0n;
    for (const register of members(store)) {
      bits |= 1n << BigInt(this.#bitOf(register));
    }
    c.i64(BigInt.asIntN(
      64,
      BigInt(place) << BigInt(PLACE_SHIFT) |
        BigInt(done) << BigInt(DONE_SHIFT) |
        BigInt(status) << BigInt(STATUS_SHIFT) |
        BigInt.asUintN(STATUS_SHIFT, bits),
    ));
    c.set(this.#number);
    bits >>= BigInt(STATUS_SHIFT);
    for (const local of this.#more) {
      const part = BigInt.asIntN(BITS, bits);
      bits >>= BigInt(BITS);
      // It is 0 from the start.
      if (part === 0n) continue;
      c.i64(part);
      c.set(local);
    }
  }

  #bitOf(register: number): number {
    const bit = this.#bits.get(register);
    if (bit === undefined) {
      throw new RangeError(`Cannot store register ${register}: none writes it`);
    }
    return bit;
  }

  /** Pushes the place's distance from the region's first page (i64). */
  pushDistance(): void {
    const c = this.#code;
    c.get(this.#number);
    c.i64(PLACE_SHIFT);
    c.op("i64.shr_s");
    c.i64(2);
    c.op("i64.shl");
  }

  /** Pushes how many instructions are done (i32). */
  pushDone(): void {
    this.#pushPart(DONE_SHIFT, PLACE_SHIFT);
  }

  /** Pushes the status (i32). */
  pushStatus(): void {
    this.#pushPart(STATUS_SHIFT, DONE_SHIFT);
  }

  #pushPart(from: number, to: number): void {
    const c = this.#code;
    c.get(this.#number);
    c.i64(from);
    c.op("i64.shr_u");
    c.op("i32.wrap_i64");
    c.i32(2 ** (to - from) - 1);
    c.op("i32.and");
  }

  /** Stores what was noted. */
  store(one: (register: number) => void): void {
    const c = this.#code;
    for (const register of members(this.#stored)) {
      const bit = this.#bitOf(register);
      const far = bit - STATUS_SHIFT;
      c.get(far < 0 ? this.#number : this.#more[Math.floor(far / BITS)] ?? 0);
      c.i64(1n << BigInt(far < 0 ? bit : far % BITS));
      c.op("i64.and");
      c.op("i64.eqz");
      c.op("i32.eqz");
      c.if(false);
      one(register);
      c.end();
    }
  }
}
