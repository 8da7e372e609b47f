/**
 * From `sc 1` to a row of the table, with counts for the monitor.
 *
 * @module
 */
import { MSR } from "../../cpu/state.ts";
import { H, returnCodeName } from "./codes.ts";
import type { Hypercall, HypercallContext, HypercallWorld } from "./table.ts";

/** What the monitor shows of one call. */
export interface HypercallStatistics {
  readonly name: string;
  readonly number: number;
  readonly count: number;
  /** Name of the last return code. */
  readonly lastResult: string;
}

/** How often a call was answered without the machine, and how the last time. */
type CountsElsewhere = (number: number) => { count: number; last: number };

/** Looks calls up and carries them out. */
export class HypercallDispatcher {
  readonly #world: HypercallWorld;
  readonly #elsewhere: CountsElsewhere;
  readonly #calls: ReadonlyMap<number, Hypercall>;
  readonly #statistics = new Map<
    number,
    { name: string; count: number; last: number }
  >();

  /** `elsewhere` gives counts of what vCPUs' threads have answered. */
  constructor(
    world: HypercallWorld,
    calls: readonly Hypercall[],
    elsewhere: CountsElsewhere = () => ({ count: 0, last: 0 }),
  ) {
    this.#world = world;
    this.#elsewhere = elsewhere;
    this.#calls = new Map(calls.map((call) => [call.number, call]));
    if (this.#calls.size !== calls.length) {
      throw new RangeError("Cannot build hypercall table: a number is taken");
    }
  }

  /** Names for `ibm,hypertas-functions`. */
  get hypertasFunctions(): string[] {
    const names = [...this.#calls.values()].flatMap(({ hypertas }) =>
      hypertas ?? []
    );
    return [...new Set(names)];
  }

  /** The row of the call that a vCPU's registers hold, if there is one. */
  find(vcpu: number): Hypercall | undefined {
    const { accelerator } = this.#world;
    return this.#calls.get(Number(accelerator.getOneReg(vcpu, "GPR", 3)));
  }

  /** Tells the machine of a call that the accelerator has carried out. */
  tell(vcpu: number, call: Hypercall): void {
    call.told?.(this.#context(vcpu));
  }

  /** Carries out the call that a vCPU's registers hold; gives the code. */
  dispatch(vcpu: number): number {
    const { accelerator } = this.#world;
    const opcode = accelerator.getOneReg(vcpu, "GPR", 3);
    const call = this.#calls.get(Number(opcode));
    const problem = (accelerator.getOneReg(vcpu, "MSR") & MSR.PR) !== 0n;
    const listens = this.#world.listens("HCALL");
    const args = listens ? this.#arguments(vcpu, call) : undefined;
    const code = problem
      ? H.PRIVILEGE
      : call
      ? call.handle(this.#context(vcpu))
      : H.FUNCTION;
    accelerator.setOneReg(vcpu, "GPR", BigInt(code), { index: 3 });
    this.#count(opcode, call?.name, code);
    if (args) {
      this.#world.emit({
        name: "HCALL",
        data: {
          vcpu,
          name: call?.name ?? hex(opcode),
          number: hex(opcode),
          args,
          result: returnCodeName(code),
        },
      });
    }
    return code;
  }

  #context(vcpu: number): HypercallContext {
    const world = this.#world;
    const { accelerator } = world;
    return {
      world,
      vcpu,
      arg: (n) => accelerator.getOneReg(vcpu, "GPR", 3 + n),
      number: (n) => Number(accelerator.getOneReg(vcpu, "GPR", 3 + n)),
      result(n, value) {
        accelerator.setOneReg(vcpu, "GPR", BigInt(value), { index: 3 + n });
      },
    };
  }

  #arguments(vcpu: number, call: Hypercall | undefined) {
    const names = call?.args ?? ["r4", "r5", "r6", "r7"];
    return Object.fromEntries(names.map((name, i) => [
      name,
      `0x${this.#world.accelerator.getOneReg(vcpu, "GPR", 4 + i).toString(16)}`,
    ]));
  }

  #count(opcode: bigint, name: string | undefined, code: number): void {
    // Inexact beyond 2^53, where no call is and few are told apart.
    const number = Number(opcode);
    let entry = this.#statistics.get(number);
    if (!entry) {
      // A guest can invent numbers without end: only so many are told apart.
      if (name === undefined && this.#statistics.size > 256) return;
      entry = { name: name ?? hex(opcode), count: 0, last: 0 };
      this.#statistics.set(number, entry);
    }
    entry.count++;
    entry.last = code;
  }

  /** Counts and last results, by number. */
  statistics(): HypercallStatistics[] {
    const all = new Map(this.#statistics);
    for (const { number, name, onVcpu } of this.#calls.values()) {
      const elsewhere = onVcpu && this.#elsewhere(number);
      if (!elsewhere?.count) continue;
      const count = elsewhere.count + (all.get(number)?.count ?? 0);
      all.set(number, { name, count, last: elsewhere.last });
    }
    return [...all].map(([number, { name, count, last }]) => ({
      name,
      number,
      count,
      lastResult: returnCodeName(last),
    })).sort((a, b) => a.number - b.number);
  }
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
