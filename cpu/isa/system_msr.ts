/**
 * What software may put into MSR, and how (Book III 4.2.1, 4.3.1, 5.4.4).
 *
 * @module
 */
import { MSR } from "../state.ts";
import type { Ops, Value } from "./ops.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";

/**
 * The bits that exist. TM and TS do not: no transactional memory is
 * announced, and their MSR bits are reserved then.
 */
export const MSR_IMPLEMENTED: bigint = MSR.SF | MSR.HV | MSR.VEC | MSR.VSX |
  MSR.EE | MSR.PR | MSR.FP | MSR.ME | MSR.FE0 | MSR.SE | MSR.BE | MSR.FE1 |
  MSR.IR | MSR.DR | MSR.PMM | MSR.RI | MSR.LE;

/**
 * (value, mask): the MSR that results where software writes `value` to the
 * bits of `mask`. Problem state has EE, IR and DR set, whatever was written.
 */
export const msrFromGuest: Subroutine = subroutine(
  "msrFromGuest",
  2,
  (m, written, mask) => {
    const allowed = m.and(mask!, m.const(MSR_IMPLEMENTED));
    const merged = m.or(
      m.and(written!, allowed),
      m.and(m.reg("MSR"), m.not(allowed)),
    );
    const problem = m.nonZero(m.and(merged, m.const(MSR.PR)));
    return m.select(
      problem,
      m.or(merged, m.const(MSR.EE | MSR.IR | MSR.DR)),
      merged,
    );
  },
);

/** Sets MSR and continues at the target, whose width it decides. */
function continueUnder(m: Ops, msr: Value, target: Value): void {
  const sixtyFour = m.nonZero(m.and(msr, m.const(MSR.SF)));
  m.setMsrAndJump(msr, m.select(sixtyFour, target, m.zeroExtend(4, target)));
}

/** Writes the bits of `mask` and goes on behind the instruction. */
export function writeMsr(m: Ops, written: Value, mask: bigint): void {
  const msr = m.call(msrFromGuest, written, m.const(mask));
  continueUnder(m, msr, m.add(m.cia(), m.const(4)));
}

/** Returns from an interrupt: only the hypervisor changes HV and ME. */
export function returnFromInterrupt(
  m: Ops,
  { msr, target }: { readonly msr: Value; readonly target: Value },
): void {
  const mask = m.select(
    m.hypervisorState(),
    m.const(MSR_IMPLEMENTED),
    m.const(MSR_IMPLEMENTED & ~(MSR.HV | MSR.ME)),
  );
  continueUnder(
    m,
    m.call(msrFromGuest, msr, mask),
    m.and(target, m.const(-4)),
  );
}
