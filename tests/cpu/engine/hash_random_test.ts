import assert from "node:assert/strict";
import { LPCR } from "../../../cpu/state.ts";
import type { EngineUnderTest, TestEngine } from "../engines.ts";
import { HASH_TABLE_BYTES, HashedMemory, SEGMENT } from "../mmu/hash_table.ts";
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

const VALID = 0x0800_0000n;
const CLASS1 = 0x80n;
const SEGMENT_BASES = [
  0x1000_0000n,
  0x2000_0000n,
  0xc000_0000_0000_0000n,
  0xd000_0000_0000_0000n,
];
const PAGES_OF_SEGMENT = [0n, 0x1000n, 0x40_0000n];
/** Virtual segments that each effective segment can be. */
const CHOICES = 3;

/** A segment as the SLB has it, at the place of its base in the list. */
interface Segment {
  choice: number;
  class1: boolean;
  present: boolean;
}

interface World {
  readonly engine: TestEngine;
  readonly segments: Segment[];
}

function vsidOf(index: number, choice: number): bigint {
  return BigInt(0x100 + 16 * index + choice);
}

function create(tested: EngineUnderTest): World {
  const engine = tested.create({
    ramBytes: 4 << 20,
    hashTableBytes: HASH_TABLE_BYTES,
  });
  let real = 0;
  SEGMENT_BASES.forEach((base, index) => {
    for (let choice = 0; choice < CHOICES; choice++) {
      const table = new HashedMemory(engine);
      table.addSegment({ ea: base, vsid: vsidOf(index, choice) });
      PAGES_OF_SEGMENT.forEach((page, i) => {
        const key = BigInt((index + choice + i) % 4);
        table.addPage({
          ea: base + page,
          real: BigInt(REAL + 4096 * (real++ % REAL_PAGES)),
          flags: 2n | key << 9n,
        });
      });
    }
  });
  for (let i = 0; i < 32; i++) engine.set("SLBE", 0n, i);
  engine.set("LPCR", LPCR.LPES | LPCR.GTSE);
  prepareSnippets(engine);
  const segments = SEGMENT_BASES.map(() => ({
    choice: 0,
    class1: false,
    present: false,
  }));
  return { engine, segments };
}

/** Enters a segment into the SLB. */
function enter({ engine, segments }: World, index: number): Outcome {
  const segment = segments[index];
  assert.ok(segment);
  segment.present = true;
  return command(engine, "slbmte", {
    6: (SEGMENT_BASES[index] ?? 0n) | VALID | BigInt(index),
    7: vsidOf(index, segment.choice) << 12n | SEGMENT.Kp |
      (segment.class1 ? CLASS1 : 0n),
  });
}

/** Makes absent segments present, as others than before. */
function enterAbsent(world: World, random: Random): Outcome[] {
  return world.segments.flatMap((segment, index) => {
    if (segment.present || random(4) === 0) return [];
    segment.choice = random(CHOICES);
    // Little of the system's is of class 1, and much of the users'.
    segment.class1 = random(4) === 0 || (index < 2 && random(4) !== 0);
    return [enter(world, index)];
  });
}

function invalidateOne(
  { engine, segments }: World,
  random: Random,
): Outcome[] {
  const index = random(SEGMENT_BASES.length);
  const segment = segments[index];
  assert.ok(segment);
  segment.present = false;
  const outcome = command(engine, "slbie", {
    6: (SEGMENT_BASES[index] ?? 0n) | 0x12_3000n |
      (segment.class1 ? VALID : 0n),
  });
  return [outcome];
}

/**
 * IH 1 and 3 may leave what came from segments of class 0, so those that IH 1
 * takes out of the SLB come back as they were.
 */
function invalidateMany(world: World, random: Random): Outcome[] {
  const { engine, segments } = world;
  const hint = pick(random, [0, 1, 1, 2, 3, 3, 3, 4, 6, 7] as const);
  const outcomes = [command(engine, `slbia${hint}`)];
  segments.forEach((segment, index) => {
    if (!segment.present || hint === 7) return;
    if (hint === 3 && !segment.class1) return;
    if (hint !== 3 && hint !== 4 && index === 0) return;
    if (hint === 1 && !segment.class1) outcomes.push(enter(world, index));
    else segment.present = false;
  });
  return outcomes;
}

function setKeys({ engine }: World, random: Random): Outcome[] {
  const bits = BigInt(random(256)) << 56n;
  const name = random(4) === 0 ? "iamr" : "amr";
  // IAMR has the lower bit of each pair only.
  const mask = name === "iamr" ? 0x5555_5555_5555_5555n : -1n;
  return [command(engine, name, { 5: BigInt.asUintN(64, bits & mask) })];
}

/** Accesses, then something that may concern them, then the same again. */
function step(world: World, random: Random): Outcome[] {
  const { engine } = world;
  const entered = enterAbsent(world, random);
  const accesses = Array.from({ length: 4 }, () =>
    randomAccess(
      random,
      pick(random, SEGMENT_BASES) + pick(random, PAGES_OF_SEGMENT),
    ));
  const before = accesses.map((access) => carryOut(engine, access));
  const change = pick(random, [invalidateOne, invalidateMany, setKeys]);
  const between = change(world, random);
  // What is entered anew must not be met by what was there before.
  const again = random(2) === 0 ? enterAbsent(world, random) : [];
  return [
    ...entered,
    ...before,
    ...between,
    ...again,
    ...accesses.map((access) => carryOut(engine, access)),
  ];
}

Deno.test("engines agree with the reference on random accesses while segments and keys change", () => {
  for (const seed of [1, 2]) {
    const seen = compareEngines({ create, step }, { seed, steps: 700 });
    // Segment and storage interrupts, and accesses that were let through.
    for (const nia of [0x300n, 0x380n, 0x400n, 0x480n, placeOf("load") + 4n]) {
      assert.ok(seen.has(nia), `nothing led to 0x${nia.toString(16)}`);
    }
  }
});
