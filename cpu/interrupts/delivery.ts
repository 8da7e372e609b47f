/**
 * Taking an interrupt (Book III 7.4.3, 7.5).
 *
 * @module
 */
import type { Condition, Ops, Value } from "../isa/ops.ts";
import { type Subroutine, subroutine } from "../isa/subroutine.ts";
import { LPCR, MSR } from "../state.ts";
import { has, inPartition, is, those } from "./conditions.ts";
import { EVENTS, PENDING } from "./pending.ts";
import { interruptNumber, INTERRUPTS, PROGRAM_SRR1 } from "./table.ts";

/** SRR1 bits 33:36 and 42:47, which say why, not what MSR was. */
const SRR1_CAUSE = 0x783f_0000n;

/** SRR1 bit 33, which every trace interrupt sets (7.5.15). */
const TRACE_SRR1 = 0x4000_0000n;

/** LPCR[LPES]: external interrupts leave MSR[HV] alone (7.5.7). */
const LPES = 8n;

/** HID0[HILE] of POWER9 and POWER8, bits 4 and 19 (user's manuals). */
const HILE = { power9: 1n << 59n, power8: 1n << 44n };

/** PVR's version of the POWER9. */
const POWER9 = 0x4e;

/** Where scv goes under LPCR[AIL] = 3, and the others' offset (2.2). */
const AIL3 = {
  vectored: 0xc000_0000_0000_3000n,
  others: 0xc000_0000_0000_4000n,
} as const;

/** The offset of all but scv under LPCR[AIL] = 2 (2.2). */
const AIL2 = 0x1_8000n;

/** An interrupt that is being taken. */
interface Taken {
  readonly number: Value;
  /** What goes into SRR1's cause bits. */
  readonly cause: Value;
  /** LEV of sc and scv. */
  readonly level: Value;
  readonly msr: Value;
  readonly vectored: Condition;
  /** Saved in HSRR0 and HSRR1. */
  readonly inHsrr: Condition;
  /** MSR[HV] will be 1. */
  readonly hypervisor: Condition;
  /** The hypervisor of a partition injects it. */
  readonly injected: Condition;
}

/** Sorts out what is to be taken, and whose it is. */
function classify(m: Ops, requested: Value, details: Value): Taken {
  const zero = m.const(0);
  const thread = m.negate(inPartition(m));
  const reflected = m.both(
    inPartition(m),
    is(m, requested, "hypervisorEmulationAssistance"),
  );
  const number = m.select(
    reflected,
    m.const(interruptNumber("program")),
    requested,
  );
  const vectored = is(m, number, "systemCallVectored");
  const call = is(m, number, "systemCall");
  const plain = m.select(
    m.either(vectored, call),
    zero,
    m.select(
      is(m, number, "trace"),
      m.or(details, m.const(TRACE_SRR1)),
      details,
    ),
  );
  const external = m.both(
    is(m, number, "external"),
    m.negate(has(m, m.reg("LPCR"), LPES)),
  );
  const toHypervisor = m.either(
    m.either(those(m, number, (row) => row.hypervisor), external),
    m.both(call, m.eq(details, m.const(1))),
  );
  return {
    number,
    cause: m.select(reflected, m.const(PROGRAM_SRR1.illegal), plain),
    level: details,
    msr: m.reg("MSR"),
    vectored,
    inHsrr: m.either(
      those(m, number, (row) => row.saves === "HSRR"),
      m.both(thread, external),
    ),
    hypervisor: m.either(
      m.hypervisorState(),
      m.both(thread, toHypervisor),
    ),
    injected: m.either(
      reflected,
      m.both(inPartition(m), those(m, number, (row) => row.injected)),
    ),
  };
}

/** Saves where to go on and the old MSR. */
function save(m: Ops, taken: Taken, address: Value): void {
  const after = m.ea(m.add(address, m.const(4)));
  const back = m.select(
    those(m, taken.number, (row) => row.resumes === "next"),
    after,
    address,
  );
  const msr = m.or(
    m.and(taken.msr, m.const(~SRR1_CAUSE)),
    taken.cause,
  );
  m.if(taken.vectored, () => {
    m.setReg("LR", back);
    m.setReg("CTR", msr);
  }, () => {
    m.if(taken.inHsrr, () => {
      m.setReg("HSRR0", back);
      m.setReg("HSRR1", msr);
    }, () => {
      m.setReg("SRR0", back);
      m.setReg("SRR1", msr);
    });
  });
}

/** The handler's address without relocation. */
function vectorOf(m: Ops, { number, vectored, level }: Taken): Value {
  const vector = m.variable(m.const(0));
  INTERRUPTS.forEach((row, index) => {
    m.if(
      m.eq(number, m.const(index + 1)),
      () => m.set(vector, m.const(row.vector)),
    );
  });
  const offset = m.select(vectored, m.shl(level, 5), m.const(0));
  return m.or(m.get(vector), offset);
}

/**
 * The handler's address with LPCR[AIL] applied, or 0 where it does not apply:
 * it does for interrupts that come from IR = DR = 1, but not where they leave
 * a hash partition for its hypervisor (2.2).
 */
function relocated(m: Ops, taken: Taken, vector: Value): Value {
  const lpcr = m.reg("LPCR");
  const both = m.const(MSR.IR | MSR.DR);
  const enters = m.both(
    taken.hypervisor,
    m.negate(m.either(m.hypervisorState(), has(m, lpcr, LPCR.HR))),
  );
  const applies = m.both(
    m.both(
      m.eq(m.and(taken.msr, both), both),
      those(m, taken.number, (row) => row.relocates),
    ),
    m.negate(enters),
  );
  // Of scv's 0x17000 and 32 × LEV only the latter stays.
  const vectored = m.or(
    m.and(vector, m.const(0xfff)),
    m.const(AIL3.vectored),
  );
  const three = m.select(
    taken.vectored,
    vectored,
    m.or(vector, m.const(AIL3.others)),
  );
  const two = m.select(
    taken.vectored,
    vector,
    m.or(vector, m.const(AIL2)),
  );
  const ail = m.and(m.shr(lpcr, 23), m.const(3));
  const address = m.select(
    m.eq(ail, m.const(3)),
    three,
    m.select(m.eq(ail, m.const(2)), two, m.const(0)),
  );
  return m.select(applies, address, m.const(0));
}

/**
 * Whether the handler runs little-endian: LPCR[ILE], or HID0[HILE] (7.5), or
 * for what a hypervisor injects the MSR that it keeps for that.
 */
function littleEndianHandler(
  m: Ops,
  { hypervisor, injected }: Taken,
): Condition {
  const power9 = m.eq(m.shr(m.reg("PVR"), 16), m.const(POWER9));
  const hile = m.select(
    power9,
    m.const(HILE.power9),
    m.const(HILE.power8),
  );
  const owner = m.select(hypervisor, m.reg("HID0"), m.reg("LPCR"));
  const bit = m.select(hypervisor, hile, m.const(LPCR.ILE));
  const raised = m.and(owner, bit);
  const kept = m.and(m.reg("INTR_MSR"), m.const(MSR.LE));
  return m.nonZero(m.select(injected, kept, raised));
}

/** The handler's MSR (7.5, figure of MSR settings). */
function handlerMsr(m: Ops, taken: Taken, relocates: Condition): Value {
  const zero = m.const(0);
  // scv changes neither EE nor RI; HSRR interrupts leave RI alone.
  const kept = m.select(
    taken.vectored,
    m.const(MSR.ME | MSR.EE | MSR.RI),
    m.select(
      taken.inHsrr,
      m.const(MSR.ME | MSR.RI),
      m.select(
        is(m, taken.number, "machineCheck"),
        zero,
        m.const(MSR.ME),
      ),
    ),
  );
  return [
    m.const(MSR.SF),
    m.select(taken.hypervisor, m.const(MSR.HV), zero),
    m.select(relocates, m.const(MSR.IR | MSR.DR), zero),
    m.select(littleEndianHandler(m, taken), m.const(MSR.LE), zero),
  ].reduce((all, part) => m.or(all, part), m.and(taken.msr, kept));
}

/**
 * Takes an interrupt: saves NIA and MSR, sets the new MSR and gives the new
 * NIA. DAR, DSISR, HEIR and FSCR[IC] are set by who raised it.
 *
 * Arguments: the interrupt's number; the address of the instruction that
 * raised it, or of the next one to be carried out for an asynchronous or trace
 * interrupt; and the bits to place into SRR1 (EXCEPTION_SRR1), which for
 * `systemCall` and `systemCallVectored` are LEV instead.
 *
 * In a partition (PAPR) MSR[HV] stays 0, and emulation assistance is what its
 * hypervisor makes of it: a program interrupt with the illegal-instruction
 * bit. A machine check while MSR[ME] = 0 is a checkstop, which the engine has
 * to look for beforehand.
 */
export const deliver: Subroutine = subroutine(
  "deliver",
  3,
  (m, requested, address, details) => {
    const taken = classify(m, requested!, details!);
    save(m, taken, address!);
    const vector = vectorOf(m, taken);
    const target = relocated(m, taken, vector);
    const relocates = m.nonZero(target);
    const msr = handlerMsr(m, taken, relocates);
    for (const name of EVENTS) {
      m.if(
        is(m, taken.number, name),
        () => m.clearPending(m.const(PENDING[name])),
      );
    }
    // A store conditional after the interrupt must not see the old reservation.
    m.setReg("RESERVE_ADDRESS", m.const(-1));
    // An answer of a device is for the instruction that asked, no other.
    m.setReg("MMIO_DONE", m.const(0));
    m.setReg("MSR", msr);
    return m.select(relocates, target, vector);
  },
);
