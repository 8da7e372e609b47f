/**
 * Registers after reset.
 *
 * @module
 */
import { type CpuModel, PVR } from "../accelerator.ts";
import { REQUEST } from "../engine/layout.ts";
import type { Registers } from "../registers.ts";
import { LPCR, MSR, type StateName } from "../state.ts";

const EVERY = {
  AMOR: (1n << 64n) - 1n,
  INTR_MSR: MSR.SF | MSR.ME,
  LPCR: LPCR.LPES,
  /** FC: the counters are frozen. */
  MMCR0: 0x8000_0000n,
  RESERVE_ADDRESS: (1n << 64n) - 1n,
  /** Each of the relative priorities 1 to 7 at its default. */
  RPR: 0x103_070f_1f3fn,
} as const;

/** What registers hold after reset, where that is not 0 (user's manuals). */
const RESET: Readonly<Record<CpuModel, { [name in StateName]?: bigint }>> = {
  power8: { ...EVERY, PVR: BigInt(PVR.power8) },
  // PSSCR[EC]: LPCR[PECE] says what ends a stop.
  power9: { ...EVERY, PVR: BigInt(PVR.power9), PSSCR: 0x10_0000n },
};

/** Sets the registers of a block of zeros as reset leaves them. */
export function resetRegisters(
  registers: Registers,
  { cpu, vcpu }: { cpu: CpuModel; vcpu: number },
): void {
  for (const [name, value] of Object.entries(RESET[cpu])) {
    registers.set(name as StateName, value);
  }
  registers.set("PIR", BigInt(vcpu));
  registers.set("VCPU", BigInt(vcpu));
}

/**
 * Lets a vCPU whose registers have been replaced look at its inboxes: it is
 * waited for until it has, and what asked for that may be gone.
 */
export function askForInboxes(registers: Registers): void {
  registers.setLow("REQUEST", REQUEST.translations | REQUEST.code);
}

/** Takes out of restored registers how an engine had kept house. */
export function forgetEngine(registers: Registers): void {
  for (
    const name of [
      "POOL_NEXT",
      "POOL_FREE",
      "TLB_USER_CODE",
      "REQUEST",
      "RUNNING",
      "SHOOTDOWN",
    ] as const
  ) registers.setLow(name, 0);
  registers.set("RESERVE_ADDRESS", ~0n);
}
