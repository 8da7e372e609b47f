/**
 * Entries of the hashed page table: their fields, the page sizes that they
 * encode, and what they allow (Book III 6.7.9, 6.7.13).
 *
 * @module
 */
import { SLB } from "../isa/lookaside.ts";
import type { Condition, Ops, Value } from "../isa/ops.ts";
import { ACCESS, FAULT } from "./faults.ts";

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

function has(m: Ops, x: Value, mask: bigint): Condition {
  return m.nonZero(m.and(x, m.const(mask)));
}

/** Log2 of a segment's base page size. */
export function basePageShift(m: Ops, segment: Value): Value {
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
export function actualPageShift(
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

/** By key × 8 + pp: who may read (and fetch), who may write (6.7.13.1). */
const READABLE = 0x0e4f;
const WRITABLE = 0x0407;

/** The bits that tell why the access is denied; 0 where it is allowed. */
export function denial(
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
