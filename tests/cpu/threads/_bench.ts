/**
 * vCPUs in threads of their own with RAM, and programs for them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Exit, SingleEngine } from "../../../cpu/accelerator.ts";
import { layOutMemory, type MemoryLayout } from "../../../cpu/engine/layout.ts";
import { MSR } from "../../../cpu/state.ts";
import { ThreadedAccelerator } from "../../../cpu/threads.ts";
import { op } from "../engine/programs.ts";

/** Real mode of a partition. */
export const REAL: bigint = MSR.SF | MSR.ME;

/** Leaves to the test. */
export const LEAVE: number = op("sc", { LEV: 1 });

/** Longest time that vCPUs may take for a program. */
const PATIENCE = 60_000;

/** vCPUs in threads, with their RAM. */
export class ThreadBench implements Disposable {
  readonly accelerator: ThreadedAccelerator;
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly ram: DataView;
  readonly bell = {
    words: new Int32Array(new SharedArrayBuffer(4)),
    index: 0,
  };

  constructor(
    { vcpus, ramBytes = 4 << 20, engine }: {
      vcpus: number;
      ramBytes?: number;
      engine?: SingleEngine;
    },
  ) {
    this.layout = layOutMemory({
      ramBytes,
      vcpus,
      hashTableBytes: 0,
      sharedBytes: 0,
      threads: true,
    });
    this.memory = new WebAssembly.Memory({
      initial: this.layout.pages,
      maximum: this.layout.pages,
      shared: true,
    });
    this.ram = new DataView(this.memory.buffer, this.layout.ram, ramBytes);
    this.accelerator = new ThreadedAccelerator({
      cpu: "power9",
      memory: this.memory,
      layout: this.layout,
      engine,
      // All that runs is compiled before, where there is a JIT.
      jitThreshold: 0,
      worker: new URL("./_vcpu_worker.ts", import.meta.url),
      data: {},
      bell: this.bell,
    });
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      this.set(vcpu, "PAPR", 1n);
      this.set(vcpu, "DEC_EXPIRY", 1n << 52n);
      this.set(vcpu, "HDEC_EXPIRY", 1n << 52n);
    }
  }

  set(
    vcpu: number,
    name: "PAPR" | "NIA" | "MSR" | "DEC_EXPIRY" | "HDEC_EXPIRY" | "LPCR",
    value: bigint,
  ): void {
    this.accelerator.setOneReg(vcpu, name, value);
  }

  gpr(vcpu: number, index: number): bigint {
    return this.accelerator.getOneReg(vcpu, "GPR", index);
  }

  /** Puts instructions into RAM. */
  write(at: number, words: readonly number[]): void {
    words.forEach((word, i) => this.ram.setUint32(at + 4 * i, word));
    this.accelerator.ramWritten(at, 4 * words.length);
  }

  /** Lets a vCPU go on from an address with registers. */
  enter(
    vcpu: number,
    { nia, gpr = {}, msr = REAL }: {
      nia: number;
      gpr?: Readonly<Record<number, number>>;
      msr?: bigint;
    },
  ): void {
    this.set(vcpu, "NIA", BigInt(nia));
    this.set(vcpu, "MSR", msr);
    for (const [index, value] of Object.entries(gpr)) {
      this.accelerator.setOneReg(vcpu, "GPR", BigInt(value), {
        index: Number(index),
      });
    }
  }

  /** Lets vCPUs run at once until each of them has left. */
  run(vcpus: readonly number[]): Exit[] {
    for (const vcpu of vcpus) this.accelerator.resume(vcpu);
    return vcpus.map((vcpu) => this.waitForExit(vcpu));
  }

  waitForExit(vcpu: number): Exit {
    const limit = performance.now() + PATIENCE;
    for (;;) {
      const { words, index } = this.bell;
      const rung = Atomics.load(words, index);
      const exit = this.accelerator.takeExit(vcpu);
      if (exit) return exit;
      if (performance.now() > limit) {
        assert.fail(
          `vCPU ${vcpu} does not leave: at 0x${
            this.accelerator.getOneReg(vcpu, "NIA").toString(16)
          }`,
        );
      }
      Atomics.wait(words, index, rung, 1000);
    }
  }

  [Symbol.dispose](): void {
    this.accelerator.close();
  }
}
