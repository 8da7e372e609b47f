// Refusals that several handlers share.
import type { Machine } from "../../machine/machine.ts";
import { MonitorError } from "../errors.ts";

/** Throws "not found" unless the machine has the vCPU. */
export function checkVcpu(machine: Machine, vcpu: number): void {
  if (vcpu < machine.platform.vcpus) return;
  throw MonitorError.of("notFound", { message: `Cannot find vCPU: ${vcpu}` });
}

/** The vCPUs asked for: one, or all. */
export function chosenVcpus(
  machine: Machine,
  vcpu: number | undefined,
): number[] {
  if (vcpu === undefined) {
    return Array.from({ length: machine.platform.vcpus }, (_, i) => i);
  }
  checkVcpu(machine, vcpu);
  return [vcpu];
}

/** What a schema could not say is wrong with one parameter. */
export function invalidParam(path: string, message: string): MonitorError {
  return MonitorError.of("invalidParams", {
    data: { issues: [{ path, message }] },
  });
}
