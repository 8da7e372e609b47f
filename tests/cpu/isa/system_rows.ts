/** Runs single rows by name, for tests of system instructions. */
import assert from "node:assert/strict";
import {
  type InstructionResult,
  type PlainState,
  runInstruction,
  type RunInstructionOptions,
} from "../../../cpu/engine/reference_harness.ts";
import { isImplemented } from "../../../cpu/isa/decoder.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { MSR } from "../../../cpu/state.ts";

/** All other registers 0. */
export function gprs(values: Readonly<Record<number, bigint>>): bigint[] {
  return Array.from({ length: 32 }, (_, i) => values[i] ?? 0n);
}

/** A thread of a partition, in privileged and in problem state. */
export const GUEST: PlainState = { PAPR: 1n, MSR: MSR.SF | MSR.ME };
export const USER: PlainState = { PAPR: 1n, MSR: MSR.SF | MSR.ME | MSR.PR };
/** A thread with a hypervisor, in it. */
export const HYPERVISOR: PlainState = {
  MSR: MSR.SF | MSR.HV | MSR.ME,
};

/** Carries out a row, given its first mnemonic of that name. */
export function run(
  name: string,
  fields: Readonly<Record<string, number>>,
  state: PlainState,
  options: RunInstructionOptions = {},
): InstructionResult {
  const row = ISA.find((candidate) =>
    candidate.name === name &&
    isImplemented(candidate, options.version ?? "3.0")
  );
  assert(row, `no row ${name}`);
  return runInstruction(encode(row, fields), state, options);
}

/** RT of most calls here. */
export function r3({ state }: InstructionResult): bigint | undefined {
  return (state.GPR as readonly bigint[])[3];
}

/** SRR1's cause of a program interrupt that was raised. */
export function cause({ raised, state }: InstructionResult): string {
  if (raised === "hypervisorEmulationAssistance") return "illegal";
  if (raised !== "program") return raised ?? "none";
  return state.EXCEPTION_SRR1 === 0x4_0000n ? "privileged" : "illegal";
}
