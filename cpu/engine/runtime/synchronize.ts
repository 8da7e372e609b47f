/**
 * Between instructions: what follows from MSR, and interrupts.
 *
 * @module
 */
import {
  deliver,
  interruptNumber,
  pendingInterrupt,
} from "../../interrupts.ts";
import type { Value } from "../../isa/ops.ts";
import { MSR } from "../../state.ts";
import type { Emitter } from "../emitter/mod.ts";
import {
  CODE_TLB_BYTES,
  CONTEXTS,
  DATA_TLB_BYTES,
  JOURNAL,
} from "../layout.ts";
import { serveRequests } from "./coherence.ts";
import { dropAll } from "./drops.ts";
import { type FunctionSet, parameter } from "./functions.ts";

/** What `synchronize` answers. */
export const SYNCHRONIZED = {
  /** Go on. */
  ready: 0,
  /** A module for another mode must go on. */
  otherMode: 1,
  /** A machine check while MSR[ME] = 0 has ended the thread (Book III 7.5.2). */
  checkstop: 2,
} as const;

/** MSR bits that decide which module, and in which way, goes on. */
const MODE = MSR.SF | MSR.LE | MSR.SE | MSR.BE;

/**
 * (state) → {@linkcode SYNCHRONIZED}. Picks the contexts of MSR, takes a
 * pending interrupt that it enables, sets NIA then.
 */
export function synchronize(f: FunctionSet): number {
  return f.once("synchronize", (m, c) => {
    dropWhatIsStale(f, m);
    pickContexts(f, m);
    // An access that the machine has served is completed first.
    const looked = m.both(
      m.nonZero(m.reg("PENDING")),
      m.eq(m.reg("MMIO_DONE"), m.const(0)),
    );
    m.if(looked, () => {
      const due = m.call(pendingInterrupt);
      m.if(m.nonZero(due), () => {
        const dead = m.both(
          m.eq(due, m.const(interruptNumber("machineCheck"))),
          m.eq(m.and(m.reg("MSR"), m.const(MSR.ME)), m.const(0)),
        );
        m.if(dead, () => {
          c.i32(SYNCHRONIZED.checkstop);
          c.return();
        });
        m.setReg("NIA", m.call(deliver, due, m.reg("NIA"), m.const(0)));
        m.setReg("INTERRUPTS", m.add(m.reg("INTERRUPTS"), m.const(1)));
        pickContexts(f, m);
      });
    });
    const mine = (f.mode.littleEndian ? MSR.LE : 0n) |
      (f.mode.sixtyFour ? MSR.SF : 0n);
    m.pushCondition(
      m.ne(m.and(m.reg("MSR"), m.const(MODE)), m.const(mine)),
    );
  }, { results: ["i32"] });
}

/** (state, number, SRR1 bits): takes an interrupt between instructions. */
export function interruptNow(f: FunctionSet): number {
  return f.once("interrupt", (m) => {
    const [number, srr1] = [parameter(m, 1), parameter(m, 2)];
    m.setReg("NIA", m.call(deliver, number, m.reg("NIA"), srr1));
    m.setReg("INTERRUPTS", m.add(m.reg("INTERRUPTS"), m.const(1)));
    pickContexts(f, m);
  }, { parameters: ["i64", "i64"] });
}

/** Follows what other threads have asked for. */
function dropWhatIsStale(f: FunctionSet, m: Emitter): void {
  if (!f.layout.concurrent) return;
  m.code.get(0);
  m.code.call(serveRequests(f));
}

/**
 * Real mode, privileged or problem state, for data by MSR[DR] and for fetches
 * by MSR[IR]. The hypervisor's translations are not its guest's.
 */
function pickContexts(f: FunctionSet, m: Emitter): void {
  const msr = m.reg("MSR");
  const hypervisor = m.bit(m.hypervisorState());
  m.if(m.ne(hypervisor, m.reg("TLB_HYPERVISOR")), () => {
    m.setReg("TLB_HYPERVISOR", hypervisor);
    m.code.get(0);
    m.code.call(dropAll(f));
  });
  const flag = (bit: bigint) => m.bit(m.nonZero(m.and(msr, m.const(bit))));
  const problem = flag(MSR.PR);
  const context = (relocation: bigint) =>
    m.mul(flag(relocation), m.add(problem, m.const(1)));
  const within = (at: number, index: Value, bytes: number) => {
    f.pushAddress(m.code, at);
    m.code.op("i64.extend_i32_u");
    return m.add(m.take(), m.mul(index, m.const(bytes)));
  };
  const { dataTlb, codeTlb, journals } = f.vcpu;
  m.setReg("TLB_DATA", within(dataTlb, context(MSR.DR), DATA_TLB_BYTES));
  const order = m.mul(flag(MSR.LE), m.const(CONTEXTS));
  m.setReg(
    "TLB_CODE",
    within(codeTlb, m.add(order, context(MSR.IR)), CODE_TLB_BYTES),
  );
  m.setReg(
    "TLB_JOURNAL",
    m.mul(flag(MSR.DR), within(journals, problem, JOURNAL.bytes)),
  );
}
