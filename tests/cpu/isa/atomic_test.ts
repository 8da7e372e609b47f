import assert from "node:assert/strict";
import { CACHE_BLOCK_BYTES } from "../../../cpu/isa/storage_control.ts";
import { MSR } from "../../../cpu/state.ts";
import { gprs, GUEST, HYPERVISOR, r3, run } from "./system_rows.ts";

const AT = 0x2000;

function words(...values: readonly number[]): Uint8Array {
  const memory = new Uint8Array(0x4000);
  const view = new DataView(memory.buffer);
  values.forEach((value, i) => view.setUint32(AT + 4 * i, value));
  return memory;
}

function wordAt(memory: Uint8Array, index: number): number {
  return new DataView(memory.buffer, memory.byteOffset)
    .getUint32(AT + 4 * index);
}

function fetch(
  FC: number,
  memory: Uint8Array,
  { source = 0n, at = BigInt(AT) }: { source?: bigint; at?: bigint } = {},
) {
  const GPR = gprs({ 3: 7n, 4: source, 10: at });
  return run("lwat", { RT: 3, RA: 10, FC }, { ...GUEST, GPR }, { memory });
}

Deno.test("lwat compares words with their sign for function codes 5 and 7", () => {
  const source = 2n;
  const most = fetch(5, words(0xffff_fff0), { source });
  assert.equal(r3(most), 0xffff_fff0n);
  assert.equal(wordAt(most.memory, 0), 2);
  const least = fetch(7, words(0xffff_fff0), { source });
  assert.equal(wordAt(least.memory, 0), 0xffff_fff0);
});

Deno.test("lwat steps up to a bound in the next word", () => {
  const within = fetch(24, words(4, 9));
  assert.equal(r3(within), 4n);
  assert.equal(wordAt(within.memory, 0), 5);
  const full = fetch(24, words(9, 9));
  assert.equal(r3(full), 0x8000_0000n);
  assert.equal(wordAt(full.memory, 0), 9);
});

Deno.test("lwat steps down to a bound in the word before", () => {
  const at = BigInt(AT + 4);
  const within = fetch(28, words(4, 9), { at });
  assert.equal(r3(within), 9n);
  assert.equal(wordAt(within.memory, 1), 8);
  const empty = fetch(28, words(4, 4), { at });
  assert.equal(r3(empty), 0x8000_0000n);
  assert.equal(wordAt(empty.memory, 1), 4);
});

Deno.test("atomic operations raise a data storage interrupt for bad codes", () => {
  for (const [name, FC] of [["lwat", 9], ["stdat", 8], ["ldat", 17]] as const) {
    const GPR = gprs({ 10: BigInt(AT) });
    const target = name === "stdat" ? { RS: 3 } : { RT: 3 };
    const { raised, state } = run(name, { ...target, RA: 10, FC }, {
      ...GUEST,
      GPR,
    });
    assert.equal(raised, "dataStorage", name);
    assert.equal(state.DAR, BigInt(AT));
    assert.equal(state.DSISR, 4n);
  }
});

Deno.test("atomic operations raise an alignment interrupt off their size", () => {
  const { raised, state } = fetch(0, words(1), { at: BigInt(AT + 2) });
  assert.equal(raised, "alignment");
  assert.equal(state.DAR, BigInt(AT + 2));
});

Deno.test("stqcx. stores the pair that lqarx reserved, and CR0 tells", () => {
  const state = { ...GUEST, GPR: gprs({ 4: 1n, 5: 2n, 10: BigInt(AT) }) };
  const loaded = run("lqarx", { RTp: 6, RA: 0, RB: 10 }, state);
  const reserved = {
    ...state,
    RESERVE_ADDRESS: loaded.state.RESERVE_ADDRESS,
    RESERVE_BYTES: loaded.state.RESERVE_BYTES,
    RESERVE_VALUE: loaded.state.RESERVE_VALUE,
    SO: 1n,
  };
  const stored = run("stqcx.", { RSp: 4, RA: 0, RB: 10 }, reserved);
  assert.equal((stored.state.CR as bigint[])[0], 3n);
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => wordAt(stored.memory, i)),
    [0, 1, 0, 2],
  );
  const refused = run("stqcx.", { RSp: 4, RA: 0, RB: 10 }, {
    ...state,
    SO: 1n,
  });
  assert.equal((refused.state.CR as bigint[])[0], 1n);
});

Deno.test("copy only checks, and paste. to normal storage is refused", () => {
  const GPR = gprs({ 10: BigInt(AT), 11: BigInt(AT + 8) });
  const state = { ...GUEST, GPR };
  assert.deepEqual(run("copy", { RB: 10 }, state).raised, undefined);
  assert.equal(run("copy", { RB: 11 }, state).raised, "alignment");
  const pasted = run("paste.", { RB: 10 }, state);
  assert.equal(pasted.raised, "dataStorage");
  assert.equal(pasted.state.DSISR, 8n);
  assert.deepEqual(run("cpabort", {}, state).raised, undefined);
});

Deno.test("dcbz clears the block that holds the address", () => {
  const memory = new Uint8Array(0x4000).fill(0xff);
  const result = run("dcbz", { RB: 10 }, {
    ...GUEST,
    GPR: gprs({ 10: BigInt(AT + 77) }),
  }, { memory });
  const zeros = [...result.memory].flatMap((byte, i) => byte === 0 ? [i] : []);
  assert.deepEqual(
    zeros,
    Array.from({ length: CACHE_BLOCK_BYTES }, (_, i) => AT + i),
  );
});

Deno.test("caching-inhibited access is refused when MSR[DR] = 1", () => {
  const state = { ...HYPERVISOR, GPR: gprs({ 10: BigInt(AT) }) };
  const memory = words(0x1234_5678);
  const loaded = run("lwzcix", { RT: 3, RB: 10 }, state, { memory });
  assert.equal(r3(loaded), 0x1234_5678n);
  const refused = run("lwzcix", { RT: 3, RB: 10 }, {
    ...state,
    MSR: MSR.SF | MSR.HV | MSR.DR,
  });
  assert.equal(refused.raised, "dataStorage");
  assert.equal(refused.state.DSISR, 2n);
});
