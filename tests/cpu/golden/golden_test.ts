import assert from "node:assert/strict";
import { ENGINES } from "../engines.ts";
import { checkGoldenRun } from "./microwatt.ts";
import { checkedInRuns, findOracle, oracleRuns } from "./oracle.ts";

const oracle = findOracle();

for (const engine of ENGINES) {
  Deno.test(`${engine.name} engine leaves Microwatt's registers in the runs that are checked in`, () => {
    const runs = checkedInRuns();
    assert.equal(runs.length, 20);
    for (const run of runs) checkGoldenRun(engine, run);
  });

  Deno.test({
    name: `${engine.name} engine leaves Microwatt's registers in all runs` +
      ("missing" in oracle ? ` (SKIPPED: ${oracle.missing})` : ""),
    ignore: "missing" in oracle,
    fn() {
      if ("missing" in oracle) return;
      let count = 0;
      for (const run of oracleRuns(oracle.folder)) {
        checkGoldenRun(engine, run);
        count++;
      }
      assert.ok(count >= 200, `runs: ${count}`);
    },
  });
}
