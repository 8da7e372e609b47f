import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { IPI, MSI, XicsBench } from "./xics_support.ts";

Deno.test("Xics presents an edge, and accepting raises CPPR to it", () => {
  const bench = new XicsBench();
  bench.route(MSI, 1, 5);
  bench.cppr(1, 0xff);
  strictEqual(bench.pending[1], false);
  bench.controller.trigger(MSI);
  deepStrictEqual(bench.pending, [false, true]);
  deepStrictEqual(bench.accept(1), { cppr: 0xff, source: MSI });
  strictEqual(bench.pending[1], false);
  deepStrictEqual(bench.accept(1), { cppr: 5, source: 0 });
  bench.eoi(1, 0xff, MSI);
  deepStrictEqual(bench.accept(1), { cppr: 0xff, source: 0 });
});

Deno.test("Xics signals nothing after reset until CPPR is raised", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 0);
  bench.controller.trigger(MSI);
  bench.ipi(0, 0);
  deepStrictEqual(bench.pending, [false, false]);
  bench.cppr(0, 1);
  strictEqual(bench.pending[0], true);
});

Deno.test("Xics presents only what is more favoured than CPPR", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.cppr(0, 5);
  bench.controller.trigger(MSI);
  strictEqual(bench.pending[0], false);
  bench.cppr(0, 6);
  strictEqual(bench.pending[0], true);
});

Deno.test("Xics displaces by the more favoured, and presents the other later", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.route(MSI + 1, 0, 4);
  bench.cppr(0, 0xff);
  bench.controller.trigger(MSI);
  bench.controller.trigger(MSI + 1);
  strictEqual(bench.accept(0).source, MSI + 1);
  strictEqual(bench.pending[0], false);
  bench.eoi(0, 0xff, MSI + 1);
  strictEqual(bench.pending[0], true);
  strictEqual(bench.accept(0).source, MSI);
});

Deno.test("Xics does not displace by the equally favoured", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.route(MSI + 1, 0, 5);
  bench.cppr(0, 0xff);
  bench.controller.trigger(MSI + 1);
  bench.controller.trigger(MSI);
  strictEqual(bench.accept(0).source, MSI + 1);
  bench.eoi(0, 0xff, MSI + 1);
  strictEqual(bench.accept(0).source, MSI);
});

Deno.test("Xics presents the most favoured of all that waited", () => {
  const bench = new XicsBench();
  const priorities = [9, 3, 7, 3, 8];
  priorities.forEach((priority, i) => bench.route(MSI + 40 * i, 0, priority));
  priorities.forEach((_, i) => bench.controller.trigger(MSI + 40 * i));
  bench.cppr(0, 0xff);
  const order = priorities.map(() => {
    const { source } = bench.accept(0);
    bench.eoi(0, 0xff, source);
    return (source - MSI) / 40;
  });
  deepStrictEqual(order, [1, 3, 2, 4, 0]);
  strictEqual(bench.pending[0], false);
});

Deno.test("Xics nests: the more favoured interrupts the handler", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.route(MSI + 1, 0, 3);
  bench.cppr(0, 0xff);
  bench.controller.trigger(MSI);
  bench.accept(0);
  bench.controller.trigger(MSI + 1);
  strictEqual(bench.pending[0], true);
  deepStrictEqual(bench.accept(0), { cppr: 5, source: MSI + 1 });
  bench.eoi(0, 5, MSI + 1);
  bench.eoi(0, 0xff, MSI);
  strictEqual(bench.pending[0], false);
});

Deno.test("Xics takes back what is shown when CPPR becomes more favoured", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.cppr(0, 0xff);
  bench.controller.trigger(MSI);
  bench.cppr(0, 5);
  strictEqual(bench.pending[0], false);
  deepStrictEqual(bench.accept(0), { cppr: 5, source: 0 });
  bench.cppr(0, 0xff);
  strictEqual(bench.accept(0).source, MSI);
});

Deno.test("Xics keeps an edge that comes while the source is handled", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.cppr(0, 0xff);
  bench.controller.trigger(MSI);
  bench.accept(0);
  bench.controller.trigger(MSI);
  bench.controller.trigger(MSI);
  // Even if its server becomes another, it is handled by one at a time.
  bench.cppr(1, 0xff);
  bench.route(MSI, 1, 5);
  strictEqual(bench.pending[1], false);
  bench.eoi(0, 0xff, MSI);
  deepStrictEqual(bench.pending, [false, true]);
  strictEqual(bench.accept(1).source, MSI);
  bench.eoi(1, 0xff, MSI);
  deepStrictEqual(bench.pending, [false, false]);
});

Deno.test("Xics sends what is displaced to the server that it has now", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.route(MSI + 1, 0, 4);
  bench.cppr(0, 0xff);
  bench.cppr(1, 0xff);
  bench.controller.trigger(MSI);
  bench.route(MSI, 1, 5);
  deepStrictEqual(bench.pending, [true, false]);
  bench.controller.trigger(MSI + 1);
  deepStrictEqual(bench.pending, [true, true]);
  strictEqual(bench.accept(0).source, MSI + 1);
  strictEqual(bench.accept(1).source, MSI);
});

Deno.test("Xics sends what CPPR or an IPI pushes out to the server it has now", () => {
  const pushes = [
    (bench: XicsBench) => bench.cppr(0, 5),
    (bench: XicsBench) => bench.ipi(0, 4),
  ];
  for (const push of pushes) {
    const bench = new XicsBench();
    bench.route(MSI, 0, 5);
    bench.cppr(0, 0xff);
    bench.cppr(1, 0xff);
    bench.controller.trigger(MSI);
    bench.route(MSI, 1, 5);
    strictEqual(bench.pending[1], false);
    push(bench);
    strictEqual(bench.accept(1).source, MSI);
  }
});

Deno.test("Xics presents an IPI while MFRR is more favoured than CPPR", () => {
  const bench = new XicsBench();
  bench.cppr(1, 0xff);
  bench.ipi(1, 4);
  deepStrictEqual(bench.pending, [false, true]);
  deepStrictEqual(bench.accept(1), { cppr: 0xff, source: IPI });
  bench.ipi(1, 0xff);
  bench.eoi(1, 0xff, IPI);
  strictEqual(bench.pending[1], false);
});

Deno.test("Xics presents an IPI again whose MFRR was left", () => {
  const bench = new XicsBench();
  bench.cppr(0, 0xff);
  bench.ipi(0, 4);
  bench.accept(0);
  bench.eoi(0, 0xff, IPI);
  strictEqual(bench.pending[0], true);
});

Deno.test("Xics lets an IPI and a source displace each other", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.cppr(0, 0xff);
  bench.controller.trigger(MSI);
  bench.ipi(0, 4);
  strictEqual(bench.accept(0).source, IPI);
  bench.ipi(0, 0xff);
  bench.eoi(0, 0xff, IPI);
  strictEqual(bench.accept(0).source, MSI);
  bench.eoi(0, 0xff, MSI);

  bench.ipi(0, 6);
  bench.controller.trigger(MSI);
  strictEqual(bench.accept(0).source, MSI);
  bench.eoi(0, 0xff, MSI);
  strictEqual(bench.accept(0).source, IPI);
});

Deno.test("Xics prefers the IPI to an equally favoured source that waits", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 4);
  bench.controller.trigger(MSI);
  bench.ipi(0, 4);
  bench.cppr(0, 0xff);
  strictEqual(bench.accept(0).source, IPI);
});
