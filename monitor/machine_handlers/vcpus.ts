/**
 * The vCPUs and the register that their byte orders hang on.
 *
 * @module
 */
import { PVR } from "../../cpu/accelerator.ts";
import { LPCR } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import { decodeLpcr, decodeMsr } from "../fields.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex } from "../hex.ts";
import type { MethodResult } from "../methods/mod.ts";
import { chosenVcpus } from "./_check.ts";
import { toMonitorInstant } from "./events.ts";

/** The methods of `methods/vcpus.ts`. */
export type VcpuHandlers = Pick<
  MethodHandlers,
  "query-cpus-fast" | "query-lpcr"
>;

type Lpcr = MethodResult<"query-lpcr">[number];

/** Handlers of what is asked of each vCPU. */
export function vcpuHandlers(machine: Machine): VcpuHandlers {
  return {
    "query-cpus-fast": () =>
      chosenVcpus(machine, undefined).map((vcpu) => ({
        vcpu,
        server: vcpu,
        model: machine.platform.cpu,
        pvr: formatHex(PVR[machine.platform.cpu]),
        state: vcpuState(machine, vcpu),
      })),
    "query-lpcr": ({ vcpu }) =>
      chosenVcpus(machine, vcpu).map((one) => queryLpcr(machine, one)),
  };
}

function vcpuState(
  machine: Machine,
  vcpu: number,
): MethodResult<"query-cpus-fast">[number]["state"] {
  const state = machine.vcpuStatus(vcpu);
  if (state === "stopped" || machine.status === "running") return state;
  return "paused";
}

function queryLpcr(machine: Machine, vcpu: number): Lpcr {
  const { accelerator, platform: { cpu } } = machine;
  const raw = accelerator.getOneReg(vcpu, "LPCR");
  const msr = accelerator.getOneReg(vcpu, "MSR");
  const last = machine.lpcr.lastChange(vcpu);
  const pin = machine.lpcr.pinOf(vcpu);
  return {
    vcpu,
    raw: formatHex(raw),
    fields: decodeLpcr(raw, cpu),
    msr: { raw: formatHex(msr), fields: decodeMsr(msr) },
    interruptByteOrder: (raw & LPCR.ILE) === 0n ? "big" : "little",
    owner: "machine",
    policy: machine.options.lpcrOwner ?? "machine",
    readAt: toMonitorInstant(machine.now()),
    forced: pin
      ? { order: orderOf(pin.little), wanted: orderOf(pin.wanted) }
      : null,
    lastSet: last ? { by: last.cause, at: toMonitorInstant(last.at) } : null,
  };
}

function orderOf(little: boolean): "big" | "little" {
  return little ? "little" : "big";
}
