/**
 * How soon a vCPU in a thread of its own notices that it is wanted.
 *
 * @module
 */
import { layOutMemory } from "../cpu/engine/layout.ts";
import { MSR } from "../cpu/state.ts";
import { ThreadedAccelerator } from "../cpu/threads.ts";
import { median } from "./statistics.ts";

/** Medians in milliseconds. */
export interface KickTimes {
  /** Until a vCPU that spins is out of the guest for who asks a register. */
  readonly running: number;
  /** Until one that has left has carried something out, and has left again. */
  readonly halted: number;
}

const ROUNDS = 301;

const CODE = 0x1000;

/** Where a vCPU that spins counts. */
const COUNTER = 0x2000;

/** addi, stw to the address in GPR 4, b to the first; sc of LEV 1, b to it. */
const SPIN = [0x3863_0001, 0x9064_0000, 0x4bff_fff8];
const LEAVE = [0x4400_0022, 0x4bff_fffc];

/** A vCPU that never meets an interrupt of its timers, and a program for it. */
function start(program: readonly number[]) {
  const layout = layOutMemory({
    ramBytes: 1 << 20,
    vcpus: 1,
    hashTableBytes: 0,
    sharedBytes: 0,
    threads: true,
  });
  const memory = new WebAssembly.Memory({
    initial: layout.pages,
    maximum: layout.pages,
    shared: true,
  });
  const bell = { words: new Int32Array(new SharedArrayBuffer(4)), index: 0 };
  const accelerator = new ThreadedAccelerator({
    cpu: "power9",
    memory,
    layout,
    worker: new URL("./kick_worker.ts", import.meta.url),
    data: {},
    bell,
  });
  const ram = new DataView(memory.buffer, layout.ram);
  program.forEach((word, i) => ram.setUint32(CODE + 4 * i, word));
  accelerator.setOneReg(0, "PAPR", 1n);
  accelerator.setOneReg(0, "MSR", MSR.SF | MSR.ME);
  accelerator.setOneReg(0, "NIA", BigInt(CODE));
  for (const timer of ["DEC_EXPIRY", "HDEC_EXPIRY"] as const) {
    accelerator.setOneReg(0, timer, 1n << 52n);
  }
  accelerator.setOneReg(0, "GPR", BigInt(COUNTER), { index: 4 });
  return { accelerator, bell, ram };
}

function measure(action: () => void, before = () => {}): number {
  const times = Array.from({ length: ROUNDS }, () => {
    before();
    const begin = performance.now();
    action();
    return performance.now() - begin;
  });
  return median(times);
}

function measureRunning(): number {
  const { accelerator, ram } = start(SPIN);
  try {
    accelerator.resume(0);
    return measure(() => accelerator.getOneReg(0, "NIA"), () => {
      const count = ram.getInt32(COUNTER);
      while (ram.getInt32(COUNTER) === count);
    });
  } finally {
    accelerator.close();
  }
}

function measureHalted(): number {
  const { accelerator, bell: { words, index } } = start(LEAVE);
  const roundTrip = () => {
    accelerator.resume(0);
    for (;;) {
      const rung = Atomics.load(words, index);
      if (accelerator.takeExit(0)) return;
      Atomics.wait(words, index, rung);
    }
  };
  try {
    roundTrip();
    return measure(roundTrip);
  } finally {
    accelerator.close();
  }
}

/** Measures both. */
export function measureKicks(): KickTimes {
  return { running: measureRunning(), halted: measureHalted() };
}
