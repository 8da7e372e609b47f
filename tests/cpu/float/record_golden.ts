/**
 * Records what a POWER9 of QEMU's user mode makes of the golden cases.
 *
 *     deno run --allow-read --allow-write --allow-run \
 *       tests/cpu/float/record_golden.ts
 */
import { describeOutcome, GOLDEN_CASES } from "./golden.ts";
import { runOnQemu } from "./qemu.ts";

const outcomes = await runOnQemu(GOLDEN_CASES);
const lines = GOLDEN_CASES.map((one, i) => {
  const outcome = outcomes[i];
  if (!outcome) throw new Error(`Cannot record case: none came back: ${i}`);
  return describeOutcome(one, outcome) + "\n";
});
await Deno.writeTextFile(
  new URL("./golden/qemu.txt", import.meta.url),
  lines.join(""),
);
