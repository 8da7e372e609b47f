/**
 * Special purpose registers of the timer facilities (Book II 6, Book III 8).
 *
 * @module
 */
import { LPCR, type StateName } from "../state.ts";
import type { Ops, Value } from "./ops.ts";
import {
  HYPERVISOR,
  HYPERVISOR_WRITES,
  merge,
  PRIVILEGED,
  readOnly,
  type Spr,
  spr,
  type SprStorage,
  writeOnly,
} from "./spr_row.ts";

const timebase: SprStorage = { get: (m) => m.timebase(), set() {} };
const timebaseUpper: SprStorage = {
  get: (m) => m.shr(m.timebase(), 32),
  set() {},
};

/** A part of the timebase that the hypervisor writes. */
function timebasePart(mask: bigint, shift: 0 | 32): SprStorage {
  return {
    get: (m) => m.timebase(),
    set(m, value) {
      const now = m.timebase();
      const next = merge(m, now, {
        value: m.shl(value, shift),
        mask: m.const(mask),
      });
      m.setReg("TB_OFFSET", m.add(m.reg("TB_OFFSET"), m.sub(next, now)));
    },
  };
}

const LOW_WORD = 0xffff_ffffn;
const HIGH_WORD = LOW_WORD << 32n;
const HIGH_40 = ~0xff_ffffn & (1n << 64n) - 1n;

/** Width of the large decrementer on POWER9. */
const LARGE_BITS = 56;

/** As wide as LPCR[LD] says: 56 bits with sign, or 32 bits. */
function fit(m: Ops, count: Value, narrow: (count: Value) => Value): Value {
  const large = m.nonZero(m.and(m.reg("LPCR"), m.const(LPCR.LD)));
  const extended = m.sar(m.shl(count, 64 - LARGE_BITS), 64 - LARGE_BITS);
  return m.select(large, extended, narrow(count));
}

/** The machine must look when the timer interrupt is due now. */
function decrementer(which: "DEC" | "HDEC"): SprStorage {
  return {
    get: (m) => fit(m, m.decrementer(which), (count) => m.zeroExtend(4, count)),
    set(m, value) {
      const count = fit(m, value, (count) => m.signExtend(4, count));
      m.setDecrementer(which, count);
      m.exit("timer");
    },
  };
}

/** A clock that runs with the timebase, from where it was set. */
function clock(offset: StateName): SprStorage {
  return {
    get: (m) => m.add(m.timebase(), m.reg(offset)),
    set: (m, value) => m.setReg(offset, m.sub(value, m.timebase())),
  };
}

/** Timebase, decrementers and the clocks of partition and thread. */
export const TIMER_SPRS: readonly Spr[] = [
  spr(22, "DEC", "Book III 8.4", PRIVILEGED, decrementer("DEC")),
  spr(268, "TB", "Book II 6.1", readOnly("problem"), timebase),
  spr(269, "TBU", "Book II 6.1", readOnly("problem"), timebaseUpper),
  spr(
    284,
    "TBL@284",
    "Book III 8.2.1",
    writeOnly("hypervisor"),
    timebasePart(LOW_WORD, 0),
  ),
  spr(
    285,
    "TBU@285",
    "Book III 8.2.1",
    writeOnly("hypervisor"),
    timebasePart(HIGH_WORD, 32),
  ),
  spr(
    286,
    "TBU40",
    "Book III 8.2.1",
    writeOnly("hypervisor"),
    timebasePart(HIGH_40, 0),
  ),
  spr(308, "SPURR", "Book III 8.7", HYPERVISOR_WRITES, clock("SPURR_OFFSET")),
  spr(309, "PURR", "Book III 8.6", HYPERVISOR_WRITES, clock("PURR_OFFSET")),
  spr(310, "HDEC", "Book III 8.5", HYPERVISOR, decrementer("HDEC")),
  spr(849, "VTB", "Book III 8.3", HYPERVISOR_WRITES, clock("VTB_OFFSET")),
];
