/**
 * Special purpose registers of the performance monitor (Book III 10.4).
 *
 * Each has two numbers. The lower one is problem state's view, as far as
 * MMCR0[PMCC] gives it one: 0b00 to read, 0b01 nothing, 0b10 and 0b11 to
 * write as well. No event is counted: counters keep what is written to them.
 *
 * @module
 */
import type { StateName } from "../state.ts";
import type { Ops } from "./ops.ts";
import {
  merge,
  PRIVILEGED,
  PROBLEM,
  readOnly,
  type Spr,
  spr,
  type SprStorage,
  stored,
} from "./spr_row.ts";

/** MMCR0 44, the upper bit of PMCC: problem state may write. */
const PMCC_WRITES = 1n << 19n;

const ALL = (1n << 64n) - 1n;
/** What problem state has of MMCR0: FC, PMAE, PMAO. */
const MMCR0_PROBLEM = 0x8400_0080n;
/** … and of MMCR2: FCnP0, the second bit of each nine from bit 0. */
const MMCR2_PROBLEM = [1n, 10n, 19n, 28n, 37n, 46n]
  .reduce((mask, place) => mask | 1n << (63n - place), 0n);

function refuseWrite(m: Ops): void {
  const pmcc = m.and(m.reg("MMCR0"), m.const(PMCC_WRITES));
  m.if(
    m.both(m.problemState(), m.eq(pmcc, m.const(0))),
    () => m.program("illegal"),
  );
}

/** Problem state's view; privileged state sees all through it. */
function view(register: StateName, mask = ALL): SprStorage {
  return {
    get: (m) =>
      m.select(
        m.problemState(),
        m.and(m.reg(register), m.const(mask)),
        m.reg(register),
      ),
    set(m, value) {
      refuseWrite(m);
      const writable = m.select(m.problemState(), m.const(mask), m.const(-1));
      m.setReg(
        register,
        merge(m, m.reg(register), { value, mask: writable }),
      );
    },
  };
}

const SECTIONS = {
  PMC: "Book III 10.4.2",
  MMCR0: "Book III 10.4.4",
  MMCR1: "Book III 10.4.5",
  MMCR2: "Book III 10.4.6",
  MMCRA: "Book III 10.4.7",
  SIAR: "Book III 10.4.8",
  SDAR: "Book III 10.4.9",
  SIER: "Book III 10.4.10",
} as const;

/** Offset from problem state's number to privileged state's. */
const PRIVILEGED_NUMBER = 16;

interface PairOptions {
  readonly problem: "reads" | "writes";
  readonly mask?: bigint;
}

/** Both numbers of a register. */
function pair(
  number: number,
  register:
    | Exclude<keyof typeof SECTIONS, "PMC">
    | `PMC${1 | 2 | 3 | 4 | 5 | 6}`,
  { problem, mask }: PairOptions,
): readonly Spr[] {
  const section = SECTIONS[
    register.startsWith("PMC") ? "PMC" : register as keyof typeof SECTIONS
  ];
  return [
    spr(
      number,
      `${register}@${number}`,
      section,
      problem === "writes" ? PROBLEM : readOnly("problem"),
      view(register, mask),
      { facility: "PM" },
    ),
    spr(
      number + PRIVILEGED_NUMBER,
      register,
      section,
      PRIVILEGED,
      stored(register),
    ),
  ];
}

/** Counters, controls and samples. */
export const PERFORMANCE_SPRS: readonly Spr[] = [
  ...pair(768, "SIER", { problem: "reads" }),
  ...pair(769, "MMCR2", { problem: "writes", mask: MMCR2_PROBLEM }),
  ...pair(770, "MMCRA", { problem: "writes" }),
  ...pair(771, "PMC1", { problem: "writes" }),
  ...pair(772, "PMC2", { problem: "writes" }),
  ...pair(773, "PMC3", { problem: "writes" }),
  ...pair(774, "PMC4", { problem: "writes" }),
  ...pair(775, "PMC5", { problem: "writes" }),
  ...pair(776, "PMC6", { problem: "writes" }),
  ...pair(779, "MMCR0", { problem: "writes", mask: MMCR0_PROBLEM }),
  ...pair(780, "SIAR", { problem: "reads" }),
  ...pair(781, "SDAR", { problem: "reads" }),
  ...pair(782, "MMCR1", { problem: "reads" }),
];
