import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { planLayout } from "../../../machine/boot/layout.ts";
import { createRandom } from "./support.ts";

const MIB = 0x10_0000;

const SMALL = {
  memoryBytes: 256 * MIB,
  kernel: { start: 4 * MIB, end: 20 * MIB + 1 },
  deviceTreeBytes: 5000,
  rtasBytes: 4096,
};

Deno.test("planLayout() puts everything above the kernel", () => {
  deepStrictEqual(planLayout({ ...SMALL, initrdBytes: 3 * MIB + 5 }), {
    deviceTree: { start: 0x141_0000, end: 0x141_1388 },
    rtas: { start: 0x142_0000, end: 0x142_1000 },
    initrd: { start: 0x143_0000, end: 0x173_0005 },
  });
});

Deno.test("planLayout() leaves out an initrd that is not there", () => {
  strictEqual(planLayout(SMALL).initrd, undefined);
});

Deno.test("planLayout() refuses an initrd that does not fit", () => {
  throws(() => planLayout({ ...SMALL, initrdBytes: 300 * MIB }), {
    name: "RangeError",
    message: "Cannot boot: initrd of 300 MiB does not fit in memory of " +
      "256 MiB above 21 MiB",
  });
  const rest = 256 * MIB - 0x143_0000;
  strictEqual(
    planLayout({ ...SMALL, initrdBytes: rest }).initrd?.end,
    256 * MIB,
  );
  throws(() => planLayout({ ...SMALL, initrdBytes: rest + 1 }), RangeError);
});

Deno.test("planLayout() stays inside the first memory node", () => {
  const memoryBytes = 3072 * MIB;
  strictEqual(
    planLayout({ ...SMALL, memoryBytes, initrdBytes: 2000 * MIB }).initrd?.end,
    0x143_0000 + 2000 * MIB,
  );
  throws(
    () => planLayout({ ...SMALL, memoryBytes, initrdBytes: 2040 * MIB }),
    /initrd of 2040 MiB does not fit between 21 MiB and 2048 MiB of memory/,
  );
});

Deno.test("planLayout() keeps device tree and RTAS below 512 MiB", () => {
  const kernel = { start: 4 * MIB, end: 511 * MIB };
  const memoryBytes = 1024 * MIB;
  ok(planLayout({ ...SMALL, memoryBytes, kernel }).rtas.end <= 512 * MIB);
  throws(
    () =>
      planLayout({ ...SMALL, memoryBytes, kernel, deviceTreeBytes: 2 * MIB }),
    /device tree of 2 MiB does not fit between 511 MiB and 512 MiB/,
  );
  throws(
    () => planLayout({ ...SMALL, memoryBytes, kernel, rtasBytes: 2 * MIB }),
    /RTAS of 2 MiB does not fit/,
  );
});

Deno.test("planLayout() never lets two things overlap", () => {
  const random = createRandom(4);
  let fitting = 0;
  for (let i = 0; i < 2000; i++) {
    const memoryBytes = (1 + random(256)) * 16 * MIB;
    const kernel = { start: 4 * MIB, end: 4 * MIB + 1 + random(100 * MIB) };
    const sizes = {
      deviceTreeBytes: 1 + random(MIB),
      rtasBytes: 20 + random(MIB),
      initrdBytes: random(512 * MIB),
    };
    let layout;
    try {
      layout = planLayout({ memoryBytes, kernel, ...sizes });
    } catch (error) {
      ok(error instanceof RangeError && /^Cannot boot: /.test(error.message));
      continue;
    }
    fitting++;
    const { deviceTree, rtas, initrd } = layout;
    const order = [kernel, deviceTree, rtas, initrd!];
    order.reduce((before, after) => {
      ok(before.end <= after.start && after.start % 0x1_0000 === 0);
      return after;
    });
    deepStrictEqual(
      [deviceTree, rtas, initrd!].map(({ start, end }) => end - start),
      Object.values(sizes),
    );
    ok(initrd!.end <= memoryBytes);
  }
  ok(fitting > 500);
});
