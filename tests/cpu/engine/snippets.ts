/**
 * Single accesses and changes that a test lets a thread carry out, in any
 * order: what the thread keeps of translations is then all that connects them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MSR } from "../../../cpu/state.ts";
import {
  ENGINES,
  type EngineUnderTest,
  FREE_ENGINES,
  type TestEngine,
} from "../engines.ts";
import { generator, li, op, putCode } from "./programs.ts";

const SNIPPETS = 0x2000;
const VECTORS = [0x300, 0x380, 0x400, 0x480, 0x700];
const BRANCH_TO_SELF = op("b", { LI: 0 });
const RADIX = { RB: 6, RS: 7, PRS: 1, R: 1 } as const;

/** Real pages with code and numbers that tell them apart. */
export const REAL = 0x20_0000;
export const REAL_PAGES = 6;

/** Storage by r4, data in r5, operands of invalidations in r6 and r7. */
const SNIPPET = {
  load: [op("ld", { RT: 3, RA: 4, DS: 8 })],
  store: [op("std", { RS: 5, RA: 4, DS: 16 })],
  reserve: [op("ldarx", { RT: 3, RA: 0, RB: 4 })],
  pidr: [op("mtspr", { SPR: 48, RS: 5 })],
  amr: [op("mtspr", { SPR: 29, RS: 5 })],
  iamr: [op("mtspr", { SPR: 61, RS: 5 })],
  tlbie: [op("tlbie", { ...RADIX, RIC: 0 })],
  tlbieAll: [op("tlbie", { ...RADIX, RIC: 2 })],
  tlbiel: [op("tlbiel", { ...RADIX, RIC: 0 })],
  tlbielAll: [op("tlbiel", { ...RADIX, RIC: 2 })],
  slbie: [op("slbie", { RB: 6 })],
  slbmte: [op("slbmte", { RS: 7, RB: 6 })],
  slbia0: [op("slbia", { IH: 0 })],
  slbia1: [op("slbia", { IH: 1 })],
  slbia2: [op("slbia", { IH: 2 })],
  slbia3: [op("slbia", { IH: 3 })],
  slbia4: [op("slbia", { IH: 4 })],
  slbia6: [op("slbia", { IH: 6 })],
  slbia7: [op("slbia", { IH: 7 })],
} as const;

/** Name of a snippet. */
export type SnippetName = keyof typeof SNIPPET;

const PLACES = new Map(
  Object.keys(SNIPPET).map((name, i) => [name, SNIPPETS + 8 * i]),
);

/** Where a snippet lies; it spins at the next word. */
export function placeOf(name: SnippetName): bigint {
  return BigInt(PLACES.get(name) ?? 0);
}

/** Puts snippets, vectors and pages into a partition's RAM of 4 MiB. */
export function prepareSnippets(engine: TestEngine): void {
  for (const vector of VECTORS) {
    putCode(engine, { at: vector, littleEndian: false }, [BRANCH_TO_SELF]);
  }
  for (const [name, at] of PLACES) {
    const words = SNIPPET[name as SnippetName];
    putCode(engine, { at, littleEndian: false }, [...words, BRANCH_TO_SELF]);
  }
  for (let i = 0; i < REAL_PAGES; i++) {
    const at = REAL + 4096 * i;
    putCode(engine, { at, littleEndian: false }, [
      li(3, 100 + i),
      BRANCH_TO_SELF,
      0,
      1000 + i,
    ]);
  }
  engine.set("PAPR", 1n);
  engine.set("AMOR", (1n << 64n) - 1n);
  engine.refresh();
}

/** What a thread did. */
export type Outcome = Readonly<
  Record<"nia" | "r3" | "dar" | "dsisr" | "srr0" | "srr1" | "msr", bigint>
>;

/** Lets the thread go on from an address until it spins. */
export function go(
  engine: TestEngine,
  { nia, msr }: { nia: bigint; msr: bigint },
  gpr: Readonly<Record<number, bigint>> = {},
): Outcome {
  engine.set("NIA", nia);
  engine.set("MSR", MSR.SF | MSR.ME | msr);
  engine.set("GPR", 0n, 3);
  for (const [n, value] of Object.entries(gpr)) {
    engine.set("GPR", value, Number(n));
  }
  assert.equal(engine.run(4), "budget");
  return {
    nia: engine.get("NIA"),
    r3: engine.get("GPR", 3),
    dar: engine.get("DAR"),
    dsisr: engine.get("DSISR"),
    srr0: engine.get("SRR0"),
    srr1: engine.get("SRR1"),
    msr: engine.get("MSR"),
  };
}

/** Lets the system carry out a snippet in real mode. */
export function command(
  engine: TestEngine,
  name: SnippetName,
  gpr: Readonly<Record<number, bigint>> = {},
): Outcome {
  return go(engine, { nia: placeOf(name), msr: 0n }, gpr);
}

/** Pseudo-random numbers below a bound. */
export type Random = (below: number) => number;

/** One of the items. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)] as T;
}

const KINDS = ["load", "store", "reserve", "fetch"] as const;

/** An access by a process or by the system. */
export interface Access {
  readonly ea: bigint;
  readonly kind: (typeof KINDS)[number];
  readonly problem: boolean;
}

/** Some access to the address. */
export function randomAccess(random: Random, ea: bigint): Access {
  return { ea, kind: pick(random, KINDS), problem: random(2) === 0 };
}

/** Carries an access out with translation. */
export function carryOut(
  engine: TestEngine,
  { ea, kind, problem }: Access,
): Outcome {
  const state = problem ? MSR.PR : 0n;
  if (kind === "fetch") return go(engine, { nia: ea, msr: MSR.IR | state });
  return go(engine, { nia: placeOf(kind), msr: MSR.DR | state }, {
    4: ea,
    5: 0x1234_5678n,
  });
}

/** A kind of world, and what can happen in it. */
export interface Scenario<World> {
  create(tested: EngineUnderTest): World;
  step(world: World, random: Random): Outcome[];
}

/**
 * Lets the same random steps happen on every engine, and compares what each
 * did with what the reference did, which keeps no translations. Gives all
 * addresses at which threads spun.
 */
export function compareEngines<World>(
  { create, step }: Scenario<World>,
  { seed, steps }: { seed: number; steps: number },
): Set<bigint> {
  const worlds = [...ENGINES, ...FREE_ENGINES].map((tested) => ({
    name: tested.name,
    world: create(tested),
    random: generator(seed),
  }));
  const seen = new Set<bigint>();
  for (let i = 0; i < steps; i++) {
    const [expected, ...results] = worlds.map(({ world, random }) =>
      step(world, random)
    );
    results.forEach((result, n) => {
      const name = worlds[n + 1]?.name;
      assert.deepEqual(result, expected, `${name}, seed ${seed}, step ${i}`);
    });
    for (const { nia } of expected ?? []) seen.add(nia);
  }
  return seen;
}
