/**
 * Facilities that software may deny (Book III 7.2.12, 7.2.13).
 *
 * @module
 */
import type { FscrFacility, Value } from "../isa/ops.ts";
import { type Subroutine, subroutine } from "../isa/subroutine.ts";
import { MSR } from "../state.ts";
import { has, inPartition } from "./conditions.ts";

/**
 * Facility numbers: the interruption cause in FSCR and HFSCR, and the bit
 * there that allows the facility (Book III 7.2.12, 7.2.13).
 */
export const FACILITY: Readonly<Record<FscrFacility, number>> = {
  DSCR: 2,
  PM: 3,
  TM: 5,
  EBB: 7,
  TAR: 8,
  MSGP: 10,
  LM: 11,
  SCV: 12,
};

/**
 * Raises the (hypervisor) facility-unavailable interrupt where the facility
 * of the number is denied (Book III 7.2.12, 7.2.13, 7.5.18); the cause goes
 * to FSCR or HFSCR. Gives 0.
 *
 * FSCR is about problem state only. Transactional memory is denied by MSR[TM],
 * the performance monitor by MMCR0[PMCC], and messages by HFSCR alone.
 */
export const checkFacility: Subroutine = subroutine(
  "checkFacility",
  1,
  (m, facility) => {
    const named = (name: FscrFacility) =>
      m.eq(facility!, m.const(FACILITY[name]));
    const allowedBy = (register: Value) =>
      m.nonZero(m.and(m.shr(register, facility!), m.const(1)));
    const withCause = (register: Value) =>
      m.or(
        m.and(register, m.const((1n << 56n) - 1n)),
        m.shl(facility!, 56),
      );
    const performanceMonitorDenied = m.eq(
      m.and(m.shr(m.reg("MMCR0"), 18), m.const(3)),
      m.const(1),
    );
    const denied = m.either(
      m.both(named("TM"), m.negate(has(m, m.reg("MSR"), MSR.TM))),
      m.both(
        m.problemState(),
        m.either(
          m.both(named("PM"), performanceMonitorDenied),
          m.negate(
            m.either(
              m.either(named("PM"), named("TM")),
              m.either(named("MSGP"), allowedBy(m.reg("FSCR"))),
            ),
          ),
        ),
      ),
    );
    // Rows must ask with requireFacility; only this names the interrupts.
    m.if(denied, () => {
      m.setReg("FSCR", withCause(m.reg("FSCR")));
      m.raise("facilityUnavailable" as "trace");
    });
    const guest = m.negate(m.either(m.hypervisorState(), inPartition(m)));
    m.if(m.both(guest, m.negate(allowedBy(m.reg("HFSCR")))), () => {
      m.setReg("HFSCR", withCause(m.reg("HFSCR")));
      m.raise("hypervisorFacilityUnavailable" as "trace");
    });
    return m.const(0);
  },
  { raises: true },
);
