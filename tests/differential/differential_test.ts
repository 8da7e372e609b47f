// Random programs on ours and on QEMU: a fixed slice of what
// `deno task differential` does.
import assert from "node:assert/strict";
import { Batch, recordOf } from "./batch.ts";
import { installedQemu } from "./find_qemu.ts";
import { Generator } from "./generate.ts";
import { hunt, type Side } from "./hunt.ts";
import { type EngineName, Ours } from "./ours.ts";
import { Qemu } from "./qemu.ts";
import { programText, report } from "./report.ts";
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
    },
  });
}

/** An engine that takes one instruction for another. */
class Mistaken extends Ours {
  readonly #mask: number;
  readonly #match: number;
  readonly #change: number;

  constructor(
    littleEndian: boolean,
    { mask, match, change }: { mask: number; match: number; change: number },
  ) {
    super({ engine: "interpreter", littleEndian, cpu: "power9" });
    this.#mask = mask;
    this.#match = match;
    this.#change = change;
  }

  override run(batch: Batch): Uint8Array {
    const wrong = new Batch();
    wrong.data.set(batch.data);
    batch.words.forEach((word, i) => {
      const hit = (word & this.#mask) >>> 0 === this.#match;
      wrong.words[i] = hit ? word ^ this.#change : word;
    });
    return super.run(wrong);
  }
}

Deno.test({
  name: `hunt() finds one wrong instruction and shrinks it${why}`,
  ignore: !qemu,
  async fn() {
    for (
      const [name, mistake] of [
        // xor for nand, and vadduwm for vadduhm.
        ["nand", { mask: 0xfc00_07fe, match: 0x7c00_03b8, change: 0x180 }],
        ["vadduhm", { mask: 0xfc00_07ff, match: 0x1000_0040, change: 0xc0 }],
      ] as const
    ) {
      const side = makeSide(true, { seed: 7 });
      const sides = [{ ...side, ours: new Mistaken(true, mistake) }];
      const { found, reports } = await compare(sides, { count: 128, seed: 7 })
        .catch((error: unknown) => {
          assert(error instanceof assert.AssertionError);
          return { found: undefined, reports: [error.message] };
        });
      const text = reports.join("\n");
      assert.match(text, new RegExp(`\\+0x0 +${name}`));
      for (const { one } of found ?? []) {
        assert.equal(programText(one).length, 1, text);
      }
    }
  },
});

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
