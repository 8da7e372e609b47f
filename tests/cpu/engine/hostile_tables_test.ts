import assert from "node:assert/strict";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { ENGINES, FREE_ENGINES, type TestEngine } from "../engines.ts";
import { HASH_TABLE_BYTES } from "../mmu/hash_table.ts";
import { generator, op, putCode } from "./programs.ts";

/**
 * Tables of random content: whatever a guest puts into them, threads come to
 * an interrupt, to memory or to a device, and all engines to the same.
 */
const RAM_BYTES = 1 << 20;
const CODE = 0x2000;
const TABLES = 0x8_0000;
const BRANCH_TO_SELF = op("b", { LI: 0 });
const VECTORS = [0x200, 0x300, 0x380, 0x400, 0x480, 0x700, 0xe40];
const KINDS = [
  op("ld", { RT: 3, RA: 4, DS: 0 }),
  op("std", { RS: 5, RA: 4, DS: 0 }),
  op("ldarx", { RT: 3, RA: 0, RB: 4 }),
  op("dcbz", { RA: 0, RB: 4 }),
];

type Random = (below: number) => number;

function randomDoubleword(random: Random): bigint {
  return BigInt(random(2 ** 32)) << 32n | BigInt(random(2 ** 32));
}

/** An address in RAM, at its very end, just beyond it or anywhere. */
function randomAddress(random: Random): bigint {
  const anywhere = randomDoubleword(random);
  const end = BigInt(RAM_BYTES);
  const near = end + BigInt(random(32) - 16) * 256n;
  const inside = BigInt(TABLES + random(RAM_BYTES - TABLES));
  return [inside, inside, inside, inside, near, anywhere][random(6)] ?? 0n;
}

/** An entry of a tree: valid more often than not, of a plausible shape. */
function randomEntry(random: Random): bigint {
  const valid = random(8) === 0 ? 0n : 1n << 63n;
  if (random(3) === 0) {
    const flags = BigInt(random(0x200));
    const real = randomAddress(random) & 0x01ff_ffff_ffff_f000n;
    return valid | 1n << 62n | real | flags;
  }
  const size = BigInt(random(4) === 0 ? random(32) : 5 + random(9));
  return valid | randomAddress(random) & 0x0fff_ffff_ffff_ff00n | size;
}

interface Round {
  /** Doublewords of RAM from TABLES to its end. */
  readonly tables: readonly bigint[];
  readonly hashTable: readonly bigint[];
  readonly registers: Readonly<
    Record<"PRTBL" | "PTCR" | "PIDR" | "LPIDR" | "LPCR" | "PAPR", bigint>
  >;
  readonly slb: readonly (readonly [bigint, bigint])[];
  readonly attempts: readonly {
    readonly ea: bigint;
    readonly kind: number;
    readonly msr: bigint;
  }[];
}

function randomRound(seed: number): Round {
  const random = generator(seed);
  const radix = random(2) === 0;
  const papr = random(4) !== 0;
  const ea = () =>
    randomDoubleword(random) & [
      0xffff_ffffn,
      0xc000_0000_ffff_ffffn,
      0xc00f_ffff_ffff_ffffn,
      -1n,
    ][random(4)]! & ~7n;
  const table = () =>
    randomAddress(random) & 0x0fff_ffff_ffff_f000n | BigInt(random(25));
  const segments = Array.from({ length: 8 }, () => ea());
  return {
    tables: Array.from(
      { length: (RAM_BYTES - TABLES) / 8 },
      // Root sizes of 52 bits, so that walks get somewhere.
      () =>
        randomEntry(random) | (random(2) === 0 ? 0x4000_0000_0000_00a0n : 0n),
    ),
    hashTable: Array.from(
      { length: HASH_TABLE_BYTES / 8 },
      (_, i) =>
        i % 2 === 0
          ? randomDoubleword(random)
          : randomAddress(random) & ~0xfffn | BigInt(random(0x1000)),
    ),
    registers: {
      PRTBL: table(),
      PTCR: table(),
      PIDR: BigInt(random(64)),
      LPIDR: BigInt(random(2)),
      LPCR: LPCR.LPES | (radix ? LPCR.HR | LPCR.UPRT : 0n),
      PAPR: papr ? 1n : 0n,
    },
    slb: segments.map((segment) => [
      segment & ~0xfff_ffffn | 0x0800_0000n,
      randomDoubleword(random) & 0x7fff_ffff_ffff_fff0n,
    ]),
    attempts: Array.from({ length: 12 }, () => {
      const fetch = random(4) === 0;
      const state = (random(2) === 0 ? MSR.PR : 0n) |
        (!papr && random(2) === 0 ? MSR.HV : 0n);
      return {
        ea: random(2) === 0
          ? ea()
          : (segments[random(8)] ?? 0n) + BigInt(random(0x1_0000) & ~7),
        kind: fetch ? -1 : random(KINDS.length),
        msr: MSR.SF | MSR.ME | state | (fetch ? MSR.IR : MSR.DR),
      };
    }),
  };
}

function load(engine: TestEngine, round: Round): void {
  const view = new DataView(engine.ram.buffer, engine.ram.byteOffset);
  engine.ram.fill(0);
  round.tables.forEach((entry, i) =>
    view.setBigUint64(TABLES + 8 * i, BigInt.asUintN(64, entry))
  );
  round.hashTable.forEach((half, i) =>
    engine.hashTable[i] = BigInt.asUintN(64, half)
  );
  for (const [name, value] of Object.entries(round.registers)) {
    engine.set(name as keyof Round["registers"], value);
  }
  round.slb.forEach(([entry, value], i) => {
    engine.set("SLBE", BigInt.asUintN(64, entry), i);
    engine.set("SLBV", value, i);
  });
  for (const vector of VECTORS) {
    putCode(engine, { at: vector, littleEndian: false }, [BRANCH_TO_SELF]);
  }
  KINDS.forEach((word, i) =>
    putCode(engine, { at: CODE + 16 * i, littleEndian: false }, [
      word,
      BRANCH_TO_SELF,
    ])
  );
}

function attempt(
  engine: TestEngine,
  { ea, kind, msr }: Round["attempts"][number],
) {
  engine.set("MSR", msr);
  engine.set(
    "NIA",
    BigInt.asUintN(64, kind < 0 ? ea & ~3n : BigInt(CODE + 16 * kind)),
  );
  engine.set("GPR", 0n, 3);
  engine.set("GPR", BigInt.asUintN(64, ea), 4);
  engine.set("GPR", 0x1234n, 5);
  engine.set("MMIO_DONE", 0n);
  engine.refresh();
  // What is fetched from a table is not worth carrying out.
  const reason = engine.run(kind < 0 ? 1 : 3);
  const place = engine.get("NIA");
  return {
    reason,
    nia: kind < 0 && !VECTORS.includes(Number(place)) ? "fetched" : place,
    device: reason === "mmio" ? engine.get("EXIT_VALUE", 0) : 0n,
    r3: kind < 0 ? 0n : engine.get("GPR", 3),
    dar: kind < 0 ? 0n : engine.get("DAR"),
    dsisr: kind < 0 ? 0n : engine.get("DSISR"),
  };
}

Deno.test("engines agree with the reference, and stay alive, whatever tables hold", () => {
  const engines = [...ENGINES, ...FREE_ENGINES].map((tested) => ({
    name: tested.name,
    engine: tested.create({
      ramBytes: RAM_BYTES,
      hashTableBytes: HASH_TABLE_BYTES,
    }),
  }));
  const seen = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) {
    const round = randomRound(seed);
    for (const { engine } of engines) load(engine, round);
    round.attempts.forEach((what, i) => {
      const [expected, ...results] = engines.map(({ engine }) =>
        attempt(engine, what)
      );
      results.forEach((result, n) => {
        const name = engines[n + 1]?.name;
        assert.deepEqual(result, expected, `${name}, seed ${seed}, ${i}`);
      });
      seen.add(`${expected?.reason} ${expected?.nia.toString(16)}`);
    });
  }
  assert.ok(seen.has("budget 300"), [...seen].join(", "));
});
