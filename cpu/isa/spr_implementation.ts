/**
 * Special purpose registers that the processors have beyond the book
 * (POWER8 and POWER9 user's manuals). They are kept, and change nothing.
 *
 * @module
 */
import {
  HYPERVISOR,
  PRIVILEGED,
  type Spr,
  spr,
  type SprAccess,
  stored,
} from "./spr_row.ts";
import type { StateName } from "../state.ts";

const POWER8 = "POWER8 user's manual";
const POWER9 = "POWER9 user's manual";

function power8(number: number, name: StateName, access: SprAccess): Spr {
  return spr(number, name, POWER8, access, stored(name), { until: "2.07" });
}

/** Coprocessor, thread switch, power management and hardware registers. */
export const IMPLEMENTATION_SPRS: readonly Spr[] = [
  power8(31, "ACOP", PRIVILEGED),
  spr(851, "MMCRC", POWER9, HYPERVISOR, stored("MMCRC")),
  power8(852, "PMICR", HYPERVISOR),
  spr(884, "PMCR", POWER9, HYPERVISOR, stored("PMCR")),
  power8(888, "TACR", PRIVILEGED),
  power8(889, "TCSCR", PRIVILEGED),
  power8(890, "CSIGR", PRIVILEGED),
  power8(892, "SPMC1", PRIVILEGED),
  power8(893, "SPMC2", PRIVILEGED),
  power8(894, "MMCRS", PRIVILEGED),
  power8(895, "WORT", PRIVILEGED),
  spr(921, "TSCR", POWER9, HYPERVISOR, stored("TSCR")),
  spr(922, "TTR", POWER9, HYPERVISOR, stored("TTR")),
  spr(1008, "HID0", POWER9, HYPERVISOR, stored("HID0")),
];
