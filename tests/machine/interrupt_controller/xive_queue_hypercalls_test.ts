import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { H } from "../../../machine/hcall/codes.ts";
import { ALL_ONES, RAM_BYTES } from "./support.ts";
import { MSI, PRIORITY, readyBench, XiveBench } from "./xive_support.ts";

Deno.test("Xive checks flags, target and priority of calls about a queue", () => {
  const bench = new XiveBench();
  const calls: [name: string, ...rest: number[]][] = [
    ["H_INT_GET_QUEUE_INFO"],
    ["H_INT_SET_QUEUE_CONFIG", 0x10000, 16],
    ["H_INT_GET_QUEUE_CONFIG"],
  ];
  for (const [name, ...rest] of calls) {
    const code = (
      flags: number | bigint,
      target: number | bigint,
      priority: number | bigint,
    ) => bench.hcall(0, name, flags, target, priority, ...rest).code;
    strictEqual(code(2, 0, 0), H.PARAMETER);
    strictEqual(code(1n << 63n, 0, 0), H.PARAMETER);
    for (const target of [2, 0xffff_ffff, ALL_ONES]) {
      strictEqual(code(0, target, 0), H.P2);
    }
    for (const priority of [7, 8, 0xff, 0x100, ALL_ONES]) {
      strictEqual(code(0, 0, priority), H.P3);
    }
    strictEqual(code(0, 1, 6), H.SUCCESS);
  }
  strictEqual(
    bench.hcall(0, "H_INT_GET_QUEUE_INFO", 1, 0, 0).code,
    H.PARAMETER,
  );
});

Deno.test("H_INT_GET_QUEUE_CONFIG gives the queue, and more for debugging", () => {
  const bench = new XiveBench();
  const get = (flags: number) =>
    bench.call("H_INT_GET_QUEUE_CONFIG", flags, 1, PRIORITY);
  deepStrictEqual(get(0), [0n, ALL_ONES, 0n, 0n]);
  bench.queue(1, { flags: 0, address: 0x30000 });
  deepStrictEqual(get(0), [0n, 0x30000n, 16n, 0n]);
  deepStrictEqual(get(1), [2n, 0x30000n, 16n, 0n]);
  bench.queue(1, { flags: 1, address: 0x3000, shift: 12 });
  bench.route(MSI, 1);
  bench.controller.trigger(MSI);
  deepStrictEqual(get(0), [1n, 0x3000n, 12n, 0n]);
  deepStrictEqual(get(1), [3n, 0x3000n, 12n, 1n]);
  deepStrictEqual(
    bench.call("H_INT_GET_QUEUE_CONFIG", 1, 1, PRIORITY - 1),
    [0n, ALL_ONES, 0n, 0n],
  );
});

Deno.test("H_INT_SET_QUEUE_CONFIG takes the announced sizes, aligned", () => {
  const bench = new XiveBench();
  const set = (address: number | bigint, shift: number | bigint) =>
    bench.hcall(0, "H_INT_SET_QUEUE_CONFIG", 1, 0, 0, address, shift).code;
  for (const shift of [12, 16, 21, 24]) {
    strictEqual(set(2 ** shift, shift), H.SUCCESS);
    strictEqual(set(2 ** (shift - 1), shift), H.P4);
  }
  for (const shift of [1, 11, 13, 20, 25, 64, 2n ** 63n, ALL_ONES]) {
    strictEqual(set(0, shift), H.P5);
  }
});

Deno.test("H_INT_SET_QUEUE_CONFIG takes queues in RAM only", () => {
  const bench = new XiveBench();
  const set = (address: number | bigint, shift: number) =>
    bench.hcall(0, "H_INT_SET_QUEUE_CONFIG", 1, 0, 0, address, shift).code;
  strictEqual(set(RAM_BYTES - 0x10000, 16), H.SUCCESS);
  for (
    const address of [
      RAM_BYTES,
      RAM_BYTES + 0x10000,
      2n ** 52n,
      2n ** 53n,
      2n ** 60n,
      2n ** 63n,
      2n ** 64n - 0x10000n,
    ]
  ) {
    strictEqual(set(address, 16), H.P4, String(address));
  }
  deepStrictEqual(
    bench.call("H_INT_GET_QUEUE_CONFIG", 0, 0, 0)[1],
    BigInt(RAM_BYTES - 0x10000),
  );
});

Deno.test("H_INT_SET_QUEUE_CONFIG begins a new queue where there was one", () => {
  const bench = readyBench();
  const eisn = bench.route(MSI, 0);
  bench.controller.trigger(MSI);
  bench.queue(0, { address: 0x80000 });
  bench.esb(MSI, 0xc00);
  bench.controller.trigger(MSI);
  deepStrictEqual(bench.entry(0x80000, 0), { toggle: 1, data: eisn });
  strictEqual(bench.ram.u32(0x10004), 0);
});

Deno.test("H_INT_SET_OS_REPORTING_LINE takes two aligned lines in RAM", () => {
  const bench = new XiveBench();
  const set = (vcpu: number, line: number | bigint, flags = 0) =>
    bench.hcall(vcpu, "H_INT_SET_OS_REPORTING_LINE", flags, line).code;
  const get = (target: number) =>
    bench.call("H_INT_GET_OS_REPORTING_LINE", 0, target)[0];
  strictEqual(get(0), ALL_ONES);
  strictEqual(set(1, RAM_BYTES - 256), H.SUCCESS);
  strictEqual(get(0), ALL_ONES);
  strictEqual(get(1), BigInt(RAM_BYTES - 256));
  for (const line of [64, 0x1001, RAM_BYTES - 128, 2n ** 63n]) {
    strictEqual(set(1, line), H.P2);
  }
  strictEqual(set(1, 0, 1), H.PARAMETER);
  strictEqual(get(1), BigInt(RAM_BYTES - 256));
  strictEqual(set(1, -1), H.SUCCESS);
  strictEqual(get(1), ALL_ONES);
});

Deno.test("H_INT_GET_OS_REPORTING_LINE checks flags and target", () => {
  const bench = new XiveBench();
  const get = (flags: number | bigint, target: number | bigint) =>
    bench.hcall(0, "H_INT_GET_OS_REPORTING_LINE", flags, target).code;
  strictEqual(get(1, 0), H.PARAMETER);
  strictEqual(get(0, 2), H.P2);
  strictEqual(get(0, ALL_ONES), H.P2);
});
