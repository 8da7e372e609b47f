/**
 * Interrupts and their numbers (Book III 7.5).
 *
 * @module
 */
import type { RaisedInterrupt } from "../isa/ops.ts";

/** Interrupts that come from outside the instruction stream. */
export type AsynchronousInterrupt =
  | "systemReset"
  | "machineCheck"
  | "external"
  | "decrementer"
  | "hypervisorDecrementer"
  | "doorbell"
  | "hypervisorDoorbell"
  | "performanceMonitor";

/** Any interrupt. */
export type InterruptName = RaisedInterrupt | AsynchronousInterrupt;

/** One line of Book III's figure of interrupt vectors and MSR settings. */
export interface Interrupt {
  readonly name: InterruptName;
  /** Effective address offset of the handler. */
  readonly vector: number;
  /** Where the old NIA and MSR go: SRR0/1, HSRR0/1, or LR/CTR for scv. */
  readonly saves: "SRR" | "HSRR" | "LR";
  /** "next": the saved address is that of the following instruction. */
  readonly resumes: "here" | "next";
  /** Goes to the hypervisor where there is one: MSR[HV] becomes 1. */
  readonly hypervisor: boolean;
  /** LPCR[AIL] applies. */
  readonly relocates: boolean;
  /** A partition's hypervisor injects it: the handler's MSR is its to keep. */
  readonly injected: boolean;
}

function interrupt(
  name: InterruptName,
  vector: number,
  options: Partial<Interrupt> = {},
): Interrupt {
  return {
    name,
    vector,
    saves: "SRR",
    resumes: "here",
    hypervisor: options.saves === "HSRR",
    relocates: true,
    injected: false,
    ...options,
  };
}

const NOT_MASKABLE = { hypervisor: true, relocates: false, injected: true };
const HYPERVISOR = { saves: "HSRR" } as const;

/** All interrupts, by vector (Book III 7.5). */
export const INTERRUPTS: readonly Interrupt[] = [
  interrupt("systemReset", 0x100, NOT_MASKABLE),
  interrupt("machineCheck", 0x200, NOT_MASKABLE),
  interrupt("dataStorage", 0x300),
  interrupt("dataSegment", 0x380),
  interrupt("instructionStorage", 0x400),
  interrupt("instructionSegment", 0x480),
  // On a thread with a hypervisor, LPCR[LPES] moves it there: see deliver.
  interrupt("external", 0x500, { injected: true }),
  interrupt("alignment", 0x600),
  interrupt("program", 0x700),
  interrupt("fpUnavailable", 0x800),
  interrupt("decrementer", 0x900),
  interrupt("hypervisorDecrementer", 0x980, HYPERVISOR),
  interrupt("doorbell", 0xa00),
  interrupt("systemCall", 0xc00, { resumes: "next" }),
  interrupt("trace", 0xd00),
  interrupt("hypervisorEmulationAssistance", 0xe40, HYPERVISOR),
  interrupt("hypervisorDoorbell", 0xe80, HYPERVISOR),
  interrupt("performanceMonitor", 0xf00),
  interrupt("vectorUnavailable", 0xf20),
  interrupt("vsxUnavailable", 0xf40),
  interrupt("facilityUnavailable", 0xf60),
  interrupt("hypervisorFacilityUnavailable", 0xf80, HYPERVISOR),
  interrupt("systemCallVectored", 0x17000, { saves: "LR", resumes: "next" }),
];

/** The number of an interrupt: its place in {@linkcode INTERRUPTS}, from 1. */
export function interruptNumber(name: InterruptName): number {
  const index = INTERRUPTS.findIndex((row) => row.name === name);
  if (index < 0) throw new RangeError(`Cannot find interrupt: ${name}`);
  return index + 1;
}

/** The interrupt of a number, if it is one. */
export function interruptOf(number: number): Interrupt | undefined {
  return INTERRUPTS[number - 1];
}

/** SRR1 bits by which a program interrupt tells its cause (Book III 7.5.9). */
export const PROGRAM_SRR1 = {
  floatingPoint: 0x10_0000n,
  illegal: 0x8_0000n,
  privileged: 0x4_0000n,
  trap: 0x2_0000n,
} as const;
