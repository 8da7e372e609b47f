/**
 * H_SET_MODE (LoPAPR 14.5.4.3.5): how a little-endian guest asks for
 * little-endian interrupts.
 *
 * @module
 */
import { LPCR } from "../../cpu/state.ts";
import type { LpcrWrite } from "../lpcr/control.ts";
import { H } from "./codes.ts";
import { hypercall, type HypercallContext } from "./table.ts";

const RESOURCE = { CIABR: 1n, DAWR0: 2n, ADDR_TRANS: 3n, LE: 4n } as const;

/** Privilege field of CIABR that names the hypervisor. */
const CIABR_HYPERVISOR = 3n;
/** DAWRX[HYP], which a partition must not set. */
const DAWRX_HYPERVISOR = 4n;

/** Interrupts taken in the order that `mflags` names: 0 big, 1 little. */
function littleEndian(mflags: bigint): LpcrWrite {
  return { value: mflags << 25n, mask: LPCR.ILE, cause: "H_SET_MODE LE" };
}

/** Where interrupts are taken: LPCR[AIL]. */
function addressTranslation(mflags: bigint): LpcrWrite {
  const cause = "H_SET_MODE ADDR_TRANS";
  return { value: mflags << 23n, mask: LPCR.AIL, cause };
}

/** A field of LPCR in every vCPU, with the values that it may take. */
function setLpcr(
  call: HypercallContext,
  { write, allowed }: {
    write: (mflags: bigint) => LpcrWrite;
    allowed: readonly bigint[];
  },
): number {
  if (call.arg(3) !== 0n) return H.P3;
  if (call.arg(4) !== 0n) return H.P4;
  const mflags = call.arg(1);
  if (!allowed.includes(mflags)) return H.UNSUPPORTED_FLAG;
  call.world.lpcr.setMode(call.vcpu, write(mflags));
  return H.SUCCESS;
}

function setCiabr(call: HypercallContext, mflags: bigint): number {
  const ciabr = call.arg(3);
  if (mflags !== 0n) return H.UNSUPPORTED_FLAG;
  if (call.arg(4) !== 0n) return H.P4;
  if ((ciabr & 3n) === CIABR_HYPERVISOR) return H.P3;
  call.world.accelerator.setOneReg(call.vcpu, "CIABR", ciabr);
  return H.SUCCESS;
}

function setDawr(call: HypercallContext, mflags: bigint): number {
  if (mflags !== 0n) return H.UNSUPPORTED_FLAG;
  if (call.arg(4) & DAWRX_HYPERVISOR) return H.P4;
  const { accelerator } = call.world;
  accelerator.setOneReg(call.vcpu, "DAWR0", call.arg(3));
  accelerator.setOneReg(call.vcpu, "DAWRX0", call.arg(4));
  return H.SUCCESS;
}

function setMode(call: HypercallContext): number {
  const mflags = call.arg(1);
  switch (call.arg(2)) {
    case RESOURCE.CIABR:
      return setCiabr(call, mflags);
    case RESOURCE.DAWR0:
      return setDawr(call, mflags);
    case RESOURCE.ADDR_TRANS:
      return setLpcr(call, { write: addressTranslation, allowed: [0n, 3n] });
    case RESOURCE.LE:
      return setLpcr(call, { write: littleEndian, allowed: [0n, 1n] });
    default:
      return H.P2;
  }
}

/** The accelerator has done it. The other resources are the caller's alone. */
function told(call: HypercallContext): void {
  const resource = call.arg(2);
  const write = resource === RESOURCE.LE
    ? littleEndian
    : resource === RESOURCE.ADDR_TRANS
    ? addressTranslation
    : undefined;
  if (write) call.world.lpcr.told(write(call.arg(1)));
}

/** The call. */
export const setModeCalls = [
  hypercall("H_SET_MODE", 0x31c, "mflags resource value1 value2", {
    handle: setMode,
    told,
    home: "lpcr-owner",
    hypertas: "hcall-set-mode",
  }),
];
