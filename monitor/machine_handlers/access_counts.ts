/**
 * How often TLBs have what an access, or a branch, asks for. Engines count
 * misses at all times, what asks only while somebody wants to know.
 *
 * @module
 */
import type { StateName } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import type { MethodResult } from "../methods/mod.ts";

/** Counters of one kind of TLB: what asks, and misses modulo 2^32. */
const COUNTERS = {
  dataTlb: { asked: "ACCESSES", missed: "TLB_ENTERED" },
  codeTlb: { asked: "CODE_LOOKUPS", missed: "CODE_ENTERED" },
} as const satisfies Record<string, Record<"asked" | "missed", StateName>>;

/** Kinds of TLBs. */
type Kind = keyof typeof COUNTERS;

/** What asks, and what is missed, while it is counted. */
export class AccessCounts {
  readonly #machine: Machine;
  readonly #vcpus: readonly number[];
  /** Of the times when counting was on, but for the present one. */
  #before: Record<Kind, Counts> = { dataTlb: NONE, codeTlb: NONE };
  /** Counters when it was switched on, by vCPU. */
  #since: readonly Record<Kind, Counters>[] | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#vcpus = machine.accelerator.layout.vcpus.map((_, vcpu) => vcpu);
  }

  /** Switches counting on or off; the counts go on from before. */
  set on(on: boolean) {
    this.#before = {
      dataTlb: this.#counted("dataTlb"),
      codeTlb: this.#counted("codeTlb"),
    };
    this.#since = on
      ? this.#vcpus.map((vcpu) => ({
        dataTlb: this.#countersOf(vcpu, "dataTlb"),
        codeTlb: this.#countersOf(vcpu, "codeTlb"),
      }))
      : undefined;
    for (const vcpu of this.#vcpus) {
      const { accelerator } = this.#machine;
      accelerator.setOneReg(vcpu, "ACCESS_COUNTING", on ? 1n : 0n);
    }
  }

  /** Both, and the share of what asks that has found what it wants. */
  get result(): Pick<MethodResult<"query-jit">, Kind> {
    const counting = this.#since !== undefined;
    const [data, code] = [this.#counted("dataTlb"), this.#counted("codeTlb")];
    return {
      dataTlb: {
        counting,
        accesses: data.asked,
        misses: data.missed,
        hitRate: hitRate(data),
      },
      codeTlb: {
        counting,
        lookups: code.asked,
        misses: code.missed,
        hitRate: hitRate(code),
      },
    };
  }

  #countersOf(vcpu: number, kind: Kind): Counters {
    const { accelerator } = this.#machine;
    const { asked, missed } = COUNTERS[kind];
    return {
      asked: accelerator.getOneReg(vcpu, asked),
      missed: accelerator.getOneReg(vcpu, missed),
    };
  }

  #counted(kind: Kind): Counts {
    let { asked, missed } = this.#before[kind];
    this.#since?.forEach(({ [kind]: then }, vcpu) => {
      const now = this.#countersOf(vcpu, kind);
      // A reset of the vCPU has both begin anew.
      const was = now.asked < then.asked ? NOTHING : then;
      asked += Number(now.asked - was.asked);
      missed += Number(BigInt.asUintN(32, now.missed - was.missed));
    });
    return { asked, missed };
  }
}

interface Counts {
  readonly asked: number;
  readonly missed: number;
}

function hitRate({ asked, missed }: Counts): number | null {
  return asked > 0 ? Math.max(0, 1 - missed / asked) : null;
}

const NONE: Counts = { asked: 0, missed: 0 };

interface Counters {
  readonly asked: bigint;
  /** Modulo 2^32. */
  readonly missed: bigint;
}

const NOTHING: Counters = { asked: 0n, missed: 0n };
