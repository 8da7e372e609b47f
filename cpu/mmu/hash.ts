/**
 * Hashed page table translation (Book III 6.7.5 to 6.7.9).
 *
 * The table is the machine's. Its entries have the format of ISA 2.07 also on
 * POWER9, for that is what a partition hands to H_ENTER; there is no second
 * format to read.
 *
 * Reference and change bits are written to an entry with a plain store.
 *
 * @module
 */
import { findSlbEntry, SLB, SLB_ENTRIES } from "../isa/lookaside.ts";
import type { Condition, Ops, Value } from "../isa/ops.ts";
import { type Subroutine, subroutine } from "../isa/subroutine.ts";
import { LPCR } from "../state.ts";
import { ACCESS, FAULT, raiseSegment, raiseStorage } from "./faults.ts";

/** L || LP, which say a segment's base page size. */
const LLP = SLB.L | SLB.LP;

/** Fields of a page table entry's first and second doubleword (6.7.9.1). */
export const HPTE = {
  AVPN: 0x3fff_ffff_ffff_ff80n,
  large: 4n,
  secondary: 2n,
  valid: 1n,
  /** What must agree in a search: B, AVPN, H, V. */
  compared: 0xffff_ffff_ffff_ff83n,
  pp0: 1n << 63n,
  RPN: 0x0fff_ffff_ffff_f000n,
  keyHigh: 3n << 60n,
  keyLow: 7n << 9n,
  reference: 0x100n,
  change: 0x80n,
  guarded: 8n,
  noExecute: 4n,
  pp: 3n,
} as const;

/** A page size that a segment may have, and how an entry encodes it. */
export interface HashPageSize {
  /** L || LP of the segment, in place in SLBV. */
  readonly llp: number;
  /** Log2 of the segment's base page size, by which it is hashed. */
  readonly base: number;
  /** Log2 of the size of the page itself. */
  readonly actual: number;
  /** The entry's LP: real page number bits under the page's size, or none. */
  readonly lp: number | undefined;
}

/**
 * The page sizes of POWER8 and POWER9, as `ibm,segment-page-sizes` says:
 * larger pages may lie in segments of 4K and 64K.
 */
export const HASH_PAGE_SIZES: readonly HashPageSize[] = [
  { llp: 0, base: 12, actual: 12, lp: undefined },
  { llp: 0, base: 12, actual: 16, lp: 7 },
  { llp: 0, base: 12, actual: 24, lp: 0x38 },
  { llp: 0x110, base: 16, actual: 16, lp: 1 },
  { llp: 0x110, base: 16, actual: 24, lp: 8 },
  { llp: 0x100, base: 24, actual: 24, lp: 0 },
  { llp: 0x120, base: 34, actual: 34, lp: 3 },
];

const GROUP_ENTRIES = 8;

function has(m: Ops, x: Value, mask: bigint): Condition {
  return m.nonZero(m.and(x, m.const(mask)));
}

/** Log2 of a segment's base page size. */
function basePageShift(m: Ops, segment: Value): Value {
  const llp = m.and(segment, m.const(LLP));
  return HASH_PAGE_SIZES.reduce(
    (other, size) =>
      m.select(
        m.eq(llp, m.const(size.llp)),
        m.const(size.base),
        other,
      ),
    m.const(12),
  );
}

/** Log2 of the size of an entry's page; 0 where the segment cannot have it. */
function actualPageShift(
  m: Ops,
  segment: Value,
  [first, second]: readonly [Value, Value],
): Value {
  const llp = m.and(segment, m.const(LLP));
  const large = has(m, first, HPTE.large);
  return HASH_PAGE_SIZES.reduce((other, size) => {
    const low = m.and(second, m.const(2 ** size.actual - 4096));
    const encoded = size.lp === undefined
      ? m.negate(large)
      : m.both(large, m.eq(low, m.const(size.lp * 4096)));
    return m.select(
      m.both(encoded, m.eq(llp, m.const(size.llp))),
      m.const(size.actual),
      other,
    );
  }, m.const(0));
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

/** By key × 8 + pp: who may read (and fetch), who may write (6.7.13.1). */
const READABLE = 0x0e4f;
const WRITABLE = 0x0407;

/** The bits that tell why the access is denied; 0 where it is allowed. */
function denial(
  m: Ops,
  { segment, second, access }: {
    segment: Value;
    second: Value;
    access: Value;
  },
): Value {
  const zero = m.const(0);
  const isFetch = m.eq(access, m.const(ACCESS.fetch));
  const isStore = m.eq(access, m.const(ACCESS.store));
  const keyed = m.nonZero(
    m.and(
      segment,
      m.select(m.problemState(), m.const(SLB.KP), m.const(SLB.KS)),
    ),
  );
  const pp = m.or(
    m.shr(m.and(second, m.const(HPTE.pp0)), 61),
    m.and(second, m.const(HPTE.pp)),
  );
  const row = m.or(pp, m.select(keyed, m.const(8), zero));
  const permitted = has(
    m,
    m.shr(m.select(isStore, m.const(WRITABLE), m.const(READABLE)), row),
    1n,
  );
  // Virtual page class key: two bits in AMR and IAMR for each of 32 classes.
  const pageClass = m.or(
    m.shr(m.and(second, m.const(HPTE.keyHigh)), 57),
    m.shr(m.and(second, m.const(HPTE.keyLow)), 9),
  );
  const classes = m.select(isFetch, m.reg("IAMR"), m.reg("AMR"));
  const classBits = m.shr(
    classes,
    m.sub(m.const(62), m.shl(pageClass, 1)),
  );
  const classDenied = m.nonZero(
    m.and(classBits, m.select(isStore, m.const(2), m.const(1))),
  );
  const noExecute = m.both(
    isFetch,
    has(m, second, HPTE.noExecute | HPTE.guarded),
  );
  return m.or(
    m.select(
      noExecute,
      m.const(FAULT.noExecute),
      m.select(permitted, zero, m.const(FAULT.protection)),
    ),
    m.select(classDenied, m.const(FAULT.key), zero),
  );
}

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
    const entry = m.call(findEntry, ea!, segment);
    m.if(m.eq(entry, m.const(0)), () => {
      m.call(raiseStorage, ea!, access!, m.const(FAULT.noTranslation));
    });
    // Entry n has doublewords 2n and 2n + 1; `entry` is n + 1.
    const index = m.sub(m.shl(entry, 1), m.const(1));
    const second = m.loadHashTable(index);
    const why = denial(m, { segment, second, access: access! });
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
    m.if(m.ne(used, second), () => m.storeHashTable(index, used));
    const offset = m.sub(
      m.shl(m.const(1), m.reg("PAGE_SHIFT")),
      m.const(1),
    );
    return m.or(
      m.and(m.and(second, m.const(HPTE.RPN)), m.not(offset)),
      m.and(ea!, offset),
    );
  },
  { raises: true },
);
