/**
 * Records what QEMU's POWER9 makes of the vector and VSX rows. Needs
 * qemu-user and the cross assemblers.
 *
 * deno run --allow-read --allow-write --allow-run --allow-env \
 *   tests/cpu/vector/record_golden.ts
 *
 * @module
 */
import { encodeLine, goldenRows } from "./_golden.ts";
import { QemuRunner } from "./_qemu.ts";

using little = new QemuRunner({ littleEndian: true });
using big = new QemuRunner({ littleEndian: false });
const lines = goldenRows().map((row) =>
  encodeLine(row, (row.littleEndian ? little : big).run(row.cases))
);
Deno.writeTextFileSync(
  new URL("golden.txt", import.meta.url),
  lines.map((line) => `${line}\n`).join(""),
);
