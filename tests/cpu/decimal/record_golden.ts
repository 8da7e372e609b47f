/**
 * Records what QEMU's POWER9 makes of the decimal rows. Needs qemu-user and
 * the cross assemblers.
 *
 * deno run --allow-read --allow-write --allow-run --allow-env \
 *   tests/cpu/decimal/record_golden.ts
 *
 * @module
 */
import { encodeLine } from "../vector/_golden.ts";
import { QemuRunner } from "../vector/_qemu.ts";
import { goldenRows } from "./_golden.ts";

using qemu = new QemuRunner({ littleEndian: true });
const lines = goldenRows().map((row) => encodeLine(row, qemu.run(row.cases)));
Deno.writeTextFileSync(
  new URL("golden.txt", import.meta.url),
  lines.map((line) => `${line}\n`).join(""),
);
