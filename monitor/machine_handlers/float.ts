/**
 * Floating-point instructions, counted.
 *
 * @module
 */
import type { StateName } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import type { MethodHandlers } from "../handlers.ts";

/** The methods of `methods/float.ts`. */
export type FloatHandlers = Pick<
  MethodHandlers,
  "count-float" | "query-float"
>;

/** Handlers of the counts. */
export function floatHandlers(machine: Machine): FloatHandlers {
  const { accelerator } = machine;
  const vcpus = accelerator.layout.vcpus.map((_, vcpu) => vcpu);
  function read(vcpu: number, name: StateName): number {
    return Number(accelerator.getOneReg(vcpu, name));
  }
  /** What the last instruction has left is not in the count yet. */
  function longOf(vcpu: number): number {
    const counted = read(vcpu, "FP_LONG_INSTRUCTIONS");
    return read(vcpu, "FP_COUNTING")
      ? counted + read(vcpu, "FP_LONG")
      : counted;
  }
  function sum(count: (vcpu: number) => number): number {
    return vcpus.map(count).reduce((a, b) => a + b, 0);
  }
  return {
    "count-float"({ on }) {
      for (const vcpu of vcpus) {
        const long = BigInt(longOf(vcpu));
        accelerator.setOneReg(vcpu, "FP_LONG_INSTRUCTIONS", long);
        accelerator.setOneReg(vcpu, "FP_LONG", 0n);
        accelerator.setOneReg(vcpu, "FP_COUNTING", on ? 1n : 0n);
      }
      return {};
    },
    "query-float": () => ({
      counting: vcpus.some((vcpu) => read(vcpu, "FP_COUNTING") !== 0),
      instructions: sum((vcpu) => read(vcpu, "FP_INSTRUCTIONS")),
      long: sum(longOf),
    }),
  };
}
