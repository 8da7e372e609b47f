import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { H } from "../../../machine/hcall/codes.ts";
import { ALL_ONES } from "./support.ts";
import {
  LSI,
  managementPage,
  MSI,
  OP,
  PRIORITY,
  readyBench,
  triggerPage,
  XiveBench,
} from "./xive_support.ts";

/** Flags that PAPR reserves in every call. */
const RESERVED = [4n, 1n << 63n];
const NO_SOURCES = [0x2000, 0xffff_ffff, 2n ** 63n, ALL_ONES];

Deno.test("Xive has the calls of hcall-int-exploitation and no RTAS call", () => {
  const { controller } = new XiveBench();
  deepStrictEqual(
    controller.hypercalls.map(({ name, number }) => [name, number]),
    [
      ["H_INT_GET_SOURCE_INFO", 0x3a8],
      ["H_INT_SET_SOURCE_CONFIG", 0x3ac],
      ["H_INT_GET_SOURCE_CONFIG", 0x3b0],
      ["H_INT_GET_QUEUE_INFO", 0x3b4],
      ["H_INT_SET_QUEUE_CONFIG", 0x3b8],
      ["H_INT_GET_QUEUE_CONFIG", 0x3bc],
      ["H_INT_SET_OS_REPORTING_LINE", 0x3c0],
      ["H_INT_GET_OS_REPORTING_LINE", 0x3c4],
      ["H_INT_ESB", 0x3c8],
      ["H_INT_SYNC", 0x3cc],
      ["H_INT_RESET", 0x3d0],
    ],
  );
  deepStrictEqual(controller.rtasCalls, []);
});

Deno.test("H_INT_GET_SOURCE_INFO gives an edge's pages", () => {
  const bench = new XiveBench();
  for (const source of [0, 7, 0x1000, 0x1100, MSI, 0x1fff]) {
    deepStrictEqual(bench.call("H_INT_GET_SOURCE_INFO", 0, source), [
      0n,
      BigInt(managementPage(source)),
      BigInt(triggerPage(source)),
      16n,
    ]);
  }
});

Deno.test("H_INT_GET_SOURCE_INFO sends the owner of an LSI to H_INT_ESB", () => {
  const bench = new XiveBench();
  for (const source of [LSI, 0x12ff]) {
    deepStrictEqual(
      bench.call("H_INT_GET_SOURCE_INFO", 0, source),
      [12n, ALL_ONES, ALL_ONES, 16n],
    );
  }
});

Deno.test("Xive checks flags and source of every call about a source", () => {
  const bench = new XiveBench();
  const calls: [name: string, ...rest: number[]][] = [
    ["H_INT_GET_SOURCE_INFO"],
    ["H_INT_SET_SOURCE_CONFIG", 0, PRIORITY, 1],
    ["H_INT_GET_SOURCE_CONFIG"],
    ["H_INT_ESB", OP.get],
    ["H_INT_SYNC"],
  ];
  for (const [name, ...rest] of calls) {
    for (const flags of RESERVED) {
      const { code } = bench.hcall(0, name, flags, MSI, ...rest);
      strictEqual(code, H.PARAMETER, name);
    }
    for (const source of NO_SOURCES) {
      const { code, results } = bench.hcall(0, name, 0, source, ...rest);
      strictEqual(code, H.P2, name);
      deepStrictEqual(results, []);
    }
    strictEqual(bench.hcall(0, name, 0, MSI, ...rest).code, H.SUCCESS);
  }
  for (const name of ["H_INT_GET_SOURCE_INFO", "H_INT_SYNC"]) {
    strictEqual(bench.hcall(0, name, 1, MSI).code, H.PARAMETER);
  }
});

Deno.test("H_INT_GET_SOURCE_CONFIG gives what was set; first nothing", () => {
  const bench = new XiveBench();
  const get = () => bench.call("H_INT_GET_SOURCE_CONFIG", 0, MSI);
  const fresh = [0n, 255n, BigInt(MSI)];
  deepStrictEqual(get(), fresh);
  bench.call("H_INT_SET_SOURCE_CONFIG", 0, MSI, 1, 3, 0x55);
  deepStrictEqual(get(), [1n, 3n, BigInt(MSI)]);
  bench.call("H_INT_SET_SOURCE_CONFIG", 2, MSI, 1, 3, 0x55);
  deepStrictEqual(get(), [1n, 3n, 0x55n]);
  bench.call("H_INT_SET_SOURCE_CONFIG", 0, MSI, 0, 4, 0);
  deepStrictEqual(get(), [0n, 4n, 0x55n]);
  bench.call("H_INT_SET_SOURCE_CONFIG", 1, MSI, 1, 5, 0);
  deepStrictEqual(get(), [1n, 255n, 0x55n]);
  bench.call("H_INT_SET_SOURCE_CONFIG", 2, MSI, 99, 255, 0x77);
  deepStrictEqual(get(), fresh);
});

Deno.test("H_INT_SET_SOURCE_CONFIG refuses targets and priorities", () => {
  const bench = new XiveBench();
  const set = (target: number | bigint, priority: number | bigint) =>
    bench.hcall(0, "H_INT_SET_SOURCE_CONFIG", 2, MSI, target, priority, 1).code;
  for (const target of [2, 0xffff_ffff, 2n ** 63n]) {
    strictEqual(set(target, PRIORITY), H.P3);
    strictEqual(set(target, 7), H.P3);
  }
  for (const priority of [7, 8, 0xfe, 0x100, 2n ** 63n, 0x1_0000_00ffn]) {
    strictEqual(set(0, priority), H.P4);
  }
  deepStrictEqual(
    bench.call("H_INT_GET_SOURCE_CONFIG", 0, MSI),
    [0n, 255n, BigInt(MSI)],
  );
});

Deno.test("H_INT_SET_SOURCE_CONFIG moves the next event, not the last", () => {
  const bench = readyBench();
  bench.route(MSI, 0);
  bench.controller.trigger(MSI);
  bench.controller.trigger(MSI);
  bench.call("H_INT_SET_SOURCE_CONFIG", 0, MSI, 1, PRIORITY, 0);
  deepStrictEqual(bench.pending, [true, false]);
  bench.esb(MSI, OP.eoi);
  deepStrictEqual(bench.pending, [true, true]);
  strictEqual(bench.ram.u32(0x10004), 0);
});

Deno.test("H_INT_ESB loads, stores, and refuses offsets", () => {
  const bench = readyBench();
  bench.route(MSI, 0);
  const esb = (flags: number, offset: number | bigint) =>
    bench.hcall(0, "H_INT_ESB", flags, MSI, offset, 0);
  deepStrictEqual(esb(0, OP.set01), { code: 0, results: [0n] });
  deepStrictEqual(esb(0, OP.get), { code: 0, results: [1n] });
  deepStrictEqual(esb(1, OP.set00), { code: 0, results: [ALL_ONES] });
  deepStrictEqual(esb(1, 0), { code: 0, results: [ALL_ONES] });
  deepStrictEqual(esb(0, OP.get), { code: 0, results: [2n] });
  strictEqual(bench.pending[0], true);
  deepStrictEqual(esb(0, OP.eoi), { code: 0, results: [0n] });
  for (const offset of [0x10000, 0x801, 0xc04, 2n ** 63n, ALL_ONES]) {
    strictEqual(esb(0, offset).code, H.P3);
    strictEqual(esb(1, offset).code, H.P3);
  }
});

Deno.test("H_INT_RESET forgets assignments, queues, P and Q, and lines", () => {
  const bench = readyBench();
  strictEqual(bench.hcall(0, "H_INT_RESET", 1).code, H.PARAMETER);
  bench.route(LSI, 0);
  bench.route(MSI, 0);
  bench.controller.setLevel(LSI, true);
  bench.call("H_INT_SET_OS_REPORTING_LINE", 0, 0x4000);
  bench.call("H_INT_RESET", 0);
  deepStrictEqual(
    bench.call("H_INT_GET_SOURCE_CONFIG", 0, MSI),
    [0n, 255n, BigInt(MSI)],
  );
  deepStrictEqual(
    bench.call("H_INT_GET_QUEUE_CONFIG", 1, 0, PRIORITY),
    [0n, ALL_ONES, 0n, 0n],
  );
  strictEqual(bench.esb(MSI, OP.get), 1);
  deepStrictEqual(
    bench.call("H_INT_GET_OS_REPORTING_LINE", 0, 0),
    [ALL_ONES],
  );
  // The device still asks: the guest that comes next has to see it.
  bench.ack(0);
  bench.cppr(0, 0xff);
  bench.queue(0);
  bench.route(LSI, 0);
  strictEqual(bench.pending[0], true);
});
