import assert from "node:assert/strict";
import type { PlainState } from "../../../cpu/engine/reference_harness.ts";
import { MSR } from "../../../cpu/state.ts";
import { cause, gprs, GUEST, HYPERVISOR, run, USER } from "./system_rows.ts";

const ALL = (1n << 64n) - 1n;
/** All bits that exist. */
const EVERY = MSR.SF | MSR.HV | MSR.VEC | MSR.VSX | MSR.EE | MSR.PR | MSR.FP |
  MSR.ME | MSR.FE0 | MSR.SE | MSR.BE | MSR.FE1 | MSR.IR | MSR.DR | MSR.PMM |
  MSR.RI | MSR.LE;

Deno.test("rfid restores MSR but neither HV nor ME when in a partition", () => {
  const all = run("rfid", {}, { ...GUEST, SRR0: 0x1237n, SRR1: ALL });
  assert.equal(all.state.MSR, EVERY & ~MSR.HV);
  assert.equal(all.state.NIA, 0x1234n);
  const none = run("rfid", {}, { ...GUEST, SRR0: 0x1234n, SRR1: 0n });
  assert.equal(none.state.MSR, MSR.ME);
});

Deno.test("rfid restores HV and ME when in hypervisor state", () => {
  const none = run("rfid", {}, { ...HYPERVISOR, SRR1: MSR.SF });
  assert.equal(none.state.MSR, MSR.SF);
  const all = run("rfid", {}, { ...HYPERVISOR, SRR1: ALL });
  assert.equal(all.state.MSR, EVERY);
});

Deno.test("rfid sets EE, IR and DR when it enters problem state", () => {
  const { state } = run("rfid", {}, { ...GUEST, SRR1: MSR.SF | MSR.PR });
  assert.equal(
    state.MSR,
    MSR.SF | MSR.ME | MSR.PR | MSR.EE | MSR.IR | MSR.DR,
  );
});

Deno.test("rfid cuts the address to 32 bits when it leaves 64-bit mode", () => {
  const SRR0 = 0x1_2345_6788n;
  assert.equal(run("rfid", {}, { ...GUEST, SRR0 }).state.NIA, 0x2345_6788n);
});

Deno.test("hrfid and rfscv take their own registers", () => {
  const hrfid = run("hrfid", {}, {
    ...HYPERVISOR,
    HSRR0: 0x40n,
    HSRR1: MSR.SF | MSR.HV | MSR.LE,
  });
  assert.equal(hrfid.state.NIA, 0x40n);
  assert.equal(hrfid.state.MSR, MSR.SF | MSR.HV | MSR.LE);
  const rfscv = run("rfscv", {}, {
    ...GUEST,
    LR: 0x80n,
    CTR: MSR.SF | MSR.RI,
  });
  assert.equal(rfscv.state.NIA, 0x80n);
  assert.equal(rfscv.state.MSR, MSR.SF | MSR.RI | MSR.ME);
});

Deno.test("mtmsrd keeps HV, ME and LE", () => {
  const set = run("mtmsrd", { RS: 4 }, { ...GUEST, GPR: gprs({ 4: ALL }) });
  assert.equal(set.state.MSR, EVERY & ~(MSR.HV | MSR.LE));
  const MSR_BEFORE = MSR.SF | MSR.HV | MSR.ME | MSR.LE | MSR.EE;
  const clear = run("mtmsrd", { RS: 4 }, { MSR: MSR_BEFORE });
  assert.equal(clear.state.MSR, MSR.HV | MSR.ME | MSR.LE);
});

Deno.test("mtmsr leaves the upper word alone", () => {
  const clear = run("mtmsr", { RS: 4 }, {
    PAPR: 1n,
    MSR: MSR.SF | MSR.ME | MSR.FP | MSR.LE,
  });
  assert.equal(clear.state.MSR, MSR.SF | MSR.ME | MSR.LE);
  const set = run("mtmsr", { RS: 4 }, {
    ...GUEST,
    MSR: MSR.ME,
    GPR: gprs({ 4: ALL }),
  });
  const low = EVERY & 0xffff_ffffn & ~MSR.LE;
  assert.equal(set.state.MSR, low);
});

Deno.test("mtmsr and mtmsrd change EE and RI only when L = 1", () => {
  for (const name of ["mtmsr", "mtmsrd"]) {
    const on = run(name, { RS: 4, L: 1 }, {
      ...GUEST,
      GPR: gprs({ 4: ALL }),
    });
    assert.equal(on.state.MSR, MSR.SF | MSR.ME | MSR.EE | MSR.RI);
    const off = run(name, { RS: 4, L: 1 }, {
      PAPR: 1n,
      MSR: MSR.SF | MSR.ME | MSR.EE | MSR.RI | MSR.FP | MSR.DR,
    });
    assert.equal(off.state.MSR, MSR.SF | MSR.ME | MSR.FP | MSR.DR);
    assert.equal(off.state.NIA, 0x1004n);
  }
});

Deno.test("system instructions are privileged when in problem state", () => {
  const privileged = [
    ...["rfid", "rfscv", "hrfid", "mtmsr", "mtmsrd", "mfmsr", "stop"],
    ...["msgsnd", "msgclr", "msgsndp", "msgclrp", "msgsync", "treclaim."],
    ...["slbie", "slbieg", "slbia", "slbmte", "slbmfev", "slbmfee"],
    ...["slbfee.", "slbsync", "tlbie", "tlbiel", "tlbsync", "lwzcix"],
  ];
  for (const name of privileged) {
    const result = run(name, {}, USER);
    assert.equal(cause(result), "privileged", name);
    const changed = Object.keys(result.changed).filter((register) =>
      !["EXCEPTION", "EXCEPTION_SRR1"].includes(register)
    );
    assert.deepEqual(changed, [], name);
  }
});

Deno.test("the hypervisor's instructions are privileged when in a partition", () => {
  const hypervisor = ["hrfid", "stop", "msgsnd", "msgclr", "msgsync"];
  for (const name of [...hypervisor, "stdcix"]) {
    assert.equal(cause(run(name, {}, GUEST)), "privileged", name);
  }
  for (const name of ["doze", "nap", "sleep", "rvwinkle"]) {
    const result = run(name, {}, GUEST, { version: "2.07" });
    assert.equal(cause(result), "privileged", name);
    const stops = run(name, {}, HYPERVISOR, { version: "2.07" });
    assert.equal(stops.exit, "stop");
  }
});

Deno.test("sc 1 is a hypercall of a partition, from every state", () => {
  for (const state of [GUEST, USER]) {
    const call = run("sc", { LEV: 1 }, state);
    assert.equal(call.exit, "hypercall");
    assert.equal(call.raised, undefined);
    assert.equal(call.state.NIA, 0x1004n);
  }
  const own = run("sc", { LEV: 0 }, GUEST);
  assert.equal(own.raised, "systemCall");
  assert.equal(own.exit, undefined);
});

Deno.test("sc raises a system call with its level when there is a hypervisor", () => {
  const { raised, exit, state } = run("sc", { LEV: 1 }, HYPERVISOR);
  assert.equal(raised, "systemCall");
  assert.equal(exit, undefined);
  assert.equal(state.EXCEPTION_SRR1, 1n);
});

Deno.test("scv raises with its level where FSCR allows it", () => {
  const call = run("scv", { LEV: 5 }, USER);
  assert.equal(call.raised, "systemCallVectored");
  assert.equal(call.state.EXCEPTION_SRR1, 5n);
  const denied = run("scv", { LEV: 5 }, { ...USER, FSCR: 0n });
  assert.equal(denied.raised, "facilityUnavailable");
  assert.equal(denied.state.FSCR, 12n << 56n);
});

Deno.test("attn leaves the engine but is illegal in a partition", () => {
  assert.equal(run("attn", {}, HYPERVISOR).exit, "attn");
  assert.equal(cause(run("attn", {}, GUEST)), "illegal");
});

Deno.test("wait leaves the engine where WC = 0", () => {
  assert.equal(run("wait", { WC: 0 }, USER).exit, "wait");
  assert.equal(run("wait", { WC: 1 }, USER).exit, undefined);
});

Deno.test("msgsndp leaves with RB's message, marked as privileged", () => {
  const GPR = gprs({ 4: 0xffff_ffff_2800_0003n });
  const sent = run("msgsndp", { RB: 4 }, { ...GUEST, GPR });
  assert.equal(sent.exit, "message");
  assert.equal((sent.state.EXIT_VALUE as bigint[])[0], 0x1_2800_0003n);
  const hypervisor = run("msgsnd", { RB: 4 }, { ...HYPERVISOR, GPR });
  assert.equal((hypervisor.state.EXIT_VALUE as bigint[])[0], 0x2800_0003n);
  const other = { ...GUEST, GPR: gprs({ 4: 0x2000_0000n }) };
  assert.equal(run("msgsndp", { RB: 4 }, other).exit, undefined);
});

Deno.test("msgclrp withdraws the thread's doorbell and nothing else", () => {
  const state = { ...GUEST, PENDING: 0xffn, GPR: gprs({ 4: 0x2800_0000n }) };
  assert.equal(run("msgclrp", { RB: 4 }, state).state.PENDING, 0xdfn);
  const hypervisor = run("msgclr", { RB: 4 }, {
    ...HYPERVISOR,
    ...state,
    MSR: MSR.SF | MSR.HV,
  });
  assert.equal(hypervisor.state.PENDING, 0xbfn);
});

Deno.test("transactional memory is an unavailable facility", () => {
  const names = ["tbegin.", "tend.", "tendall.", "tabort.", "tabortwc."];
  for (const name of [...names, "tsr.", "tcheck", "trechkpt."]) {
    const { raised, state } = run(name, {}, { ...GUEST, FSCR: 0n });
    assert.equal(raised, "facilityUnavailable", name);
    assert.equal(state.FSCR, 5n << 56n, name);
  }
});

Deno.test("rfebb goes to EBBRR and sets the enable bit to S", () => {
  const state: PlainState = { ...USER, EBBRR: 0x2003n, BESCR: 1n };
  const on = run("rfebb", { S: 1 }, state);
  assert.equal(on.state.NIA, 0x2000n);
  assert.equal(on.state.BESCR, (1n << 63n) | 1n);
  const off = run("rfebb", { S: 0 }, { ...state, BESCR: 1n << 63n });
  assert.equal(off.state.BESCR, 0n);
});

Deno.test("mfbhrbe finds no branch, and none when PMCC denies it", () => {
  const GPR = gprs({ 3: 5n });
  const empty = run("mfbhrbe", { RT: 3, BHRBE: 7 }, { ...USER, GPR });
  assert.equal((empty.state.GPR as bigint[])[3], 0n);
  const denied = { ...USER, GPR, MMCR0: 1n << 18n };
  assert.equal(
    run("mfbhrbe", { RT: 3, BHRBE: 7 }, denied).raised,
    "facilityUnavailable",
  );
});
