/**
 * The segment lookaside buffer and its instructions (Book III 6.7.8, 6.9.3.2).
 *
 * The buffer is the two arrays SLBE and SLBV of the register block, 32 entries
 * each, in the layout of slbmte's operands:
 *
 * - `SLBE[n]` is RB without the entry's number: ESID in bits 0:35, V in
 *   bit 36, the rest 0. A 1 TiB segment has its ESID in bits 0:23; bits 24:35
 *   do not count.
 * - `SLBV[n]` is RS as it was written: B in bits 0:1 (0 for 256 MiB, 1 for
 *   1 TiB), VSID in 2:51, Ks 52, Kp 53, N 54, L 55, C 56, LP in 58:59. It
 *   means something only where V is 1.
 *
 * Changing an entry does not drop translations that came from the old one,
 * as the book has it; slbie and slbia do. Systems use them at every change of
 * process, so they spare the system's translations where they can: slbie those
 * of the half of the addresses that its segment is not in; slbia, where its
 * hint spares class 0, those of the upper half, unless a segment there has
 * been of class 1.
 *
 * @module
 */
import { LPCR, STATE } from "../state.ts";
import { fetchNext } from "./fetch_next.ts";
import type { Condition, Ops, Value } from "./ops.ts";
import {
  type Chapter,
  chapter,
  type Instruction,
  type IsaVersion,
  only,
  row,
} from "./row.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";

/** Number of entries. */
export const SLB_ENTRIES: number = STATE.SLBE.count;

/** Fields of SLBE and SLBV as masks. */
export const SLB = {
  ESID: ~0xfff_ffffn & (1n << 64n) - 1n,
  ESID_1T: ~0xff_ffff_ffffn & (1n << 64n) - 1n,
  V: 1n << 27n,
  B: 3n << 62n,
  B_1T: 1n << 62n,
  VSID: 0x3fff_ffff_ffff_f000n,
  KS: 1n << 11n,
  KP: 1n << 10n,
  N: 1n << 9n,
  L: 1n << 8n,
  C: 1n << 7n,
  LP: 3n << 4n,
} as const;

/** Field of RB that numbers the entry. */
const INDEX = 0xfffn;

/** L || LP of the page sizes 4 KiB, 16 MiB, 64 KiB and 16 GiB. */
const PAGE_SIZES = [0x000, 0x100, 0x110, 0x120] as const;

function has(m: Ops, word: Value, mask: bigint): Condition {
  return m.nonZero(m.and(word, m.const(mask)));
}

/**
 * (effective address): number of the valid entry whose segment holds it, or
 * {@linkcode SLB_ENTRIES} where none does.
 */
export const findSlbEntry: Subroutine = subroutine(
  "findSlbEntry",
  1,
  (m, ea) => {
    const last = m.const(SLB_ENTRIES);
    const found = m.variable(last);
    const index = m.variable(m.const(0));
    m.while(() => m.ltUnsigned(m.get(index), last), () => {
      const entry = m.regAt("SLBE", m.get(index));
      const large = m.eq(
        m.and(m.regAt("SLBV", m.get(index)), m.const(SLB.B)),
        m.const(SLB.B_1T),
      );
      const mask = m.select(large, m.const(SLB.ESID_1T), m.const(SLB.ESID));
      const same = m.eq(m.and(m.xor(entry, ea!), mask), m.const(0));
      m.if(m.both(has(m, entry, SLB.V), same), () => {
        m.set(found, m.get(index));
        m.set(index, last);
      }, () => m.set(index, m.add(m.get(index), m.const(1))));
    });
    return m.get(found);
  },
);

/** Makes an entry invalid. */
function invalidate(m: Ops, index: Value): void {
  const entry = m.regAt("SLBE", index);
  m.setRegAt("SLBE", index, m.and(entry, m.const(~SLB.V)));
}

/**
 * (first entry, class): makes entries invalid from the first on, and only
 * those whose class bit is 1 where the second argument is not 0.
 */
const invalidateEntries: Subroutine = subroutine(
  "invalidateEntries",
  2,
  (m, first, onlyClass1) => {
    const index = m.variable(first!);
    const every = m.eq(onlyClass1!, m.const(0));
    m.while(() => m.ltUnsigned(m.get(index), m.const(SLB_ENTRIES)), () => {
      const at = m.get(index);
      const class1 = has(m, m.regAt("SLBV", at), SLB.C);
      m.if(m.either(every, class1), () => invalidate(m, at));
      m.set(index, m.add(at, m.const(1)));
    });
    return m.const(0);
  },
);

/** The entry that RB numbers; one that does not exist is illegal. */
function entryNumber(m: Ops, rb: Value): Value {
  const index = m.and(rb, m.const(INDEX));
  m.if(
    m.leUnsigned(m.const(SLB_ENTRIES), index),
    () => m.program("illegal"),
  );
  return index;
}

/** Reserved bits, segment and page sizes that do not exist are illegal. */
function refuseEntry(m: Ops, rb: Value, rs: Value): void {
  const size = m.and(rs, m.const(SLB.L | SLB.LP));
  const known = PAGE_SIZES.map((code) => m.eq(size, m.const(code)))
    .reduce((any, one) => m.either(any, one));
  m.if(
    m.either(
      has(m, rb, ~(SLB.ESID | SLB.V | INDEX) & (1n << 64n) - 1n),
      m.either(has(m, rs, SLB.B & ~SLB.B_1T), m.negate(known)),
    ),
    () => m.program("illegal"),
  );
}

/** Makes the entry that translates the address invalid, if there is one. */
function invalidateAddress(m: Ops, rb: Value): void {
  const index = m.call(findSlbEntry, rb);
  m.if(
    m.ne(index, m.const(SLB_ENTRIES)),
    () => invalidate(m, index),
  );
  m.if(
    m.ltSigned(rb, m.const(0)),
    () => m.dropTranslations("all"),
    () => m.dropTranslations("user"),
  );
}

/** What slbia does by IH, from the version that defines it. */
function invalidateAll(m: Ops, version: IsaVersion, hint: number): void {
  m.privileged();
  const from = (first: number, onlyClass1: 0 | 1) =>
    m.call(invalidateEntries, m.const(first), m.const(onlyClass1));
  // 3.0 gives three values a meaning of their own: 3, 4 and 7.
  if (version === "2.07" || ![3, 4, 7].includes(hint)) from(1, 0);
  else if (hint === 3) from(0, 1);
  else if (hint === 4) from(0, 0);
  if (hint !== 1 && hint !== 3) return m.dropTranslations("all");
  m.if(
    m.nonZero(m.reg("SLB_UPPER_CLASS1")),
    () => m.dropTranslations("all"),
    () => m.dropTranslations("user"),
  );
}

function slbia(version: IsaVersion): Instruction {
  return row("slbia IH", "X_IH", [31, 498], (m, f) => {
    invalidateAll(m, version, m.fixed(f.IH));
    fetchNext(m);
  }, { ...only(version), fixed: ["IH"] });
}

/** Privileged; the hypervisor's where LPCR[GTSE] = 0. */
export function requireShootdown(m: Ops): void {
  m.privileged();
  const denied = m.negate(has(m, m.reg("LPCR"), LPCR.GTSE));
  m.if(
    m.both(m.negate(m.hypervisorState()), denied),
    () => m.program("privileged"),
  );
}

/** The SLB management instructions. */
export const slbManagement: Chapter = chapter(
  "Book III 6.9.3.2",
  "SLB Management Instructions",
  [
    row("slbie RB", "X_RB", [31, 434], (m, f) => {
      m.privileged();
      invalidateAddress(m, m.gpr(f.RB));
      fetchNext(m);
    }),
    row("slbieg RS,RB", "X_RS_RB", [31, 466], (m, f) => {
      requireShootdown(m);
      invalidateAddress(m, m.gpr(f.RB));
      fetchNext(m);
    }, { since: "3.0" }),
    slbia("2.07"),
    slbia("3.0"),
    row("slbiag RS", "X_RS_only", [31, 850], (m) => {
      requireShootdown(m);
      m.call(invalidateEntries, m.const(0), m.const(0));
      m.dropTranslations("all");
      fetchNext(m);
    }, { since: "3.0" }),
    row("slbmte RS,RB", "X_RS_RB", [31, 402], (m, f) => {
      m.privileged();
      const rb = m.gpr(f.RB);
      const rs = m.gpr(f.RS);
      const index = entryNumber(m, rb);
      refuseEntry(m, rb, rs);
      m.setRegAt("SLBE", index, m.and(rb, m.const(SLB.ESID | SLB.V)));
      m.setRegAt("SLBV", index, rs);
      const upper = m.ltSigned(rb, m.const(0));
      m.if(
        m.both(upper, has(m, rs, SLB.C)),
        () => m.setReg("SLB_UPPER_CLASS1", m.const(1)),
      );
    }),
    row("slbmfev RT,RB,L", "X_RT_RB_L", [31, 851], (m, f) => {
      m.privileged();
      const index = entryNumber(m, m.gpr(f.RB));
      m.setGpr(f.RT, m.regAt("SLBV", index));
    }),
    row("slbmfee RT,RB,L", "X_RT_RB_L", [31, 915], (m, f) => {
      m.privileged();
      const index = entryNumber(m, m.gpr(f.RB));
      m.setGpr(f.RT, m.regAt("SLBE", index));
    }),
    row("slbfee. RT,RB", "X_RT_RB_1", [31, 979], (m, f) => {
      m.privileged();
      // As if to translate the address (6.9.3.2), whose width MSR decides.
      const index = m.call(findSlbEntry, m.ea(m.gpr(f.RB)));
      const found = m.ne(index, m.const(SLB_ENTRIES));
      // The index is taken modulo the number of entries: no entry reads 0.
      m.setGpr(
        f.RT,
        m.select(found, m.regAt("SLBV", index), m.const(0)),
      );
      m.setCrField(0, m.or(m.shl(m.bit(found), 1), m.reg("SO")));
    }),
    row("slbsync", "X_none", [31, 338], (m) => {
      requireShootdown(m);
      m.barrier("slbsync");
    }, { since: "3.0" }),
  ],
);
