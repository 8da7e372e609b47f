/**
 * Hypercalls of XICS (LoPAPR 14.5.4.7.1 to 14.5.4.7.5). They touch shared
 * memory only, so that a vCPU can answer them itself.
 *
 * @module
 */
import { H } from "../../hcall/codes.ts";
import {
  type Hypercall,
  type VcpuCall,
  vcpuHypercall,
} from "../../hcall/table.ts";
import type { SharedLock } from "../lock.ts";
import { isDeviceSource } from "../sources.ts";
import { XICS_IPI } from "./layout.ts";
import type { Presentation } from "./presentation.ts";

type Action = (presentation: Presentation, call: VcpuCall) => number;

/** The low `bits` of an argument, of which PAPR ignores the rest. */
function low(call: VcpuCall, n: number, bits: number): number {
  return Number(BigInt.asUintN(bits, call.arg(n)));
}

function eoi(presentation: Presentation, call: VcpuCall): number {
  const xirr = low(call, 1, 32);
  const cppr = xirr >>> 24;
  const source = xirr & 0xff_ffff;
  if (source !== XICS_IPI && !isDeviceSource(source)) return H.PARAMETER;
  if (cppr < presentation.cppr(call.vcpu)) return H.PARAMETER;
  presentation.endOfInterrupt(call.vcpu, { cppr, source });
  return H.SUCCESS;
}

function cppr(presentation: Presentation, call: VcpuCall): number {
  presentation.setCppr(call.vcpu, low(call, 1, 8));
  return H.SUCCESS;
}

function ipi(presentation: Presentation, call: VcpuCall): number {
  const server = call.number(1);
  if (server >= presentation.vcpus) return H.PARAMETER;
  presentation.setMfrr(server, low(call, 2, 8));
  return H.SUCCESS;
}

function ipoll(presentation: Presentation, call: VcpuCall): number {
  const server = call.number(1);
  if (server >= presentation.vcpus) return H.PARAMETER;
  call.result(1, presentation.xirr(server));
  call.result(2, presentation.mfrr(server));
  return H.SUCCESS;
}

function xirr(presentation: Presentation, call: VcpuCall): number {
  call.result(1, presentation.accept(call.vcpu));
  return H.SUCCESS;
}

function xirrX(presentation: Presentation, call: VcpuCall): number {
  call.result(1, presentation.accept(call.vcpu));
  call.result(2, presentation.stamp(call.vcpu));
  return H.SUCCESS;
}

/** The calls, by number; H_XIRR-X only where there are timestamps. */
export function xicsHypercalls(
  presentation: Presentation,
  { lock, timestamps }: { lock: SharedLock; timestamps: boolean },
): Hypercall[] {
  const row = (name: string, number: number, args: string, action: Action) =>
    vcpuHypercall(name, number, args, {
      handle: lock.guard((call) => action(presentation, call)),
      hypertas: "hcall-interrupt",
    });
  return [
    row("H_EOI", 0x64, "xirr", eoi),
    row("H_CPPR", 0x68, "cppr", cppr),
    row("H_IPI", 0x6c, "server mfrr", ipi),
    row("H_IPOLL", 0x70, "server", ipoll),
    row("H_XIRR", 0x74, "", xirr),
    ...timestamps ? [row("H_XIRR_X", 0x2fc, "cppr", xirrX)] : [],
  ];
}
