// A smaller number of runs than tests/long has.
import assert from "node:assert/strict";
import { ThreadBench } from "./_bench.ts";
import { count, FORBIDDEN } from "./_litmus.ts";

const RUNS = 40_000;

Deno.test("vCPUs in threads see accesses in no order that barriers forbid", async (t) => {
  using bench = new ThreadBench({ vcpus: 4 });
  for (const litmus of FORBIDDEN) {
    await t.step(litmus.name, () => {
      assert.equal(count(bench, litmus, RUNS), 0);
    });
  }
});
