import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { RTAS } from "../../../machine/rtas/table.ts";
import { MSI, XicsBench } from "./xics_support.ts";

Deno.test("Xics has the four RTAS calls of its sources", () => {
  const { controller } = new XicsBench();
  deepStrictEqual(
    controller.rtasCalls.map(({ name, token, args, results }) => [
      name,
      token,
      args,
      results,
    ]),
    [
      ["ibm,set-xive", 0x200a, 3, 1],
      ["ibm,get-xive", 0x200b, 1, 3],
      ["ibm,int-off", 0x200c, 1, 1],
      ["ibm,int-on", 0x200d, 1, 1],
    ],
  );
});

Deno.test("ibm,get-xive gives what ibm,set-xive has set, first masked", () => {
  const bench = new XicsBench();
  deepStrictEqual(bench.rtas("ibm,get-xive", MSI), [0, 0, 0xff]);
  deepStrictEqual(bench.rtas("ibm,set-xive", MSI, 1, 7), [0]);
  deepStrictEqual(bench.rtas("ibm,get-xive", MSI), [0, 1, 7]);
  deepStrictEqual(bench.rtas("ibm,get-xive", MSI + 1), [0, 0, 0xff]);
});

Deno.test("ibm,int-off masks, and ibm,int-on brings the priority back", () => {
  const bench = new XicsBench();
  bench.route(MSI, 1, 7);
  strictEqual(bench.rtas("ibm,int-off", MSI)[0], 0);
  deepStrictEqual(bench.rtas("ibm,get-xive", MSI), [0, 1, 0xff]);
  strictEqual(bench.rtas("ibm,int-off", MSI)[0], 0);
  strictEqual(bench.rtas("ibm,int-on", MSI)[0], 0);
  deepStrictEqual(bench.rtas("ibm,get-xive", MSI), [0, 1, 7]);
});

Deno.test("ibm,int-on of a source that was never set leaves it masked", () => {
  const bench = new XicsBench();
  bench.rtas("ibm,int-on", MSI);
  deepStrictEqual(bench.rtas("ibm,get-xive", MSI), [0, 0, 0xff]);
});

Deno.test("ibm,int-on presents the edge that came while masked", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.cppr(0, 0xff);
  bench.rtas("ibm,int-off", MSI);
  bench.controller.trigger(MSI);
  strictEqual(bench.pending[0], false);
  bench.rtas("ibm,int-on", MSI);
  strictEqual(bench.accept(0).source, MSI);
});

Deno.test("ibm,int-off does not lose an edge that had been rejected", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.controller.trigger(MSI);
  bench.rtas("ibm,int-off", MSI);
  bench.cppr(0, 0xff);
  strictEqual(bench.pending[0], false);
  bench.rtas("ibm,int-on", MSI);
  strictEqual(bench.pending[0], true);
});

Deno.test("ibm,set-xive presents to the new server what waited for the old", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.controller.trigger(MSI);
  bench.cppr(1, 0xff);
  bench.route(MSI, 1, 5);
  deepStrictEqual(bench.pending, [false, true]);
});

Deno.test("Xics refuses RTAS arguments that are out of range", () => {
  const bench = new XicsBench();
  for (const source of [0, 2, 0xfff, 0x2000, 0xffff_ffff]) {
    for (const name of ["ibm,get-xive", "ibm,int-off", "ibm,int-on"]) {
      strictEqual(bench.rtas(name, source)[0], RTAS.PARAMETER_ERROR);
    }
    strictEqual(
      bench.rtas("ibm,set-xive", source, 0, 5)[0],
      RTAS.PARAMETER_ERROR,
    );
  }
  for (const [server, priority] of [[2, 5], [0xffff_ffff, 5], [0, 0x100]]) {
    strictEqual(
      bench.rtas("ibm,set-xive", MSI, server!, priority!)[0],
      RTAS.PARAMETER_ERROR,
    );
  }
  deepStrictEqual(bench.rtas("ibm,get-xive", MSI), [0, 0, 0xff]);
});
