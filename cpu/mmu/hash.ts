/**
 * Hashed page table translation (Book III 6.7.5 to 6.7.9).
 *
 * The table is the machine's. Its entries have the format of ISA 2.07 also on
 * POWER9, for that is what a partition hands to H_ENTER; there is no second
 * format to read.
 *
 * Reference and change bits are set by compare and swap, so that they are not
 * lost to a hypercall of another thread that changes the entry.
 *
 * @module
 */
import { findSlbEntry, SLB, SLB_ENTRIES } from "../isa/lookaside.ts";
import type { Condition, Ops, Value } from "../isa/ops.ts";
import { type Subroutine, subroutine } from "../isa/subroutine.ts";
import { LPCR } from "../state.ts";
import { ACCESS, FAULT, raiseSegment, raiseStorage } from "./faults.ts";
import { actualPageShift, basePageShift, denial, HPTE } from "./hash_entry.ts";

const GROUP_ENTRIES = 8;

function has(m: Ops, x: Value, mask: bigint): Condition {
  return m.nonZero(m.and(x, m.const(mask)));
}

/**
 * Looks for an entry in the group of (hash, first doubleword, SLBV). Gives its
 * number + 1, or 0; leaves its page's size in PAGE_SHIFT.
 */
const searchGroup: Subroutine = subroutine(
  "searchGroup",
  3,
  (m, hash, wanted, segment) => {
    const found = m.variable(m.const(0));
    const group = m.shl(m.and(hash!, m.hashTableMask()), 3);
    const slot = m.variable(m.const(0));
    m.while(() => m.ltUnsigned(m.get(slot), m.const(GROUP_ENTRIES)), () => {
      const entry = m.add(group, m.get(slot));
      const first = m.loadHashTable(m.shl(entry, 1));
      m.set(slot, m.add(m.get(slot), m.const(1)));
      const differs = has(m, m.xor(first, wanted!), HPTE.compared);
      m.if(m.negate(differs), () => {
        const second = m.loadHashTable(
          m.add(m.shl(entry, 1), m.const(1)),
        );
        // An entry of another base page size is left over, not ours (6.7.9.2).
        const shift = actualPageShift(m, segment!, [first, second]);
        m.if(m.nonZero(shift), () => {
          m.setReg("PAGE_SHIFT", shift);
          m.set(found, m.add(entry, m.const(1)));
          m.set(slot, m.const(GROUP_ENTRIES));
        });
      });
    });
    return m.get(found);
  },
);

/** Finds the entry for (ea, SLBV): its number + 1, or 0 (6.7.9.2). */
const findEntry: Subroutine = subroutine("findEntry", 2, (m, ea, segment) => {
  const large = m.eq(
    m.and(segment!, m.const(SLB.B)),
    m.const(SLB.B_1T),
  );
  const base = basePageShift(m, segment!);
  const inSegment = m.and(
    ea!,
    m.select(large, m.const((1n << 40n) - 1n), m.const((1n << 28n) - 1n)),
  );
  const page = m.shr(inSegment, base);
  const field = m.and(segment!, m.const(SLB.VSID));
  const vsid = m.shr(
    field,
    m.select(large, m.const(24), m.const(12)),
  );
  const spread = m.select(large, m.shl(vsid, 25), m.const(0));
  const hash = m.xor(m.xor(vsid, spread), page);
  const wanted = [
    m.and(segment!, m.const(SLB.B)),
    m.shl(vsid, m.select(large, m.const(24), m.const(12))),
    m.and(m.shr(m.shl(page, base), 16), m.const(HPTE.AVPN)),
    m.const(HPTE.valid),
  ].reduce((all, part) => m.or(all, part));
  const found = m.variable(m.const(0));
  m.if(m.nonZero(m.hashTableMask()), () => {
    m.set(found, m.call(searchGroup, hash, wanted, segment!));
    const secondToo = m.both(
      m.eq(m.get(found), m.const(0)),
      m.negate(has(m, m.reg("LPCR"), LPCR.TC)),
    );
    m.if(secondToo, () => {
      m.set(
        found,
        m.call(
          searchGroup,
          m.not(hash),
          m.or(wanted, m.const(HPTE.secondary)),
          segment!,
        ),
      );
    });
  });
  return m.get(found);
});

/**
 * Looks an entry up for (ea, access, SLBV) and checks that it allows the
 * access. Gives its second doubleword once that says that the page is used; 0
 * where somebody changed the entry meanwhile, or raises.
 */
const useEntry: Subroutine = subroutine(
  "useEntry",
  3,
  (m, ea, access, segment) => {
    const entry = m.call(findEntry, ea!, segment!);
    m.if(m.eq(entry, m.const(0)), () => {
      m.call(raiseStorage, ea!, access!, m.const(FAULT.noTranslation));
    });
    // Entry n has doublewords 2n and 2n + 1; `entry` is n + 1.
    const index = m.sub(m.shl(entry, 1), m.const(1));
    const second = m.loadHashTable(index);
    const why = denial(m, { segment: segment!, second, access: access! });
    m.if(m.nonZero(why), () => {
      m.call(raiseStorage, ea!, access!, why);
    });
    const isStore = m.eq(access!, m.const(ACCESS.store));
    const used = m.or(
      second,
      m.select(
        isStore,
        m.const(HPTE.reference | HPTE.change),
        m.const(HPTE.reference),
      ),
    );
    const result = m.variable(used);
    m.if(m.ne(used, second), () => {
      const marked = m.compareAndSwapHashTable(index, second, used);
      m.if(m.negate(marked), () => m.set(result, m.const(0)));
    });
    return m.get(result);
  },
  { raises: true },
);

/** The real address of (ea, access) by the hash table, or raises. */
export const walkHash: Subroutine = subroutine(
  "walkHash",
  2,
  (m, ea, access) => {
    const place = m.call(findSlbEntry, ea!);
    m.if(m.eq(place, m.const(SLB_ENTRIES)), () => {
      m.call(raiseSegment, ea!, access!);
    });
    const segment = m.regAt("SLBV", place);
    const isFetch = m.eq(access!, m.const(ACCESS.fetch));
    m.if(m.both(isFetch, has(m, segment, SLB.N)), () => {
      m.call(raiseStorage, ea!, access!, m.const(FAULT.noExecute));
    });
    // Whoever made it fail has changed the table: this comes to an end.
    const second = m.variable(m.const(0));
    m.while(() => m.eq(m.get(second), m.const(0)), () => {
      m.set(second, m.call(useEntry, ea!, access!, segment));
    });
    // What storage keys guard is not told apart: all pages have one.
    m.setReg("PAGE_PRIVILEGED", m.const(1));
    const offset = m.sub(
      m.shl(m.const(1), m.reg("PAGE_SHIFT")),
      m.const(1),
    );
    return m.or(
      m.and(m.and(m.get(second), m.const(HPTE.RPN)), m.not(offset)),
      m.and(ea!, offset),
    );
  },
  { raises: true },
);
