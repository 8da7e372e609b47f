import assert from "node:assert/strict";
import { runInstruction } from "../../../cpu/engine/reference_harness.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { MSR } from "../../../cpu/state.ts";

function word(name: string, fields: Record<string, number>): number {
  const insn = ISA.find((candidate) => candidate.name === name);
  assert(insn, `no row ${name}`);
  return encode(insn, fields);
}

function gprs(values: Readonly<Record<number, bigint>>): bigint[] {
  return Array.from({ length: 32 }, (_, i) => values[i] ?? 0n);
}

Deno.test("divdeo sets OV when the quotient needs a 65th bit for its sign", () => {
  // 1 || 64 zeros divided by 2 is 2^63, which QEMU 7.2 takes for a quotient.
  const divdeo = word("divde", { RT: 3, RA: 4, RB: 5, OE: 1 });
  const over = runInstruction(divdeo, { GPR: gprs({ 4: 1n, 5: 2n }) });
  assert.equal(over.state.OV, 1n);
  assert.equal(over.state.SO, 1n);
  // -1 || 64 zeros divided by 2 is -2^63, which fits.
  const minusOne = (1n << 64n) - 1n;
  const fits = runInstruction(divdeo, {
    GPR: gprs({ 4: minusOne, 5: 2n }),
    OV: 1n,
  });
  assert.equal((fits.state.GPR as bigint[])[3], 1n << 63n);
  assert.equal(fits.state.OV, 0n);
});

Deno.test("divisions without a quotient give 0", () => {
  const least = 1n << 63n;
  const cases: [name: string, a: bigint, b: bigint][] = [
    ["divw", 5n, 0n],
    ["divw", 0x8000_0000n, 0xffff_ffffn],
    ["divwu", 5n, 0n],
    ["divd", least, (1n << 64n) - 1n],
    ["divdu", 5n, 0n],
    ["divwe", 5n, 1n],
    ["divweu", 5n, 5n],
    ["divde", 5n, 5n],
    ["divdeu", 5n, 4n],
    ["modsw", 5n, 0n],
    ["modsd", least, (1n << 64n) - 1n],
    ["modud", 5n, 0n],
  ];
  for (const [name, a, b] of cases) {
    const { state } = runInstruction(word(name, { RT: 3, RA: 4, RB: 5 }), {
      GPR: gprs({ 3: 7n, 4: a, 5: b }),
    });
    assert.equal((state.GPR as bigint[])[3], 0n, `${name} ${a} ${b}`);
  }
});

Deno.test("instructions on words fill an undefined upper word as POWER9", () => {
  const cases: [name: string, a: bigint, b: bigint, result: bigint][] = [
    ["mulhw", 1n << 31n, 2n, 0xffff_ffff_ffff_ffffn],
    ["mulhwu", 1n << 31n, 8n, 0x4_0000_0004n],
    ["divw", 0xffff_fff8n, 2n, 0xffff_fffcn],
    ["divwe", 0xffff_fffen, 4n, 0x8000_0000n],
    ["modsw", 0xffff_fff9n, 4n, 0xffff_ffff_ffff_fffdn],
  ];
  for (const [name, a, b, result] of cases) {
    const { state } = runInstruction(word(name, { RT: 3, RA: 4, RB: 5 }), {
      GPR: gprs({ 4: a, 5: b }),
    });
    assert.equal((state.GPR as bigint[])[3], result, name);
  }
});

Deno.test("mtocrf and mfocrf take the first field, or the last for none", () => {
  const CR = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];
  const cases: [FXM: number, moved: bigint, cr: bigint[]][] = [
    [0x60, 0x0200_0000n, [1n, 10n, 3n, 4n, 5n, 6n, 7n, 8n]],
    [0x00, 0x0000_0008n, [1n, 2n, 3n, 4n, 5n, 6n, 7n, 10n]],
    [0x01, 0x0000_0008n, [1n, 2n, 3n, 4n, 5n, 6n, 7n, 10n]],
  ];
  for (const [FXM, moved, cr] of cases) {
    const from = runInstruction(word("mfocrf", { RT: 3, FXM }), { CR });
    assert.equal((from.state.GPR as bigint[])[3], moved);
    const to = runInstruction(word("mtocrf", { RS: 3, FXM }), {
      CR,
      GPR: gprs({ 3: 0xaaaa_aaaan }),
    });
    assert.deepEqual(to.state.CR, cr);
  }
});

Deno.test("darn gives words, doublewords, and all ones where L is reserved", () => {
  function darn(L: number): bigint {
    const { state } = runInstruction(word("darn", { RT: 3, L }), {
      GPR: gprs({ 3: 7n }),
    });
    return (state.GPR as bigint[])[3] ?? 0n;
  }
  assert.notEqual(darn(0), 7n);
  assert(darn(0) < 1n << 32n);
  assert.notEqual(darn(1), 7n);
  assert.notEqual(darn(2), 7n);
  assert.equal(darn(3), (1n << 64n) - 1n);
});

Deno.test("or Rn,Rn,Rn sets the priority as far as the state allows", () => {
  const hypervisor = MSR.SF | MSR.HV;
  const cases: [register: number, level: bigint, states: bigint[]][] = [
    [31, 1n, [hypervisor, MSR.SF]],
    [1, 2n, [hypervisor, MSR.SF, MSR.SF | MSR.PR]],
    [6, 3n, [hypervisor, MSR.SF, MSR.SF | MSR.PR]],
    [2, 4n, [hypervisor, MSR.SF, MSR.SF | MSR.PR]],
    [5, 5n, [hypervisor, MSR.SF]],
    [3, 6n, [hypervisor, MSR.SF]],
    [7, 7n, [hypervisor]],
  ];
  const others = ((1n << 64n) - 1n) ^ (7n << 50n);
  for (const [n, level, states] of cases) {
    for (const state of [hypervisor, MSR.SF, MSR.SF | MSR.PR]) {
      const hint = word("or", { RS: n, RA: n, RB: n });
      const { changed } = runInstruction(hint, { PPR: others, MSR: state });
      const expected = states.includes(state)
        ? others | (level << 50n)
        : undefined;
      assert.equal(changed.PPR, expected, `or r${n} with MSR ${state}`);
      assert.equal(changed.GPR, undefined);
    }
  }
});

Deno.test("or Rn,Rn,Rn leaves the priority alone where n is no hint", () => {
  const plain = word("or", { RS: 4, RA: 4, RB: 4 });
  assert.equal(runInstruction(plain).changed.PPR, undefined);
  const recorded = word("or", { RS: 1, RA: 1, RB: 1, Rc: 1 });
  const { changed } = runInstruction(recorded);
  assert.equal(changed.PPR, undefined);
  assert.deepEqual((changed.CR as bigint[])[0], 2n);
});

Deno.test("bctar is unavailable to programs where FSCR denies TAR", () => {
  const bctar = word("bctar", { BO: 20 });
  const problem = MSR.SF | MSR.PR;
  const denied = runInstruction(bctar, { MSR: problem, FSCR: 0n, TAR: 64n });
  assert.equal(denied.raised, "facilityUnavailable");
  const allowed = runInstruction(bctar, {
    MSR: problem,
    FSCR: 1n << 8n,
    TAR: 64n,
  });
  assert.equal(allowed.raised, undefined);
  assert.equal(allowed.state.NIA, 64n);
});
