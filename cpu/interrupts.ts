/**
 * Interrupts of a thread: which there are, when an asynchronous one is due,
 * and how one is taken (Book III chapter 7).
 *
 * Everywhere an interrupt is its *number*: its place in
 * {@linkcode INTERRUPTS}, from 1, so that 0 can say "none". EXCEPTION in the
 * register block holds such a number.
 *
 * @module
 */
import type {
  Condition,
  FscrFacility,
  Ops,
  RaisedInterrupt,
  Value,
} from "./isa/ops.ts";
import { type Subroutine, subroutine } from "./isa/subroutine.ts";
import { LPCR, MSR } from "./state.ts";

/** Interrupts that come from outside the instruction stream. */
export type AsynchronousInterrupt =
  | "systemReset"
  | "machineCheck"
  | "external"
  | "decrementer"
  | "hypervisorDecrementer"
  | "doorbell"
  | "hypervisorDoorbell"
  | "performanceMonitor";

/** Any interrupt. */
export type InterruptName = RaisedInterrupt | AsynchronousInterrupt;

/** One line of Book III's figure of interrupt vectors and MSR settings. */
export interface Interrupt {
  readonly name: InterruptName;
  /** Effective address offset of the handler. */
  readonly vector: number;
  /** Where the old NIA and MSR go: SRR0/1, HSRR0/1, or LR/CTR for scv. */
  readonly saves: "SRR" | "HSRR" | "LR";
  /** "next": the saved address is that of the following instruction. */
  readonly resumes: "here" | "next";
  /** Goes to the hypervisor where there is one: MSR[HV] becomes 1. */
  readonly hypervisor: boolean;
  /** LPCR[AIL] applies. */
  readonly relocates: boolean;
}

function interrupt(
  name: InterruptName,
  vector: number,
  options: Partial<Interrupt> = {},
): Interrupt {
  return {
    name,
    vector,
    saves: "SRR",
    resumes: "here",
    hypervisor: options.saves === "HSRR",
    relocates: true,
    ...options,
  };
}

const NOT_MASKABLE = { hypervisor: true, relocates: false };
const HYPERVISOR = { saves: "HSRR" } as const;

/** All interrupts, by vector (Book III 7.5). */
export const INTERRUPTS: readonly Interrupt[] = [
  interrupt("systemReset", 0x100, NOT_MASKABLE),
  interrupt("machineCheck", 0x200, NOT_MASKABLE),
  interrupt("dataStorage", 0x300),
  interrupt("dataSegment", 0x380),
  interrupt("instructionStorage", 0x400),
  interrupt("instructionSegment", 0x480),
  // On a thread with a hypervisor, LPCR[LPES] moves it there: see deliver.
  interrupt("external", 0x500),
  interrupt("alignment", 0x600),
  interrupt("program", 0x700),
  interrupt("fpUnavailable", 0x800),
  interrupt("decrementer", 0x900),
  interrupt("hypervisorDecrementer", 0x980, HYPERVISOR),
  interrupt("doorbell", 0xa00),
  interrupt("systemCall", 0xc00, { resumes: "next" }),
  interrupt("trace", 0xd00),
  interrupt("hypervisorEmulationAssistance", 0xe40, HYPERVISOR),
  interrupt("hypervisorDoorbell", 0xe80, HYPERVISOR),
  interrupt("performanceMonitor", 0xf00),
  interrupt("vectorUnavailable", 0xf20),
  interrupt("vsxUnavailable", 0xf40),
  interrupt("facilityUnavailable", 0xf60),
  interrupt("hypervisorFacilityUnavailable", 0xf80, HYPERVISOR),
  interrupt("systemCallVectored", 0x17000, { saves: "LR", resumes: "next" }),
];

/** The number of an interrupt: its place in {@linkcode INTERRUPTS}, from 1. */
export function interruptNumber(name: InterruptName): number {
  const index = INTERRUPTS.findIndex((row) => row.name === name);
  if (index < 0) throw new RangeError(`Cannot find interrupt: ${name}`);
  return index + 1;
}

/** The interrupt of a number, if it is one. */
export function interruptOf(number: number): Interrupt | undefined {
  return INTERRUPTS[number - 1];
}

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

const EVENTS: readonly AsynchronousInterrupt[] = [
  "systemReset",
  "machineCheck",
  "doorbell",
  "hypervisorDoorbell",
  "performanceMonitor",
];

/** SRR1 bits 33:36 and 42:47, which say why, not what MSR was. */
const SRR1_CAUSE = 0x783f_0000n;

/** SRR1 bit 33, which every trace interrupt sets (7.5.15). */
const TRACE_SRR1 = 0x4000_0000n;

/** SRR1 bits by which a program interrupt tells its cause (Book III 7.5.9). */
export const PROGRAM_SRR1 = {
  floatingPoint: 0x10_0000n,
  illegal: 0x8_0000n,
  privileged: 0x4_0000n,
  trap: 0x2_0000n,
} as const;

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

function has(m: Ops, register: Value, mask: bigint): Condition {
  return m.nonZero(m.and(register, m.const(mask)));
}

/** Whether the interrupt of the number has a property. */
function those(
  m: Ops,
  number: Value,
  property: (row: Interrupt) => boolean,
): Condition {
  let mask = 0n;
  INTERRUPTS.forEach((row, index) => {
    if (property(row)) mask |= 1n << BigInt(index + 1);
  });
  return has(m, m.shr(m.const(mask), number), 1n);
}

function is(m: Ops, number: Value, name: InterruptName): Condition {
  return m.eq(number, m.const(interruptNumber(name)));
}

/** A partition's thread: no hypervisor state, LPCR[LPES] does not matter. */
function inPartition(m: Ops): Condition {
  return m.nonZero(m.reg("PAPR"));
}

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

/** The new MSR[LE]: LPCR[ILE], or HID0[HILE] for the hypervisor (7.5). */
function handlerLittleEndian(m: Ops, toHypervisor: Condition): Condition {
  // HILE is HID0 bit 4 on POWER9, bit 19 on POWER8 (user's manuals).
  const power9 = m.eq(m.shr(m.reg("PVR"), 16), m.const(0x4e));
  const hile = m.select(power9, m.const(1n << 59n), m.const(1n << 44n));
  const owner = m.select(toHypervisor, m.reg("HID0"), m.reg("LPCR"));
  const bit = m.select(toHypervisor, hile, m.const(LPCR.ILE));
  return m.nonZero(m.and(owner, bit));
}

/**
 * Handler address with LPCR[AIL] applied: only for interrupts that come from
 * IR = DR = 1, and not where they enter the hypervisor of a hash partition
 * (Book III 2.2 LPCR[AIL]). Gives 0 where AIL does not apply.
 */
function relocated(
  m: Ops,
  number: Value,
  vector: Value,
  { msr, entersHypervisor }: { msr: Value; entersHypervisor: Condition },
): Value {
  const lpcr = m.reg("LPCR");
  const both = m.const(MSR.IR | MSR.DR);
  const ail = m.and(m.shr(lpcr, 23), m.const(3));
  const scv = is(m, number, "systemCallVectored");
  const applies = m.both(
    m.both(
      m.eq(m.and(msr, both), both),
      those(m, number, (row) => row.relocates),
    ),
    m.negate(m.both(entersHypervisor, m.negate(has(m, lpcr, LPCR.HR)))),
  );
  const offset2 = m.select(scv, vector, m.or(vector, m.const(0x18000)));
  const offset3 = m.select(
    scv,
    // 0x17000 gives way to 0xC000_0000_0000_3000; LEV stays.
    m.or(
      m.and(vector, m.const(0xfff)),
      m.const(0xc000_0000_0000_3000n),
    ),
    m.or(vector, m.const(0xc000_0000_0000_4000n)),
  );
  const address = m.select(
    m.eq(ail, m.const(3)),
    offset3,
    m.select(m.eq(ail, m.const(2)), offset2, m.const(0)),
  );
  return m.select(applies, address, m.const(0));
}

/**
 * Takes an interrupt: saves NIA and MSR, sets the new MSR and gives the new
 * NIA (Book III 7.4.3, 7.5). DAR, DSISR, HEIR, FSCR[IC] are set by who raised.
 *
 * Arguments: the interrupt's number; the address of the instruction that
 * raised it, or of the next one to be carried out for an asynchronous or trace
 * interrupt; and the bits to place into SRR1 (EXCEPTION_SRR1), which for
 * `systemCall` and `systemCallVectored` are LEV instead.
 *
 * In a partition (PAPR) emulation assistance is what its hypervisor makes of
 * it: a program interrupt with the illegal-instruction bit.
 */
export const deliver: Subroutine = subroutine(
  "deliver",
  3,
  (m, requested, address, details) => {
    const zero = m.const(0);
    const msr = m.reg("MSR");
    const partition = inPartition(m);
    const reflected = m.both(
      partition,
      is(m, requested!, "hypervisorEmulationAssistance"),
    );
    const number = m.select(
      reflected,
      m.const(interruptNumber("program")),
      requested!,
    );
    const vectored = is(m, number, "systemCallVectored");
    const call = m.either(vectored, is(m, number, "systemCall"));
    const cause = m.select(
      reflected,
      m.const(PROGRAM_SRR1.illegal),
      m.select(
        is(m, number, "trace"),
        m.or(details!, m.const(TRACE_SRR1)),
        m.select(call, zero, details!),
      ),
    );

    const external = is(m, number, "external");
    const externalToHypervisor = m.both(
      external,
      m.eq(m.and(m.reg("LPCR"), m.const(8)), zero),
    );
    const toHypervisor = m.both(
      m.negate(partition),
      m.either(
        m.either(
          those(m, number, (row) => row.hypervisor),
          externalToHypervisor,
        ),
        m.both(
          is(m, number, "systemCall"),
          m.eq(details!, m.const(1)),
        ),
      ),
    );
    const inHsrr = m.either(
      those(m, number, (row) => row.saves === "HSRR"),
      m.both(m.negate(partition), externalToHypervisor),
    );

    const resumes = those(m, number, (row) => row.resumes === "next");
    const back = m.select(
      resumes,
      m.ea(m.add(address!, m.const(4))),
      address!,
    );
    const saved = m.or(m.and(msr, m.const(~SRR1_CAUSE)), cause);
    m.if(vectored, () => {
      m.setReg("LR", back);
      m.setReg("CTR", saved);
    }, () => {
      m.if(inHsrr, () => {
        m.setReg("HSRR0", back);
        m.setReg("HSRR1", saved);
      }, () => {
        m.setReg("SRR0", back);
        m.setReg("SRR1", saved);
      });
    });

    const vector = m.variable(zero);
    INTERRUPTS.forEach((row, index) => {
      m.if(
        m.eq(number, m.const(index + 1)),
        () => m.set(vector, m.const(row.vector)),
      );
    });
    const entry = m.select(
      vectored,
      m.or(m.get(vector), m.shl(details!, 5)),
      m.get(vector),
    );

    const hv = m.either(m.hypervisorState(), toHypervisor);
    const withAil = relocated(m, number, entry, {
      msr,
      entersHypervisor: m.both(hv, m.negate(m.hypervisorState())),
    });
    const relocates = m.nonZero(withAil);
    // scv changes neither EE nor RI; HSRR interrupts leave RI alone.
    const kept = m.select(
      vectored,
      m.const(MSR.ME | MSR.EE | MSR.RI),
      m.select(
        inHsrr,
        m.const(MSR.ME | MSR.RI),
        m.select(is(m, number, "machineCheck"), zero, m.const(MSR.ME)),
      ),
    );
    const flag = (on: Condition, mask: bigint) =>
      m.select(on, m.const(mask), zero);
    const next = [
      m.const(MSR.SF),
      flag(hv, MSR.HV),
      flag(relocates, MSR.IR | MSR.DR),
      flag(handlerLittleEndian(m, m.both(hv, m.negate(partition))), MSR.LE),
    ].reduce((all, part) => m.or(all, part), m.and(msr, kept));

    for (const name of EVENTS) {
      m.if(
        is(m, number, name),
        () => m.clearPending(m.const(PENDING[name])),
      );
    }
    // A store conditional after the interrupt must not see the old reservation.
    m.setReg("RESERVE_ADDRESS", m.const(-1));
    m.setReg("MSR", next);
    return m.select(relocates, withAil, entry);
  },
);

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
