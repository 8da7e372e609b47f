/**
 * Litmus tests of storage ordering (Book II 1.7): small programs whose outcome
 * says whether vCPUs have seen each other's accesses in an order that the book
 * forbids.
 *
 * @module
 */
import { op } from "../engine/programs.ts";
import { LEAVE, ThreadBench } from "./_bench.ts";
import {
  addi,
  countDown,
  EIEIO,
  increment,
  ISYNC,
  ld,
  LWSYNC,
  std,
  SYNC,
  waitFor,
} from "./_programs.ts";

/** An access to location x or y. A load fills the thread's next result. */
type Access = "Rx" | "Ry" | `W${"x" | "y"}=${1 | 2}`;

/** What may stand between two accesses. */
export type Barrier = "sync" | "lwsync" | "eieio" | "isync" | "none";

/** A test: threads of accesses with a barrier each. */
export interface Litmus {
  readonly name: string;
  readonly threads: readonly {
    readonly accesses: readonly Access[];
    readonly barrier: Barrier;
  }[];
  /** Results of the loads, or what is left in x and y, that are forbidden. */
  readonly outcome: Readonly<Record<string, number>>;
}

const BARRIERS: Readonly<Record<Barrier, readonly number[]>> = {
  sync: [SYNC],
  lwsync: [LWSYNC],
  eieio: [EIEIO],
  // A branch that depends on the load, and isync.
  isync: [
    op("cmp", { BF: 0, L: 1, RA: 10, RB: 10 }),
    op("bc", { BO: 4, BI: 2, BD: 4 }),
    ISYNC,
  ],
  none: [],
};

/** Runs of one batch: the locations of each are apart. */
export const BATCH = 4096;

const CODE = 0x1000;
const CODE_BYTES = 0x400;
const GATE = 0x8000;
const LINE = 128;
const RESULT_BYTES = 16;

// Registers: addresses of x, y and results; gate, number of threads; values.
const [X, Y, RESULTS, GATE_AT, THREADS, SCRATCH] = [3, 4, 5, 6, 7, 8];
const [ONE, TWO] = [20, 21];

function emit(access: Access, result: number): number {
  const at = access[1] === "x" ? X : Y;
  if (access[0] === "R") return ld(10 + result, at);
  return std(access.endsWith("2") ? TWO : ONE, at);
}

/** One thread's program. */
function program({ accesses, barrier }: Litmus["threads"][number]): number[] {
  let results = 0;
  const body = accesses.flatMap((access, i) => {
    const word = emit(access, access[0] === "R" ? results++ : 0);
    return i === 0 ? [word] : [...BARRIERS[barrier], word];
  });
  const loop = [
    ...body,
    op("std", { RS: 10, RA: RESULTS, DS: 0 }),
    op("std", { RS: 11, RA: RESULTS, DS: 8 }),
    addi(X, X, LINE),
    addi(Y, Y, LINE),
    addi(RESULTS, RESULTS, RESULT_BYTES),
  ];
  return [
    ...increment(GATE_AT, SCRATCH),
    ...waitFor(GATE_AT, THREADS, SCRATCH),
    ...loop,
    countDown(-loop.length),
    LEAVE,
  ];
}

const XS = 0x10_0000;
const YS = XS + BATCH * LINE;
const RESULTS_AT = YS + BATCH * LINE;

/** Runs a test about so many times; gives how often the outcome was seen. */
export function count(
  bench: ThreadBench,
  { threads, outcome }: Litmus,
  runs: number,
): number {
  threads.forEach((thread, i) =>
    bench.write(CODE + i * CODE_BYTES, program(thread))
  );
  const { ram, accelerator } = bench;
  const bytes = new Uint8Array(ram.buffer, ram.byteOffset, ram.byteLength);
  const loads = threads.flatMap(({ accesses }, thread) =>
    accesses.filter((access) => access[0] === "R")
      .map((_, result) => ({ thread, result }))
  );
  const value = (name: string, run: number) => {
    if (name === "x") return ram.getUint32(XS + run * LINE + 4);
    if (name === "y") return ram.getUint32(YS + run * LINE + 4);
    const { thread, result } = loads[Number(name.slice(1))] ??
      { thread: 0, result: 0 };
    const base = RESULTS_AT + thread * BATCH * RESULT_BYTES;
    return ram.getUint32(base + run * RESULT_BYTES + 8 * result + 4);
  };
  const wanted = Object.entries(outcome);
  let seen = 0;
  for (let done = 0; done < runs; done += BATCH) {
    bytes.fill(0, XS, RESULTS_AT);
    ram.setBigUint64(GATE, 0n);
    threads.forEach((_, vcpu) => {
      bench.enter(vcpu, {
        nia: CODE + vcpu * CODE_BYTES,
        gpr: {
          [X]: XS,
          [Y]: YS,
          [RESULTS]: RESULTS_AT + vcpu * BATCH * RESULT_BYTES,
          [GATE_AT]: GATE,
          [THREADS]: threads.length,
          [ONE]: 1,
          [TWO]: 2,
        },
      });
      accelerator.setOneReg(vcpu, "CTR", BigInt(BATCH));
    });
    bench.run(threads.map((_, vcpu) => vcpu));
    for (let run = 0; run < BATCH; run++) {
      if (wanted.every(([name, one]) => value(name, run) === one)) seen++;
    }
  }
  return seen;
}

function litmus(
  name: string,
  threads: readonly (readonly [Barrier, ...Access[]])[],
  outcome: Readonly<Record<string, number>>,
): Litmus {
  return {
    name: `${name} with ${threads.map(([barrier]) => barrier).join(", ")}`,
    threads: threads.map(([barrier, ...accesses]) => ({ accesses, barrier })),
    outcome,
  };
}

const messagePassing = (writer: Barrier, reader: Barrier) =>
  litmus("MP", [[writer, "Wx=1", "Wy=1"], [reader, "Ry", "Rx"]], {
    r0: 1,
    r1: 0,
  });
const storeBuffering = (barrier: Barrier) =>
  litmus("SB", [[barrier, "Wx=1", "Ry"], [barrier, "Wy=1", "Rx"]], {
    r0: 0,
    r1: 0,
  });
const loadBuffering = (barrier: Barrier) =>
  litmus("LB", [[barrier, "Rx", "Wy=1"], [barrier, "Ry", "Wx=1"]], {
    r0: 1,
    r1: 1,
  });
const twoWrites = (barrier: Barrier) =>
  litmus("2+2W", [[barrier, "Wx=1", "Wy=2"], [barrier, "Wy=1", "Wx=2"]], {
    x: 1,
    y: 1,
  });
const independentReads = (barrier: Barrier) =>
  litmus("IRIW", [
    ["none", "Wx=1"],
    ["none", "Wy=1"],
    [barrier, "Rx", "Ry"],
    [barrier, "Ry", "Rx"],
  ], { r0: 1, r1: 0, r2: 1, r3: 0 });

/** Tests with every barrier that forbids their outcome. */
export const FORBIDDEN: readonly Litmus[] = [
  messagePassing("sync", "sync"),
  messagePassing("lwsync", "lwsync"),
  messagePassing("eieio", "lwsync"),
  messagePassing("lwsync", "isync"),
  storeBuffering("sync"),
  loadBuffering("sync"),
  loadBuffering("lwsync"),
  loadBuffering("isync"),
  twoWrites("sync"),
  twoWrites("lwsync"),
  twoWrites("eieio"),
  independentReads("sync"),
];

/** What lwsync does not order, and hosts do not either: shows what is seen. */
export const ALLOWED: Litmus = storeBuffering("lwsync");
