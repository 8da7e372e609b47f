/**
 * Records what a POWER9 of QEMU makes of storage_cases.ts and spr_cases.ts.
 *
 *     deno run --allow-read --allow-write --allow-run \
 *       tests/cpu/isa/record_storage.ts
 */
import { sprCases } from "./spr_cases.ts";
import { describeOutcome, type StorageCase } from "./storage_case.ts";
import { storageCases } from "./storage_cases.ts";
import { runOnQemu } from "./storage_qemu.ts";

async function record(
  name: string,
  cases: readonly StorageCase[],
): Promise<void> {
  const outcomes = await runOnQemu(cases);
  const lines = outcomes.map((after, i) => {
    const before = cases[i];
    if (!before) return "";
    const words = before.words.map((word) => word.toString(16)).join(" ");
    return `${words} ${describeOutcome(before, after)}`.trimEnd() + "\n";
  });
  await Deno.writeTextFile(new URL(name, import.meta.url), lines.join(""));
}

await record("./storage.golden", storageCases());
await record("./spr.golden", sprCases());
