// Pages that have one place in a data TLB, and drive each other out of it.
import assert from "node:assert/strict";
import { DATA_TLB } from "../../../cpu/engine/layout.ts";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { ENGINES, FREE_ENGINES, type TestEngine } from "../engines.ts";
import { PTE, RadixTrees } from "../mmu/radix_tree.ts";
import { op, putCode } from "./programs.ts";

const CODE = 0x2000;
const BIG = { littleEndian: false };
/** As far apart as a TLB has places. */
const ADDRESSES = [0, 1, 2].map((n) =>
  0x10_0000_0000n + 4096n * BigInt(n * DATA_TLB.entries)
);
const PAGES = [0x20_0000, 0x20_1000, 0x20_2000];
const ROUNDS = 1000;

/** The reference keeps no translations. */
const WITH_TLB = [...ENGINES, ...FREE_ENGINES].filter(({ name }) =>
  name !== "reference"
);

/** Maps the pages; has the addresses in r4, r5 and r6. */
function prepare(
  engine: TestEngine,
  code: readonly number[],
  { flags = PTE.readWrite | PTE.execute }: { flags?: bigint } = {},
): void {
  const trees = new RadixTrees(engine);
  engine.set("LPCR", LPCR.HR | LPCR.UPRT | LPCR.GTSE | LPCR.LPES);
  engine.set("PAPR", 1n);
  ADDRESSES.forEach((ea, i) => {
    trees.map({ ea, real: BigInt(PAGES[i] ?? 0), shift: 12, flags });
    engine.set("GPR", ea, 4 + i);
  });
  putCode(engine, { at: CODE, ...BIG }, code);
  engine.set("MSR", MSR.SF | MSR.ME | MSR.DR);
  engine.set("NIA", BigInt(CODE));
  engine.set("DEC_EXPIRY", 1n << 60n);
  engine.refresh();
}

/** Runs a loop. */
function run(engine: TestEngine, body: readonly number[]): void {
  prepare(engine, [
    ...body,
    op("addic.", { RT: 31, RA: 31, SI: -1 }),
    op("bc", { BO: 4, BI: 2, BD: -4 * (body.length + 1) }),
    op("sc", { LEV: 1 }),
  ]);
  engine.set("GPR", BigInt(ROUNDS), 31);
  let reason = "budget";
  for (let i = 0; i < 40 && reason === "budget"; i++) reason = engine.run(2000);
  assert.equal(reason, "hypercall");
}

for (const tested of WITH_TLB) {
  Deno.test(`${tested.name} engine translates pages that take turns at one place once`, () => {
    const engine = tested.create({ ramBytes: 4 << 20 });
    PAGES.forEach((at, i) => putCode(engine, { at, ...BIG }, [i + 1]));
    run(
      engine,
      [4, 5, 6].flatMap((RA) => [
        op("lwz", { RT: 3, RA, SI: 0 }),
        op("add", { RT: 20, RA: 20, RB: 3 }),
        op("stw", { RS: 20, RA, SI: 8 }),
      ]),
    );
    assert.equal(engine.get("GPR", 20), BigInt(ROUNDS * (1 + 2 + 3)));
    PAGES.forEach((at, i) =>
      assert.equal(
        new DataView(engine.ram.buffer, engine.ram.byteOffset)
          .getUint32(at + 8),
        6 * (ROUNDS - 1) + [1, 3, 6][i]!,
      )
    );
    // A page is entered for loads, and again for stores.
    const entered = Number(engine.get("TLB_ENTERED"));
    assert.ok(entered >= 6 && entered < 20, `${entered}`);
  });

  Deno.test(`${tested.name} engine carries out what was stored to a page that another has driven out`, () => {
    const engine = tested.create({ ramBytes: 4 << 20 });
    const [store, call] = [
      (RS: number) => [
        op("stw", { RS, RA: 4, SI: 0 }),
        op("lwz", { RT: 3, RA: 5, SI: 0 }),
      ],
      [op("mtspr", { SPR: 9, RS: 7 }), op("bcctr", { BO: 20, BI: 0, LK: 1 })],
    ];
    const [first = 0] = PAGES;
    putCode(engine, { at: first, ...BIG }, [
      0,
      op("bclr", { BO: 20, BI: 0 }),
    ]);
    const count = (RT: number) => op("addi", { RT, RA: RT, SI: 1 });
    engine.set("GPR", BigInt(count(21)), 8);
    engine.set("GPR", BigInt(count(22)), 9);
    engine.set("GPR", BigInt(first), 7);
    run(engine, [...store(8), ...call, ...store(9), ...call]);
    assert.equal(engine.get("GPR", 21), BigInt(ROUNDS));
    assert.equal(engine.get("GPR", 22), BigInt(ROUNDS));
  });

  Deno.test(`${tested.name} engine stores to no page that may only be read, though another has driven it out`, () => {
    const engine = tested.create({ ramBytes: 4 << 20 });
    const [first = 0] = PAGES;
    putCode(engine, { at: first, ...BIG }, [5]);
    // Data storage interrupts end there.
    putCode(engine, { at: 0x300, ...BIG }, [op("sc", { LEV: 1 })]);
    prepare(engine, [
      op("lwz", { RT: 3, RA: 4, SI: 0 }),
      op("lwz", { RT: 7, RA: 5, SI: 0 }),
      op("stw", { RS: 7, RA: 4, SI: 0 }),
      op("addi", { RT: 20, RA: 20, SI: 1 }),
      op("sc", { LEV: 1 }),
    ], { flags: PTE.read });
    assert.equal(engine.run(100), "hypercall");
    assert.equal(engine.get("GPR", 3), 5n);
    assert.equal(engine.get("GPR", 20), 0n);
    assert.equal(engine.get("DAR"), ADDRESSES[0]);
    const view = new DataView(engine.ram.buffer, engine.ram.byteOffset);
    assert.equal(view.getUint32(first), 5);
  });
}
