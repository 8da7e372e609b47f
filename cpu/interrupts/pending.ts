/**
 * Which asynchronous interrupt is due (Book III 7.5, 7.9).
 *
 * @module
 */
import type { Condition, Ops } from "../isa/ops.ts";
import { type Subroutine, subroutine } from "../isa/subroutine.ts";
import { LPCR, MSR } from "../state.ts";
import { has, inPartition } from "./conditions.ts";
import { type AsynchronousInterrupt, interruptNumber } from "./table.ts";

/**
 * Bits of PENDING, which others set atomically. The external interrupt and
 * both decrementers are levels: whoever set the bit clears it. The others are
 * events, which taking the interrupt clears.
 */
export const PENDING: Readonly<Record<AsynchronousInterrupt, number>> = {
  systemReset: 1,
  machineCheck: 2,
  hypervisorDecrementer: 4,
  external: 8,
  decrementer: 16,
  doorbell: 32,
  hypervisorDoorbell: 64,
  performanceMonitor: 128,
};

/** Those that taking the interrupt clears. */
export const EVENTS: readonly AsynchronousInterrupt[] = [
  "systemReset",
  "machineCheck",
  "doorbell",
  "hypervisorDoorbell",
  "performanceMonitor",
];

const EE_OR_GUEST = (m: Ops): Condition =>
  m.either(
    has(m, m.reg("MSR"), MSR.EE),
    m.negate(m.hypervisorState()),
  );

const WHEN_EE = (m: Ops): Condition => has(m, m.reg("MSR"), MSR.EE);

/** Book III 7.5.7: LPCR[LPES] and [HEIC] matter where there is a hypervisor. */
function externalEnabled(m: Ops): Condition {
  const lpcr = m.reg("LPCR");
  const inHypervisor = m.both(
    m.hypervisorState(),
    m.negate(m.problemState()),
  );
  const toHypervisor = m.both(
    m.negate(m.hypervisorState()),
    m.eq(m.and(lpcr, m.const(8)), m.const(0)),
  );
  return m.either(
    m.both(
      WHEN_EE(m),
      m.negate(m.both(has(m, lpcr, LPCR.HEIC), inHypervisor)),
    ),
    m.both(m.negate(inPartition(m)), toHypervisor),
  );
}

/** When each may be taken, the most urgent first (Book III 7.9). */
const PRIORITIES: readonly (readonly [
  AsynchronousInterrupt,
  (m: Ops) => Condition,
])[] = [
  ["systemReset", (m) => m.eq(m.const(0), m.const(0))],
  // A machine check while MSR[ME] = 0 checkstops: the engine looks at that.
  ["machineCheck", (m) => m.eq(m.const(0), m.const(0))],
  [
    "hypervisorDecrementer",
    (m) => m.both(has(m, m.reg("LPCR"), LPCR.HDICE), EE_OR_GUEST(m)),
  ],
  ["external", externalEnabled],
  ["decrementer", WHEN_EE],
  ["doorbell", WHEN_EE],
  ["hypervisorDoorbell", EE_OR_GUEST],
  ["performanceMonitor", WHEN_EE],
];

/** The number of the asynchronous interrupt to take now, or 0 (7.9). */
export const pendingInterrupt: Subroutine = subroutine(
  "pendingInterrupt",
  0,
  (m) => {
    const pending = m.reg("PENDING");
    const due = m.variable(m.const(0));
    for (const [name, enabled] of PRIORITIES.toReversed()) {
      m.if(has(m, pending, BigInt(PENDING[name])), () => {
        m.if(enabled(m), () => m.set(due, m.const(interruptNumber(name))));
      });
    }
    return m.get(due);
  },
);
