/**
 * Radix tree translation (Book III 6.7.10, 6.7.11).
 *
 * The process table is found through PRTBL, which has the format of the second
 * doubleword of a partition table entry: bits 4:51 are the table's real
 * address, bits 59:63 are s for a table of 2^(12 + s) bytes. Where the thread
 * is not a partition's (PAPR = 0), it is read from partition table entry 0 at
 * PTCR; there a guest of the thread (MSR[HV] = 0, or a quadrant that means
 * LPIDR while that is not 0) would need two translations, which is reported as
 * an unsupported configuration.
 *
 * All tables are big-endian. The walk keeps nothing: there is no page walk
 * cache to invalidate.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../isa/ops.ts";
import { type Subroutine, subroutine } from "../isa/subroutine.ts";
import { ACCESS, raiseSegment, storageFault } from "./faults.ts";

const TABLE_BASE = 0x0fff_ffff_ffff_f000n;
const NEXT_LEVEL_BASE = 0x0fff_ffff_ffff_ff00n;
const REAL_PAGE = 0x01ff_ffff_ffff_f000n;
const VALID = 1n << 63n;
const LEAF = 1n << 62n;

/** Bits of a page table entry (6.7.10.2). */
const PTE = {
  reference: 0x100,
  change: 0x80,
  attributes: 0x30,
  nonIdempotent: 0x20,
  privileged: 8,
  read: 4,
  readWrite: 2,
  execute: 1,
} as const;

/** Log2 of the sizes that a leaf may have: 4K, 64K, 2M, 1G. */
const LEAF_SHIFTS = [12, 16, 21, 30];

/** How often an update of reference and change is tried. */
const UPDATE_ATTEMPTS = 16;

interface Request {
  readonly ea: Value;
  readonly access: Value;
}

function has(m: Ops, x: Value, mask: number | bigint): Condition {
  return m.nonZero(m.and(x, m.const(mask)));
}

/** Picks a number by the kind of access. */
function byAccess(
  m: Ops,
  access: Value,
  [load, store, fetch]: readonly [number, number, number],
): Value {
  const table = load | store << 8 | fetch << 16;
  return m.and(m.shr(m.const(table), m.shl(access, 3)), m.const(0xff));
}

/** The process table's location, as PRTBL holds it. */
function processTable(m: Ops, request: Request, quadrant: Value): Value {
  const table = m.variable(m.reg("PRTBL"));
  m.if(m.eq(m.reg("PAPR"), m.const(0)), () => {
    const outer = m.either(
      m.eq(quadrant, m.const(0)),
      m.eq(quadrant, m.const(3)),
    );
    const own = m.both(
      m.hypervisorState(),
      m.either(outer, m.eq(m.reg("LPIDR"), m.const(0))),
    );
    m.if(
      m.negate(own),
      () => storageFault(m, request, "radixConfiguration"),
    );
    const partitionTable = m.and(m.reg("PTCR"), m.const(TABLE_BASE));
    m.set(table, m.loadReal(8, m.add(partitionTable, m.const(8))));
  });
  return m.get(table);
}

/** The first doubleword of the process table entry: size and root. */
function rootOf(m: Ops, request: Request): Value {
  const quadrant = m.shr(request.ea, 62);
  const middle = m.eq(
    m.and(m.add(quadrant, m.const(1)), m.const(2)),
    m.const(2),
  );
  m.if(
    m.both(middle, m.negate(m.hypervisorState())),
    () => m.call(raiseSegment, request.ea, request.access),
  );
  const table = processTable(m, request, quadrant);
  // Quadrants 2 and 3 belong to process 0, the operating system.
  const pid = m.select(
    has(m, quadrant, 2),
    m.const(0),
    m.reg("PIDR"),
  );
  const offset = m.shl(pid, 4);
  const log2 = m.add(m.and(table, m.const(31)), m.const(12));
  m.if(
    m.leUnsigned(m.shl(m.const(1), log2), offset),
    () => storageFault(m, request, "noTranslation"),
  );
  return m.loadReal(8, m.add(m.and(table, m.const(TABLE_BASE)), offset));
}

/** Whether EAA and key 0 allow the access (6.7.11.3, 6.7.13.2). */
function allowed(m: Ops, pte: Value, access: Value): Condition {
  const granted = m.nonZero(
    m.and(
      pte,
      byAccess(m, access, [
        PTE.read | PTE.readWrite,
        PTE.readWrite,
        PTE.execute,
      ]),
    ),
  );
  const privilegedPage = has(m, pte, PTE.privileged);
  // Key 0 keeps the system out of its processes' pages.
  const mask = m.select(
    m.eq(access, m.const(ACCESS.fetch)),
    m.reg("IAMR"),
    m.reg("AMR"),
  );
  const denied = m.nonZero(
    m.and(m.shr(mask, 62), byAccess(m, access, [1, 2, 1])),
  );
  const byState = m.either(
    m.both(m.problemState(), privilegedPage),
    m.both(
      m.negate(m.either(m.problemState(), privilegedPage)),
      denied,
    ),
  );
  return m.both(granted, m.negate(byState));
}

function checkLeaf(m: Ops, request: Request, pte: Value, shift: Value): void {
  const sizes = LEAF_SHIFTS.reduce((mask, log2) => mask + 2 ** log2, 0);
  m.if(
    m.negate(has(m, m.shr(m.const(sizes), shift), 1)),
    () => storageFault(m, request, "radixConfiguration"),
  );
  const guarded = m.eq(
    m.and(pte, m.const(PTE.attributes)),
    m.const(PTE.nonIdempotent),
  );
  m.if(
    m.both(guarded, m.eq(request.access, m.const(ACCESS.fetch))),
    () => storageFault(m, request, "noExecute"),
  );
  m.if(m.negate(allowed(m, pte, request.access)), () => {
    // As POWER9 does: what may not be fetched is no-execute storage.
    m.if(
      m.eq(request.access, m.const(ACCESS.fetch)),
      () => storageFault(m, request, "noExecute"),
    );
    storageFault(m, request, "protection");
  });
}

/**
 * Sets reference and change as the access needs them (6.7.12). Gives 1, or 0
 * where another thread changed the entry meanwhile.
 */
function markUsed(
  m: Ops,
  { at, pte, access }: { at: Value; pte: Value; access: Value },
): Value {
  const used = m.or(
    pte,
    m.select(
      m.eq(access, m.const(ACCESS.store)),
      m.const(PTE.reference | PTE.change),
      m.const(PTE.reference),
    ),
  );
  const marked = m.variable(m.const(1));
  m.if(m.ne(used, pte), () => {
    m.set(marked, m.bit(m.compareAndSwapReal(at, pte, used)));
  });
  return m.get(marked);
}

/** The real address of (ea, access) by the radix tree, or raises. */
export const walkRadix: Subroutine = subroutine(
  "walkRadix",
  2,
  (m, ea, access) => {
    const request = { ea: ea!, access: access! };
    const root = rootOf(m, request);
    const size = m.add(
      m.or(
        m.and(m.shr(root, 58), m.const(0x18)),
        m.and(m.shr(root, 5), m.const(7)),
      ),
      m.const(31),
    );
    const within = m.and(ea!, m.const((1n << 62n) - 1n));
    m.if(
      m.nonZero(m.shr(within, size)),
      () => m.call(raiseSegment, ea!, access!),
    );

    const attempts = m.variable(m.const(0));
    const node = m.variable(root);
    const shift = m.variable(size);
    const at = m.variable(m.const(0));
    const translated = m.variable(m.const(0));
    m.while(() => m.eq(m.get(translated), m.const(0)), () => {
      const nls = m.and(m.get(node), m.const(31));
      const shape = m.both(
        m.leUnsigned(m.const(5), nls),
        m.leUnsigned(m.add(nls, m.const(12)), m.get(shift)),
      );
      m.if(
        m.negate(shape),
        () => storageFault(m, request, "radixConfiguration"),
      );
      m.set(shift, m.sub(m.get(shift), nls));
      const index = m.and(
        m.shr(within, m.get(shift)),
        m.sub(m.shl(m.const(1), nls), m.const(1)),
      );
      m.set(
        at,
        m.add(
          m.and(m.get(node), m.const(NEXT_LEVEL_BASE)),
          m.shl(index, 3),
        ),
      );
      m.set(node, m.loadReal(8, m.get(at)));
      m.if(
        m.negate(has(m, m.get(node), VALID)),
        () => storageFault(m, request, "noTranslation"),
      );
      m.if(has(m, m.get(node), LEAF), () => {
        const pte = m.get(node);
        checkLeaf(m, request, pte, m.get(shift));
        const marked = markUsed(m, { at: m.get(at), pte, access: access! });
        m.if(m.nonZero(marked), () => {
          m.set(translated, m.const(1));
        }, () => {
          // Another thread changed the entry: it is looked at anew.
          m.if(
            m.eq(m.get(attempts), m.const(UPDATE_ATTEMPTS)),
            () => storageFault(m, request, "referenceChange"),
          );
          m.set(attempts, m.add(m.get(attempts), m.const(1)));
          m.set(node, root);
          m.set(shift, size);
        });
      });
    });
    m.setReg("PAGE_SHIFT", m.get(shift));
    m.setReg(
      "PAGE_PRIVILEGED",
      m.bit(has(m, m.get(node), PTE.privileged)),
    );
    const offset = m.sub(m.shl(m.const(1), m.get(shift)), m.const(1));
    return m.or(
      m.and(m.and(m.get(node), m.const(REAL_PAGE)), m.not(offset)),
      m.and(ea!, offset),
    );
  },
  { raises: true },
);
