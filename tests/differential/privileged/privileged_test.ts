// Random programs in privileged state on ours and on QEMU's pseries machine: a
// fixed slice of what `deno task differential --privileged` does.
import assert from "node:assert/strict";
import { installedQemu } from "../../../bench/qemu.ts";
import { op } from "../assembler.ts";
import { compared, hunt, type Judged } from "./hunt.ts";
import { CASE_BYTES, PLACE, RECORD_NAMES, recordOffset } from "./layout.ts";
import { type CaseFile, fromFile, programText, report } from "./report.ts";
import { onOurs, onQemu } from "./run.ts";

const qemu = installedQemu();
const usable = /version 7\.2\./.test(qemu?.version ?? "");
const why = usable ? "" : " (skipped: no qemu-system-ppc64 7.2)";
const CASES = new URL("cases/", import.meta.url);

/** Interrupts that programs come to. */
const VECTORS = [
  ...[0x300, 0x380, 0x400, 0x480, 0x600, 0x700],
  ...[0x800, 0xc00, 0xf20, 0xf40, 0xf60],
];

function theirs() {
  assert(qemu);
  return onQemu(qemu);
}

for (
  const { engine, seed, count } of [
    { engine: "interpreter", seed: 1, count: 9000 },
    { engine: "jit", seed: 2, count: 3000 },
  ] as const
) {
  Deno.test({
    name:
      `the ${engine} leaves what QEMU leaves in ${count} programs of privileged state${why}`,
    ignore: !usable,
    async fn() {
      const reports: string[] = [];
      let programs = 0;
      const tally = await hunt({
        theirs: theirs(),
        ours: onOurs({ engine }),
        seed,
        count,
        onProgress: (done) => programs = done,
        onDifference: (found, program) => {
          reports.push(report(found, { program, seed }));
        },
      });
      assert.equal(programs, count);
      const vectors = new Set(
        Object.values(tally).flatMap((some) => [...some.keys()]),
      );
      const missing = VECTORS.filter((vector) => !vectors.has(vector));
      assert.deepEqual(missing, []);
      assert.equal(reports.join("\n"), "");
    },
  });
}

Deno.test({
  name: `hunt() finds and shrinks a planted mfmsr of privileged state${why}`,
  ignore: !usable,
  async fn() {
    const found: Judged[] = [];
    await hunt({
      theirs: theirs(),
      ours: onOurs({ alter: withoutMfmsr }),
      seed: 3,
      count: 6,
      onDifference: (judged) => void found.push(judged),
    });
    assert(found.length >= 1, `${found.length} differences`);
    for (const { bytes } of found) {
      assert.equal(programText(bytes).length, 1);
      assert.match(programText(bytes).join(), /\bmfmsr\b/);
    }
  },
});

/** Makes each mfmsr of the cases, in either byte order, a no-operation. */
function withoutMfmsr(image: Uint8Array): Uint8Array {
  const view = new DataView(image.buffer);
  const wanted = op("mfmsr");
  for (let at = PLACE.cases + 16; at < image.length; at += 4) {
    const offset = (at - PLACE.cases - 16) % CASE_BYTES;
    if (offset >= 96) continue;
    for (const littleEndian of [false, true]) {
      const word = view.getUint32(at, littleEndian) & ~0x03e0_0000;
      if (word >>> 0 === wanted) view.setUint32(at, op("ori"), littleEndian);
    }
  }
  return image;
}

Deno.test("onOurs() leaves of every kept case what QEMU left", async () => {
  const files = [...Deno.readDirSync(CASES)].map(({ name }) => name).sort();
  assert(files.length >= 6, `${files.length} cases`);
  const vectors = new Set<bigint>();
  for (const name of files) {
    const file: CaseFile = JSON.parse(
      Deno.readTextFileSync(new URL(name, CASES)),
    );
    const { translation, bytes, theirs } = fromFile(file);
    const [ours] = await onOurs()(translation, [bytes]);
    assert.deepEqual(compared({ translation, bytes, theirs, ours }), [], name);
    vectors.add(
      new DataView(theirs.buffer).getBigUint64(recordOffset("vector")),
    );
  }
  assert(vectors.size >= 4, [...vectors].join());
  assert(RECORD_NAMES.length > 100);
});
