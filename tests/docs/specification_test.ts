// Every promise of SPECIFICATION.md has its proof, and the proof is there.
import assert from "node:assert/strict";
import { PROJECT } from "./_imports.ts";

interface Promised {
  readonly number: string;
  readonly text: string;
}

const LINK = /\[`([^`]+)`\]\(([^)]+)\)/g;

/** The list's entries, with line ends taken out. */
function readPromises(): Promised[] {
  const page = Deno.readTextFileSync(`${PROJECT}/SPECIFICATION.md`);
  return [...page.matchAll(/^- \*\*(\d+\.\d+)\*\* ((?:.+\n)+?)(?=^- |\n)/gm)]
    .map(([, number = "", text = ""]) => ({
      number,
      text: text.replaceAll(/\s+/g, " "),
    }));
}

const promises = readPromises();

Deno.test("SPECIFICATION.md numbers its promises in order", () => {
  assert(promises.length > 40, `${promises.length} promises`);
  let [chapter, last] = [0, 0];
  for (const { number } of promises) {
    const [first = 0, second = 0] = number.split(".").map(Number);
    const follows = first === chapter
      ? second === last + 1
      : first === chapter + 1 && second === 1;
    assert(follows, number);
    [chapter, last] = [first, second];
  }
});

for (const { number, text } of promises) {
  Deno.test(`SPECIFICATION.md links ${number} to tests that are there`, () => {
    if (text.includes("_pending_")) return assert.doesNotMatch(text, LINK);
    const proofs = [...text.matchAll(LINK)];
    assert(proofs.length > 0, "neither a proof nor pending");
    for (const [, name = "", path = ""] of proofs) {
      assert.match(path, /^tests\/.*_test\.ts$/);
      const source = Deno.readTextFileSync(`${PROJECT}/${path}`);
      const names = source.matchAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g);
      assert(
        [...names].some(([literal]) => literal.includes(name)),
        `no test of ${path} is called so: ${name}`,
      );
    }
  });
}
