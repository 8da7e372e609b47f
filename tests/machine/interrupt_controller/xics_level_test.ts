import { strictEqual } from "node:assert/strict";
import { LSI, XicsBench } from "./xics_support.ts";

function raised(): XicsBench {
  const bench = new XicsBench();
  bench.route(LSI, 0, 5);
  bench.cppr(0, 0xff);
  bench.controller.setLevel(LSI, true);
  return bench;
}

Deno.test("Xics presents a raised level once until its end of interrupt", () => {
  const bench = raised();
  strictEqual(bench.accept(0).source, LSI);
  bench.cppr(0, 0xff);
  strictEqual(bench.pending[0], false);
  bench.controller.setLevel(LSI, true);
  strictEqual(bench.pending[0], false);
});

Deno.test("Xics presents a level again that is raised at end of interrupt", () => {
  const bench = raised();
  bench.accept(0);
  bench.eoi(0, 0xff, LSI);
  strictEqual(bench.pending[0], true);
  bench.accept(0);
  bench.controller.setLevel(LSI, false);
  bench.eoi(0, 0xff, LSI);
  strictEqual(bench.pending[0], false);
});

Deno.test("Xics forgets a level that drops while it is masked", () => {
  const bench = raised();
  bench.cppr(0, 5);
  bench.controller.setLevel(LSI, false);
  bench.cppr(0, 0xff);
  strictEqual(bench.pending[0], false);
});

Deno.test("Xics presents a level that rose while the source was off", () => {
  const bench = new XicsBench();
  bench.cppr(0, 0xff);
  bench.controller.setLevel(LSI, true);
  strictEqual(bench.pending[0], false);
  bench.route(LSI, 0, 5);
  strictEqual(bench.pending[0], true);
});

Deno.test("Xics presents a raised level to the server that it has by then", () => {
  const bench = raised();
  bench.cppr(1, 0xff);
  bench.accept(0);
  bench.route(LSI, 1, 5);
  strictEqual(bench.pending[1], false);
  bench.eoi(0, 0xff, LSI);
  strictEqual(bench.pending[0], false);
  strictEqual(bench.accept(1).source, LSI);
});

Deno.test("Xics keeps levels apart from each other", () => {
  const bench = raised();
  bench.route(LSI + 33, 0, 6);
  bench.controller.setLevel(LSI + 33, true);
  strictEqual(bench.accept(0).source, LSI);
  bench.controller.setLevel(LSI, false);
  bench.eoi(0, 0xff, LSI);
  strictEqual(bench.accept(0).source, LSI + 33);
});
