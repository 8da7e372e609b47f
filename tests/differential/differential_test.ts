// Random programs on ours and on QEMU: a fixed slice of what
// `deno task differential` does.
import assert from "node:assert/strict";
import { Batch, recordOf } from "./batch.ts";
import { installedQemu } from "./find_qemu.ts";
import { Generator } from "./generate.ts";
import { hunt, type Side } from "./hunt.ts";
import { type EngineName, Ours } from "./ours.ts";
import { Qemu } from "./qemu.ts";
import { report } from "./report.ts";
import type { Judged } from "./shrink.ts";
import { RECORD, SIGNAL } from "./record.ts";

const qemu = installedQemu();
const why = qemu ? "" : " (skipped: no qemu-ppc64le 7.2)";

type Cpu = "power8" | "power9";

function makeSide(
  littleEndian: boolean,
  { seed, engine = "interpreter", cpu = "power9" }: {
    seed: number;
    engine?: EngineName;
    cpu?: Cpu;
  },
): Side {
  const command = littleEndian ? qemu?.little : qemu?.big;
  return {
    littleEndian,
    generator: new Generator({
      seed,
      littleEndian,
      version: cpu === "power8" ? "2.07" : "3.0",
    }),
    theirs: new Qemu({ littleEndian, cpu, ...command && { command } }),
    ours: new Ours({ engine, littleEndian, cpu }),
  };
}

/** Compares so many programs; gives what was found. */
async function compare(
  sides: readonly Side[],
  { count, seed }: { count: number; seed: number },
) {
  const found: Judged[] = [];
  const reports: string[] = [];
  try {
    const progress = await hunt({
      sides,
      first: 0,
      count,
      onProgress() {
        assert(reports.length < 3, reports.join("\n"));
      },
      onDifference(judged, seen) {
        found.push(judged);
        reports.push(report(judged, { ...seen, seed }));
      },
      onLost(program) {
        reports.push(`Program ${program} differs, but not alone`);
      },
    });
    return { progress, found, reports };
  } finally {
    for (const { theirs } of sides) await theirs[Symbol.asyncDispose]();
  }
}

for (
  const { engine, cpu, count, seed } of [
    { engine: "interpreter", cpu: "power9", count: 12_000, seed: 1 },
    { engine: "interpreter", cpu: "power8", count: 2_000, seed: 2 },
    { engine: "reference", cpu: "power9", count: 128, seed: 3 },
    { engine: "jit", cpu: "power9", count: 1_024, seed: 6 },
  ] as const
) {
  Deno.test({
    name:
      `the ${engine} leaves what QEMU's ${cpu} leaves in ${count} random programs${why}`,
    ignore: !qemu,
    async fn() {
      const options = { seed, engine, cpu };
      const sides = [makeSide(true, options), makeSide(false, options)];
      const { progress, reports } = await compare(sides, { count, seed });
      assert.equal(reports.join("\n"), "");
      assert(progress.programs > 0.99 * count, `${progress.programs} programs`);
      assert(progress.departures < count / 100, `${progress.departures}`);
      if (engine !== "jit") return;
      const inRegions = sides.reduce(
        (sum, side) => sum + side.ours.inRegions,
        0,
      );
      assert(inRegions > 0.9 * progress.instructions, `${inRegions}`);
    },
  });
}

Deno.test("Generator gives the same programs for the same seed, and they end", () => {
  const fill = (seed: number) => {
    const batch = new Batch();
    new Generator({ seed, littleEndian: true, version: "3.0" })
      .fill(batch, 128, 64);
    return batch;
  };
  const batch = fill(5);
  assert.deepEqual(batch.words, fill(5).words);
  assert.deepEqual(batch.data, fill(5).data);
  assert.notDeepEqual(batch.words, fill(6).words);
  const left = new Ours({
    engine: "interpreter",
    littleEndian: true,
    cpu: "power9",
  }).run(batch);
  for (let i = 0; i < 64; i++) {
    for (let n = 0; n < batch.runs(i); n++) {
      const record = recordOf(left, i, n);
      assert.notEqual(record[RECORD.SIGNAL], SIGNAL.endless, `program ${i}`);
    }
  }
});
