/**
 * H_SET_MODE (LoPAPR 14.5.4.3.5): how a little-endian guest asks for
 * little-endian interrupts.
 *
 * @module
 */
import { LPCR } from "../../cpu/state.ts";
import { H } from "./codes.ts";
import { hypercall, type HypercallContext } from "./table.ts";

const RESOURCE = { CIABR: 1n, DAWR0: 2n, ADDR_TRANS: 3n, LE: 4n } as const;

/** Privilege field of CIABR that names the hypervisor. */
const CIABR_HYPERVISOR = 3n;
/** DAWRX[HYP], which a partition must not set. */
const DAWRX_HYPERVISOR = 4n;

/** Interrupts taken in the order that `mflags` names: 0 big, 1 little. */
function setLittleEndian(call: HypercallContext, mflags: bigint): number {
  if (call.arg(3) !== 0n) return H.P3;
  if (call.arg(4) !== 0n) return H.P4;
  if (mflags > 1n) return H.UNSUPPORTED_FLAG;
  call.world.lpcr.setAll(
    mflags === 1n ? LPCR.ILE : 0n,
    LPCR.ILE,
    "H_SET_MODE LE",
  );
  return H.SUCCESS;
}

/** Where interrupts are taken: LPCR[AIL]. */
function setAddressTranslation(call: HypercallContext, mflags: bigint): number {
  if (call.arg(3) !== 0n) return H.P3;
  if (call.arg(4) !== 0n) return H.P4;
  if (mflags !== 0n && mflags !== 3n) return H.UNSUPPORTED_FLAG;
  call.world.lpcr.setAll(mflags << 23n, LPCR.AIL, "H_SET_MODE ADDR_TRANS");
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
      return setAddressTranslation(call, mflags);
    case RESOURCE.LE:
      return setLittleEndian(call, mflags);
    default:
      return H.P2;
  }
}

/** The call. */
export const setModeCalls = [
  hypercall("H_SET_MODE", 0x31c, "mflags resource value1 value2", {
    handle: setMode,
    hypertas: "hcall-set-mode",
  }),
];
