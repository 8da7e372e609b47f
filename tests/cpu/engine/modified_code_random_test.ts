import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { MSR } from "../../../cpu/state.ts";
import {
  ENGINES,
  type EngineUnderTest,
  FREE_ENGINES,
  type TestEngineOptions,
} from "../engines.ts";
import { PTE, RadixTrees } from "../mmu/radix_tree.ts";
import { BLR, generator, li, op, putCode } from "./programs.ts";

/**
 * Random programs that call routines in many pages and store into them. The
 * pages are mapped twice; code runs in one mapping, stores go to either.
 */
const CODE_EA = 0xc000_0000_0100_0000n;
const ALIAS_EA = 0xc000_0000_0200_0000n;
const REAL = 0x20_0000;
const PAGES = 14;
const MAIN_PAGES = 4;
const ROUTINES = 24;
const STEPS = 90;
/** Rounds of a program where code has to become hot. */
const ROUNDS = 20;
/** Where it need not: each round writes the same, into the same places. */
const COLD_ROUNDS = 5;
/**
 * Instructions of a region, by seed. A program changes itself after a few, so
 * that most of a long region is compiled and never run.
 */
const REGIONS = [256, 64, 16];
/** sc 1, which a partition leaves by. */
const LEAVE = op("sc", { LEV: 1 });

interface Program {
  readonly words: readonly number[];
  /** Offsets of the routines from the first page. */
  readonly routines: readonly number[];
}

/** On r3, with an immediate in the low half of the word. */
function randomOperation(random: (below: number) => number): number {
  const [SI, UI] = [random(1000) - 500, random(0x10000)];
  return [
    op("addi", { RT: 3, RA: 3, SI }),
    op("xori", { RS: 3, RA: 3, UI }),
    op("mulli", { RT: 3, RA: 3, SI }),
    op("addis", { RT: 3, RA: 3, SI }),
  ][random(4)] ?? 0;
}

/** r4 := CODE_EA or ALIAS_EA, which r28 and r29 hold, plus an offset. */
function address(offset: number, base: 28 | 29): number[] {
  return [
    op("addis", { RT: 4, RA: base, SI: (offset + 0x8000) >> 16 }),
    op("addi", { RT: 4, RA: 4, SI: ((offset + 0x8000) & 0xffff) - 0x8000 }),
  ];
}

/** RT := a word, sign-extended. */
function constant(RT: number, word: number): number[] {
  return [
    op("addis", { RT, RA: 0, SI: word >> 16 }),
    op("ori", { RS: RT, RA: RT, UI: word & 0xffff }),
  ];
}

function randomStore(
  random: (below: number) => number,
  { routine, littleEndian }: { routine: number; littleEndian: boolean },
): number[] {
  const word = randomOperation(random);
  const base = random(2) === 0 ? 28 : 29;
  switch (random(5)) {
    case 0: {
      const half = [
        ...address(routine + (littleEndian ? 0 : 2), base),
        op("sth", { RS: 5, RA: 4, SI: 0 }),
      ];
      return [li(5, random(2000) - 1000), ...half];
    }
    case 1: {
      // Both words at once: the operation and the return.
      const [low, high] = littleEndian ? [6, 5] : [5, 6];
      return [
        ...constant(6, word),
        ...constant(5, BLR),
        op("rldimi", { RS: high, RA: low, SH: 32, MB: 0 }),
        ...address(routine, base),
        op("std", { RS: low, RA: 4, DS: 0 }),
      ];
    }
    case 2:
      return [
        ...constant(5, word),
        ...address(routine, base),
        op("lwarx", { RT: 6, RA: 0, RB: 4 }),
        op("stwcx.", { RS: 5, RA: 0, RB: 4 }),
      ];
    default:
      return [
        ...constant(5, word),
        ...address(routine, base),
        op("stw", { RS: 5, RA: 4, SI: 0 }),
      ];
  }
}

function randomProgram(seed: number, littleEndian: boolean): Program {
  const random = generator(seed);
  const words: number[] = [];
  const routines = Array.from({ length: ROUTINES }, (_, i) => {
    // Some routines lie at the end of the main program's own pages.
    const page = i < MAIN_PAGES ? i : MAIN_PAGES + random(PAGES - MAIN_PAGES);
    const place = i < MAIN_PAGES ? 0xf80 : 8 * random(0x1e0);
    return page * 4096 + place;
  });
  const emit = (...more: number[]) => {
    // Keep clear of the routines in these pages.
    if (((4 * words.length) & 0xfff) > 0xf00) {
      const skip = 0x1000 - ((4 * words.length) & 0xfff);
      words.push(op("b", { LI: skip }), ...new Array(skip / 4 - 1).fill(0));
    }
    words.push(...more);
  };
  const call = (routine: number) => {
    emit();
    emit(op("b", { LI: routine - 4 * words.length, LK: 1 }));
  };
  const pick = () => routines[random(ROUTINES)] ?? 0;
  for (let step = 0; step < STEPS; step++) {
    if (random(3) > 0) call(pick());
    else emit(...randomStore(random, { routine: pick(), littleEndian }));
  }
  emit(op("bc", { BO: 18, BI: 0, BD: 8 }));
  words.push(op("b", { LI: -4 * words.length }), LEAVE);
  assert.ok(4 * words.length < MAIN_PAGES * 4096, "program is too long");
  return { words, routines };
}

function run(
  tested: EngineUnderTest,
  { words, routines }: Program,
  { littleEndian, rounds, options, budget }: {
    littleEndian: boolean;
    rounds: number;
    options?: TestEngineOptions;
    budget: number;
  },
) {
  const engine = tested.create({ ramBytes: 4 << 20, ...options });
  const trees = new RadixTrees(engine);
  for (let page = 0; page < PAGES; page++) {
    for (const ea of [CODE_EA, ALIAS_EA]) {
      trees.map({
        ea: ea + BigInt(4096 * page),
        real: BigInt(REAL + 4096 * page),
        shift: 12,
        flags: PTE.readWrite | PTE.privileged | PTE.execute,
      });
    }
  }
  routines.forEach((routine, i) =>
    putCode(engine, { at: REAL + routine, littleEndian }, [
      op("addi", { RT: 3, RA: 3, SI: i }),
      BLR,
    ])
  );
  words.forEach((word, i) => {
    if (word !== 0) {
      putCode(engine, { at: REAL + 4 * i, littleEndian }, [word]);
    }
  });
  engine.set("PAPR", 1n);
  engine.set(
    "MSR",
    MSR.SF | MSR.ME | MSR.IR | MSR.DR | (littleEndian ? MSR.LE : 0n),
  );
  engine.set("NIA", CODE_EA);
  engine.set("CTR", BigInt(rounds));
  engine.set("GPR", CODE_EA, 28);
  engine.set("GPR", ALIAS_EA, 29);
  engine.set("DEC_EXPIRY", 1n << 60n);
  engine.refresh();
  let reason = "budget";
  for (let i = 0; i < 20 && reason === "budget"; i++) {
    reason = engine.run(budget);
  }
  return {
    reason,
    nia: engine.get("NIA"),
    instructions: engine.get("INSTRUCTIONS"),
    gpr: Array.from({ length: 32 }, (_, i) => engine.get("GPR", i)),
    ram: engine.ram.slice(REAL, REAL + PAGES * 4096),
  };
}

const [reference, ...counting] = ENGINES;
const tests = [
  ...counting.map((tested) => ({ tested, rounds: COLD_ROUNDS })),
  ...FREE_ENGINES.map((tested) => ({ tested, rounds: ROUNDS })),
];

for (const littleEndian of [false, true]) {
  const order = littleEndian ? "little-endian" : "big-endian";
  const expected = new Map<string, ReturnType<typeof run>>();
  const expect = (seed: number, rounds: number) => {
    const key = `${seed} ${rounds}`;
    let result = expected.get(key);
    if (!result && reference) {
      const program = randomProgram(seed, littleEndian);
      result = run(reference, program, { littleEndian, rounds, budget: 2000 });
      assert.equal(result.reason, "hypercall");
      expected.set(key, result);
    }
    return result;
  };
  for (const { tested, rounds } of tests) {
    for (const decodedPages of [undefined, 1, 3]) {
      const pool = decodedPages === undefined
        ? "room for all pages"
        : `room for ${decodedPages} decoded`;
      Deno.test(`${tested.name} engine agrees with the reference on random programs that modify themselves, ${order}, ${pool}`, () => {
        for (const [index, longestRegion] of REGIONS.entries()) {
          const seed = index + 1;
          const program = randomProgram(seed, littleEndian);
          const result = run(tested, program, {
            littleEndian,
            rounds,
            options: {
              longestRegion,
              ...decodedPages !== undefined && { decodedPages },
            },
            budget: rounds * (60 + 5 * seed),
          });
          const wanted = expect(seed, rounds);
          assert.ok(wanted);
          assert.deepEqual(
            { ...result, ram: undefined },
            { ...wanted, ram: undefined },
            `seed ${seed}`,
          );
          assert.equal(Buffer.compare(result.ram, wanted.ram), 0);
        }
      });
    }
  }
}
