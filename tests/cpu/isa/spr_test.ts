import assert from "node:assert/strict";
import { ENGINES } from "../engines.ts";
import { sprCases } from "./spr_cases.ts";
import { describeOutcome } from "./storage_case.ts";
import { runOnEngine } from "./storage_ours.ts";

/** Where the book or the processor, not QEMU's POWER9, is followed. */
const DEPARTURES: readonly (readonly [RegExp, string])[] = [
  [/illegal \| .*privileged$/, "QEMU calls undefined numbers privileged"],
  [
    /^privileged m[tf]spr (136|152|259|268|269|287|446|1023)\b.* privileged$/,
    "a number that only reads or only writes is a no-operation otherwise",
  ],
  [/^privileged mtspr (768|78[012]) /, "QEMU writes numbers that only read"],
  [/^privileged mtspr 13 /, "QEMU does not read AMR as SPR 13"],
  [/ 3\b/, "QEMU does not have DSCR for problem state"],
  [/ (28[45]|848)\b/, "QEMU lets a partition set the timebase, and read that"],
  [/^problem mfspr 30[89]:/, "QEMU shows PURR and SPURR to problem state"],
  [/ (282|31|88[89]|89[02345])\b/, "QEMU has EAR and POWER8's registers"],
  [/ (339|855|884|922)\b.*: privileged \| $/, "QEMU has no such register"],
  [/ (823|898)\b/, "QEMU has neither PSSCR nor PPR32 for a partition"],
  [
    / (286|316|317)\b.*: {2}\| privileged$/,
    "QEMU has more of the hypervisor's",
  ],
  [/ 80[0-3]\b/, "QEMU keeps BESCRS, BESCRR and BESCR apart"],
  [/ 1 ones/, "POWER9 keeps no reserved bits of XER above 46"],
  [/ 153\b/, "QEMU keeps reserved bits of FSCR"],
  [/ 896 ones/, "QEMU keeps reserved bits of PPR"],
  [/ (18|48|256|77[1-6]|78[789]|79[012]) ones: r3=f{8} \| r3=f{16}/, "32 bits"],
];

const GOLDEN = new URL("./spr.golden", import.meta.url);

for (const engine of ENGINES) {
  Deno.test(`${engine.name} engine gives access to registers as QEMU's POWER9`, async () => {
    const lines = (await Deno.readTextFile(GOLDEN)).trimEnd().split("\n");
    const cases = sprCases();
    assert.equal(lines.length, cases.length, "record_storage.ts is due");
    const outcomes = runOnEngine(engine, cases);
    const differences: string[] = [];
    const departed = new Set<RegExp>();
    cases.forEach((before, i) => {
      const after = outcomes[i];
      assert(after);
      const words = before.words.map((word) => word.toString(16)).join(" ");
      const lean = (text: string) =>
        (before.varies ? text.replace(/r3=[0-9a-f]+/, "r3") : text)
          .slice(words.length).trim();
      const ours = lean(`${words} ${describeOutcome(before, after)}`);
      const theirs = lean(lines[i] ?? "");
      if (ours === theirs) return;
      const text = `${before.text}: ${ours} | ${theirs}`;
      const departs = DEPARTURES.filter(([where]) => where.test(text));
      if (departs.length === 0) differences.push(text);
      for (const [where] of departs) departed.add(where);
    });
    assert.deepEqual(differences, []);
    const idle = DEPARTURES.filter(([where]) => !departed.has(where));
    assert.deepEqual(idle, [], "departures that no case shows");
  });
}
