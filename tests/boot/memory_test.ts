// The smallest and the largest memory that a partition can have.
import assert from "node:assert/strict";
import { CONFIGURATIONS, nameOf } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, LE } from "./guests.ts";

const MEBIBYTE = 2 ** 20;

for (const guest of [LE, BE]) {
  for (const mebibytes of [256, 3072]) {
    for (const configuration of CONFIGURATIONS.slice(1, 3)) {
      const where = `${guest.name} in ${mebibytes}M on ${
        nameOf(configuration)
      }`;
      bootTest(`Machine boots ${where}`, guest, (files) => {
        const boot = new Boot(files, {
          ...configuration,
          memoryBytes: mebibytes * MEBIBYTE,
        }).toShell();
        const [, kilobytes] = /^MemTotal:\s+(\d+) kB$/m
          .exec(boot.run("cat /proc/meminfo")) ?? [];
        // The kernel keeps some of it to itself: page tables, its own text.
        const share = Number(kilobytes) / 1024 / mebibytes;
        assert(share > 0.85 && share < 1, `${kilobytes} kB`);
      });
    }
  }
}
