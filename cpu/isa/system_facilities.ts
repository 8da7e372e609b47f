/**
 * Facilities of problem state: event-based branches, branch history, and
 * transactional memory, which is not there (Book II 5, 7, 8).
 *
 * @module
 */
import { BESCR_GE } from "./spr_event.ts";
import type { Ops } from "./ops.ts";
import { type Chapter, chapter, row } from "./row.ts";

/** rfebb: S becomes the global enable bit. */
export const eventBasedBranches: Chapter = chapter(
  "Book II 7.3",
  "Event-Based Branch Instructions",
  [
    row("rfebb S", "XL_S", [19, 146], (m, f) => {
      m.requireFacility("EBB");
      const bescr = m.reg("BESCR");
      const ge = m.const(BESCR_GE);
      m.when(
        f.S,
        () => m.setReg("BESCR", m.or(bescr, ge)),
        () => m.setReg("BESCR", m.and(bescr, m.not(ge))),
      );
      m.jump(m.reg("EBBRR"));
    }),
  ],
);

/** No branch is ever recorded: every entry of the buffer reads as zero. */
export const branchHistory: Chapter = chapter(
  "Book II 8",
  "Branch History Rolling Buffer Instructions",
  [
    row("clrbhrb", "X_none", [31, 430], (m) => m.requireFacility("PM")),
    row("mfbhrbe RT,BHRBE", "XFX_BHRBE", [31, 302], (m, f) => {
      m.requireFacility("PM");
      m.setGpr(f.RT, m.const(0));
    }),
  ],
);

/**
 * MSR[TM] is never 1, so the facility is always unavailable. (Where a monitor
 * sets it all the same, the instruction is illegal.)
 */
function unavailable(m: Ops): void {
  m.requireFacility("TM");
  m.program("illegal");
}

function unavailablePrivileged(m: Ops): void {
  m.privileged();
  unavailable(m);
}

/** A of tend. */
const ALL = 1 << 25;

/** The instructions of the facility that is not there. */
export const transactionalMemory: Chapter = chapter(
  "Book II 5.5",
  "Transactional Memory Instructions",
  [
    row("tbegin. R", "X_R_1", [31, 654], unavailable),
    row("tend. A", "X_A_1", [31, 686], unavailable, { also: [ALL, 0] }),
    row("tendall.", "X_A_1", [31, 686], unavailable, { also: [ALL, ALL] }),
    row("tabort. RA", "X_RA_1", [31, 910], unavailable),
    row("tabortwc. TO,RA,RB", "X_TO_1", [31, 782], unavailable),
    row("tabortwci. TO,RA,SIM", "X_TO_SIM_1", [31, 846], unavailable),
    row("tabortdc. TO,RA,RB", "X_TO_1", [31, 814], unavailable),
    row("tabortdci. TO,RA,SIM", "X_TO_SIM_1", [31, 878], unavailable),
    row("tsr. L", "X_L_1", [31, 750], unavailable),
    row("tcheck BF", "X_BF_only", [31, 718], unavailable),
    row("treclaim. RA", "X_RA_1", [31, 942], unavailablePrivileged),
    row("trechkpt.", "X_none_1", [31, 1006], unavailablePrivileged),
  ],
);
