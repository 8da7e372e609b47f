/**
 * Special purpose registers of storage control and of partitions
 * (Book III 2, 6).
 *
 * @module
 */
import type { StateName } from "../state.ts";
import { fetchNext } from "./fetch_next.ts";
import type { Ops, Value } from "./ops.ts";
import {
  HYPERVISOR,
  merge,
  PRIVILEGED,
  PROBLEM,
  type Spr,
  spr,
  type SprStorage,
  stored,
  storedTranslation,
} from "./spr_row.ts";

/** Bits of AMR and IAMR that the state may write: all, or those of AMOR. */
function allowedByAmor(m: Ops): Value {
  return m.select(m.hypervisorState(), m.const(-1), m.reg("AMOR"));
}

/** Bits of AMR that SPR 13 reaches: those of UAMOR from problem state. */
function allowedByState(m: Ops): Value {
  return m.select(m.problemState(), m.reg("UAMOR"), allowedByAmor(m));
}

/**
 * A mask whose bits forbid accesses. Translations remember only what was
 * allowed, so they are dropped where something is forbidden anew.
 */
function authority(
  register: StateName,
  allowed: (m: Ops) => Value,
): SprStorage {
  return {
    register,
    get: (m) => m.reg(register),
    set(m, value) {
      const old = m.reg(register);
      const next = merge(m, old, { value, mask: allowed(m) });
      m.setReg(register, next);
      m.if(
        m.nonZero(m.and(next, m.not(old))),
        () => m.dropTranslations("keyed"),
      );
      if (register === "IAMR") fetchNext(m);
    },
  };
}

/** Says which bits of AMR problem state may write; forbids nothing itself. */
const userAuthority: SprStorage = {
  register: "UAMOR",
  get: (m) => m.reg("UAMOR"),
  set(m, value) {
    const mask = allowedByAmor(m);
    m.setReg("UAMOR", merge(m, m.reg("UAMOR"), { value, mask }));
  },
};

/**
 * A change of process; translations are not kept by process. Only quadrants 0
 * and 1 are the process's own (6.7.11.1).
 */
const processId: SprStorage = {
  register: "PIDR",
  get: (m) => m.reg("PIDR"),
  set(m, value) {
    const next = m.zeroExtend(4, value);
    m.if(m.ne(next, m.reg("PIDR")), () => {
      m.setReg("PIDR", next);
      m.dropTranslations("user");
    });
    fetchNext(m);
  },
};

const UNTIL_2_07 = { until: "2.07" } as const;
const SINCE_3_0 = { since: "3.0" } as const;

/** Keys, process, partition and table registers. */
export const STORAGE_CONTROL_SPRS: readonly Spr[] = [
  spr(
    13,
    "AMR@13",
    "Book III 6.7.13.1",
    PROBLEM,
    authority("AMR", allowedByState),
  ),
  spr(
    25,
    "SDR1",
    "Book III 6.7.7",
    HYPERVISOR,
    storedTranslation("SDR1"),
    UNTIL_2_07,
  ),
  spr(
    29,
    "AMR",
    "Book III 6.7.13.1",
    PRIVILEGED,
    authority("AMR", allowedByAmor),
  ),
  spr(48, "PIDR", "Book III 5.3.4", PRIVILEGED, processId),
  spr(
    61,
    "IAMR",
    "Book III 6.7.13.1",
    PRIVILEGED,
    authority("IAMR", allowedByAmor),
  ),
  spr(157, "UAMOR", "Book III 6.7.13.1", PRIVILEGED, userAuthority),
  spr(
    312,
    "RMOR",
    "Book III 2.4",
    HYPERVISOR,
    storedTranslation("RMOR"),
    UNTIL_2_07,
  ),
  spr(313, "HRMOR", "Book III 2.3", HYPERVISOR, storedTranslation("HRMOR")),
  spr(318, "LPCR", "Book III 2.2", HYPERVISOR, storedTranslation("LPCR")),
  spr(319, "LPIDR", "Book III 2.3", HYPERVISOR, storedTranslation("LPIDR")),
  spr(338, "PCR", "Book III 2.5", HYPERVISOR, stored("PCR")),
  spr(349, "AMOR", "Book III 6.7.13.1", HYPERVISOR, stored("AMOR")),
  spr(
    464,
    "PTCR",
    "Book III 6.7.6.1",
    HYPERVISOR,
    storedTranslation("PTCR"),
    SINCE_3_0,
  ),
];
