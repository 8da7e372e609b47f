/**
 * From effective to real addresses (Book III 6.7), once for every engine.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../isa/ops.ts";
import { type Subroutine, subroutine } from "../isa/subroutine.ts";
import { LPCR, MSR } from "../state.ts";
import { ACCESS, FAULT, raiseStorage } from "./faults.ts";
import { walkHash } from "./hash.ts";
import { walkRadix } from "./radix.ts";

/** Real mode ignores the top four bits of the effective address (6.7.3). */
const REAL_MODE_BITS = 0x0fff_ffff_ffff_ffffn;

/** Real mode is reported to have pages of 4 KiB: nothing larger is known. */
const REAL_MODE_SHIFT = 12;

/** PVR's version of the POWER9, the first that has radix trees. */
const POWER9 = 0x4e;

/**
 * What machine checks say of a real address that nothing answers to: SRR1 for
 * a fetch, SRR1 and DSISR for data (POWER9 user's manual).
 */
const NO_STORAGE = { fetch: 0x080c_0000, data: 0x20_0000, dsisr: 0x40 };

interface Request {
  readonly ea: Value;
  readonly access: Value;
}

/** Whether translation is on for the access: MSR[IR] or MSR[DR]. */
function translationIsOn(m: Ops, access: Value): Condition {
  const bit = m.select(
    m.eq(access, m.const(ACCESS.fetch)),
    m.const(MSR.IR),
    m.const(MSR.DR),
  );
  return m.nonZero(m.and(m.reg("MSR"), bit));
}

/**
 * Whether the process table's radix trees are used (LPCR[HR]), rather than
 * the hash table: never on POWER8.
 */
export function radixIsUsed(m: Ops): Condition {
  return m.both(
    m.nonZero(m.and(m.reg("LPCR"), m.const(LPCR.HR))),
    m.leUnsigned(m.const(POWER9), m.shr(m.reg("PVR"), 16)),
  );
}

/** The real address in real mode (6.7.3); raises where it is not in RAM. */
function realMode(m: Ops, { ea, access }: Request): Value {
  const partition = m.nonZero(m.reg("PAPR"));
  // HRMOR does not concern a partition, nor addresses with bit 0 set.
  const relocated = m.negate(
    m.either(partition, m.ltSigned(ea, m.const(0))),
  );
  const real = m.or(
    m.and(ea, m.const(REAL_MODE_BITS)),
    m.select(relocated, m.reg("HRMOR"), m.const(0)),
  );
  m.if(m.negate(m.inRam(real, 1)), () => {
    // A partition's real mode area ends with its RAM.
    m.if(partition, () => {
      m.call(raiseStorage, ea, access, m.const(FAULT.protection));
    });
    m.if(m.eq(access, m.const(ACCESS.fetch)), () => {
      m.raise("machineCheck", { srr1: m.const(NO_STORAGE.fetch) });
    });
    m.raise("machineCheck", {
      srr1: m.const(NO_STORAGE.data),
      dar: ea,
      dsisr: m.const(NO_STORAGE.dsisr),
    });
  });
  m.setReg("PAGE_SHIFT", m.const(REAL_MODE_SHIFT));
  return real;
}

/**
 * The real address of an effective one for an access (0 load, 1 store,
 * 2 fetch), or the storage, segment or machine check interrupt that the book
 * asks for. The page's size is left in PAGE_SHIFT.
 *
 * A translated address may lie outside RAM: there are the devices. In real
 * mode there are none.
 */
export const translate: Subroutine = subroutine(
  "translate",
  2,
  (m, ea, access) => {
    const request = { ea: ea!, access: access! };
    const real = m.variable(ea!);
    m.if(translationIsOn(m, access!), () => {
      m.if(
        radixIsUsed(m),
        () => m.set(real, m.call(walkRadix, ea!, access!)),
        () => m.set(real, m.call(walkHash, ea!, access!)),
      );
    }, () => m.set(real, realMode(m, request)));
    return m.get(real);
  },
  { raises: true },
);
