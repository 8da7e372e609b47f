import assert from "node:assert/strict";
import { LPCR } from "../../../cpu/state.ts";
import type { EngineUnderTest, TestEngine } from "../engines.ts";
import { PTE, RadixTrees } from "../mmu/radix_tree.ts";
import {
  carryOut,
  command,
  compareEngines,
  type Outcome,
  pick,
  placeOf,
  prepareSnippets,
  type Random,
  randomAccess,
  REAL,
  REAL_PAGES,
} from "./snippets.ts";

/**
 * Users' pages and the system's; some share a TLB entry. Process 0 has all of
 * them in one tree, so their low bits differ.
 */
const USER = [0x1000_0000n, 0x1000_1000n, 0x1040_0000n, 0x1080_0000n];
const SYSTEM = [
  0xc000_0000_2100_0000n,
  0xc000_0000_2100_1000n,
  0xc000_0000_3000_0000n,
  0xc000_0000_3040_1000n,
];

/** What pages may allow; few allow nothing. */
const FLAGS = [
  0n,
  PTE.read,
  PTE.readWrite,
  PTE.readWrite | PTE.execute,
  PTE.readWrite | PTE.execute,
  PTE.readWrite | PTE.execute,
];

interface World {
  readonly engine: TestEngine;
  readonly trees: RadixTrees;
}

function create(tested: EngineUnderTest): World {
  const engine = tested.create({ ramBytes: 4 << 20 });
  const trees = new RadixTrees(engine);
  engine.set("LPCR", LPCR.HR | LPCR.UPRT | LPCR.GTSE | LPCR.LPES);
  prepareSnippets(engine);
  return { engine, trees };
}

/**
 * Ways to make a change of a page known: by page, by process or altogether, on
 * this thread or on all.
 */
function invalidation(random: Random, ea: bigint) {
  const [byProcess, byPartition, whole] = [0x400n, 0x800n, 0xc00n];
  const [page64K, page2M] = [5n << 5n, 1n << 5n];
  return pick(
    random,
    [
      ["tlbie", ea],
      ["tlbiel", ea],
      ["tlbie", ea | page64K],
      ["tlbie", ea ^ 0xf000n | page64K],
      ["tlbie", ea | page2M],
      ["tlbieAll", byProcess],
      ["tlbielAll", byProcess],
      ["tlbieAll", whole],
      ["tlbielAll", byPartition],
    ] as const,
  );
}

/** Maps a page anew. Process 0 is the system. */
function remap({ engine, trees }: World, random: Random, ea: bigint): Outcome {
  const system = ea >> 63n !== 0n;
  const pid = system ? 0 : Number(engine.get("PIDR"));
  const odd = random(4) === 0;
  trees.map({
    ea,
    real: BigInt(REAL + 4096 * random(REAL_PAGES)),
    shift: 12,
    flags: pick(random, FLAGS) | (odd === system ? 0n : PTE.privileged),
    pid,
  });
  const [name, rb] = invalidation(random, ea);
  return command(engine, name, { 6: rb, 7: BigInt(pid) << 32n });
}

/** Accesses, then something that may concern them, then the same again. */
function step(world: World, random: Random): Outcome[] {
  const { engine } = world;
  const accesses = Array.from(
    { length: 3 },
    () => randomAccess(random, pick(random, [...USER, ...SYSTEM])),
  );
  const before = accesses.map((access) => carryOut(engine, access));
  const changes = {
    page: () => remap(world, random, accesses[0]?.ea ?? 0n),
    pidr: () => command(engine, "pidr", { 5: BigInt(random(3)) }),
    amr: () => command(engine, "amr", { 5: BigInt(random(4)) << 62n }),
    iamr: () => command(engine, "iamr", { 5: BigInt(random(2)) << 62n }),
  };
  const what = pick(
    random,
    ["page", "page", "page", "pidr", "amr", "iamr"] as const,
  );
  const between = changes[what]();
  return [
    ...before,
    between,
    ...accesses.map((access) => carryOut(engine, access)),
  ];
}

Deno.test("engines agree with the reference on random accesses while radix trees change", () => {
  for (const seed of [1, 2]) {
    const seen = compareEngines({ create, step }, { seed, steps: 1000 });
    // Storage interrupts of both kinds, and accesses that were let through.
    for (const nia of [0x300n, 0x400n, placeOf("load") + 4n]) {
      assert.ok(seen.has(nia), `nothing led to 0x${nia.toString(16)}`);
    }
  }
});
