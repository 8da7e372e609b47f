// Asking for and writing registers of vCPUs that run.
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { LPCR } from "../../../cpu/state.ts";
import { HeldVcpu } from "../../../cpu/threads/held_vcpu.ts";
import { op } from "../engine/programs.ts";
import { ThreadBench } from "./_bench.ts";
import { addi } from "./_programs.ts";

const CODE = 0x1000;
const SPIN = [addi(3, 3, 1), op("b", { LI: -4 })];

Deno.test("ThreadedAccelerator.getOneReg() sees a running vCPU's registers as they are", () => {
  using bench = new ThreadBench({ vcpus: 1 });
  bench.write(CODE, SPIN);
  bench.enter(0, { nia: CODE, gpr: { 3: 0 } });
  bench.accelerator.resume(0);
  let last = 0n;
  const limit = performance.now() + 60_000;
  for (let i = 0; i < 100 || last === 0n; i++) {
    assert.ok(performance.now() < limit, "vCPU does not run");
    const now = bench.gpr(0, 3);
    assert.ok(now >= last, `${now} follows ${last}`);
    last = now;
    Atomics.wait(bench.bell.words, 0, 0, 1);
  }
  // It goes on where it was, and takes what it is given.
  bench.accelerator.setOneReg(0, "GPR", 1n << 40n, { index: 3 });
  const begin = performance.now();
  while (bench.gpr(0, 3) <= 1n << 40n) {
    assert.ok(performance.now() - begin < 60_000, "vCPU stands still");
  }
});

Deno.test("writes of LPCR[ILE] and LPCR[AIL] from several threads at once lose nothing", async () => {
  using bench = new ThreadBench({ vcpus: 2 });
  const { accelerator, memory, layout } = bench;
  bench.write(CODE, SPIN);
  for (const vcpu of [0, 1]) {
    bench.enter(vcpu, { nia: CODE });
    bench.set(vcpu, "LPCR", 0n);
    accelerator.resume(vcpu);
  }
  const rounds = 500;
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./_ail_worker.ts", import.meta.url), {
    workerData: { memory, layout, rounds, done },
    env: {},
  });
  const left = new Promise<void>((resolve) =>
    worker.on("exit", () => resolve())
  );
  while (Atomics.load(done, 0) === 0) Atomics.wait(done, 0, 0, 1000);
  // This thread owns ILE as the other owns AIL: nobody else changes either.
  const vcpus = [0, 1].map((vcpu) => new HeldVcpu(memory, layout, vcpu));
  for (let i = 0; i < rounds; i++) {
    const wanted = i % 2 === 0 ? LPCR.ILE : 0n;
    for (const vcpu of vcpus) {
      vcpu.setOneReg("LPCR", wanted, { mask: LPCR.ILE });
      assert.equal(vcpu.getOneReg("LPCR") & LPCR.ILE, wanted);
    }
  }
  while (Atomics.load(done, 0) < 2) Atomics.wait(done, 0, 1, 1000);
  assert.equal(Atomics.load(done, 0), 2, "the other thread has lost a write");
  await left;
});
