/**
 * From effective to real addresses (Book III 6.7), once for every engine.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../isa/ops.ts";
import { type Subroutine, subroutine } from "../isa/subroutine.ts";
import { MSR } from "../state.ts";

/** Real mode ignores the top four bits of the effective address (6.7.3). */
const REAL_MODE_BITS = 0x0fff_ffff_ffff_ffffn;

/** Whether translation is on for the access: MSR[IR] or MSR[DR]. */
function translationIsOn(m: Ops, access: Value): Condition {
  const bit = m.select(
    m.eq(access, m.const(2)),
    m.const(MSR.IR),
    m.const(MSR.DR),
  );
  return m.nonZero(m.and(m.reg("MSR"), bit));
}

/**
 * The real address of an effective one for an access (0 load, 1 store,
 * 2 fetch), or the storage or segment interrupt that the book asks for.
 */
export const translate: Subroutine = subroutine(
  "translate",
  2,
  (m, ea, access) => {
    const real = m.variable(m.and(ea!, m.const(REAL_MODE_BITS)));
    m.if(translationIsOn(m, access!), () => {
      m.raise("machineCheck");
    });
    return m.get(real);
  },
  { raises: true },
);
