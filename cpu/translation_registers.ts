/**
 * Registers on which translations depend that the engines have kept.
 *
 * @module
 */
import type { StateName } from "./state.ts";

/** A write of one of these from outside drops a vCPU's translations. */
export const TRANSLATION: ReadonlySet<StateName> = new Set<StateName>([
  "AMR",
  "HRMOR",
  "IAMR",
  "LPCR",
  "LPIDR",
  "PAPR",
  "PIDR",
  "PRTBL",
  "PTCR",
  "PVR",
  "SLBE",
  "SLBV",
]);
