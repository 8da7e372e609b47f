import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ALL_ONES } from "./support.ts";
import {
  ESB_BASE,
  IPI,
  LSI,
  managementPage,
  MSI,
  OP,
  readyBench,
  triggerPage,
  XiveBench,
} from "./xive_support.ts";

Deno.test("Xive hands sources over switched off, and drops their edges", () => {
  const bench = readyBench();
  strictEqual(bench.esb(MSI, OP.get), 1);
  bench.controller.trigger(MSI);
  strictEqual(bench.esb(MSI, OP.get), 1);
  strictEqual(bench.pending[0], false);
});

Deno.test("Xive takes P and Q from a load's address and gives the old ones", () => {
  const bench = new XiveBench();
  strictEqual(bench.esb(MSI, OP.set00), 1);
  strictEqual(bench.esb(MSI, OP.set01), 0);
  strictEqual(bench.esb(MSI, OP.set10), 1);
  strictEqual(bench.esb(MSI, OP.set11), 2);
  strictEqual(bench.esb(MSI, OP.get), 3);
  strictEqual(bench.esb(MSI, OP.set00 + 0x40), 3);
  strictEqual(bench.esb(MSI, OP.get), 0);
  strictEqual(bench.esb(MSI + 1, OP.get), 1);
});

Deno.test("Xive takes P and Q from a store's address", () => {
  const bench = new XiveBench();
  for (const [offset, pq] of [[OP.set00, 0], [OP.set10, 2], [OP.set11, 3]]) {
    bench.store(0, managementPage(MSI) + offset!, 8, 0xffffn);
    strictEqual(bench.esb(MSI, OP.get), pq);
  }
  bench.store(0, managementPage(MSI) + OP.get, 8, 0n);
  strictEqual(bench.esb(MSI, OP.get), 3);
});

Deno.test("Xive queues one event until the end of interrupt, and one more", () => {
  const bench = readyBench();
  const eisn = bench.route(MSI, 0);
  bench.controller.trigger(MSI);
  strictEqual(bench.esb(MSI, OP.get), 2);
  bench.controller.trigger(MSI);
  bench.controller.trigger(MSI);
  strictEqual(bench.esb(MSI, OP.get), 3);
  deepStrictEqual(bench.entry(0x10000, 0), { toggle: 1, data: eisn });
  strictEqual(bench.ram.u32(0x10004), 0);
  strictEqual(bench.esb(MSI, OP.eoi), 1);
  strictEqual(bench.esb(MSI, OP.get), 2);
  deepStrictEqual(bench.entry(0x10000, 1), { toggle: 1, data: eisn });
  strictEqual(bench.esb(MSI, OP.eoi), 0);
  strictEqual(bench.esb(MSI, OP.get), 0);
  strictEqual(bench.ram.u32(0x10008), 0);
});

Deno.test("Xive ends an interrupt by loads and stores below 0x800", () => {
  const bench = readyBench();
  bench.route(MSI, 0);
  const page = managementPage(MSI);
  for (
    const end of [
      () => bench.load(0, page, 8),
      () => bench.load(0, page + 0x7f8, 8),
      () => bench.store(0, page + OP.storeEoi, 8),
      () => bench.store(0, page + 0x7f8, 8),
    ]
  ) {
    bench.esb(MSI, OP.set10);
    end();
    strictEqual(bench.esb(MSI, OP.get), 0);
    bench.esb(MSI, OP.set01);
    end();
    strictEqual(bench.esb(MSI, OP.get), 1);
  }
});

Deno.test("Xive triggers by a store of any size to the first page", () => {
  const bench = readyBench();
  bench.route(IPI, 1);
  const offsets = [[0, 1], [0x400, 2], [0x800, 4], [0xff00, 8]] as const;
  offsets.forEach(([offset, bytes], i) => {
    bench.store(0, triggerPage(IPI) + offset, bytes, 0n);
    strictEqual(bench.esb(IPI, OP.set00), 2);
    strictEqual(bench.entry(0x20000, i).data, IPI + 0x100000);
  });
  bench.store(0, managementPage(IPI), 8, 0n);
  strictEqual(bench.esb(IPI, OP.get), 2);
  deepStrictEqual(bench.pending, [false, true]);
});

Deno.test("Xive answers loads that are not architected with all ones", () => {
  const bench = readyBench();
  bench.route(MSI, 0);
  bench.esb(MSI, OP.set11);
  strictEqual(bench.load(0, triggerPage(MSI), 8), ALL_ONES);
  strictEqual(bench.load(0, triggerPage(MSI) + OP.set00, 8), ALL_ONES);
  strictEqual(bench.load(0, managementPage(MSI) + OP.set00, 4), 0xffff_ffffn);
  strictEqual(bench.load(0, managementPage(MSI) + OP.set00, 1), 0xffn);
  strictEqual(bench.esb(MSI, OP.get), 3);
});

Deno.test("Xive has a page pair for the first and the last source", () => {
  const bench = readyBench();
  const region = bench.controller.regions.find(({ name }) =>
    name === "xive-esb"
  );
  strictEqual(region?.base, ESB_BASE);
  strictEqual(region?.bytes, 0x2000 * 0x20000);
  for (const source of [0, 0x1fff]) {
    bench.route(source, 0, { eisn: 77 });
    bench.store(0, triggerPage(source), 8);
    strictEqual(bench.esb(source, OP.get), 2);
  }
  strictEqual(bench.entry(0x10000, 1).data, 77);
});

Deno.test("Xive sends an event for a raised level at each end of interrupt", () => {
  const bench = readyBench();
  const eisn = bench.route(LSI, 0);
  bench.controller.setLevel(LSI, true);
  strictEqual(bench.entry(0x10000, 0).data, eisn);
  bench.controller.setLevel(LSI, true);
  strictEqual(bench.esb(LSI, OP.get), 2);
  strictEqual(bench.ram.u32(0x10004), 0);
  strictEqual(bench.esb(LSI, OP.eoi), 1);
  strictEqual(bench.entry(0x10000, 1).data, eisn);
  bench.controller.setLevel(LSI, false);
  strictEqual(bench.esb(LSI, OP.eoi), 0);
  strictEqual(bench.ram.u32(0x10008), 0);
  strictEqual(bench.esb(LSI, OP.get), 0);
});

Deno.test("Xive sends an event for a level that is raised when switched on", () => {
  const bench = readyBench();
  bench.route(LSI, 0);
  bench.esb(LSI, OP.set01);
  bench.controller.setLevel(LSI, true);
  strictEqual(bench.pending[0], false);
  strictEqual(bench.esb(LSI, OP.eoi), 0);
  strictEqual(bench.pending[0], false);
  strictEqual(bench.esb(LSI, OP.set00), 1);
  strictEqual(bench.pending[0], true);
  strictEqual(bench.esb(LSI, OP.get), 2);
});

Deno.test("Xive forgets a level that drops while it is off", () => {
  const bench = readyBench();
  bench.route(LSI, 0);
  bench.esb(LSI, OP.set01);
  bench.controller.setLevel(LSI, true);
  bench.controller.setLevel(LSI, false);
  bench.esb(LSI, OP.set00);
  strictEqual(bench.pending[0], false);
});

Deno.test("Xive ends an LSI by a store of H_INT_ESB, and samples it again", () => {
  const bench = readyBench();
  bench.route(LSI, 0);
  bench.controller.setLevel(LSI, true);
  bench.ack(0);
  bench.cppr(0, 0xff);
  const results = bench.call("H_INT_ESB", 1, LSI, OP.storeEoi, 0);
  deepStrictEqual(results, [ALL_ONES]);
  strictEqual(bench.pending[0], true);
});
