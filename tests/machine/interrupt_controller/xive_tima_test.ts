import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ALL_ONES } from "./support.ts";
import {
  MSI,
  OP,
  PRIORITY,
  readyBench,
  TIMA_OS,
  TIMA_USER,
  XiveBench,
} from "./xive_support.ts";

Deno.test("Xive signals after reset nothing until CPPR is raised", () => {
  const bench = new XiveBench();
  bench.queue(0, { priority: 0 });
  bench.route(MSI, 0, { priority: 0 });
  bench.controller.trigger(MSI);
  strictEqual(bench.pending[0], false);
  deepStrictEqual(bench.ack(0), { nsr: 0, cppr: 0 });
  bench.cppr(0, 1);
  strictEqual(bench.pending[0], true);
});

Deno.test("Xive acknowledges: CPPR becomes the priority, the signal drops", () => {
  const bench = readyBench();
  bench.route(MSI, 1);
  bench.controller.trigger(MSI);
  deepStrictEqual(bench.pending, [false, true]);
  deepStrictEqual(bench.ack(1), { nsr: 0x80, cppr: PRIORITY });
  strictEqual(bench.pending[1], false);
  deepStrictEqual(bench.ack(1), { nsr: 0, cppr: PRIORITY });
  bench.cppr(1, 0xff);
  strictEqual(bench.pending[1], false);
});

Deno.test("Xive signals only what is more favoured than CPPR", () => {
  const bench = readyBench();
  bench.queue(0, { priority: 3, address: 0x30000 });
  bench.route(MSI, 0);
  bench.route(MSI + 1, 0, { priority: 3 });
  bench.cppr(0, PRIORITY);
  bench.controller.trigger(MSI);
  strictEqual(bench.pending[0], false);
  bench.controller.trigger(MSI + 1);
  strictEqual(bench.pending[0], true);
  bench.cppr(0, 3);
  strictEqual(bench.pending[0], false);
  deepStrictEqual(bench.ack(0), { nsr: 0, cppr: 3 });
  bench.cppr(0, 7);
  deepStrictEqual(bench.ack(0), { nsr: 0x80, cppr: 3 });
  bench.cppr(0, 0xff);
  deepStrictEqual(bench.ack(0), { nsr: 0x80, cppr: PRIORITY });
  deepStrictEqual(bench.ack(0), { nsr: 0, cppr: PRIORITY });
});

Deno.test("Xive takes a CPPR beyond the priorities as 255", () => {
  const bench = new XiveBench();
  for (const [cppr, kept] of [[7, 7], [8, 255], [0x80, 255], [0, 0]]) {
    bench.cppr(0, cppr!);
    strictEqual(bench.ack(0).cppr, kept);
  }
});

Deno.test("Xive lets the OS set priorities pending again", () => {
  const bench = new XiveBench();
  bench.cppr(0, 0xff);
  const set = (priority: bigint) =>
    bench.store(0, TIMA_OS + 0x812, 1, priority);
  set(8n);
  set(0xffn);
  strictEqual(bench.pending[0], false);
  set(5n);
  set(7n);
  deepStrictEqual(bench.ack(0), { nsr: 0x80, cppr: 5 });
  bench.cppr(0, 0xff);
  deepStrictEqual(bench.ack(0), { nsr: 0x80, cppr: 7 });
});

Deno.test("Xive shows the OS ring: NSR, CPPR, IPB, LSMFB, counts, PIPR", () => {
  const bench = readyBench();
  strictEqual(bench.load(0, TIMA_OS + 0x10, 8), 0x00ff_00ff_ff00_00ffn);
  bench.route(MSI, 0);
  bench.controller.trigger(MSI);
  strictEqual(bench.load(0, TIMA_OS + 0x10, 8), 0x80ff_02ff_ff00_0006n);
  strictEqual(bench.load(0, TIMA_OS + 0x10, 4), 0x80ff_02ffn);
  strictEqual(bench.load(0, TIMA_OS + 0x14, 4), 0xff00_0006n);
  strictEqual(bench.load(0, TIMA_OS + 0x10, 1), 0x80n);
  strictEqual(bench.load(0, TIMA_OS + 0x12, 2), 0x02ffn);
  strictEqual(bench.load(1, TIMA_OS + 0x10, 4), 0x00ff_00ffn);
  strictEqual(bench.pending[0], true);
});

Deno.test("Xive has an empty user ring: there are no event-based branches", () => {
  const bench = readyBench();
  strictEqual(bench.load(0, TIMA_OS, 1), 0n);
  strictEqual(bench.load(0, TIMA_OS + 8, 4), 0n);
  strictEqual(bench.load(0, TIMA_USER, 1), 0n);
  strictEqual(bench.load(0, TIMA_USER + 0x10, 4), 0xffff_ffffn);
  strictEqual(bench.load(0, TIMA_USER + 0x810, 2), 0xffffn);
});

Deno.test("Xive ignores accesses to TIMA that are no operation", () => {
  const bench = readyBench();
  bench.route(MSI, 0);
  bench.controller.trigger(MSI);
  const before = bench.load(0, TIMA_OS + 0x10, 8);
  strictEqual(bench.load(0, TIMA_OS + 0x810, 4), 0xffff_ffffn);
  strictEqual(bench.load(0, TIMA_OS + 0x810, 1), 0xffn);
  strictEqual(bench.load(0, TIMA_OS + 0x11, 2), 0xffffn);
  strictEqual(bench.load(0, TIMA_OS + 0x18, 8), ALL_ONES);
  strictEqual(bench.load(0, TIMA_OS + 0x30, 8), ALL_ONES);
  strictEqual(bench.load(0, TIMA_OS + 0xc10, 8), ALL_ONES);
  strictEqual(bench.load(0, TIMA_OS + 0xfff8, 8), ALL_ONES);
  for (const offset of [0x10, 0x12, 0x31, 0x810, 0x830, 0xfff]) {
    bench.store(0, TIMA_OS + offset, 1, 0n);
  }
  bench.store(0, TIMA_OS + 0x10, 4, 0n);
  bench.store(0, TIMA_OS + 0x10, 8, 0n);
  bench.store(0, TIMA_OS + 0x812, 2, 0n);
  bench.store(0, TIMA_USER + 0x11, 1, 0n);
  strictEqual(bench.load(0, TIMA_OS + 0x10, 8), before);
});

Deno.test("Xive does not map the pages of hardware and hypervisor", () => {
  const { controller } = new XiveBench();
  const tima = controller.regions.find(({ name }) => name === "xive-tima");
  strictEqual(tima?.base, TIMA_OS);
  strictEqual(tima?.bytes, 0x20000);
});

Deno.test("Xive acknowledges to the reporting line where there is one", () => {
  const bench = readyBench();
  bench.route(MSI, 0);
  bench.controller.trigger(MSI);
  bench.store(0, TIMA_OS + 0xc10, 1, 0n);
  strictEqual(bench.pending[0], false);
  deepStrictEqual(bench.ack(0), { nsr: 0, cppr: PRIORITY });

  bench.call("H_INT_SET_OS_REPORTING_LINE", 0, 0x4080);
  bench.cppr(0, 0xff);
  bench.esb(MSI, OP.set00);
  bench.controller.trigger(MSI);
  bench.store(0, TIMA_OS + 0xc10, 1, 0n);
  deepStrictEqual(
    [...bench.ram.read(0x4080, 16)],
    [0, 0, 0, 0, 0, 0, 0, 0, 0x80, PRIORITY, 0, 0xff, 0, 0, 0, 0],
  );
  strictEqual(bench.pending[0], false);
  bench.store(0, TIMA_OS + 0xc10, 1, 0n);
  strictEqual(bench.ram.u8(0x4084), 1);
  strictEqual(bench.ram.u8(0x4088), 0);
});
