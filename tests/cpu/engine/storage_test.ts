import assert from "node:assert/strict";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { ENGINES, FREE_ENGINES, type TestEngine } from "../engines.ts";
import { PTE, RadixTrees } from "../mmu/radix_tree.ts";
import { getDoubleword } from "../mmu/attempt.ts";
import { op, putCode } from "./programs.ts";

const EA = 0xc000_0000_3000_0000n;
const REAL = 0x20_0000;
const CODE = 0x2000;
const BRANCH_TO_SELF = op("b", { LI: 0 });
const VECTORS = [0x300, 0x380, 0x400, 0x600, 0x700];
const SYSTEM = PTE.privileged | PTE.execute;

/** A big-endian partition that has instructions to carry out at CODE. */
function prepare(engine: TestEngine, words: readonly number[]): TestEngine {
  for (const vector of VECTORS) {
    putCode(engine, { at: vector, littleEndian: false }, [BRANCH_TO_SELF]);
  }
  putCode(engine, { at: CODE, littleEndian: false }, [
    ...words,
    BRANCH_TO_SELF,
  ]);
  engine.set("LPCR", LPCR.HR | LPCR.UPRT | LPCR.GTSE | LPCR.LPES);
  engine.set("PAPR", 1n);
  engine.set(
    "MSR",
    MSR.SF | MSR.ME | MSR.DR | MSR.FP | MSR.VEC | MSR.VSX,
  );
  engine.set("NIA", BigInt(CODE));
  engine.set("FSCR", (1n << 56n) - 1n);
  engine.set("HFSCR", (1n << 56n) - 1n);
  engine.set("DEC_EXPIRY", 1n << 60n);
  engine.refresh();
  return engine;
}

/** Storage at r4 with data in registers 28 and up, by number of bytes. */
const CROSSING: readonly (readonly [string, number, number])[] = [
  ["lhz", 2, op("lhz", { RT: 28, RA: 4, SI: 0 })],
  ["lwz", 4, op("lwz", { RT: 28, RA: 4, SI: 0 })],
  ["lwzu", 4, op("lwzu", { RT: 28, RA: 4, SI: 0 })],
  ["ld", 8, op("ld", { RT: 28, RA: 4, DS: 0 })],
  ["ldbrx", 8, op("ldbrx", { RT: 28, RA: 4, RB: 6 })],
  ["lxvx", 16, op("lxvx", { XT: 28, RA: 4, RB: 6 })],
  ["lmw", 16, op("lmw", { RT: 28, RA: 4, SI: 0 })],
  ["lswi", 13, op("lswi", { RT: 28, RA: 4, NB: 13 })],
  ["lfdp", 16, op("lfdp", { FRTp: 28, RA: 4, DS: 0 })],
  ["lxvl", 9, op("lxvl", { XT: 28, RA: 4, RB: 7 })],
  ["sth", 2, op("sth", { RS: 28, RA: 4, SI: 0 })],
  ["stw", 4, op("stw", { RS: 28, RA: 4, SI: 0 })],
  ["stwu", 4, op("stwu", { RS: 28, RA: 4, SI: 0 })],
  ["std", 8, op("std", { RS: 28, RA: 4, DS: 0 })],
  ["stdbrx", 8, op("stdbrx", { RS: 28, RA: 4, RB: 6 })],
  ["stxvx", 16, op("stxvx", { XS: 28, RA: 4, RB: 6 })],
  ["stmw", 16, op("stmw", { RS: 28, RA: 4, SI: 0 })],
  ["stswi", 13, op("stswi", { RS: 28, RA: 4, NB: 13 })],
  ["stfdp", 16, op("stfdp", { FRSp: 28, RA: 4, DS: 0 })],
  ["stxvl", 9, op("stxvl", { XS: 28, RA: 4, RB: 7 })],
];

for (const tested of [...ENGINES, ...FREE_ENGINES]) {
  Deno.test(`${tested.name} engine leaves both pages alone where an access may not touch the second`, () => {
    const engine = tested.create({ ramBytes: 4 << 20 });
    const trees = new RadixTrees(engine);
    const page = (n: bigint, flags: bigint) =>
      trees.map({
        ea: EA + n * 4096n,
        real: BigInt(REAL) + n * 4096n,
        shift: 12,
        flags,
      });
    page(0n, PTE.readWrite | SYSTEM);
    for (const [name, bytes, word] of CROSSING) {
      const isStore = name.startsWith("st");
      for (const second of isStore ? [0n, PTE.read] : [0n]) {
        // Behind the end of the page there is one byte, or all but one.
        for (const before of [1, bytes - 1]) {
          page(1n, second | SYSTEM);
          prepare(engine, [word]);
          engine.ram.fill(0x5a, REAL, REAL + 8192);
          for (let i = 0; i < 32; i++) engine.set("GPR", BigInt(i) << 40n, i);
          for (let i = 0; i < 64; i++) engine.set("VSR", BigInt(i) << 80n, i);
          const ea = EA + 4096n - BigInt(before);
          engine.set("GPR", ea, 4);
          engine.set("GPR", 0n, 6);
          engine.set("GPR", 9n << 56n, 7);
          assert.equal(engine.run(4), "budget");
          const text = `${name}, ${before} bytes before`;
          assert.equal(engine.get("NIA"), 0x300n, text);
          assert.equal(engine.get("DAR"), EA + 4096n, text);
          assert.equal(
            engine.get("DSISR"),
            0x0800_0000n | (isStore ? 0x0200_0000n : 0n),
            text,
          );
          const storage = engine.ram.subarray(REAL, REAL + 8192);
          assert.ok(storage.every((byte) => byte === 0x5a), text);
          assert.equal(engine.get("GPR", 4), ea, text);
          for (let i = 28; i < 32; i++) {
            assert.equal(engine.get("GPR", i), BigInt(i) << 40n, text);
            assert.equal(engine.get("VSR", i), BigInt(i) << 80n, text);
          }
        }
      }
    }
  });

  Deno.test(`${tested.name} engine notes a store to a page that it has only loaded from`, () => {
    const engine = tested.create({ ramBytes: 4 << 20 });
    const trees = new RadixTrees(engine);
    const entry = trees.map({
      ea: EA,
      real: BigInt(REAL),
      shift: 12,
      flags: PTE.readWrite | SYSTEM,
    });
    const used = () =>
      getDoubleword(engine, entry) & (PTE.reference | PTE.change);
    prepare(engine, [
      op("ld", { RT: 3, RA: 4, DS: 0 }),
      op("ld", { RT: 3, RA: 4, DS: 8 }),
    ]);
    engine.set("GPR", EA, 4);
    assert.equal(engine.run(5), "budget");
    assert.equal(used(), PTE.reference);
    putCode(engine, { at: CODE + 0x100, littleEndian: false }, [
      op("std", { RS: 3, RA: 4, DS: 16 }),
      BRANCH_TO_SELF,
    ]);
    engine.set("NIA", BigInt(CODE + 0x100));
    assert.equal(engine.run(5), "budget");
    assert.equal(engine.get("NIA"), BigInt(CODE + 0x104));
    assert.equal(used(), PTE.reference | PTE.change);
  });

  Deno.test(`${tested.name} engine refuses a store to a page that it may only load from`, () => {
    const engine = tested.create({ ramBytes: 4 << 20 });
    new RadixTrees(engine).map({
      ea: EA,
      real: BigInt(REAL),
      shift: 12,
      flags: PTE.read | SYSTEM,
    });
    prepare(engine, [
      op("ld", { RT: 3, RA: 4, DS: 0 }),
      op("std", { RS: 3, RA: 4, DS: 8 }),
    ]);
    engine.ram.fill(0x5a, REAL, REAL + 16);
    engine.set("GPR", EA, 4);
    engine.set("GPR", 0n, 3);
    assert.equal(engine.run(5), "budget");
    assert.equal(engine.get("NIA"), 0x300n);
    assert.equal(engine.get("SRR0"), BigInt(CODE + 4));
    assert.equal(engine.get("DSISR"), 0x0a00_0000n);
    assert.equal(getDoubleword(engine, REAL + 8), 0x5a5a_5a5a_5a5a_5a5an);
  });

  Deno.test(`${tested.name} engine wraps addresses round in 32-bit mode`, () => {
    const engine = tested.create({ ramBytes: 4 << 20 });
    const trees = new RadixTrees(engine);
    const page = (ea: bigint, real: number) =>
      trees.map({
        ea,
        real: BigInt(real),
        shift: 12,
        flags: PTE.readWrite | SYSTEM,
      });
    page(0xffff_f000n, REAL);
    page(0n, REAL + 4096);
    prepare(engine, []);
    // lwz over the end, then the last word of the last page, then the first.
    putCode(engine, { at: REAL + 0xff8, littleEndian: false }, [
      op("lwz", { RT: 3, RA: 4, SI: 0 }),
      op("addi", { RT: 5, RA: 5, SI: 1 }),
    ]);
    putCode(engine, { at: REAL + 4096, littleEndian: false }, [
      op("addi", { RT: 5, RA: 5, SI: 2 }),
      BRANCH_TO_SELF,
    ]);
    engine.set("MSR", MSR.ME | MSR.DR | MSR.IR);
    engine.set("NIA", 0xffff_fff8n);
    // Bits 0:31 of the address do not count.
    engine.set("GPR", 0x1234_5678_ffff_fffen, 4);
    engine.set("GPR", 0n, 5);
    engine.refresh();
    assert.equal(engine.run(8), "budget");
    assert.equal(engine.get("NIA"), 4n);
    assert.equal(engine.get("GPR", 5), 3n);
    const [last, first] = [
      op("addi", { RT: 5, RA: 5, SI: 1 }),
      op("addi", { RT: 5, RA: 5, SI: 2 }),
    ];
    const wanted = ((last & 0xffff) << 16 | first >>> 16) >>> 0;
    assert.equal(engine.get("GPR", 3), BigInt(wanted));
  });

  Deno.test(`${tested.name} engine forgets more pages of a process than it notes one by one`, () => {
    const PAGES = 400;
    const engine = tested.create({ ramBytes: 8 << 20 });
    const trees = new RadixTrees(engine);
    for (let i = 0; i < PAGES; i++) {
      trees.map({
        ea: 0x1000_0000n + BigInt(4096 * i),
        real: BigInt(REAL + 4096 * (i % 64)),
        shift: 12,
        flags: PTE.readWrite,
      });
    }
    // Sums up a word of every page, or as many as it may load.
    prepare(engine, [
      op("lwz", { RT: 3, RA: 4, SI: 0 }),
      op("addi", { RT: 5, RA: 5, SI: 1 }),
      op("addi", { RT: 4, RA: 4, SI: 4096 }),
      op("bc", { BO: 16, BI: 0, BD: -12 }),
    ]);
    for (const [at, SPR] of [[CODE + 0x100, 48], [CODE + 0x200, 29]] as const) {
      putCode(engine, { at, littleEndian: false }, [
        op("mtspr", { SPR, RS: 8 }),
        BRANCH_TO_SELF,
      ]);
    }
    const sweep = (problem: bigint) => {
      engine.set("MSR", MSR.SF | MSR.ME | MSR.DR | problem);
      engine.set("NIA", BigInt(CODE));
      engine.set("CTR", BigInt(PAGES));
      engine.set("GPR", 0x1000_0000n, 4);
      engine.set("GPR", 0n, 5);
      engine.run(4 * PAGES + 4);
      return engine.get("GPR", 5);
    };
    const change = (at: number, value: bigint) => {
      engine.set("MSR", MSR.SF | MSR.ME);
      engine.set("NIA", BigInt(at));
      engine.set("GPR", value, 8);
      engine.run(3);
    };
    const [setPid, setAmr] = [CODE + 0x100, CODE + 0x200];
    engine.set("AMOR", (1n << 64n) - 1n);
    for (const problem of [0n, MSR.PR]) {
      assert.equal(sweep(problem), BigInt(PAGES));
      change(setPid, 1n);
      assert.equal(sweep(problem), 0n);
      assert.equal(engine.get("NIA"), 0x300n);
      change(setPid, 0n);
      assert.equal(sweep(problem), BigInt(PAGES));
    }
    // Key 0 keeps the system out, not the process.
    assert.equal(sweep(0n), BigInt(PAGES));
    change(setAmr, 3n << 62n);
    assert.equal(sweep(0n), 0n);
    assert.equal(sweep(MSR.PR), BigInt(PAGES));
  });
}
