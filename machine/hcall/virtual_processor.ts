/**
 * Hypercalls about virtual processors (LoPAPR 14.11.3).
 *
 * @module
 */
import { MSR } from "../../cpu/state.ts";
import { type ProcessorAreas, VPA_BYTES } from "../virtual_processor_area.ts";
import { H } from "./codes.ts";
import { hypercall, type HypercallContext } from "./table.ts";

/** Subfunctions of H_REGISTER_VPA: bits 16:23 of the flags. */
const VPA_FUNCTION = {
  registerVpa: 1,
  registerDispatchLog: 2,
  registerSlbShadow: 3,
  deregisterVpa: 5,
  deregisterDispatchLog: 6,
  deregisterSlbShadow: 7,
} as const;

const CACHE_LINE = 128;
const PAGE = 4096;

/**
 * Address of an area whose size stands in it, checked; or a return code. The
 * size is a word at 4, of which a VPA uses the upper half only.
 */
function areaAt(
  call: HypercallContext,
  { minimum, half = false }: { minimum: number; half?: boolean },
): { address: number; bytes: number } | number {
  const address = call.number(3);
  const { ram } = call.world;
  if (address === 0 || address % CACHE_LINE !== 0) return H.PARAMETER;
  if (!ram.contains(address, minimum)) return H.PARAMETER;
  const bytes = half ? ram.u16(address + 4) : ram.u32(address + 4);
  if (bytes < minimum || !ram.contains(address, bytes)) return H.PARAMETER;
  return { address, bytes };
}

function crossesPage({ address, bytes }: { address: number; bytes: number }) {
  return Math.floor(address / PAGE) !==
    Math.floor((address + bytes - 1) / PAGE);
}

function registerVpa(call: HypercallContext): number {
  const vcpu = call.number(2);
  const areas = call.world.processorAreas.of(vcpu);
  if (!areas) return H.PARAMETER;
  const subfunction = Number((call.arg(1) >> 45n) & 7n);
  switch (subfunction) {
    case VPA_FUNCTION.registerVpa: {
      const area = areaAt(call, { minimum: VPA_BYTES, half: true });
      if (typeof area === "number") return area;
      if (crossesPage({ ...area, bytes: VPA_BYTES })) return H.PARAMETER;
      call.world.processorAreas.registerVpa(vcpu, area.address);
      return H.SUCCESS;
    }
    case VPA_FUNCTION.registerSlbShadow:
    case VPA_FUNCTION.registerDispatchLog:
      return registerDependent(call, areas, subfunction);
    case VPA_FUNCTION.deregisterVpa:
      if (areas.slbShadow !== 0 || areas.dispatchTraceLog !== 0) {
        return H.RESOURCE;
      }
      areas.vpa = 0;
      return H.SUCCESS;
    case VPA_FUNCTION.deregisterSlbShadow:
      areas.slbShadow = 0;
      return H.SUCCESS;
    case VPA_FUNCTION.deregisterDispatchLog:
      areas.dispatchTraceLog = 0;
      return H.SUCCESS;
    default:
      return H.PARAMETER;
  }
}

/** Areas that can only be registered once the VPA is. */
function registerDependent(
  call: HypercallContext,
  areas: ProcessorAreas,
  subfunction: number,
): number {
  const log = subfunction === VPA_FUNCTION.registerDispatchLog;
  const sized = areaAt(call, { minimum: log ? 48 : 8 });
  if (typeof sized === "number") return sized;
  if (!log && crossesPage(sized)) return H.PARAMETER;
  if (areas.vpa === 0) return H.RESOURCE;
  if (log) {
    const vcpu = call.number(2);
    call.world.processorAreas.registerLog(vcpu, sized.address, sized.bytes);
  } else areas.slbShadow = sized.address;
  return H.SUCCESS;
}

/** Enables interrupts and waits for one, or for H_PROD. */
function cede(call: HypercallContext): number {
  const { accelerator } = call.world;
  accelerator.setOneReg(call.vcpu, "MSR", MSR.EE, { mask: MSR.EE });
  call.world.cede(call.vcpu);
  return H.SUCCESS;
}

function prod(call: HypercallContext): number {
  const target = call.number(1);
  if (target >= call.world.platform.vcpus) return H.PARAMETER;
  call.world.prod(target);
  return H.SUCCESS;
}

/**
 * Lets others run in the caller's place: any (-1), or one vCPU if it is still
 * off, as its dispatch count says that the caller saw.
 */
function confer(call: HypercallContext): number {
  const { platform, processorAreas } = call.world;
  const target = BigInt.asIntN(64, call.arg(1));
  if (target >= BigInt(platform.vcpus) || target < -1n) return H.PARAMETER;
  if (target >= 0n) {
    const count = processorAreas.yieldCount(Number(target));
    const seen = Number(BigInt.asUintN(32, call.arg(2)));
    if (count !== seen || (count & 1) === 0) return H.SUCCESS;
  }
  call.world.confer(call.vcpu);
  return H.SUCCESS;
}

/** Waits for H_PROD, unless all the others wait so already. */
function join(call: HypercallContext): number {
  const { accelerator, platform } = call.world;
  const msr = accelerator.getOneReg(call.vcpu, "MSR");
  if (msr & MSR.EE) return H.BAD_MODE;
  for (let vcpu = 0; vcpu < platform.vcpus; vcpu++) {
    if (vcpu === call.vcpu || call.world.isJoined(vcpu)) continue;
    call.world.join(call.vcpu);
    return H.SUCCESS;
  }
  return H.CONTINUE;
}

/** -1: all; -2: all others; else that vCPU. */
function signalSystemReset(call: HypercallContext): number {
  const target = BigInt.asIntN(64, call.arg(1));
  const { platform } = call.world;
  if (target < -2n || target >= BigInt(platform.vcpus)) return H.PARAMETER;
  for (let vcpu = 0; vcpu < platform.vcpus; vcpu++) {
    if (target >= 0n && vcpu !== Number(target)) continue;
    if (target === -2n && vcpu === call.vcpu) continue;
    call.world.systemReset(vcpu);
  }
  return H.SUCCESS;
}

/** The calls, by number. */
export const virtualProcessorCalls = [
  hypercall("H_REGISTER_VPA", 0xdc, "flags processor address", {
    handle: registerVpa,
    hypertas: "hcall-splpar",
  }),
  hypercall("H_CEDE", 0xe0, "", {
    handle: cede,
    home: "vcpu",
    hypertas: "hcall-splpar",
  }),
  hypercall("H_CONFER", 0xe4, "processor dispatch_count", {
    handle: confer,
    hypertas: "hcall-splpar",
  }),
  hypercall("H_PROD", 0xe8, "processor", {
    handle: prod,
    hypertas: "hcall-splpar",
  }),
  hypercall("H_JOIN", 0x298, "", { handle: join, hypertas: "hcall-join" }),
  hypercall("H_SIGNAL_SYS_RESET", 0x380, "target", {
    handle: signalSystemReset,
  }),
];
