/**
 * Special purpose registers of the branch, fixed-point and vector facilities.
 *
 * @module
 */
import type { StateName } from "../state.ts";
import {
  HYPERVISOR,
  PRIVILEGED,
  PROBLEM,
  readOnly,
  reservedSpr,
  type Spr,
  spr,
  type SprStorage,
  stored,
  storedBits,
  writeOnly,
} from "./spr_row.ts";

/** XER's one-bit parts and their places (Book I 3.2.2), bit 63 is place 0. */
const XER_FLAGS: readonly (readonly [StateName, number])[] = [
  ["SO", 31],
  ["OV", 30],
  ["CA", 29],
];
const XER_FLAGS_3_0 = [
  ...XER_FLAGS,
  ["OV32", 19],
  ["CA32", 18],
] as const;

const XER_RESERVED = 0x3ff80;
const XER_COUNT = 0x7f;

/** XER put together from its parts; what is in none of them reads as 0. */
function xer(flags: readonly (readonly [StateName, number])[]): SprStorage {
  return {
    get: (m) =>
      flags.reduce(
        (all, [name, place]) => m.or(all, m.shl(m.reg(name), place)),
        m.or(m.reg("XER_RESERVED"), m.reg("XER_COUNT")),
      ),
    set(m, value) {
      for (const [name, place] of flags) {
        m.setReg(name, m.and(m.shr(value, place), m.const(1)));
      }
      m.setReg("XER_RESERVED", m.and(value, m.const(XER_RESERVED)));
      m.setReg("XER_COUNT", m.and(value, m.const(XER_COUNT)));
    },
  };
}

/** CTRL 63 is RUN; CTRL 48:55 show it for each thread, not to problem state. */
const RUN = 1n;
const FIRST_THREAD = 15;

const control: SprStorage = {
  get(m) {
    const run = m.reg("CTRL");
    const place = m.sub(m.const(FIRST_THREAD), m.reg("TIR"));
    return m.select(
      m.problemState(),
      run,
      m.or(run, m.shl(run, place)),
    );
  },
  set: (m, value) => m.setReg("CTRL", m.and(value, m.const(RUN))),
};

/** PPR 11:13, the priority. */
const PRIORITY = 7n << 50n;

const priorityWord: SprStorage = {
  get: (m) => m.shr(m.reg("PPR"), 32),
  set: (m, value) =>
    m.setReg("PPR", m.and(m.shl(value, 32), m.const(PRIORITY))),
};

/** The guest-visible fields: PLS, TR, MTL, RL (Book III 4.2.2). */
const PSSCR_PRIVILEGED = 0xf000_0000_0000_03ffn;

const stopStatus: SprStorage = {
  get: (m) => m.and(m.reg("PSSCR"), m.const(PSSCR_PRIVILEGED)),
  set(m, value) {
    // PLS tells the level that stop reached: it is not written.
    const mask = m.const(0x3ff);
    m.setReg(
      "PSSCR",
      m.or(
        m.and(value, mask),
        m.and(m.reg("PSSCR"), m.not(mask)),
      ),
    );
  },
};

/** Counts on its own: no hypervisor sets it. */
const instructionCount: SprStorage = {
  get: (m) => m.reg("INSTRUCTIONS"),
  set() {},
};

/** Registers of Book I and of Book III chapters 4 and 5. */
export const FIXED_POINT_SPRS: readonly Spr[] = [
  spr(1, "XER", "Book I 3.2.2", PROBLEM, xer(XER_FLAGS), { until: "2.07" }),
  spr(1, "XER", "Book I 3.2.2", PROBLEM, xer(XER_FLAGS_3_0), { since: "3.0" }),
  spr(3, "DSCR@3", "Book II 4.2", PROBLEM, stored("DSCR"), {
    facility: "DSCR",
  }),
  spr(8, "LR", "Book I 2.3.2", PROBLEM, stored("LR")),
  spr(9, "CTR", "Book I 2.3.3", PROBLEM, stored("CTR")),
  spr(17, "DSCR", "Book II 4.2", PRIVILEGED, stored("DSCR")),
  spr(28, "CFAR", "Book III 9.2", PRIVILEGED, stored("CFAR")),
  spr(136, "CTRL", "Book III 5.3.6", readOnly("problem"), control),
  spr(144, "TIDR", "Book III 5.3.5", PRIVILEGED, stored("TIDR"), {
    since: "3.0",
  }),
  spr(152, "CTRL@152", "Book III 5.3.6", writeOnly("privileged"), control),
  spr(159, "PSPB", "Book III 5.3.8", PRIVILEGED, stored("PSPB")),
  spr(186, "RPR", "Book III 5.3.9", HYPERVISOR, stored("RPR")),
  spr(256, "VRSAVE", "Book I 6.3.3", PROBLEM, stored("VRSAVE")),
  spr(
    259,
    "SPRG3@259",
    "Book III 5.3.10",
    readOnly("problem"),
    stored("SPRG3"),
  ),
  spr(272, "SPRG0", "Book III 5.3.10", PRIVILEGED, stored("SPRG0")),
  spr(273, "SPRG1", "Book III 5.3.10", PRIVILEGED, stored("SPRG1")),
  spr(274, "SPRG2", "Book III 5.3.10", PRIVILEGED, stored("SPRG2")),
  spr(275, "SPRG3", "Book III 5.3.10", PRIVILEGED, stored("SPRG3")),
  spr(287, "PVR", "Book III 5.3.1", readOnly("privileged"), stored("PVR")),
  spr(304, "HSPRG0", "Book III 5.3.10", HYPERVISOR, stored("HSPRG0")),
  spr(305, "HSPRG1", "Book III 5.3.10", HYPERVISOR, stored("HSPRG1")),
  spr(446, "TIR", "Book III 5.3.3", readOnly("privileged"), stored("TIR")),
  ...[808, 809, 810, 811].map((number) => reservedSpr(number, "Book I 3.3.17")),
  spr(815, "TAR", "Book I 2.3.4", PROBLEM, stored("TAR"), { facility: "TAR" }),
  spr(823, "PSSCR@823", "Book III 4.2.2", PRIVILEGED, stopStatus, {
    since: "3.0",
  }),
  spr(848, "IC", "Book III 8.8", readOnly("privileged"), instructionCount),
  spr(855, "PSSCR", "Book III 4.2.2", HYPERVISOR, stored("PSSCR"), {
    since: "3.0",
  }),
  spr(896, "PPR", "Book II 3.1", PROBLEM, storedBits("PPR", PRIORITY)),
  spr(898, "PPR32", "Book II 3.1", PROBLEM, priorityWord),
  spr(1023, "PIR", "Book III 5.3.3", readOnly("privileged"), stored("PIR")),
];
