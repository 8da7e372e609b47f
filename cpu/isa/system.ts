/**
 * System calls, returns from interrupts, MSR and power-saving mode
 * (Book III 4.3, 5.4.4).
 *
 * @module
 */
import { MSR } from "../state.ts";
import type { Condition, Ops } from "./ops.ts";
import { type Chapter, chapter, type Instruction, row } from "./row.ts";
import { returnFromInterrupt, writeMsr } from "./system_msr.ts";

function inPartition(m: Ops): Condition {
  return m.nonZero(m.reg("PAPR"));
}

/** Calls and returns. `sc 1` of a partition is a hypercall, from any state. */
export const systemLinkage: Chapter = chapter(
  "Book III 4.3.1",
  "System Linkage Instructions",
  [
    row("sc LEV", "SC", [17, 2], (m, f) => {
      const lev = m.field(f.LEV);
      m.if(
        m.both(m.eq(lev, m.const(1)), inPartition(m)),
        () => m.exit("hypercall"),
        () => m.raise("systemCall", { srr1: lev }),
      );
    }),
    row("scv LEV", "SC", [17, 1], (m, f) => {
      m.requireFacility("SCV");
      m.raise("systemCallVectored", { srr1: m.field(f.LEV) });
    }, { since: "3.0" }),
    row("rfscv", "X_none", [19, 82], (m) => {
      m.privileged();
      returnFromInterrupt(m, { msr: m.reg("CTR"), target: m.reg("LR") });
    }, { since: "3.0" }),
    row("rfid", "X_none", [19, 18], (m) => {
      m.privileged();
      returnFromInterrupt(m, { msr: m.reg("SRR1"), target: m.reg("SRR0") });
    }),
    row("hrfid", "X_none", [19, 274], (m) => {
      m.hypervisor();
      returnFromInterrupt(m, {
        msr: m.reg("HSRR1"),
        target: m.reg("HSRR0"),
      });
    }),
  ],
);

function powerSaving(name: string, xo: number): Instruction {
  return row(name, "X_none", [19, xo], (m) => {
    m.hypervisor();
    m.exit("stop");
  }, { until: "2.07" });
}

/** A partition's thread stops by hypercall; these are the hypervisor's. */
export const powerSavingMode: Chapter = chapter(
  "Book III 4.3.2",
  "Power-Saving Mode Instructions",
  [
    row("stop", "X_none", [19, 370], (m) => {
      m.hypervisor();
      m.exit("stop");
    }, { since: "3.0" }),
    powerSaving("doze", 402),
    powerSaving("nap", 434),
    powerSaving("sleep", 466),
    powerSaving("rvwinkle", 498),
  ],
);

const EE_RI = MSR.EE | MSR.RI;
/** What the L = 0 forms cannot change. */
const KEPT = MSR.HV | MSR.ME | MSR.LE;
const LOW_WORD = 0xffff_ffffn;
const ALL = (1n << 64n) - 1n;

/** Reads and writes of MSR. */
export const msrMoves: Chapter = chapter(
  "Book III 5.4.4",
  "Move To/From System Register Instructions: MSR",
  [
    row("mtmsr RS,L", "X_RS_L", [31, 146], (m, f) => {
      m.privileged();
      const written = m.gpr(f.RS);
      m.when(
        f.L,
        () => writeMsr(m, written, EE_RI),
        () => writeMsr(m, written, LOW_WORD & ~KEPT),
      );
    }),
    row("mtmsrd RS,L", "X_RS_L", [31, 178], (m, f) => {
      m.privileged();
      const written = m.gpr(f.RS);
      m.when(
        f.L,
        () => writeMsr(m, written, EE_RI),
        () => writeMsr(m, written, ALL & ~KEPT),
      );
    }),
    row("mfmsr RT", "X_RT", [31, 83], (m, f) => {
      m.privileged();
      m.setGpr(f.RT, m.reg("MSR"));
    }),
  ],
);

/**
 * The support processor's attention. A partition has no support processor of
 * its own: an illegal instruction there.
 */
export const attention: Chapter = chapter(
  "POWER9 user's manual",
  "Support Processor Attention",
  [
    row("attn", "X_none", [0, 256], (m) => {
      m.if(
        inPartition(m),
        () => m.program("illegal"),
        () => m.exit("attn"),
      );
    }),
  ],
);
