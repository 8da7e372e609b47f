import assert from "node:assert/strict";
import { makeDocs } from "../../monitor/docs.ts";
import { METHODS } from "../../monitor/methods/mod.ts";
import { openRpcDocument } from "../../monitor/openrpc.ts";

function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === "$ref" ? [String(member)] : references(member)
  );
}

Deno.test("openRpcDocument() describes every method", () => {
  const { openrpc, methods } = openRpcDocument();
  assert.equal(openrpc, "1.3.2");
  assert.deepEqual(
    methods.map(({ name }) => name),
    METHODS.map(({ name }) => name),
  );
  const read = methods.find(({ name }) => name === "memory-read")!;
  assert.deepEqual(read.params.map(({ name, required }) => [name, required]), [
    ["address", true],
    ["length", true],
    ["space", false],
    ["vcpu", false],
  ]);
});

Deno.test("openRpcDocument() refers to nothing that is not in it", () => {
  const document = openRpcDocument();
  const all = references(document);
  assert.ok(all.length > 10);
  for (const reference of all) {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(reference)?.[1];
    assert.ok(name !== undefined && name in document.components.schemas);
  }
});

Deno.test("openRpcDocument() is plain JSON", () => {
  const document = openRpcDocument();
  assert.deepEqual(JSON.parse(JSON.stringify(document)), document);
});

Deno.test("makeDocs() gives what docs/monitor.md holds", () => {
  const path = new URL("../../docs/monitor.md", import.meta.url);
  assert.equal(
    Deno.readTextFileSync(path),
    makeDocs(),
    "docs/monitor.md is out of date: run monitor/generate_docs.ts",
  );
});
