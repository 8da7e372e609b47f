import assert from "node:assert/strict";
import { encode } from "../../../cpu/isa/encoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { LockstepAccelerator } from "../../../cpu/lockstep.ts";
import {
  type Difference,
  EngineDifference,
} from "../../../cpu/lockstep/difference.ts";
import { MSR } from "../../../cpu/state.ts";
import { guestMemory } from "./programs.ts";

const RAM_BYTES = 1 << 20;
const CODE = 0x8000;
const DATA = 0x20000;
const ATTN = 0x00000200;
const TIMEBASE = 268;

function word(name: string, fields: Record<string, number>): number {
  const insn = ISA.find((row) => row.name === name);
  assert(insn);
  return encode(insn, fields);
}

/** Sums numbers, stores each sum and the timebase, over and over. */
const PTESYNC = word("sync", { L: 2 });
const NOP = word("ori", { RS: 0, RA: 0, UI: 0 });

const LOOP = [
  word("addi", { RT: 3, RA: 3, SI: 7 }),
  word("add", { RT: 4, RA: 4, RB: 3 }),
  word("std", { RS: 4, RA: 5, DS: 0 }),
  word("mfspr", { RT: 6, SPR: TIMEBASE }),
  word("std", { RS: 6, RA: 5, DS: 8 }),
  word("bc", { BO: 16, BI: 0, BD: -24 }),
  ATTN,
];

function create(
  { iterations, first = NOP }: { iterations: number; first?: number },
) {
  const { layout, memory } = guestMemory(RAM_BYTES);
  let time = 0;
  const accelerator = new LockstepAccelerator({
    cpu: "power9",
    memory,
    layout,
    jitThreshold: 1,
    // Never twice the same, as with a host's clock.
    timebase: () => time += 13,
  });
  accelerator.setOneReg(0, "LPCR", 0n);
  accelerator.setOneReg(0, "MSR", MSR.SF | MSR.HV);
  accelerator.setOneReg(0, "NIA", BigInt(CODE));
  accelerator.setOneReg(0, "CTR", BigInt(iterations));
  accelerator.setOneReg(0, "GPR", BigInt(DATA), { index: 5 });
  const [ram, twin] = [memory, accelerator.tested.memory].map((memory) =>
    new DataView(memory.buffer, layout.ram, RAM_BYTES)
  );
  assert(ram && twin);
  [first, ...LOOP].forEach((word, i) => ram.setUint32(CODE + 4 * i, word));
  accelerator.ramWritten(CODE, 4 * LOOP.length + 4);
  return { accelerator, ram, twin };
}

/** Runs until both differ. */
function differenceOf(accelerator: LockstepAccelerator): Difference {
  try {
    for (let i = 0; i < 1000; i++) accelerator.run(0, 1e5);
  } catch (error) {
    if (error instanceof EngineDifference) return error.difference;
    throw error;
  }
  assert.fail("no difference was found");
}

Deno.test("LockstepAccelerator.run() goes on while both engines do the same", () => {
  const { accelerator, ram, twin } = create({ iterations: 50_000 });
  let exit = accelerator.run(0, 1e5);
  while (exit.reason === "budget") exit = accelerator.run(0, 1e5);
  assert.equal(exit.reason, "attn");
  const { regions = 0 } = accelerator.tested.jitStatistics ?? {};
  assert(regions > 0, "nothing was compiled");
  assert.equal(accelerator.getOneReg(0, "GPR", 3), 350_000n);
  assert.equal(ram.getBigUint64(DATA), accelerator.getOneReg(0, "GPR", 4));
  assert.equal(ram.getBigUint64(DATA + 8), twin.getBigUint64(DATA + 8));
});

Deno.test("Jit counts instructions that have the next one fetched anew", () => {
  const { accelerator } = create({ iterations: 5000, first: PTESYNC });
  while (accelerator.run(0, 1e5).reason === "budget");
  const { regions = 0 } = accelerator.tested.jitStatistics ?? {};
  assert(regions > 0, "nothing was compiled");
});

Deno.test("LockstepAccelerator.run() stops where a register differs, and names it", () => {
  const { accelerator } = create({ iterations: 1e6 });
  accelerator.run(0, 1e5);
  accelerator.tested.setOneReg(0, "GPR", 1n, { index: 9 });
  const from = accelerator.instructions(0);
  const { registers, nia, ...found } = differenceOf(accelerator);
  assert.deepEqual(registers, [{ name: "GPR[9]", values: [0n, 1n] }]);
  assert.equal(found.from, from);
  assert(nia >= CODE && nia <= CODE + 4 * LOOP.length);
});

Deno.test("LockstepAccelerator.run() stops where what was stored differs", () => {
  const { accelerator, twin } = create({ iterations: 1e6 });
  accelerator.run(0, 1e5);
  // Beside what the loop stores, in the same page.
  twin.setUint32(DATA + 0x100, 0x1234);
  const { storage, from, to } = differenceOf(accelerator);
  assert.deepEqual(storage, { address: DATA + 0x100, values: [0, 0x1234] });
  assert(to - from < 1e5, `${to - from} instructions`);
});

Deno.test("LockstepAccelerator.run() finds a difference where nobody should have stored", () => {
  const { accelerator, twin } = create({ iterations: 1e6 });
  accelerator.run(0, 1e5);
  twin.setUint32(0xf0000, 1);
  assert.equal(differenceOf(accelerator).storage?.address, 0xf0000);
});

Deno.test("LockstepAccelerator.run() gives both engines what the machine has written", () => {
  const { accelerator, ram, twin } = create({ iterations: 1e6 });
  accelerator.run(0, 1e5);
  ram.setUint32(0xf0000, 5);
  accelerator.ramWritten(0xf0000, 4);
  accelerator.setOneReg(0, "GPR", 77n, { index: 9 });
  for (let i = 0; i < 50; i++) accelerator.run(0, 1e5);
  assert.equal(twin.getUint32(0xf0000), 5);
  assert.equal(accelerator.tested.getOneReg(0, "GPR", 9), 77n);
});

Deno.test("LockstepAccelerator.run() says so where the engines leave for different reasons", () => {
  const { accelerator } = create({ iterations: 1e6 });
  accelerator.run(0, 1e5);
  accelerator.tested.kick(0);
  assert.deepEqual(
    differenceOf(accelerator).exits?.map(({ reason }) => reason),
    [
      "budget",
      "kick",
    ],
  );
});
