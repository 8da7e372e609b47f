// Code that changes while it runs in regions: by what runs there itself, by
// another name of its page, over the end of a page, and by the machine.
import assert from "node:assert/strict";
import { MSR } from "../../../cpu/state.ts";
import { PTE, RadixTrees } from "../mmu/radix_tree.ts";
import { type Bench, createBench, write } from "./accelerators.ts";
import { bl, BLR, li, mr, op } from "./programs.ts";

const RAM_BYTES = 4 << 20;
/** Two pages of code, mapped twice. */
const REAL = 0x20_0000;
const CODE = 0xc000_0000_0100_0000n;
const ALIAS = 0xc000_0000_0200_0000n;
/** From the start of the code. */
const ROUTINE = 0x800;
const FAR_ROUTINE = 0x1800;
/** Its last instruction but one is the first page's last. */
const STRADDLING = 0xffc;
/** sc 1, which a partition leaves by. */
const LEAVE = op("sc", { LEV: 1 });
const ITERATIONS = 24_000;
/** A change of code, by a mask of CTR that is 0 then. */
const SELDOM = 0x7ff;

const ENGINES = ["interpreter", "jit"] as const;

/** r20 := r20 + SI. */
function add(SI: number): number {
  return op("addi", { RT: 20, RA: 20, SI });
}

/** What is stored, and where. */
interface Change {
  readonly name: string;
  /** Offset of the instruction from the code that r28 or r29 holds. */
  readonly at: number;
  readonly base: 28 | 29;
  /** Bytes that are stored: a word, or two. */
  readonly bytes: 4 | 8;
  /** Instructions of the loop, which call what is changed. */
  readonly calls: readonly number[];
}

const CHANGES: readonly Change[] = [
  {
    name: "the next instruction",
    at: 4 * 8,
    base: 28,
    bytes: 4,
    calls: [],
  },
  {
    name: "the next instruction by another name of the page",
    at: 4 * 8,
    base: 29,
    bytes: 4,
    calls: [],
  },
  {
    name: "a routine in the page",
    at: ROUTINE,
    base: 28,
    bytes: 4,
    calls: [ROUTINE],
  },
  {
    name: "a routine in another page",
    at: FAR_ROUTINE,
    base: 28,
    bytes: 4,
    calls: [ROUTINE, FAR_ROUTINE],
  },
  {
    name: "a routine by another name of its page",
    at: FAR_ROUTINE,
    base: 29,
    bytes: 4,
    calls: [FAR_ROUTINE, ROUTINE],
  },
  {
    name: "both sides of a page's end",
    at: STRADDLING,
    base: 28,
    bytes: 8,
    calls: [STRADDLING],
  },
];

/**
 * Each time round: now and then, a store of r5 or r5 and r6, which differ from
 * what is there; an addition; calls; and r5 counts up.
 */
function programOf({ base, bytes, calls }: Change): number[] {
  const store = bytes === 4
    ? op("stwx", { RS: 5, RA: base, RB: 4 })
    : op("stdx", { RS: 7, RA: base, RB: 4 });
  const words = [
    op("mfspr", { RT: 9, SPR: 9 }),
    op("andi.", { RS: 9, RA: 9, UI: SELDOM }),
    op("bc", { BO: 4, BI: 2, BD: 4 * 6 }),
    // The immediate's low bits: 0 to 255, round and round.
    op("addi", { RT: 5, RA: 5, SI: 1 }),
    op("rlwimi", { RS: 10, RA: 5, SH: 0, MB: 0, ME: 23 }),
    op("rldimi", { RS: 5, RA: 7, SH: 32, MB: 0 }),
    mr(8, 5),
    store,
    add(1),
  ];
  for (const call of calls) words.push(bl(call - 4 * words.length));
  words.push(op("bc", { BO: 16, BI: 0, BD: -4 * words.length }), LEAVE);
  return words;
}

function mapCode({ ram, set }: Bench, pages = 2): RadixTrees {
  const trees = new RadixTrees({ ram, set });
  for (let page = 0; page < pages; page++) {
    for (const ea of [CODE, ALIAS]) {
      trees.map({
        ea: ea + BigInt(4096 * page),
        real: BigInt(REAL + 4096 * page),
        shift: 12,
        flags: PTE.readWrite | PTE.privileged | PTE.execute,
      });
    }
  }
  return trees;
}

function load(
  bench: Bench,
  words: readonly number[],
  littleEndian: boolean,
): void {
  const put = (at: number, words: readonly number[]) =>
    write(bench, { at: REAL + at, littleEndian }, words);
  put(0, words);
  put(ROUTINE, [add(3), BLR]);
  put(FAR_ROUTINE, [add(5), BLR]);
  put(STRADDLING, [add(7), add(9), BLR]);
  const order = littleEndian ? MSR.LE : 0n;
  bench.set("PAPR", 1n);
  mapCode(bench);
  bench.set("MSR", MSR.SF | MSR.ME | MSR.IR | MSR.DR | order);
  bench.set("NIA", CODE);
  bench.set("CTR", BigInt(ITERATIONS));
  bench.set("GPR", CODE, 28);
  bench.set("GPR", ALIAS, 29);
  bench.set("GPR", BigInt(add(0)), 5);
  bench.set("GPR", BigInt(add(0)), 10);
  bench.set("GPR", BigInt(add(11)), 7);
}

function run(engine: typeof ENGINES[number], change: Change, little: boolean) {
  const bench = createBench({
    engine,
    ramBytes: RAM_BYTES,
    jitThreshold: 0,
  });
  load(bench, programOf(change), little);
  bench.set("GPR", BigInt(change.at), 4);
  const { accelerator, get } = bench;
  let reason = "budget";
  for (let i = 0; i < 200 && reason === "budget"; i++) {
    reason = accelerator.run(0, 3000).reason;
  }
  return {
    left: {
      reason,
      instructions: accelerator.instructions(0),
      gpr: Array.from({ length: 32 }, (_, i) => get("GPR", i)),
    },
    inRegions: Number(get("REGION_INSTRUCTIONS")),
    dropped: Number(get("CODE_DROPS")),
  };
}

for (const littleEndian of [false, true]) {
  const order = littleEndian ? "little-endian" : "big-endian";
  for (const change of CHANGES) {
    Deno.test(`a region that changes ${change.name} goes on with what is there then, ${order}`, () => {
      const expected = run("interpreter", change, littleEndian);
      const { left, inRegions, dropped } = run("jit", change, littleEndian);
      assert.deepEqual(left, expected.left);
      assert.equal(left.reason, "hypercall");
      assert.notEqual(left.gpr[20], 0n);
      // It was in a region nearly all the time, and code was dropped.
      const share = inRegions / left.instructions;
      assert(share > 0.5, `${share} in regions`);
      assert(dropped >= 10, `${dropped} times dropped`);
    });
  }

  Deno.test(`a loop in a region goes on with what the machine has written into it, ${order}`, () => {
    // A device's write, between two slices of a loop without an end.
    const sums = ENGINES.map((engine) => {
      const bench = createBench({ engine, ramBytes: RAM_BYTES });
      load(bench, [add(1), add(2), op("b", { LI: -8 })], littleEndian);
      const { accelerator, get } = bench;
      const seen: bigint[] = [];
      for (let i = 1; i <= 40; i++) {
        accelerator.run(0, 4000);
        seen.push(get("GPR", 20), BigInt(accelerator.instructions(0)));
        if (i % 4 === 0) {
          write(bench, { at: REAL + 4, littleEndian }, [add(i)]);
        }
      }
      return { seen, inRegions: get("REGION_INSTRUCTIONS") };
    });
    const [expected, ours] = sums;
    assert.deepEqual(ours?.seen, expected?.seen);
    assert(Number(ours?.inRegions) > 40 * 1000, `${ours?.inRegions}`);
  });
}

Deno.test("a region of a page that is mapped elsewhere since is not gone on with", () => {
  const results = ENGINES.map((engine) => {
    const bench = createBench({
      engine,
      ramBytes: RAM_BYTES,
      jitThreshold: 0,
    });
    load(bench, [li(3, 1), add(1), op("b", { LI: -4 })], false);
    const { accelerator, get } = bench;
    accelerator.run(0, 4000);
    const before = get("GPR", 20);
    // Another page of the same address, with the same loop but for a number.
    write(bench, { at: REAL + 0x4000, littleEndian: false }, [
      li(3, 1),
      add(100),
      op("b", { LI: -4 }),
    ]);
    const trees = new RadixTrees(bench);
    trees.map({
      ea: CODE,
      real: BigInt(REAL + 0x4000),
      shift: 12,
      flags: PTE.readWrite | PTE.privileged | PTE.execute,
    });
    accelerator.dropTranslations(0);
    accelerator.run(0, 4000);
    return { before, after: get("GPR", 20) };
  });
  assert.deepEqual(results[1], results[0]);
  assert((results[1]?.after ?? 0n) > 100_000n);
});

/** How a loop in the first page goes to the second, and what it is there. */
const CROSSINGS: Readonly<
  Record<string, { loop: number; words: readonly number[]; far: number }>
> = {
  "falls into": {
    loop: 0xff4,
    words: [add(1), add(2), add(4), add(8), add(16), op("b", { LI: -20 })],
    far: 0x1000,
  },
  "branches to": {
    loop: 0x100,
    words: [add(1), op("b", { LI: FAR_ROUTINE - 0x104 })],
    far: FAR_ROUTINE,
  },
  "calls": {
    loop: 0x100,
    words: [add(1), bl(FAR_ROUTINE - 0x104), op("b", { LI: -8 })],
    far: FAR_ROUTINE,
  },
};

for (const [how, { loop, words, far }] of Object.entries(CROSSINGS)) {
  Deno.test(`a region that ${how} another page raises where that is not mapped any more`, () => {
    const results = ENGINES.map((engine) => {
      const bench = createBench({
        engine,
        ramBytes: RAM_BYTES,
        jitThreshold: 1,
      });
      const { accelerator, get, set } = bench;
      load(bench, [], false);
      write(bench, { at: 0x400 }, [LEAVE]);
      write(bench, { at: REAL + FAR_ROUTINE }, [
        add(32),
        how === "calls" ? BLR : op("b", { LI: 0x100 - FAR_ROUTINE - 4 }),
      ]);
      write(bench, { at: REAL + loop }, words);
      set("NIA", CODE + BigInt(loop));
      for (let i = 0; i < 6; i++) {
        assert.equal(accelerator.run(0, 4000).reason, "budget");
      }
      const sum = get("GPR", 20);
      // The first page is there all the same.
      mapCode(bench, 1).map({
        ea: CODE + 0x1000n,
        real: BigInt(REAL + 0x1000),
        shift: 12,
        flags: PTE.readWrite | PTE.privileged,
      });
      accelerator.dropTranslations(0);
      set("NIA", CODE + BigInt(loop));
      const { reason } = accelerator.run(0, 4000);
      return {
        reason,
        at: get("SRR0"),
        more: get("GPR", 20) - sum,
        inRegions: get("REGION_INSTRUCTIONS") > 3000n,
      };
    });
    const [expected, ours] = results;
    assert.deepEqual(ours, { ...expected, inRegions: true });
    assert.equal(ours?.reason, "hypercall");
    assert.equal(ours?.at, CODE + BigInt(far));
  });
}
