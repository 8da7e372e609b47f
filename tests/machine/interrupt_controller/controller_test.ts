import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  createInterruptController,
  interruptControllerBytes,
  XIVE_TREE,
} from "../../../machine/interrupt_controller/mod.ts";
import { sourceName } from "../../../machine/interrupt_controller/sources.ts";
import type { InterruptControllerKind } from "../../../machine/partition.ts";
import { Bench } from "./support.ts";
import { XicsBench } from "./xics_support.ts";
import { readyBench, XiveBench } from "./xive_support.ts";

const KINDS: readonly InterruptControllerKind[] = ["xics", "xive"];

Deno.test("createInterruptController() refuses state that does not fit", () => {
  const { ram } = new Bench("xics");
  for (const kind of KINDS) {
    const bytes = interruptControllerBytes(kind, 3);
    const make = (size: number, offset: number) =>
      createInterruptController(kind, {
        buffer: new ArrayBuffer(size),
        offset,
        vcpus: 3,
        ram,
        setPending() {},
      });
    strictEqual(make(bytes, 0).kind, kind);
    throws(() => make(bytes - 1, 0), RangeError);
    throws(() => make(bytes, 64), RangeError);
    throws(() => make(bytes + 64, 4), RangeError);
    throws(() => make(bytes + 64, -64), RangeError);
  }
});

Deno.test("interruptControllerBytes() is all that a controller touches", () => {
  for (const kind of KINDS) {
    const vcpus = 3;
    const bench = new Bench(kind, { vcpus });
    const bytes = new Uint8Array(bench.buffer);
    bytes.fill(0xa5);
    new Int32Array(bench.buffer)[16] = 0;
    const { controller } = bench;
    controller.reset();
    const state = controller.save();
    controller.trigger(0x1fff);
    controller.restore(state);
    deepStrictEqual(
      [...bytes.subarray(0, 64), ...bytes.subarray(64 + bench.bytes)],
      Array(128).fill(0xa5),
    );
  }
});

Deno.test("createInterruptController() attaches to state without changing it", () => {
  const xics = new XicsBench();
  xics.route(0x1300, 1, 5);
  xics.cppr(1, 0xff);
  const other = new XicsBench({ buffer: xics.buffer });
  other.controller.trigger(0x1300);
  deepStrictEqual(other.pending, [false, true]);
  deepStrictEqual(xics.accept(1), { cppr: 0xff, source: 0x1300 });
  deepStrictEqual(other.controller.save(), xics.controller.save());

  const xive = readyBench();
  xive.route(0x1300, 1);
  const second = new XiveBench({ buffer: xive.buffer });
  second.controller.trigger(0x1300);
  deepStrictEqual(second.pending, [false, true]);
  deepStrictEqual(xive.ack(1), { nsr: 0x80, cppr: 6 });
});

Deno.test("setLevel() and trigger() refuse sources that are not of the kind", () => {
  for (const kind of KINDS) {
    const { controller } = new Bench(kind);
    for (const source of [0x1100, 0x1300, 0x2000, -1, 0.5, NaN]) {
      throws(() => controller.setLevel(source, true), RangeError);
    }
    for (const source of [0x1200, 0x12ff, 0x2000, -1, 0.5, NaN]) {
      throws(() => controller.trigger(source), RangeError);
    }
    controller.setLevel(0x1200, true);
    controller.trigger(0x1100);
  }
});

Deno.test("XIVE_TREE says what a pseries partition's tree says", () => {
  deepStrictEqual(XIVE_TREE, {
    lisnRanges: [[0, 0x1000]],
    timaUserAddress: 0x6_0302_031b_0000,
    timaOsAddress: 0x6_0302_031a_0000,
    timaPageBytes: 0x10000,
    queueShifts: [12, 16, 21, 24],
    reservedPriorities: [7, 0xf8],
  });
});

Deno.test("Xive regions neither overlap nor leave exact numbers", () => {
  const { controller } = new XiveBench({ vcpus: 2048 });
  const regions = [...controller.regions].sort((a, b) => a.base - b.base);
  strictEqual(regions.length, 3);
  regions.reduce((end, { base, bytes }) => {
    strictEqual(base >= end, true);
    strictEqual(Number.isSafeInteger(base + bytes), true);
    return base + bytes;
  }, 0);
});

Deno.test("sourceName() names the range of a source and the place in it", () => {
  deepStrictEqual(
    [0, 0xfff, 0x1000, 0x1001, 0x1101, 0x1203, 0x1300, 0x1fff].map(sourceName),
    [
      "ipi 0",
      "ipi 4095",
      "epow 0",
      "hotplug 0",
      "vio 1",
      "pci-lsi 3",
      "pci-msi 0",
      "pci-msi 3327",
    ],
  );
});
