/**
 * How a failed translation tells the guest (Book III 7.5.3 to 7.5.6).
 *
 * @module
 */
import type { Ops, Value } from "../isa/ops.ts";
import { type Subroutine, subroutine } from "../isa/subroutine.ts";

/** What is to be done with the storage, as translations take it. */
export const ACCESS = { load: 0, store: 1, fetch: 2 } as const;

/**
 * Why a translation fails: the bit in DSISR for data, in SRR1 for
 * instructions. A store sets DSISR bit 38 (0x0200_0000) besides.
 */
export const FAULT = {
  /** Bit 33: no page table entry. */
  noTranslation: 0x4000_0000,
  /** SRR1 bit 35: no-execute or guarded storage. */
  noExecute: 0x1000_0000,
  /**
   * Bit 36: not allowed by pp and Ks/Kp, by EAA, or by key 0 of radix. The last
   * two say noExecute of instructions, as POWER9 does.
   */
  protection: 0x0800_0000,
  /** Bit 42: not allowed by the virtual page class key. */
  key: 0x0020_0000,
  /** Bit 44: a radix tree of a shape that is not supported. */
  radixConfiguration: 0x0008_0000,
  /** Bit 45: reference and change bits could not be updated atomically. */
  referenceChange: 0x0004_0000,
} as const;

const IS_STORE = 0x0200_0000;

/** Raises the storage interrupt for (ea, access, fault bits). Gives 0. */
export const raiseStorage: Subroutine = subroutine(
  "raiseStorage",
  3,
  (m, ea, access, fault) => {
    m.if(m.eq(access!, m.const(ACCESS.fetch)), () => {
      m.raise("instructionStorage", { srr1: fault! });
    });
    const isStore = m.eq(access!, m.const(ACCESS.store));
    m.raise("dataStorage", {
      dar: ea!,
      dsisr: m.or(fault!, m.select(isStore, m.const(IS_STORE), m.const(0))),
    });
    return m.const(0);
  },
  { raises: true },
);

/** Raises the segment interrupt for (ea, access). Gives 0. */
export const raiseSegment: Subroutine = subroutine(
  "raiseSegment",
  2,
  (m, ea, access) => {
    m.if(m.eq(access!, m.const(ACCESS.fetch)), () => {
      m.raise("instructionSegment");
    });
    m.raise("dataSegment", { dar: ea! });
    return m.const(0);
  },
  { raises: true },
);

/** Raises a storage interrupt where the fault is one of the list. */
export function storageFault(
  m: Ops,
  { ea, access }: { ea: Value; access: Value },
  fault: keyof typeof FAULT,
): void {
  m.call(raiseStorage, ea, access, m.const(FAULT[fault]));
}
