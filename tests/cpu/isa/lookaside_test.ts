import assert from "node:assert/strict";
import { SLB, SLB_ENTRIES } from "../../../cpu/isa/lookaside.ts";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { cause, gprs, GUEST, HYPERVISOR, r3, run } from "./system_rows.ts";

const ESID = 0xc000_0000_0000_0000n;
const VSID = 0x123_4567_8900_0000n | SLB.KP | SLB.L | SLB.C | 0x10n;

function segments(
  entries: Readonly<Record<number, readonly [bigint, bigint]>>,
) {
  const word = (half: 0 | 1) =>
    Array.from({ length: SLB_ENTRIES }, (_, i) => entries[i]?.[half] ?? 0n);
  return { SLBE: word(0), SLBV: word(1) };
}

/** Numbers of the valid entries. */
function valid(entries: unknown): number[] {
  return (entries as readonly bigint[]).flatMap((word, i) =>
    word & SLB.V ? [i] : []
  );
}

Deno.test("slbmte writes an entry that slbmfee and slbmfev read", () => {
  const GPR = gprs({ 4: VSID, 5: ESID | SLB.V | 7n });
  const { state } = run("slbmte", { RS: 4, RB: 5 }, { ...GUEST, GPR });
  assert.equal((state.SLBE as bigint[])[7], ESID | SLB.V);
  assert.equal((state.SLBV as bigint[])[7], VSID);
  const written = {
    ...GUEST,
    SLBE: state.SLBE,
    SLBV: state.SLBV,
    GPR: gprs({ 5: 7n }),
  };
  assert.equal(r3(run("slbmfee", { RT: 3, RB: 5 }, written)), ESID | SLB.V);
  assert.equal(r3(run("slbmfev", { RT: 3, RB: 5 }, written)), VSID);
});

Deno.test("slbmte is illegal when the entry, a size or a bit does not exist", () => {
  const words: readonly (readonly [rb: bigint, rs: bigint])[] = [
    [ESID | SLB.V | 32n, VSID],
    [ESID | SLB.V | 0x1000n, VSID],
    [ESID | SLB.V, VSID | (1n << 63n)],
    [ESID | SLB.V, SLB.L | 0x30n],
    [ESID | SLB.V, 0x10n],
  ];
  for (const [rb, rs] of words) {
    const GPR = gprs({ 4: rs, 5: rb });
    const result = run("slbmte", { RS: 4, RB: 5 }, { ...GUEST, GPR });
    assert.equal(cause(result), "illegal", rb.toString(16));
    assert.equal(result.changed.SLBE, undefined);
  }
});

Deno.test("slbie invalidates the segment that holds the address", () => {
  const tables = segments({
    1: [ESID | SLB.V, VSID],
    2: [0x1_0000_0000n | SLB.V, SLB.B_1T],
  });
  const GPR = gprs({ 4: 0xc000_0000_0fff_f000n, 5: 0xff_0000_0000n });
  const small = run("slbie", { RB: 4 }, { ...GUEST, ...tables, GPR });
  assert.deepEqual(valid(small.state.SLBE), [2]);
  const large = run("slbie", { RB: 5 }, { ...GUEST, ...tables, GPR });
  assert.deepEqual(valid(large.state.SLBE), [1]);
  const none = run("slbie", { RB: 6 }, {
    ...GUEST,
    ...tables,
    GPR: gprs({ 6: 0xd000_0000_0000_0000n }),
  });
  assert.deepEqual(valid(none.state.SLBE), [1, 2]);
});

Deno.test("slbia keeps entry 0, and what its hint says", () => {
  const tables = segments({
    0: [ESID | SLB.V, SLB.C],
    1: [0x1000_0000n | SLB.V, 0n],
    31: [0x2000_0000n | SLB.V, SLB.C],
  });
  const after = (IH: number, version: "2.07" | "3.0") =>
    valid(
      run("slbia", { IH }, { ...GUEST, ...tables }, { version }).state.SLBE,
    );
  for (const hint of [0, 1, 2, 6]) {
    assert.deepEqual(after(hint, "3.0"), [0], `IH = ${hint}`);
  }
  assert.deepEqual(after(3, "3.0"), [1]);
  assert.deepEqual(after(4, "3.0"), []);
  assert.deepEqual(after(7, "3.0"), [0, 1, 31]);
  for (let hint = 0; hint < 8; hint++) {
    assert.deepEqual(after(hint, "2.07"), [0], `IH = ${hint}`);
  }
});

Deno.test("slbfee. tells whether a segment was found", () => {
  const state = {
    ...GUEST,
    ...segments({ 9: [ESID | SLB.V, VSID] }),
    SO: 1n,
    GPR: gprs({ 3: 5n, 4: ESID, 5: ESID + (1n << 28n) }),
  };
  const found = run("slbfee.", { RT: 3, RB: 4 }, state);
  assert.equal(r3(found), VSID);
  assert.equal((found.state.CR as bigint[])[0], 3n);
  const missing = run("slbfee.", { RT: 3, RB: 5 }, state);
  assert.equal(r3(missing), 0n);
  assert.equal((missing.state.CR as bigint[])[0], 1n);
});

Deno.test("slbfee. looks for the low 32 bits of an address in 32-bit mode", () => {
  const state = {
    ...GUEST,
    MSR: MSR.ME,
    ...segments({ 9: [0x1000_0000n | SLB.V, VSID] }),
    GPR: gprs({ 4: ESID | 0x1000_dffcn }),
  };
  assert.equal(r3(run("slbfee.", { RT: 3, RB: 4 }, state)), VSID);
});

Deno.test("tlbie is the hypervisor's when LPCR[GTSE] = 0", () => {
  const names = ["tlbie", "tlbsync", "slbieg", "slbsync"];
  for (const name of names) {
    assert.equal(cause(run(name, {}, GUEST)), "privileged", name);
    const granted = { ...GUEST, LPCR: LPCR.GTSE };
    assert.equal(run(name, {}, granted).raised, undefined, name);
    assert.equal(run(name, {}, HYPERVISOR).raised, undefined, name);
  }
});

Deno.test("tlbiel is a partition's, unless of partition scope in radix mode", () => {
  assert.equal(run("tlbiel", { PRS: 0 }, GUEST).raised, undefined);
  const radix = { ...GUEST, LPCR: LPCR.HR | LPCR.GTSE };
  assert.equal(run("tlbiel", { PRS: 1, R: 1 }, radix).raised, undefined);
  assert.equal(cause(run("tlbiel", { PRS: 0, R: 1 }, radix)), "privileged");
  assert.equal(cause(run("tlbie", { PRS: 0, R: 1 }, radix)), "privileged");
});
