// What waits for FPSCR in a region is there however the region is left.
import assert from "node:assert/strict";
import { STATUS } from "../../../cpu/engine/emitter/frame.ts";
import { MSR } from "../../../cpu/state.ts";
import { PTE, RadixTrees } from "../mmu/radix_tree.ts";
import { type Bench, createBench, write } from "./accelerators.ts";
import { bl, BLR, mr, op } from "./programs.ts";

const RAM_BYTES = 4 << 20;
const REAL = 0x20_0000;
const CODE = 0xc000_0000_0100_0000n;
/** From the start of the code, too far away and too long to belong to it. */
const FAR = 0x5000;
const CODE_PAGES = 8;
/** Mapped to what is not RAM. */
const DEVICE = 0xc000_0000_0200_0000n;
/** Not mapped. */
const NOWHERE = 0xc000_0000_0300_0000n;
/** sc 1, which a partition leaves by. */
const LEAVE = op("sc", { LEV: 1 });
const NOP = op("ori", { RS: 0, RA: 0, UI: 0 });
/** More instructions than a region takes in from elsewhere. */
const LONG: readonly number[] = new Array(80).fill(NOP);

const VECTORS = [0x300, 0x600, 0x700, 0xe40];

/** Inexact before, as Linux leaves it, and what a NaN leaves. */
const FPSCR = 0x8201_1000n;
/** Zero divide interrupts. */
const ZERO_DIVIDE = 0x10n;

/** f3 := 1/3: a positive number, rounded down. */
const RESULT = op("fdiv", { FRT: 3, FRA: 1, FRB: 2 });
/** f4 := 1.75 as an integer: rounded up, and nothing of a class. */
const ROUNDING = op("fctid", { FRT: 4, FRB: 5 });
/** cr1: 1 is below 3. */
const COMPARISON = op("fcmpu", { BF: 1, FRA: 1, FRB: 2 });

/** FPCC := 0. */
const SET_CLASS = op("mtfsfi", { BFF: 4, W: 0, U: 0 });
const NEXT_BLOCK = op("b", { LI: 4 });

/** Operations of which something waits. */
const WAITING: Readonly<Record<string, readonly number[]>> = {
  "a result": [RESULT],
  "a rounding": [ROUNDING],
  "a comparison": [COMPARISON],
  "a rounding behind a result": [RESULT, ROUNDING],
  "a comparison behind a result": [RESULT, COMPARISON],
  "a result behind the others": [ROUNDING, COMPARISON, RESULT],
  "a result, a rounding and a comparison": [RESULT, ROUNDING, COMPARISON],
  "a result a block behind the others": [
    ROUNDING,
    COMPARISON,
    NEXT_BLOCK,
    RESULT,
  ],
  "nothing, as the class of a result is set": [RESULT, SET_CLASS],
};

/** Between the operations and the way out. */
const BETWEEN: Readonly<Record<string, readonly number[]>> = {
  "in the same block": [],
  "a block before": [NEXT_BLOCK],
};

/** A way out of a region. */
interface Way {
  readonly name: string;
  /** Instructions that go it; they may use r26 to r31 and CTR as `run` does. */
  readonly words: (at: number) => readonly number[];
  /** Why the region comes back to the interpreter. */
  readonly end: typeof STATUS[keyof typeof STATUS];
  /** What is at FAR, where something is wanted there; compiled before. */
  readonly far?: readonly number[];
  /** The operations are at FAR, behind so many of nothing. */
  readonly operatesFar?: boolean;
  readonly reason?: string;
}

const WAYS: readonly Way[] = [
  {
    name: "a load raises an interrupt",
    words: () => [op("ld", { RT: 3, RA: 30, DS: 0 })],
    end: STATUS.regionRaised,
  },
  {
    name: "a store raises an interrupt",
    words: () => [op("std", { RS: 3, RA: 30, DS: 0 })],
    end: STATUS.regionRaised,
  },
  {
    name: "a handler raises an interrupt",
    words: () => [op("lswi", { RT: 3, RA: 30, NB: 8 })],
    end: STATUS.regionRaised,
  },
  {
    name: "a trap raises an interrupt",
    words: () => [op("tw", { TO: 31, RA: 0, RB: 0 })],
    end: STATUS.regionRaised,
  },
  {
    name: "another operation raises an interrupt",
    words: () => [op("fdiv", { FRT: 6, FRA: 1, FRB: 7 })],
    end: STATUS.regionRaised,
  },
  {
    name: "a device is asked",
    words: () => [op("lwz", { RT: 3, RA: 29, SI: 0 })],
    end: STATUS.regionRaised,
    reason: "mmio",
  },
  {
    name: "a handler asks",
    words: () => [op("mffs", { FRT: 6 }), LEAVE],
    end: STATUS.regionExit,
  },
  {
    name: "there is a hypercall",
    words: () => [LEAVE],
    end: STATUS.regionExit,
  },
  {
    name: "MSR changes",
    words: () => [op("mtmsrd", { RS: 27, L: 0 }), LEAVE],
    end: STATUS.regionSynchronize,
  },
  {
    name: "a store changes code",
    words: () => [op("stw", { RS: 0, RA: 28, SI: 0x800 }), LEAVE],
    end: STATUS.region,
  },
  {
    name: "a handler's store changes code",
    words: () => [op("stswi", { RS: 3, RA: 26, NB: 8 }), LEAVE],
    end: STATUS.region,
  },
  {
    name: "the budget ends",
    words: () => [NOP, op("bc", { BO: 16, BI: 0, BD: -4 })],
    end: STATUS.region,
    reason: "budget",
  },
  {
    name: "there is no instruction",
    words: () => [NOP, 0],
    end: STATUS.region,
  },
  {
    name: "a branch goes to another region",
    words: (at) => [op("b", { LI: FAR - at })],
    far: [...LONG, LEAVE],
    end: STATUS.regionExit,
  },
  {
    name: "a computed branch goes to another region",
    words: () => [
      op("mtspr", { RS: 31, SPR: 9 }),
      op("bcctr", { BO: 20, BI: 0 }),
    ],
    far: [...LONG, LEAVE],
    end: STATUS.regionExit,
  },
  {
    name: "a return goes to another region",
    words: () => [op("mtspr", { RS: 31, SPR: 8 }), BLR],
    far: [...LONG, LEAVE],
    end: STATUS.regionExit,
  },
  {
    name: "a call goes to another region",
    words: (at) => [bl(FAR - at), LEAVE],
    far: [...LONG, LEAVE],
    end: STATUS.regionExit,
  },
  {
    name: "what was called returns",
    words: () => [BLR],
    operatesFar: true,
    end: STATUS.regionExit,
  },
];

const BENCHES = (["interpreter", "jit"] as const).map((engine) =>
  createBench({ engine, ramBytes: RAM_BYTES, jitThreshold: 0 })
);

function prepare(bench: Bench): void {
  const { accelerator, ram, set } = bench;
  accelerator.reset(0);
  set("DEC_EXPIRY", 1n << 52n);
  set("HDEC_EXPIRY", 1n << 52n);
  set("PAPR", 1n);
  ram.fill(0);
  accelerator.ramWritten(0, RAM_BYTES);
  for (const at of VECTORS) write(bench, { at }, [LEAVE]);
  const trees = new RadixTrees({ ram, set });
  const map = (ea: bigint, real: number) =>
    trees.map({
      ea,
      real: BigInt(real),
      shift: 12,
      flags: PTE.readWrite | PTE.privileged | PTE.execute,
    });
  for (let at = 0; at < 4096 * CODE_PAGES; at += 4096) {
    map(CODE + BigInt(at), REAL + at);
  }
  map(DEVICE, RAM_BYTES + 0x1000);
  [1, 3, 0, 0, 1.75, 0, 0].forEach((number, i) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, number);
    set("VSR", view.getBigUint64(0) << 64n, 1 + i);
  });
  set("FPSCR", FPSCR | ZERO_DIVIDE);
}

function begin({ set }: Bench, at: number): void {
  const msr = MSR.SF | MSR.ME | MSR.IR | MSR.DR | MSR.FP | MSR.FE0 | MSR.FE1;
  set("MSR", msr);
  set("NIA", CODE + BigInt(at));
  set("CTR", 1n << 40n);
  set("GPR", CODE + 0x808n, 26);
  set("GPR", msr | MSR.RI, 27);
  set("GPR", CODE, 28);
  set("GPR", DEVICE, 29);
  set("GPR", NOWHERE, 30);
  set("GPR", CODE + BigInt(FAR), 31);
}

/** Carries the operations out, then goes the way. */
function run(bench: Bench, way: Way, operations: readonly number[]) {
  const { accelerator, get } = bench;
  prepare(bench);
  const put = (at: number, words: readonly number[]) =>
    write(bench, { at: REAL + at }, words);
  const words = [mr(20, 21), ...operations];
  const gone = [...words, ...way.words(4 * words.length)];
  if (way.operatesFar) {
    put(0, [bl(FAR), LEAVE]);
    put(FAR, [...LONG, ...gone]);
  } else put(0, gone);
  if (way.far) put(FAR, way.far);
  if (way.far || way.operatesFar) {
    begin(bench, FAR);
    accelerator.run(0, 4000);
    bench.set("FPSCR", FPSCR | ZERO_DIVIDE);
  }
  begin(bench, 0);
  const before = {
    ends: get("REGION_ENDS", way.end),
    instructions: get("REGION_INSTRUCTIONS"),
  };
  const { reason } = accelerator.run(0, 4000);
  return {
    left: {
      reason,
      nia: get("NIA"),
      status: get("FPSCR"),
      condition: get("CR", 1),
      results: [3, 4, 6].map((n) => get("VSR", n)),
    },
    ends: get("REGION_ENDS", way.end) - before.ends,
    instructions: get("REGION_INSTRUCTIONS") - before.instructions,
    deferred: get("FP_DEFERRED_NUMBERS"),
  };
}

for (const way of WAYS) {
  const { name, reason = "hypercall", end } = way;
  Deno.test(`Jit leaves in FPSCR all that waits where ${name}`, () => {
    for (const [what, operations] of Object.entries(WAITING)) {
      for (const [where, between] of Object.entries(BETWEEN)) {
        const program = [...operations, ...between];
        const [expected, ours] = BENCHES.map((bench) =>
          run(bench, way, program)
        );
        const text = `${what}, ${where}`;
        assert.deepEqual(ours?.left, expected?.left, text);
        assert.equal(ours?.left.reason, reason, text);
        // There was something to enter, and a region to leave this way.
        const { status } = ours?.left ?? {};
        assert.notEqual(status, FPSCR | ZERO_DIVIDE, text);
        assert.equal(ours?.ends, 1n, `status ${end}: ${text}`);
        const least = BigInt(program.length);
        assert(ours.instructions >= least, `${ours.instructions}: ${text}`);
        assert.equal(ours.deferred, 0n, text);
      }
    }
  });
}
