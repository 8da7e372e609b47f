import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ALL_ONES, RAM_BYTES } from "./support.ts";
import {
  END_ESB_BASE,
  MSI,
  OP,
  PRIORITY,
  readyBench,
  XiveBench,
} from "./xive_support.ts";

/** Sends n events. */
function send(bench: XiveBench, n: number): void {
  for (let i = 0; i < n; i++) {
    bench.controller.trigger(MSI);
    bench.esb(MSI, OP.eoi);
  }
}

function debugConfig(bench: XiveBench): bigint[] {
  return bench.call("H_INT_GET_QUEUE_CONFIG", 1, 0, PRIORITY);
}

Deno.test("Xive flips the generation each time that a queue is full", () => {
  const bench = new XiveBench();
  const address = bench.queue(0, { shift: 12, address: 0x3000 });
  bench.cppr(0, 0xff);
  const eisn = bench.route(MSI, 0);
  const entries = 1024;
  send(bench, entries - 1);
  deepStrictEqual(debugConfig(bench), [3n, 0x3000n, 12n, 1023n]);
  strictEqual(bench.ram.u32(address + 4 * (entries - 1)), 0);
  send(bench, 1);
  deepStrictEqual(bench.entry(address, entries - 1), { toggle: 1, data: eisn });
  deepStrictEqual(debugConfig(bench), [1n, 0x3000n, 12n, 0n]);
  strictEqual(bench.ram.u32(address + 4 * entries), 0);
  send(bench, 1);
  deepStrictEqual(bench.entry(address, 0), { toggle: 0, data: eisn });
  deepStrictEqual(bench.entry(address, 1), { toggle: 1, data: eisn });
  send(bench, entries - 1);
  deepStrictEqual(debugConfig(bench), [3n, 0x3000n, 12n, 0n]);
  send(bench, 1);
  deepStrictEqual(bench.entry(address, 0), { toggle: 1, data: eisn });
});

Deno.test("Xive fills a queue at the very end of RAM and nothing beyond", () => {
  const bench = new XiveBench();
  bench.queue(0, { shift: 24, address: RAM_BYTES - 2 ** 24 });
  bench.route(MSI, 0);
  const state = bench.controller.save();
  if (state.controller !== "xive") throw new TypeError("not XIVE");
  const queue = { ...state.queues[0]!, index: 2 ** 22 - 1 };
  bench.controller.restore({ ...state, queues: [queue] });
  send(bench, 2);
  strictEqual(bench.entry(RAM_BYTES - 4, 0).toggle, 1);
  strictEqual(bench.entry(RAM_BYTES - 2 ** 24, 0).toggle, 0);
  deepStrictEqual(debugConfig(bench)[3], 1n);
});

Deno.test("Xive writes entries big-endian, of 31 bits and the generation", () => {
  const bench = readyBench();
  bench.call("H_INT_SET_SOURCE_CONFIG", 2, MSI, 0, PRIORITY, 0xdead_beefn);
  bench.esb(MSI, OP.set00);
  bench.controller.trigger(MSI);
  deepStrictEqual([...bench.ram.read(0x10000, 4)], [0xde, 0xad, 0xbe, 0xef]);
  bench.call("H_INT_SET_SOURCE_CONFIG", 2, MSI, 0, PRIORITY, 0x1_1234_5678n);
  bench.esb(MSI, OP.set00);
  bench.controller.trigger(MSI);
  deepStrictEqual([...bench.ram.read(0x10004, 4)], [0x92, 0x34, 0x56, 0x78]);
});

Deno.test("Xive drops events of a masked source and of a queue that is not", () => {
  const bench = readyBench();
  bench.call("H_INT_SET_SOURCE_CONFIG", 3, MSI, 0, PRIORITY, 9);
  bench.esb(MSI, OP.set00);
  bench.controller.trigger(MSI);
  strictEqual(bench.esb(MSI, OP.get), 2);
  strictEqual(bench.pending[0], false);
  bench.route(MSI, 0, { priority: 3 });
  bench.controller.trigger(MSI);
  strictEqual(bench.pending[0], false);
  bench.call("H_INT_SET_QUEUE_CONFIG", 0, 0, PRIORITY, 0, 0);
  bench.route(MSI, 0);
  bench.controller.trigger(MSI);
  strictEqual(bench.pending[0], false);
  strictEqual(bench.ram.u32(0x10000), 0);
});

Deno.test("Xive keeps the queues of vCPUs and priorities apart", () => {
  const bench = new XiveBench();
  const queues = [[0, 0], [0, 6], [1, 0], [1, 6]] as const;
  queues.forEach(([vcpu, priority], i) => {
    bench.queue(vcpu, { priority, address: 0x10000 * (i + 1) });
    bench.route(MSI + i, vcpu, { priority, eisn: 100 + i });
    bench.controller.trigger(MSI + i);
  });
  queues.forEach((_, i) => {
    strictEqual(bench.entry(0x10000 * (i + 1), 0).data, 100 + i);
    strictEqual(bench.ram.u32(0x10000 * (i + 1) + 4), 0);
  });
});

Deno.test("Xive notifies conditionally by the notification page", () => {
  const bench = new XiveBench();
  bench.queue(1, { flags: 0 });
  bench.cppr(1, 0xff);
  bench.route(MSI, 1);
  const [page, shift] = bench.call("H_INT_GET_QUEUE_INFO", 0, 1, PRIORITY);
  strictEqual(page, BigInt(END_ESB_BASE + (8 + PRIORITY) * 0x20000));
  strictEqual(shift, 16n);
  const load = (offset: number) => bench.load(0, Number(page) + offset, 8);

  send(bench, 1);
  strictEqual(bench.pending[1], true);
  deepStrictEqual(bench.ack(1), { nsr: 0x80, cppr: PRIORITY });
  bench.cppr(1, 0xff);
  send(bench, 2);
  strictEqual(bench.entry(0x20000, 2).toggle, 1);
  strictEqual(bench.pending[1], false);
  strictEqual(load(OP.get), 3n);
  strictEqual(load(OP.eoi), 1n);
  strictEqual(bench.pending[1], true);
  strictEqual(load(OP.get), 2n);
  strictEqual(load(OP.eoi), 0n);
  strictEqual(load(OP.set01), 0n);
  bench.ack(1);
  bench.cppr(1, 0xff);
  send(bench, 1);
  strictEqual(bench.pending[1], false);
  strictEqual(load(OP.set00), 1n);
});

Deno.test("Xive has no notification page without a queue, nor stores there", () => {
  const bench = new XiveBench();
  const page = END_ESB_BASE;
  strictEqual(bench.load(0, page + OP.get, 8), ALL_ONES);
  bench.queue(0, { priority: 0 });
  strictEqual(bench.load(0, page + OP.get, 8), 0n);
  strictEqual(bench.load(0, page + OP.get, 4), 0xffff_ffffn);
  strictEqual(bench.load(0, page + 0x10000 + OP.get, 8), ALL_ONES);
  bench.store(0, page + OP.set11, 8, 0n);
  strictEqual(bench.load(0, page + OP.get, 8), 0n);
});
