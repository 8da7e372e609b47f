import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { SharedLock } from "../../../machine/interrupt_controller/lock.ts";
import { interruptControllerBytes } from "../../../machine/interrupt_controller/mod.ts";
import { MSI, XicsBench } from "./xics_support.ts";

Deno.test("SharedLock guard() releases also where the action throws", () => {
  const buffer = new ArrayBuffer(4);
  const lock = new SharedLock(buffer, 0);
  const fail = lock.guard(() => {
    strictEqual(new Int32Array(buffer)[0], 1);
    throw new RangeError("refused");
  });
  throws(fail, RangeError);
  strictEqual(new Int32Array(buffer)[0], 0);
  strictEqual(lock.guard((a: number, b: number) => a - b)(7, 4), 3);
});

Deno.test("SharedLock does not hang in memory that has one user", () => {
  const lock = new SharedLock(new ArrayBuffer(4), 0);
  lock.acquire();
  throws(() => lock.acquire(), TypeError);
});

Deno.test("Xics keeps its state whole while three threads work on it", async () => {
  const times = 200_000;
  const buffer = new SharedArrayBuffer(
    64 + interruptControllerBytes("xics", 2),
  );
  const threads = new Int32Array(new SharedArrayBuffer(4));
  const bench = new XicsBench({ buffer });
  bench.controller.reset();
  const sources = [MSI, MSI + 1];
  sources.forEach((source, vcpu) => {
    bench.route(source, vcpu, 5);
    bench.cppr(vcpu, 0xff);
  });
  let done = 0;
  const workers = sources.map(() => {
    const url = new URL("lock_worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = () => done++;
    worker.postMessage({ buffer, sources, times, threads, all: 2 });
    return worker;
  });
  try {
    const handled = [0, 0];
    for (const end = performance.now() + 60_000; performance.now() < end;) {
      for (let i = 0; i < 20; i++) {
        for (const vcpu of [0, 1]) {
          const { source } = bench.accept(vcpu);
          if (source === 0) continue;
          strictEqual(source, MSI + vcpu);
          handled[vcpu]!++;
          bench.eoi(vcpu, 0xff, source);
        }
      }
      const state = bench.controller.describe();
      if (state.controller !== "xics") throw new TypeError("not XICS");
      if (done === 2 && !state.servers.some(({ pending }) => pending)) break;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    strictEqual(done, 2);
    const { sources: counted } = bench.controller.describe();
    deepStrictEqual(counted.map(({ count }) => count), [2 * times, 2 * times]);
    strictEqual(handled.every((n) => n > 0 && n <= 2 * times), true);
    // Taking a state over checks that it does not contradict itself.
    bench.controller.restore(bench.controller.save());
    strictEqual(bench.pending.includes(true), false);
  } finally {
    workers.forEach((worker) => worker.terminate());
  }
});
