import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { H } from "../../../machine/hcall/codes.ts";
import { createInterruptController } from "../../../machine/interrupt_controller/mod.ts";
import { IPI, MSI, XicsBench } from "./xics_support.ts";

Deno.test("Xics has the calls of hcall-interrupt, which vCPUs can answer", () => {
  const { controller } = new XicsBench();
  deepStrictEqual(
    controller.hypercalls.map(({ name, number }) => [name, number]),
    [
      ["H_EOI", 0x64],
      ["H_CPPR", 0x68],
      ["H_IPI", 0x6c],
      ["H_IPOLL", 0x70],
      ["H_XIRR", 0x74],
      ["H_XIRR_X", 0x2fc],
    ],
  );
  for (const { home, hypertas } of controller.hypercalls) {
    strictEqual(home, "vcpu");
    strictEqual(hypertas, "hcall-interrupt");
  }
  deepStrictEqual(controller.regions, []);
});

Deno.test("H_EOI refuses what is no source and a more favoured CPPR", () => {
  const bench = new XicsBench();
  bench.cppr(0, 5);
  const eoi = (xirr: number) => bench.hcall(0, "H_EOI", xirr).code;
  strictEqual(eoi(0xff000000), H.PARAMETER);
  strictEqual(eoi(0xff000001), H.PARAMETER);
  strictEqual(eoi(0xff000fff), H.PARAMETER);
  strictEqual(eoi(0xff002000), H.PARAMETER);
  strictEqual(eoi(0xffffffff), H.PARAMETER);
  strictEqual(eoi(0x04000000 + MSI), H.PARAMETER);
  deepStrictEqual(bench.accept(0), { cppr: 5, source: 0 });
  strictEqual(eoi(0x05000000 + IPI), H.SUCCESS);
  strictEqual(eoi(0x06000000 + MSI), H.SUCCESS);
  deepStrictEqual(bench.accept(0), { cppr: 6, source: 0 });
});

Deno.test("H_EOI and H_CPPR take the low bits of their arguments", () => {
  const bench = new XicsBench();
  strictEqual(bench.hcall(0, "H_CPPR", 0xffff_ffff_ffff_ff07n).code, H.SUCCESS);
  strictEqual(bench.accept(0).cppr, 7);
  const xirr = 0xffff_ffff_0900_1300n;
  strictEqual(bench.hcall(0, "H_EOI", xirr).code, H.SUCCESS);
  strictEqual(bench.accept(0).cppr, 9);
});

Deno.test("H_IPI and H_IPOLL refuse servers that are not there", () => {
  const bench = new XicsBench();
  for (const server of [2, 0xffff_ffff, 2n ** 63n, -1]) {
    strictEqual(bench.hcall(0, "H_IPI", server, 4).code, H.PARAMETER);
    strictEqual(bench.hcall(0, "H_IPOLL", server).code, H.PARAMETER);
  }
});

Deno.test("H_IPI takes the low byte of MFRR", () => {
  const bench = new XicsBench();
  bench.hcall(0, "H_IPI", 1, 0xabcd_0104);
  deepStrictEqual(bench.hcall(0, "H_IPOLL", 1).results, [0n, 4n]);
});

Deno.test("H_IPOLL gives XIRR and MFRR without taking anything", () => {
  const bench = new XicsBench();
  bench.cppr(1, 0x80);
  bench.ipi(1, 4);
  const poll = () => bench.hcall(0, "H_IPOLL", 1);
  deepStrictEqual(poll(), { code: 0, results: [0x8000_0002n, 4n] });
  deepStrictEqual(poll(), { code: 0, results: [0x8000_0002n, 4n] });
  strictEqual(bench.pending[1], true);
});

Deno.test("H_XIRR leaves CPPR where nothing is shown", () => {
  const bench = new XicsBench();
  bench.cppr(0, 0x33);
  deepStrictEqual(bench.hcall(0, "H_XIRR"), {
    code: 0,
    results: [0x3300_0000n],
  });
  deepStrictEqual(bench.accept(0), { cppr: 0x33, source: 0 });
});

Deno.test("H_XIRR_X adds the timebase when the source was shown", () => {
  const bench = new XicsBench();
  bench.route(MSI, 0, 5);
  bench.cppr(0, 0xff);
  bench.timebase = 0x12_3456_789a;
  bench.controller.trigger(MSI);
  bench.timebase += 1000;
  deepStrictEqual(bench.hcall(0, "H_XIRR_X", 0xff).results, [
    0xff00_1300n,
    0x12_3456_789an,
  ]);
});

Deno.test("H_XIRR_X does not exist where there is no timebase", () => {
  const { buffer, ram } = new XicsBench();
  const { hypercalls } = createInterruptController("xics", {
    buffer,
    offset: 64,
    vcpus: 2,
    ram,
    setPending() {},
  });
  strictEqual(hypercalls.some(({ name }) => name === "H_XIRR_X"), false);
});
