/**
 * Hypercalls about the processor as hardware: what it is like, its debug
 * registers, random numbers.
 *
 * @module
 */
import { H } from "./codes.ts";
import { hypercall, type HypercallContext } from "./table.ts";

/**
 * Answers about speculation (LoPAPR 14.5.4.3.6, H_GET_CPU_CHARACTERISTICS).
 * An emulated processor does not speculate, so no flush is called for.
 */
const CHARACTERISTICS = {
  /** ori 31,31,0 does not have to be a speculation barrier. */
  SPEC_BAR_ORI31: 1n << 63n,
  /** Behaviour: favour security; no L1D flush, no bounds check barrier. */
  FAVOUR_SECURITY: 1n << 63n,
} as const;

function getCpuCharacteristics(call: HypercallContext): number {
  call.result(1, CHARACTERISTICS.SPEC_BAR_ORI31);
  call.result(2, CHARACTERISTICS.FAVOUR_SECURITY);
  return H.SUCCESS;
}

/** All vCPUs and all memory are in one place. */
function homeNodeAssociativity(call: HypercallContext): number {
  const flags = call.arg(1);
  const vcpu = call.number(2);
  if (flags !== 1n) return H.FUNCTION;
  if (vcpu >= call.world.platform.vcpus) return H.P2;
  // Associativity lists as cells: node 0 on every level, then the processor.
  call.result(1, 0n);
  call.result(2, BigInt.asUintN(64, (BigInt(vcpu) << 32n) | 0xffffffffn));
  for (let n = 3; n <= 6; n++) call.result(n, -1n);
  return H.SUCCESS;
}

function setSprg0(call: HypercallContext): number {
  call.world.accelerator.setOneReg(call.vcpu, "SPRG0", call.arg(1));
  return H.SUCCESS;
}

/** POWER8 and later have DAWR instead: set by H_SET_MODE. */
function noDabr(): number {
  return H.RESERVED_DABR;
}

function getRandom(call: HypercallContext): number {
  const { random } = call.world;
  call.result(1, BigInt(random.next()) << 32n | BigInt(random.next()));
  return H.SUCCESS;
}

/** The calls, by number. */
export const processorCalls = [
  hypercall("H_SET_SPRG0", 0x24, "value", {
    handle: setSprg0,
    hypertas: "hcall-sprg0",
  }),
  hypercall("H_SET_DABR", 0x28, "value", {
    handle: noDabr,
    hypertas: "hcall-dabr",
  }),
  hypercall("H_SET_XDABR", 0x134, "value extended", { handle: noDabr }),
  hypercall("H_GET_CPU_CHARACTERISTICS", 0x1c8, "", {
    handle: getCpuCharacteristics,
  }),
  hypercall("H_HOME_NODE_ASSOCIATIVITY", 0x2ec, "flags processor", {
    handle: homeNodeAssociativity,
  }),
  hypercall("H_RANDOM", 0x300, "", { handle: getRandom }),
];
