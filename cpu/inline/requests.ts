/**
 * What any thread may ask of a vCPU at any time, whether it runs or not.
 *
 * @module
 */
import { type MemoryLayout, REQUEST } from "../engine/layout.ts";
import { STATE } from "../state.ts";

/** Asks vCPUs of one shared memory. */
export class Requests {
  readonly #words: Int32Array;
  readonly #layout: MemoryLayout;

  constructor(
    { buffer }: { readonly buffer: ArrayBufferLike },
    layout: MemoryLayout,
  ) {
    this.#words = new Int32Array(buffer);
    this.#layout = layout;
  }

  /** Makes a running vCPU leave soon. */
  kick(vcpu: number): void {
    Atomics.or(this.#words, this.#word(vcpu, "REQUEST"), REQUEST.kick);
  }

  /** Raises or clears asynchronous interrupts (bits of `PENDING`). */
  setPending(vcpu: number, bits: number, on: boolean): void {
    const at = this.#word(vcpu, "PENDING");
    if (!on) {
      Atomics.and(this.#words, at, ~bits);
      return;
    }
    Atomics.or(this.#words, at, bits);
    Atomics.or(this.#words, this.#word(vcpu, "REQUEST"), REQUEST.interrupt);
  }

  /** Index of a register of four bytes among the memory's words. */
  #word(vcpu: number, name: "PENDING" | "REQUEST"): number {
    const block = this.#layout.vcpus[vcpu];
    if (!block) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
    return (block.state + STATE[name].offset) >>> 2;
  }
}
