// A smaller number of runs than tests/long has.
import assert from "node:assert/strict";
import { ThreadBench } from "./_bench.ts";
import { count, FORBIDDEN } from "./_litmus.ts";

const RUNS = 40_000;

for (const engine of ["interpreter", "jit"] as const) {
  Deno.test(`vCPUs in threads see accesses in no order that barriers forbid, on the ${engine}`, async (t) => {
    using bench = new ThreadBench({ vcpus: 4, engine });
    for (const litmus of FORBIDDEN) {
      await t.step(litmus.name, () => {
        assert.equal(count(bench, litmus, RUNS), 0);
      });
    }
    const { regions } = bench.accelerator.view.statistics ?? { regions: 0 };
    assert.equal(regions > 0, engine === "jit", `${regions} regions`);
  });
}
