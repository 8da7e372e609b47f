import assert from "node:assert/strict";
import { ReferenceEngine } from "../../../cpu/engine/reference.ts";
import { PENDING } from "../../../cpu/interrupts.ts";
import { LPCR, MSR, STATE_BYTES } from "../../../cpu/state.ts";
import { type Bench, createBench, write } from "./accelerators.ts";
import { ATTN, generator, li, op, realMode, RFID } from "./programs.ts";

const CODE = 0x8000;
const BRANCH_TO_SELF = op("b", { LI: 0 });

/** Registers that tell where a program is. */
const COMPARED = [
  ...["NIA", "MSR", "LR", "CTR", "SRR0", "SRR1", "INSTRUCTIONS"] as const,
  ...["INTERRUPTS", "CA", "SO"] as const,
] as const;

/** The reference engine on a copy of a bench. */
function referenceOf({ accelerator, ram }: Bench): ReferenceEngine {
  const buffer = new ArrayBuffer(STATE_BYTES + ram.length);
  new Uint8Array(buffer).set(accelerator.save(0));
  new Uint8Array(buffer).set(ram, STATE_BYTES);
  return new ReferenceEngine({
    memory: { buffer },
    stateOffset: 0,
    ramOffset: STATE_BYTES,
    ramBytes: ram.length,
  });
}

function assertSame(bench: Bench, { registers }: ReferenceEngine): void {
  for (const name of COMPARED) {
    assert.equal(bench.get(name), registers.get(name), name);
  }
  for (let i = 0; i < 32; i++) {
    assert.equal(bench.get("GPR", i), registers.get("GPR", i), `r${i}`);
  }
  for (let i = 0; i < 8; i++) {
    assert.equal(bench.get("CR", i), registers.get("CR", i), `cr${i}`);
  }
}

/**
 * A loop with branches, system calls, traps, instructions that do not exist
 * and exits; handlers count and return.
 */
function wildProgram(bench: Bench, seed: number): void {
  const random = generator(seed);
  const words: number[] = [];
  for (let i = 0; i < 120; i++) {
    const RT = 3 + random(20);
    const RA = 3 + random(20);
    switch (random(12)) {
      case 0:
        words.push(op("sc"));
        break;
      case 1:
        // tw: traps where a register is below another.
        words.push(op("tw", { TO: random(32), RA, RB: RT }));
        break;
      case 2:
        words.push(0x0000_0000);
        break;
      case 3:
      case 4:
      case 5: {
        const skip = 4 * (1 + random(6));
        words.push(op("bc", { BO: 12, BI: random(32), BD: skip }));
        break;
      }
      case 6:
        words.push(op("cmp", { BF: random(8), L: 1, RA, RB: RT }));
        break;
      case 7:
        // Leaves, because time may have been set back.
        words.push(op("mtspr", { SPR: 22, RS: 30 }));
        break;
      default:
        words.push(op("addi", { RT, RA, SI: random(2000) - 1000 }));
    }
  }
  words.push(
    ...Array.from({ length: 7 }, () => op("addi", { RT: 3, RA: 3, SI: 1 })),
  );
  words.push(op("bc", { BO: 18, BI: 0, BD: 8 }));
  words.push(op("b", { LI: -4 * words.length }), ATTN);
  write(bench, { at: CODE }, words);
  // Return behind the instruction: SRR0 + 4 but for sc, HSRR0 + 4.
  const skip = (saves: number) => [
    op("mfspr", { RT: 29, SPR: saves }),
    op("addi", { RT: 29, RA: 29, SI: 4 }),
    op("mtspr", { SPR: saves, RS: 29 }),
  ];
  const count = op("addi", { RT: 28, RA: 28, SI: 1 });
  write(bench, { at: 0x700 }, [count, ...skip(26), RFID]);
  write(bench, { at: 0xc00 }, [count, RFID]);
  write(bench, { at: 0xe40 }, [count, ...skip(314), op("hrfid")]);
  bench.set("MSR", realMode(false));
  bench.set("NIA", BigInt(CODE));
  bench.set("CTR", 40n);
  bench.set("GPR", 1n << 40n, 30);
  for (let i = 3; i < 23; i++) bench.set("GPR", BigInt(random(1 << 30)), i);
}

/** Runs by random budgets, comparing at each exit. Gives how often. */
function compareRuns(bench: Bench, seed: number): number {
  const reference = referenceOf(bench);
  const random = generator(seed);
  let done = 0;
  for (let exits = 1; exits < 3000; exits++) {
    const large = random(4) === 0 ? 3000 : 0;
    const exit = bench.accelerator.run(0, 1 + random(40) + large);
    const count = bench.accelerator.instructions(0);
    assert.equal(bench.get("INSTRUCTIONS"), BigInt(count));
    assert.ok(count >= done, "instructions have been lost");
    while (done < count) {
      reference.run(1);
      done++;
    }
    assertSame(bench, reference);
    if (exit.reason === "attn") return exits;
  }
  assert.fail("does not come to an end");
}

for (const engine of ["interpreter", "jit"] as const) {
  Deno.test(`InlineAccelerator.run() with the ${engine} stands where the reference stands after as many instructions`, () => {
    let regions = 0;
    for (const seed of [1, 2, 3]) {
      const bench = createBench({ engine });
      wildProgram(bench, seed);
      assert.ok(compareRuns(bench, seed + 100) > 10);
      regions += bench.accelerator.jitStatistics?.regions ?? 0;
    }
    assert.equal(regions > 0, engine === "jit");
  });
}

Deno.test("InlineAccelerator.step() carries out exactly as many instructions as asked for", () => {
  const bench = createBench();
  wildProgram(bench, 9);
  const reference = referenceOf(bench);
  const random = generator(1);
  let done = 0;
  for (let i = 0; i < 200; i++) {
    const count = 1 + random(9);
    const { reason } = bench.accelerator.step(0, count);
    const now = bench.accelerator.instructions(0);
    if (reason === "budget" && bench.get("EXIT") !== 8n) {
      assert.equal(now, done + count);
    } else assert.ok(now <= done + count);
    while (done < now) {
      reference.run(1);
      done++;
    }
    assertSame(bench, reference);
  }
});

Deno.test("InlineAccelerator.run() switches byte order and width in mid-run", () => {
  const bench = createBench();
  const modes = [
    { littleEndian: false, sixtyFour: true },
    { littleEndian: true, sixtyFour: true },
    { littleEndian: true, sixtyFour: false },
    { littleEndian: false, sixtyFour: false },
  ];
  // Each block adds, stores and loads, and goes on with the next by rfid.
  modes.forEach(({ littleEndian }, i) => {
    const next = (i + 1) % modes.length;
    write(bench, { at: CODE + 0x100 * i, littleEndian }, [
      op("addi", { RT: 3 + i, RA: 3 + i, SI: 1 }),
      op("stw", { RS: 20, RA: 21, SI: 8 * i }),
      op("lhz", { RT: 8 + i, RA: 21, SI: 8 * i }),
      op("add", { RT: 12 + i, RA: 12 + i, RB: 22 }),
      op("mtspr", { SPR: 26, RS: 24 + next }),
      op("mtspr", { SPR: 27, RS: 28 + next }),
      ...i === 3 ? [op("bc", { BO: 18, BI: 0, BD: 8 })] : [],
      RFID,
      ATTN,
    ]);
    const base = realMode(littleEndian) & ~MSR.SF;
    const mode = modes[i]?.sixtyFour ? base | MSR.SF : base;
    bench.set("GPR", BigInt(CODE + 0x100 * i), 24 + i);
    bench.set("GPR", mode, 28 + i);
  });
  bench.set("GPR", 0x1122_3344n, 20);
  bench.set("GPR", 0x3_0000n, 21);
  bench.set("GPR", 0xffff_ffffn, 22);
  bench.set("MSR", realMode(false));
  bench.set("NIA", BigInt(CODE));
  bench.set("CTR", 50n);
  const reference = referenceOf(bench);
  assert.equal(bench.accelerator.run(0, 100_000).reason, "attn");
  assert.equal(reference.run(100_000), "attn");
  assertSame(bench, reference);
  assert.deepEqual(
    [3, 4, 5, 6].map((i) => bench.get("GPR", i)),
    [50n, 50n, 50n, 50n],
  );
  assert.deepEqual(
    [8, 9, 10, 11].map((i) => bench.get("GPR", i)),
    [0x1122n, 0x3344n, 0x3344n, 0x1122n],
  );
});

Deno.test("InlineAccelerator.run() leaves at once where the vCPU was kicked before", () => {
  const bench = createBench();
  write(bench, { at: CODE }, [BRANCH_TO_SELF]);
  bench.set("MSR", realMode(false));
  bench.set("NIA", BigInt(CODE));
  bench.accelerator.kick(0);
  assert.equal(bench.accelerator.run(0, 1000).reason, "kick");
  assert.equal(bench.accelerator.instructions(0), 0);
  assert.equal(bench.accelerator.run(0, 1000).reason, "budget");
  assert.equal(bench.accelerator.instructions(0), 1000);
});

Deno.test("InlineAccelerator.run() leaves soon where the vCPU is kicked in mid-run", () => {
  const bench: Bench = createBench({
    timebase: () => {
      bench.accelerator.kick(0);
      return 1;
    },
  });
  write(bench, { at: CODE }, [
    op("mfspr", { RT: 3, SPR: 268 }),
    BRANCH_TO_SELF,
  ]);
  bench.set("MSR", realMode(false));
  bench.set("NIA", BigInt(CODE));
  assert.equal(bench.accelerator.run(0, 1e9).reason, "kick");
  assert.ok(bench.accelerator.instructions(0) < 1_000_000);
});

Deno.test("InlineAccelerator.restore() continues what save() has interrupted", () => {
  const whole = createBench();
  wildProgram(whole, 4);
  const first = createBench();
  wildProgram(first, 4);
  const finish = ({ accelerator }: Bench) => {
    for (let i = 0; i < 5000; i++) {
      if (accelerator.run(0, 777).reason === "attn") return;
    }
    assert.fail("does not come to an end");
  };
  finish(whole);
  first.accelerator.step(0, 1000);
  const saved = structuredClone(first.accelerator.save(0));
  const second = createBench();
  // What it has decoded before must not come back.
  write(second, { at: CODE }, new Array(200).fill(li(3, 1)));
  second.set("MSR", realMode(false));
  second.set("NIA", BigInt(CODE));
  second.accelerator.step(0, 50);
  second.accelerator.restore(0, saved);
  second.ram.set(first.ram);
  finish(second);
  for (const name of COMPARED) assert.equal(second.get(name), whole.get(name));
  for (let i = 0; i < 32; i++) {
    assert.equal(second.get("GPR", i), whole.get("GPR", i));
  }
});

Deno.test("InlineAccelerator.restore() refuses what is not of save()'s form", () => {
  const { accelerator } = createBench();
  assert.throws(
    () => accelerator.restore(0, new Uint8Array(STATE_BYTES - 1)),
    new RangeError(
      `Cannot restore vCPU: expected ${STATE_BYTES} bytes, got ${
        STATE_BYTES - 1
      }`,
    ),
  );
});

Deno.test("InlineAccelerator.run() takes a pending interrupt in the handler's byte order while it traces", () => {
  for (const littleEndian of [false, true]) {
    const bench = createBench();
    const handler = !littleEndian;
    write(bench, { at: CODE, littleEndian }, [BRANCH_TO_SELF]);
    write(bench, { at: 0x500, littleEndian: handler }, [
      li(3, 7),
      BRANCH_TO_SELF,
    ]);
    bench.set("PAPR", 1n);
    bench.set("LPCR", LPCR.LPES | (handler ? LPCR.ILE : 0n));
    bench.set(
      "MSR",
      MSR.SF | MSR.ME | MSR.EE | MSR.SE | (littleEndian ? MSR.LE : 0n),
    );
    bench.set("NIA", BigInt(CODE));
    bench.accelerator.setPending(0, PENDING.external, true);
    bench.accelerator.run(0, 8);
    assert.equal(bench.get("GPR", 3), 7n);
    assert.equal(bench.get("NIA"), 0x504n);
  }
});

Deno.test("InlineAccelerator.run() stops for good at a machine check that MSR[ME] = 0 denies", () => {
  const bench = createBench();
  write(bench, { at: CODE }, [BRANCH_TO_SELF]);
  bench.set("MSR", realMode(false) & ~MSR.ME);
  bench.set("NIA", BigInt(CODE));
  bench.accelerator.setPending(0, PENDING.machineCheck, true);
  assert.deepEqual(bench.accelerator.run(0, 100), {
    reason: "checkstop",
    message: "machine check at 0x8000 while MSR[ME] = 0",
  });
  assert.equal(bench.accelerator.instructions(0), 0);
});

Deno.test("InlineAccelerator.ramWritten() reaches every page that it is told of, and no other", () => {
  const bench = createBench();
  const pages = [0x8000, 0x9000, 0xa000, 0xb000];
  const run = (value: number) => {
    for (const at of pages) {
      bench.set("MSR", realMode(false));
      bench.set("NIA", BigInt(at));
      bench.set("GPR", 0n, 3);
      assert.equal(bench.accelerator.run(0, 10).reason, "attn");
      const seen = bench.get("GPR", 3);
      if (value >= 0) assert.equal(seen, BigInt(value), at.toString(16));
    }
  };
  for (const at of pages) write(bench, { at }, [li(3, 1), ATTN]);
  run(1);
  const view = new DataView(bench.ram.buffer, bench.ram.byteOffset);
  for (const at of pages) view.setUint32(at, li(3, 2));
  // From the last byte of a page to the first of the one after the next.
  bench.accelerator.ramWritten(0x8fff, 0x1002);
  const drops = bench.get("CODE_DROPS");
  bench.accelerator.ramWritten(0xb000, 0);
  bench.accelerator.ramWritten(0xc000, 0x1000);
  assert.equal(bench.get("CODE_DROPS"), drops);
  const seen = pages.map((at) => {
    bench.set("NIA", BigInt(at));
    bench.accelerator.run(0, 10);
    return Number(bench.get("GPR", 3));
  });
  assert.deepEqual(seen, [2, 2, 2, 1]);
});
