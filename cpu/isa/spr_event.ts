/**
 * Special purpose registers of event-based branches and of transactional
 * memory (Book II 5.3, 7.2).
 *
 * @module
 */
import type { Ops } from "./ops.ts";
import {
  PROBLEM,
  type Spr,
  spr,
  type SprStorage,
  stored,
  storedUpperWord,
} from "./spr_row.ts";

/** BESCR 0: event-based branches are enabled. */
export const BESCR_GE = 1n << 63n;

/** Numbers of BESCR that set or reset the bits that are 1 in the source. */
function bescrBits(change: "set" | "reset", shift: 0 | 32): SprStorage {
  return {
    get: (m: Ops) => m.shr(m.reg("BESCR"), shift),
    set(m, value) {
      const bits = m.shl(value, shift);
      const bescr = m.reg("BESCR");
      m.setReg(
        "BESCR",
        change === "set" ? m.or(bescr, bits) : m.and(bescr, m.not(bits)),
      );
    },
  };
}

const EBB = { facility: "EBB" } as const;
const TM = { facility: "TM" } as const;

/** The event-based branch facility. */
export const EVENT_SPRS: readonly Spr[] = [
  spr(800, "BESCRS", "Book II 7.2.1", PROBLEM, bescrBits("set", 0), EBB),
  spr(801, "BESCRSU", "Book II 7.2.1", PROBLEM, bescrBits("set", 32), EBB),
  spr(802, "BESCRR", "Book II 7.2.1", PROBLEM, bescrBits("reset", 0), EBB),
  spr(803, "BESCRRU", "Book II 7.2.1", PROBLEM, bescrBits("reset", 32), EBB),
  spr(804, "EBBHR", "Book II 7.2.2", PROBLEM, stored("EBBHR"), EBB),
  spr(805, "EBBRR", "Book II 7.2.3", PROBLEM, stored("EBBRR"), EBB),
  spr(806, "BESCR", "Book II 7.2.1", PROBLEM, stored("BESCR"), EBB),
];

/** Transactional memory: MSR[TM] denies all of them. */
export const TRANSACTION_SPRS: readonly Spr[] = [
  spr(128, "TFHAR", "Book II 5.3.1", PROBLEM, stored("TFHAR"), TM),
  spr(129, "TFIAR", "Book II 5.3.3", PROBLEM, stored("TFIAR"), TM),
  spr(130, "TEXASR", "Book II 5.3.2", PROBLEM, stored("TEXASR"), TM),
  spr(131, "TEXASRU", "Book II 5.3.2", PROBLEM, storedUpperWord("TEXASR"), TM),
];
