/**
 * How often data TLBs have what an access asks for. Engines count misses at all
 * times, accesses only while somebody wants to know.
 *
 * @module
 */
import type { Machine } from "../../machine/machine.ts";
import type { MethodResult } from "../methods/mod.ts";

/** Accesses to storage and misses, while they are counted. */
export class AccessCounts {
  readonly #machine: Machine;
  readonly #vcpus: readonly number[];
  /** Of the times when counting was on, but for the present one. */
  #before = { accesses: 0, misses: 0 };
  /** Counters when it was switched on, by vCPU. */
  #since: readonly Counters[] | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#vcpus = machine.accelerator.layout.vcpus.map((_, vcpu) => vcpu);
  }

  /** Switches counting on or off; the counts go on from before. */
  set on(on: boolean) {
    this.#before = this.#counted();
    this.#since = on ? this.#vcpus.map((n) => this.#countersOf(n)) : undefined;
    for (const vcpu of this.#vcpus) {
      const { accelerator } = this.#machine;
      accelerator.setOneReg(vcpu, "ACCESS_COUNTING", on ? 1n : 0n);
    }
  }

  /** Both, and the share of accesses that found their translation. */
  get result(): MethodResult<"query-jit">["dataTlb"] {
    const { accesses, misses } = this.#counted();
    const hitRate = accesses > 0 ? Math.max(0, 1 - misses / accesses) : null;
    return { counting: this.#since !== undefined, accesses, misses, hitRate };
  }

  #countersOf(vcpu: number): Counters {
    const { accelerator } = this.#machine;
    return {
      accesses: accelerator.getOneReg(vcpu, "ACCESSES"),
      entered: accelerator.getOneReg(vcpu, "TLB_ENTERED"),
    };
  }

  #counted(): { accesses: number; misses: number } {
    let { accesses, misses } = this.#before;
    this.#since?.forEach((then, vcpu) => {
      const now = this.#countersOf(vcpu);
      // A reset of the vCPU has both begin anew.
      const was = now.accesses < then.accesses ? NOTHING : then;
      accesses += Number(now.accesses - was.accesses);
      misses += Number(BigInt.asUintN(32, now.entered - was.entered));
    });
    return { accesses, misses };
  }
}

interface Counters {
  readonly accesses: bigint;
  /** Modulo 2^32. */
  readonly entered: bigint;
}

const NOTHING: Counters = { accesses: 0n, entered: 0n };
