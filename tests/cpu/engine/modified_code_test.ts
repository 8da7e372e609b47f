import assert from "node:assert/strict";
import { ENGINES, FREE_ENGINES, type TestEngine } from "../engines.ts";
import {
  ATTN,
  bl,
  BLR,
  bytesOf,
  li,
  mr,
  op,
  putCode,
  realMode,
  valueOf,
} from "./programs.ts";

const CODE = 0x8000;
const ROUTINE = 0x8800;

/** How a program stores: instructions with the address in r4, data in r5 … */
interface Way {
  readonly name: string;
  /** Bytes that are stored; they contain the routine's first word. */
  readonly bytes: number;
  readonly words: readonly number[];
  readonly source?: "gpr" | "pair" | "vector" | "words" | "reversed";
  readonly bigEndianOnly?: boolean;
}

const AT_R4 = { RA: 0, RB: 4 };

const WAYS: readonly Way[] = [
  { name: "sth", bytes: 2, words: [op("sth", { RS: 5, RA: 4, SI: 0 })] },
  { name: "stw", bytes: 4, words: [op("stw", { RS: 5, RA: 4, SI: 0 })] },
  { name: "stwu", bytes: 4, words: [op("stwu", { RS: 5, RA: 4, SI: 0 })] },
  { name: "std", bytes: 8, words: [op("std", { RS: 5, RA: 4, DS: 0 })] },
  {
    name: "stwbrx",
    bytes: 4,
    words: [op("stwbrx", { RS: 5, ...AT_R4 })],
    source: "reversed",
  },
  {
    name: "stdbrx",
    bytes: 8,
    words: [op("stdbrx", { RS: 5, ...AT_R4 })],
    source: "reversed",
  },
  {
    name: "stq",
    bytes: 16,
    words: [op("stq", { RSp: 6, RA: 4, DS: 0 })],
    source: "pair",
  },
  {
    name: "stvx",
    bytes: 16,
    words: [op("stvx", { VRS: 0, ...AT_R4 })],
    source: "vector",
  },
  {
    name: "stxvx",
    bytes: 16,
    words: [op("stxvx", { XS: 32, ...AT_R4 })],
    source: "vector",
  },
  {
    name: "stwcx.",
    bytes: 4,
    words: [
      op("lwarx", { RT: 3, ...AT_R4 }),
      op("stwcx.", { RS: 5, ...AT_R4 }),
    ],
  },
  {
    name: "stdcx.",
    bytes: 8,
    words: [
      op("ldarx", { RT: 3, ...AT_R4 }),
      op("stdcx.", { RS: 5, ...AT_R4 }),
    ],
  },
  {
    name: "stqcx.",
    bytes: 16,
    words: [
      op("lqarx", { RTp: 8, ...AT_R4 }),
      op("stqcx.", { RSp: 6, ...AT_R4 }),
    ],
    source: "pair",
  },
  // FC 8 of lwat swaps with RT + 1; FC 4 of stdat stores a maximum.
  {
    name: "lwat",
    bytes: 4,
    words: [mr(9, 5), op("lwat", { RT: 8, RA: 4, FC: 8 })],
  },
  {
    name: "stmw",
    bytes: 8,
    words: [op("stmw", { RS: 30, RA: 4, SI: 0 })],
    source: "words",
    bigEndianOnly: true,
  },
  {
    name: "stswi",
    bytes: 8,
    words: [op("stswi", { RS: 30, RA: 4, NB: 8 })],
    source: "words",
    bigEndianOnly: true,
  },
];

const SETTINGS = [false, true].map((littleEndian) => ({
  littleEndian,
  order: littleEndian ? "little-endian" : "big-endian",
}));

/** The routine before and after: gives 1, then 2 in r3. */
const BEFORE = [li(3, 1), BLR, 0, 0];
const AFTER = [li(3, 2), BLR, 0, 0];

function load(
  engine: TestEngine,
  { littleEndian, words }: { littleEndian: boolean; words: readonly number[] },
): TestEngine {
  engine.ram.fill(0);
  for (let i = 0; i < 32; i++) engine.set("GPR", 0n, i);
  putCode(engine, { at: CODE, littleEndian }, words);
  putCode(engine, { at: ROUTINE, littleEndian }, BEFORE);
  engine.set("MSR", realMode(littleEndian));
  engine.set("NIA", BigInt(CODE));
  engine.set("FSCR", (1n << 56n) - 1n);
  engine.set("HFSCR", (1n << 56n) - 1n);
  engine.set("GPR", BigInt(ROUTINE), 4);
  engine.refresh();
  return engine;
}

/** Sets the registers that a way takes its data from. */
function provide(
  engine: TestEngine,
  data: Uint8Array,
  { source, littleEndian }: {
    source: Way["source"];
    littleEndian: boolean;
  },
): void {
  const value = valueOf(data, littleEndian);
  const half = (i: number) =>
    valueOf(data.slice(8 * i, 8 * i + 8), littleEndian);
  switch (source) {
    case "reversed":
      return engine.set("GPR", valueOf(data, !littleEndian), 5);
    case "pair":
      engine.set("GPR", half(littleEndian ? 1 : 0), 6);
      return engine.set("GPR", half(littleEndian ? 0 : 1), 7);
    case "vector":
      return engine.set("VSR", value, 32);
    case "words":
      engine.set("GPR", half(0) >> 32n, 30);
      return engine.set("GPR", half(0) & 0xffff_ffffn, 31);
    default:
      return engine.set("GPR", value, 5);
  }
}

for (const tested of [...ENGINES, ...FREE_ENGINES]) {
  // Making an engine takes longer than most of the tests.
  let shared: TestEngine | undefined;
  const create = (program: Parameters<typeof load>[1]) => {
    shared ??= tested.create({ ramBytes: 1 << 18 });
    return load(shared, program);
  };
  for (const { littleEndian, order } of SETTINGS) {
    Deno.test(`${tested.name} engine carries out what a store has made of an instruction, ${order}`, () => {
      for (const way of WAYS) {
        if (littleEndian && way.bigEndianOnly) continue;
        // Call the routine, store, call it again.
        const start = [
          bl(ROUTINE - CODE),
          mr(20, 3),
          ...way.words,
        ];
        const words = [
          ...start,
          bl(ROUTINE - CODE - 4 * start.length),
          mr(21, 3),
          ATTN,
        ];
        const engine = create({ littleEndian, words });
        const code = AFTER.map((word) =>
          bytesOf(BigInt(word), { bytes: 4, littleEndian })
        );
        const data = Uint8Array.from(code.flatMap((bytes) => [...bytes]))
          .slice(0, way.bytes);
        // The immediate's half of the word is the second in big-endian order.
        const half = way.bytes === 2 && !littleEndian ? 2 : 0;
        provide(
          engine,
          half ? (code[0] ?? data).slice(2) : data,
          { source: way.source, littleEndian },
        );
        engine.set("GPR", BigInt(ROUTINE + half), 4);
        assert.equal(engine.run(100), "attn", way.name);
        assert.equal(engine.get("GPR", 20), 1n, way.name);
        assert.equal(engine.get("GPR", 21), 2n, way.name);
      }
    });

    Deno.test(`${tested.name} engine carries out what a byte has made of an instruction, ${order}`, () => {
      const words = [
        bl(ROUTINE - CODE),
        mr(20, 3),
        op("stb", { RS: 5, RA: 4, SI: littleEndian ? 0 : 3 }),
        bl(ROUTINE - CODE - 12),
        mr(21, 3),
        ATTN,
      ];
      const engine = create({ littleEndian, words });
      engine.set("GPR", 77n, 5);
      assert.equal(engine.run(100), "attn");
      assert.equal(engine.get("GPR", 20), 1n);
      assert.equal(engine.get("GPR", 21), 77n);
    });

    Deno.test(`${tested.name} engine carries out the next instruction as the one before it has stored it, ${order}`, () => {
      const add = (SI: number) => op("addi", { RT: 20, RA: 20, SI });
      const words = [
        op("stw", { RS: 5, RA: 4, SI: 0 }),
        add(1),
        mr(5, 6),
        op("bc", { BO: 16, BI: 0, BD: -12 }),
        ATTN,
      ];
      const engine = create({ littleEndian, words });
      engine.set("GPR", BigInt(CODE + 4), 4);
      engine.set("GPR", BigInt(add(10)), 5);
      engine.set("GPR", BigInt(add(100)), 6);
      engine.set("CTR", 5n);
      assert.equal(engine.run(100), "attn");
      assert.equal(engine.get("GPR", 20), 410n);
    });

    Deno.test(`${tested.name} engine completes a store over itself and carries out what is there the next time, ${order}`, () => {
      const words = [
        op("stwu", { RS: 5, RA: 4, SI: 0 }),
        op("addi", { RT: 21, RA: 21, SI: 1 }),
        op("bc", { BO: 16, BI: 0, BD: -8 }),
        ATTN,
      ];
      const engine = create({ littleEndian, words });
      engine.set("GPR", BigInt(CODE), 4);
      engine.set("GPR", BigInt(op("addi", { RT: 20, RA: 20, SI: 1 })), 5);
      engine.set("CTR", 4n);
      assert.equal(engine.run(100), "attn");
      assert.equal(engine.get("GPR", 20), 3n);
      assert.equal(engine.get("GPR", 21), 4n);
    });

    Deno.test(`${tested.name} engine sees a store that reaches from one page of code into the next, ${order}`, () => {
      const [first, second] = [0xaffc, 0xb000];
      const far = (at: number, from: number) => bl(at - CODE - 4 * from);
      const words = [
        far(first, 0),
        mr(20, 3),
        op("std", { RS: 5, RA: 4, DS: 0 }),
        far(first, 3),
        mr(21, 3),
        ATTN,
      ];
      const engine = create({ littleEndian, words });
      putCode(engine, { at: first, littleEndian }, [li(3, 1), BLR]);
      engine.refresh();
      const after = [li(3, 2), op("addi", { RT: 3, RA: 3, SI: 5 })];
      putCode(engine, { at: second + 4, littleEndian }, [BLR]);
      const data = after.flatMap((word) => [
        ...bytesOf(BigInt(word), { bytes: 4, littleEndian }),
      ]);
      engine.set("GPR", valueOf(Uint8Array.from(data), littleEndian), 5);
      engine.set("GPR", BigInt(first), 4);
      assert.equal(engine.run(100), "attn");
      assert.equal(engine.get("GPR", 20), 1n);
      assert.equal(engine.get("GPR", 21), 7n);
    });

    Deno.test(`${tested.name} engine finds nothing left of code that dcbz has cleared, ${order}`, () => {
      const words = [
        bl(ROUTINE - CODE),
        mr(20, 3),
        op("dcbz", { RA: 0, RB: 4 }),
        bl(ROUTINE - CODE - 12),
        li(20, 99),
        ATTN,
      ];
      const engine = create({ littleEndian, words });
      // Hypervisor emulation assistance, which is big-endian: HID0[HILE] = 0.
      putCode(engine, { at: 0xe40, littleEndian: false }, [ATTN]);
      engine.refresh();
      assert.equal(engine.run(100), "attn");
      assert.equal(engine.get("GPR", 20), 1n);
      assert.equal(engine.get("HSRR0"), BigInt(ROUTINE));
      assert.equal(engine.get("HEIR"), 0n);
    });

    Deno.test(`${tested.name} engine carries out what the machine has written, ${order}`, () => {
      const words = [
        bl(ROUTINE - CODE),
        mr(20, 3),
        ATTN,
        bl(ROUTINE - CODE - 12),
        mr(21, 3),
        ATTN,
      ];
      const engine = create({ littleEndian, words });
      assert.equal(engine.run(100), "attn");
      putCode(engine, { at: ROUTINE, littleEndian }, AFTER);
      engine.refresh();
      assert.equal(engine.run(100), "attn");
      assert.equal(engine.get("GPR", 20), 1n);
      assert.equal(engine.get("GPR", 21), 2n);
    });
  }

  Deno.test(`${tested.name} engine decodes a page in the byte order that it is carried out in`, () => {
    // Big-endian: li r3,8; blr. Little-endian: tdi 0; subfic; addi; attn.
    const engine = create({ littleEndian: false, words: [] });
    const page = 0xc000;
    putCode(engine, { at: page, littleEndian: false }, [li(3, 8), BLR]);
    putCode(engine, { at: page + 8, littleEndian: true }, [
      op("addi", { RT: 20, RA: 20, SI: 1 }),
      ATTN,
    ]);
    const enter = (littleEndian: boolean) => {
      engine.set("MSR", realMode(littleEndian));
      engine.set("NIA", BigInt(page));
      engine.set("GPR", 0n, 3);
      engine.set("LR", BigInt(page + 0x100));
      assert.equal(engine.run(50), "attn");
    };
    putCode(engine, { at: page + 0x100, littleEndian: false }, [ATTN]);
    for (let round = 1n; round <= 3n; round++) {
      enter(false);
      assert.equal(engine.get("GPR", 3), 8n);
      assert.equal(engine.get("NIA"), BigInt(page + 0x104));
      enter(true);
      assert.equal(engine.get("GPR", 3), 0n);
      assert.equal(engine.get("GPR", 20), round);
    }
  });

  Deno.test(`${tested.name} engine drops both orders' decoded form of a page that is stored to`, () => {
    const engine = create({ littleEndian: false, words: [] });
    const page = 0xc000;
    // Two entries, one for each order, and a store to both in either order.
    const store = [
      op("stw", { RS: 5, RA: 4, SI: 0 }),
      op("stw", { RS: 6, RA: 4, SI: 0x100 }),
      ATTN,
    ];
    for (const littleEndian of [false, true]) {
      const at = page + (littleEndian ? 0x100 : 0);
      putCode(engine, { at, littleEndian }, [li(3, 1), ATTN]);
      const from = littleEndian ? 0x9000 : CODE;
      putCode(engine, { at: from, littleEndian }, store);
    }
    engine.set("GPR", BigInt(page), 4);
    const run = (at: number, littleEndian: boolean) => {
      engine.set("MSR", realMode(littleEndian));
      engine.set("NIA", BigInt(at));
      assert.equal(engine.run(50), "attn");
      return engine.get("GPR", 3);
    };
    const words = (SI: number, storesLittle: boolean) => {
      for (const little of [false, true]) {
        const bytes = bytesOf(BigInt(li(3, SI)), {
          bytes: 4,
          littleEndian: little,
        });
        engine.set("GPR", valueOf(bytes, storesLittle), little ? 6 : 5);
      }
    };
    for (let value = 2; value < 6; value++) {
      run(page, false);
      run(page + 0x100, true);
      const storesLittle = value % 2 === 1;
      words(value, storesLittle);
      run(storesLittle ? 0x9000 : CODE, storesLittle);
      assert.equal(run(page, false), BigInt(value));
      assert.equal(run(page + 0x100, true), BigInt(value));
    }
  });
}
