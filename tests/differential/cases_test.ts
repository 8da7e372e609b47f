// Cases that `deno task differential` has kept: what QEMU left of them is in
// their files, so that they are tested where there is no QEMU.
import assert from "node:assert/strict";
import { type CaseFile, fromFile, runCases } from "./case.ts";
import { differences } from "./compare.ts";
import { Ours } from "./ours.ts";

const FOLDER = new URL("cases/", import.meta.url);

function readCases(): readonly (readonly [name: string, CaseFile])[] {
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort()
    .map((name) =>
      [name, JSON.parse(Deno.readTextFileSync(new URL(name, FOLDER)))] as const
    );
}

for (const engine of ["interpreter", "reference", "jit"] as const) {
  Deno.test(`the ${engine} leaves of every kept case what QEMU left`, async () => {
    const cases = readCases();
    assert(cases.length >= 8, `${cases.length} cases`);
    for (const [name, file] of cases) {
      const { one, expected } = fromFile(file);
      const { littleEndian } = one;
      const ours = new Ours({ engine, littleEndian, cpu: file.cpu });
      const [left] = await runCases(ours, [one]);
      assert(left);
      assert.deepEqual(differences(one, expected, left), [], name);
    }
  });
}
