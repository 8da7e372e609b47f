import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { IPI, LSI, MSI, XicsBench } from "./xics_support.ts";

/** A flow in small steps, with what has to be seen after each. */
const STEPS: ((bench: XicsBench) => unknown)[] = [
  (bench) => bench.route(MSI, 0, 5),
  (bench) => bench.route(LSI, 1, 6),
  (bench) => bench.cppr(0, 0xff),
  (bench) => bench.controller.trigger(MSI),
  (bench) => bench.controller.setLevel(LSI, true),
  (bench) => bench.cppr(1, 0xff),
  (bench) => bench.ipi(1, 4),
  (bench) => bench.accept(1),
  (bench) => bench.accept(0),
  (bench) => bench.controller.trigger(MSI),
  (bench) => bench.ipi(1, 0xff),
  (bench) => bench.eoi(1, 0xff, IPI),
  (bench) => bench.eoi(0, 0xff, MSI),
  (bench) => bench.accept(1),
  (bench) => bench.rtas("ibm,int-off", LSI),
  (bench) => bench.controller.setLevel(LSI, false),
  (bench) => bench.eoi(1, 0xff, LSI),
  (bench) => bench.accept(0),
  (bench) => bench.eoi(0, 0xff, MSI),
];

function run(bench: XicsBench, steps: typeof STEPS): unknown[] {
  return steps.map((step) => [step(bench), [...bench.pending]]);
}

Deno.test("Xics restore() continues any flow where save() was", () => {
  for (let at = 0; at <= STEPS.length; at++) {
    const straight = new XicsBench();
    run(straight, STEPS.slice(0, at));
    const saved = structuredClone(straight.controller.save());
    const other = new XicsBench();
    other.cppr(0, 0x80);
    other.ipi(0, 1);
    other.route(0x1fff, 1, 3);
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

Deno.test("Xics save() of a fresh controller lists no source", () => {
  const { controller } = new XicsBench({ vcpus: 1 });
  deepStrictEqual(controller.save(), {
    controller: "xics",
    servers: [{ cppr: 0, xisr: 0, pending: 255, mfrr: 255, stamp: 0 }],
    sources: [],
  });
});

Deno.test("Xics restore() refuses malformed state and changes nothing", () => {
  const bench = new XicsBench();
  bench.route(MSI, 1, 5);
  bench.controller.trigger(MSI);
  bench.cppr(0, 0x44);
  const good = bench.controller.save();
  if (good.controller !== "xics") throw new TypeError("not XICS");
  const server = good.servers[0]!;
  const source = good.sources[0]!;
  const servers = (change: object) => ({
    ...good,
    servers: [{ ...server, ...change }, server],
  });
  const sources = (change: object) => ({
    ...good,
    sources: [{ ...source, ...change }],
  });
  const bad: [unknown, typeof RangeError | typeof TypeError][] = [
    [undefined, TypeError],
    [[], TypeError],
    [{}, RangeError],
    [{ ...good, controller: "xive" }, RangeError],
    [{ ...good, servers: {} }, TypeError],
    [{ ...good, servers: [server] }, RangeError],
    [{ ...good, sources: [null] }, TypeError],
    [{ ...good, sources: [source, source] }, RangeError],
    [servers({ cppr: 256 }), RangeError],
    [servers({ cppr: "5" }), TypeError],
    [servers({ mfrr: -1 }), RangeError],
    [servers({ mfrr: 0.5 }), RangeError],
    [servers({ xisr: 3 }), RangeError],
    [servers({ xisr: 0x2000, pending: 1 }), RangeError],
    [servers({ xisr: MSI, pending: 0x44 }), RangeError],
    [servers({ xisr: 0, pending: 4 }), RangeError],
    [servers({ stamp: Infinity }), RangeError],
    [sources({ number: 0x2000 }), RangeError],
    [sources({ number: 0xfff }), RangeError],
    [sources({ server: 2 }), RangeError],
    [sources({ priority: 0x100 }), RangeError],
    [sources({ latched: 1 }), TypeError],
    [sources({ count: 2 ** 32 }), RangeError],
  ];
  for (const [state, kind] of bad) {
    throws(() => bench.controller.restore(state), kind);
    deepStrictEqual(bench.controller.save(), good);
  }
});

Deno.test("Xics reset() forgets all and drops the lines", () => {
  const bench = new XicsBench();
  const fresh = bench.controller.save();
  bench.route(LSI, 0, 5);
  bench.cppr(0, 0xff);
  bench.controller.setLevel(LSI, true);
  strictEqual(bench.pending[0], true);
  bench.controller.reset();
  strictEqual(bench.pending[0], false);
  deepStrictEqual(bench.controller.save(), fresh);
});

Deno.test("Xics describe() tells how each source in use stands", () => {
  const bench = new XicsBench();
  const stateOf = (source: number) => {
    const description = bench.controller.describe();
    if (description.controller !== "xics") throw new TypeError("not XICS");
    return description.sources.find(({ number }) => number === source)?.state;
  };
  bench.controller.trigger(MSI);
  deepStrictEqual(stateOf(MSI), ["masked-pending"]);
  bench.route(MSI, 0, 5);
  deepStrictEqual(stateOf(MSI), ["rejected"]);
  bench.cppr(0, 0xff);
  deepStrictEqual(stateOf(MSI), ["presented"]);
  bench.accept(0);
  deepStrictEqual(stateOf(MSI), ["sent"]);
  bench.controller.trigger(MSI);
  deepStrictEqual(stateOf(MSI), ["sent", "rejected"]);
  bench.eoi(0, 0xff, MSI);
  bench.accept(0);
  bench.eoi(0, 0xff, MSI);
  deepStrictEqual(stateOf(MSI), []);
  strictEqual(stateOf(MSI + 1), undefined);
  bench.controller.setLevel(LSI, true);
  bench.ipi(1, 9);
  deepStrictEqual(bench.controller.describe(), {
    controller: "xics",
    servers: [
      { vcpu: 0, server: 0, cppr: 255, mfrr: 255, xisr: 0, pending: false },
      { vcpu: 1, server: 1, cppr: 0, mfrr: 9, xisr: 0, pending: false },
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
        state: ["masked-pending"],
      },
      {
        number: MSI,
        name: "pci-msi 0",
        trigger: "edge",
        server: 0,
        priority: 5,
        asserted: false,
        count: 2,
        state: [],
      },
    ],
  });
});
