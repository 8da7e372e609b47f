import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { RAM_BYTES } from "./support.ts";
import { FLAG, LSI, MSI, OP, PRIORITY, XiveBench } from "./xive_support.ts";

/** A flow in small steps, with what has to be seen after each. */
const STEPS: ((bench: XiveBench) => unknown)[] = [
  (bench) => bench.queue(0),
  (bench) => bench.queue(1, { flags: 0, shift: 12 }),
  (bench) => bench.call("H_INT_SET_OS_REPORTING_LINE", 0, 0x8000),
  (bench) => bench.route(MSI, 0),
  (bench) => bench.route(LSI, 1),
  (bench) => bench.cppr(0, 0xff),
  (bench) => bench.controller.trigger(MSI),
  (bench) => bench.controller.trigger(MSI),
  (bench) => bench.controller.setLevel(LSI, true),
  (bench) => bench.cppr(1, 0xff),
  (bench) => bench.ack(0),
  (bench) => bench.esb(MSI, OP.eoi),
  (bench) => bench.cppr(0, 0xff),
  (bench) => bench.ack(1),
  (bench) => bench.esb(LSI, OP.eoi),
  (bench) => bench.call("H_INT_GET_QUEUE_CONFIG", 1, 1, PRIORITY),
  (bench) => bench.call("H_INT_SET_SOURCE_CONFIG", FLAG.mask, MSI, 1, 0, 0),
  (bench) => bench.call("H_INT_GET_SOURCE_CONFIG", 0, MSI),
  (bench) => bench.controller.setLevel(LSI, false),
  (bench) => bench.esb(LSI, OP.eoi),
  (bench) => bench.call("H_INT_GET_OS_REPORTING_LINE", 0, 0),
  (bench) => bench.ack(0),
];

function run(bench: XiveBench, steps: typeof STEPS): unknown[] {
  return steps.map((step) => [
    step(bench),
    [...bench.pending],
    bench.ram.read(0x10000, 16),
    bench.ram.read(0x20000, 16),
  ]);
}

Deno.test("Xive restore() continues any flow where save() was", () => {
  for (let at = 0; at <= STEPS.length; at++) {
    const straight = new XiveBench();
    run(straight, STEPS.slice(0, at));
    const saved = structuredClone(straight.controller.save());
    const other = new XiveBench();
    other.queue(1, { priority: 0 });
    other.route(7, 1, { priority: 0 });
    other.controller.trigger(7);
    other.cppr(1, 0xff);
    other.ram.write(0, straight.ram.read(0, 0x40000));
    other.controller.restore(saved);
    deepStrictEqual(other.controller.save(), saved);
    deepStrictEqual(other.pending, straight.pending);
    deepStrictEqual(
      run(other, STEPS.slice(at)),
      run(straight, STEPS.slice(at)),
      `after step ${at}`,
    );
  }
});

Deno.test("Xive save() of a fresh controller lists no source and no queue", () => {
  const { controller } = new XiveBench({ vcpus: 1 });
  deepStrictEqual(controller.save(), {
    controller: "xive",
    threads: [{ cppr: 0, ipb: 0, acknowledged: 255, reportingLine: null }],
    queues: [],
    sources: [],
  });
});

Deno.test("Xive restore() refuses malformed state and changes nothing", () => {
  const bench = new XiveBench();
  bench.queue(1);
  bench.route(MSI, 1);
  bench.controller.trigger(MSI);
  bench.cppr(1, 5);
  const good = bench.controller.save();
  if (good.controller !== "xive") throw new TypeError("not XIVE");
  const thread = good.threads[0]!;
  const queue = good.queues[0]!;
  const source = good.sources[0]!;
  const threads = (change: object) => ({
    ...good,
    threads: [thread, { ...thread, ...change }],
  });
  const queues = (change: object) => ({
    ...good,
    queues: [{ ...queue, ...change }],
  });
  const sources = (change: object) => ({
    ...good,
    sources: [{ ...source, ...change }],
  });
  const bad: [unknown, typeof RangeError | typeof TypeError][] = [
    [null, TypeError],
    ["xive", TypeError],
    [{ ...good, controller: "xics" }, RangeError],
    [{ ...good, threads: [thread] }, RangeError],
    [{ ...good, queues: [queue, queue] }, RangeError],
    [{ ...good, queues: undefined }, TypeError],
    [{ ...good, sources: [source, source] }, RangeError],
    [threads({ cppr: 8 }), RangeError],
    [threads({ ipb: 256 }), RangeError],
    [threads({ acknowledged: "1" }), TypeError],
    [threads({ reportingLine: RAM_BYTES - 128 }), RangeError],
    [queues({ server: 2 }), RangeError],
    [queues({ priority: 7 }), RangeError],
    [queues({ shift: 13 }), RangeError],
    [queues({ shift: 30 }), RangeError],
    [queues({ address: RAM_BYTES }), RangeError],
    [queues({ address: 0x1000 }), RangeError],
    [queues({ index: 2 ** 14 }), RangeError],
    [queues({ generation: 2 }), RangeError],
    [queues({ pq: 4 }), RangeError],
    [queues({ alwaysNotify: 1 }), TypeError],
    [sources({ number: 0x2000 }), RangeError],
    [sources({ pq: 4 }), RangeError],
    [sources({ eisn: 2 ** 31 }), RangeError],
    [sources({ asserted: null }), TypeError],
    [sources({ assignment: undefined }), TypeError],
    [
      sources({ assignment: { server: 2, priority: 0, masked: false } }),
      RangeError,
    ],
    [
      sources({ assignment: { server: 0, priority: 7, masked: false } }),
      RangeError,
    ],
  ];
  for (const [state, kind] of bad) {
    throws(() => bench.controller.restore(state), kind);
    deepStrictEqual(bench.controller.save(), good);
  }
});

Deno.test("Xive reset() forgets all and drops the lines", () => {
  const bench = new XiveBench();
  const fresh = bench.controller.save();
  bench.queue(0);
  bench.route(LSI, 0);
  bench.cppr(0, 0xff);
  bench.controller.setLevel(LSI, true);
  bench.call("H_INT_SET_OS_REPORTING_LINE", 0, 0x8000);
  strictEqual(bench.pending[0], true);
  bench.controller.reset();
  strictEqual(bench.pending[0], false);
  deepStrictEqual(bench.controller.save(), fresh);
});

Deno.test("Xive describe() shows vCPUs, queues, and sources in use", () => {
  const bench = new XiveBench();
  bench.queue(1);
  bench.cppr(1, 0xff);
  bench.route(MSI, 1, { eisn: 0x11 });
  bench.controller.trigger(MSI);
  bench.controller.trigger(MSI);
  bench.controller.setLevel(LSI, true);
  bench.controller.setLevel(LSI, true);
  deepStrictEqual(bench.controller.describe(), {
    controller: "xive",
    servers: [
      {
        vcpu: 0,
        server: 0,
        nsr: "0x0",
        cppr: 0,
        ipb: "0x0",
        pipr: 255,
        queues: [],
      },
      {
        vcpu: 1,
        server: 1,
        nsr: "0x80",
        cppr: 255,
        ipb: "0x2",
        pipr: PRIORITY,
        queues: [{
          priority: PRIORITY,
          address: "0x20000",
          entries: 0x4000,
          index: 1,
          toggle: 1,
        }],
      },
    ],
    sources: [
      {
        number: LSI,
        name: "pci-lsi 0",
        trigger: "level",
        server: 0,
        priority: 255,
        asserted: true,
        count: 1,
        esb: "off",
        eventData: "0x1200",
      },
      {
        number: MSI,
        name: "pci-msi 0",
        trigger: "edge",
        server: 1,
        priority: PRIORITY,
        asserted: false,
        count: 2,
        esb: "queued",
        eventData: "0x11",
      },
    ],
  });
});
