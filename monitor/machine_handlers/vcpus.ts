/**
 * The vCPUs and the register that their byte orders hang on.
 *
 * @module
 */
import { PVR } from "../../cpu/accelerator.ts";
import { LPCR, MSR } from "../../cpu/state.ts";
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
  "query-cpus-fast" | "query-cpus" | "query-lpcr"
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
    "query-cpus": ({ vcpu }) =>
      chosenVcpus(machine, vcpu).map((one) => queryCpu(machine, one)),
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

function queryCpu(
  machine: Machine,
  vcpu: number,
): MethodResult<"query-cpus">[number] {
  const { accelerator } = machine;
  return {
    vcpu,
    state: vcpuState(machine, vcpu),
    instructions: formatHex(accelerator.instructions(vcpu)),
    interrupts: Number(accelerator.getOneReg(vcpu, "INTERRUPTS")),
    exits: { ...machine.exits.of(vcpu) },
    synchronisations: machine.synchronisations.of(vcpu),
  };
}

function queryLpcr(machine: Machine, vcpu: number): Lpcr {
  const { accelerator, platform: { cpu } } = machine;
  const { lpcr } = machine;
  machine.synchronised(vcpu, "query-lpcr");
  const raw = accelerator.getOneReg(vcpu, "LPCR");
  const msr = accelerator.getOneReg(vcpu, "MSR");
  const injected = accelerator.getOneReg(vcpu, "INTR_MSR");
  const [last, pin] = [lpcr.lastChange(vcpu), lpcr.pinOf(vcpu)];
  const copy = lpcr.copyOf(vcpu);
  const now = machine.now().seconds;
  return {
    vcpu,
    raw: formatHex(raw),
    fields: decodeLpcr(raw, cpu),
    msr: { raw: formatHex(msr), fields: decodeMsr(msr) },
    interruptByteOrder: orderOf((raw & LPCR.ILE) !== 0n),
    injectedByteOrder: orderOf((injected & MSR.LE) !== 0n),
    owner: lpcr.handler,
    policy: lpcr.owner,
    cached: {
      raw: formatHex(copy.value),
      interruptByteOrder: orderOf((copy.value & LPCR.ILE) !== 0n),
      source: copy.source,
      age: now - copy.at.seconds,
      stale: copy.value !== raw,
    },
    readAt: toMonitorInstant(copy.at),
    forced: pin
      ? { order: orderOf(pin.little), wanted: orderOf(pin.wanted) }
      : null,
    lastSet: last
      ? {
        by: last.cause,
        at: toMonitorInstant(last.at),
        age: now - last.at.seconds,
      }
      : null,
    mistakes: [...lpcr.mistakes],
  };
}

function orderOf(little: boolean): "big" | "little" {
  return little ? "little" : "big";
}
