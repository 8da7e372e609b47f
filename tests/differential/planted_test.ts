// An instruction that is wrong on our side on purpose: that differences are
// found, and shrunk to what matters.
import assert from "node:assert/strict";
import { op } from "./assembler.ts";
import { programText } from "./report.ts";
import { installedQemu } from "./find_qemu.ts";
import { Generator } from "./generate.ts";
import { differences } from "./compare.ts";
import { hunt } from "./hunt.ts";
import { Planted } from "./plant.ts";
import { Qemu } from "./qemu.ts";
import { RECORD_BYTES, SIGNAL, STORAGE_BYTES } from "./record.ts";
import { judge, type Judged, shrink } from "./shrink.ts";

const qemu = installedQemu();
const why = qemu ? "" : " (skipped: no qemu-ppc64le 7.2)";
const PROCESSOR = { littleEndian: true, cpu: "power9" } as const;
const NOP = op("ori");

Deno.test({
  name: `hunt() finds and shrinks what a planted nor gets wrong${why}`,
  ignore: !qemu,
  async fn() {
    // One side: what is found is shrunk while the next batch is on its way.
    const count = 512;
    const found: Judged[] = [];
    const lost: number[] = [];
    await using theirs = new Qemu(PROCESSOR);
    const nand = op("nand") & 0x7fe;
    const ours = new Planted({ ...PROCESSOR, engine: "interpreter" }, {
      name: "nor",
      alter: (word) => word & ~0x7fe | nand,
    });
    const generator = new Generator({ ...PROCESSOR, seed: 5, version: "3.0" });
    const progress = await hunt({
      sides: [{ littleEndian: true, generator, theirs, ours }],
      first: 0,
      count,
      onProgress() {},
      onDifference: (judged) => void found.push(judged),
      onLost: (program) => void lost.push(program),
    });
    assert.equal(progress.programs + progress.endless + progress.astray, count);
    assert.deepEqual(lost, []);
    assert(found.length >= 3, `${found.length} differences`);
    for (const { one } of found) {
      const [text, ...more] = programText(one).filter((_, i) =>
        one.words[i] !== NOP
      );
      assert.match(text ?? "", /^nor\.? /);
      assert.deepEqual(more, []);
    }
  },
});

Deno.test({
  name: `shrink() comes to its end when QEMU does not${why}`,
  ignore: !qemu,
  async fn() {
    await using theirs = new Qemu(PROCESSOR);
    const ours = new Planted({ ...PROCESSOR, engine: "interpreter" }, {
      name: "b",
      alter: (word) => word & 2 ? word : NOP,
    });
    const [judged] = await judge({ theirs, ours }, [{
      littleEndian: true,
      words: [op("addi", { RT: 3, RA: 3, SI: 1 }), op("b", { LI: 0 }), NOP],
      record: new Uint8Array(RECORD_BYTES),
      storage: new Uint8Array(STORAGE_BYTES),
    }]);
    assert(judged);
    const { one, theirs: left, ours: right } = await shrink(
      { theirs, ours },
      judged,
    );
    assert.deepEqual(one.words.filter((word) => word !== NOP), [op("b")]);
    const signal = differences(one, left, right).find(({ name }) =>
      name === "SIGNAL"
    );
    assert.equal(Number(`0x${signal?.theirs}`), SIGNAL.endless);
    assert.equal(signal?.ours, "0");
  },
});
