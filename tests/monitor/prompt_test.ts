import assert from "node:assert/strict";
import { parseArguments } from "../../monitor/arguments.ts";
import { MonitorError } from "../../monitor/errors.ts";
import { MonitorPrompt } from "../../monitor/prompt.ts";
import { describeResult } from "../../monitor/result_text.ts";
import { FakeBackend } from "./_fake.ts";

Deno.test("MonitorPrompt.run() carries out a method and lays its result out", async () => {
  const prompt = new MonitorPrompt(new FakeBackend());
  assert.deepEqual(await prompt.run("query-status"), [
    "status: running",
    "running: true",
  ]);
  assert.deepEqual(await prompt.run("  system-reset "), ["done"]);
  assert.deepEqual(await prompt.run("query_cpus_fast"), [
    "- vcpu: 0, server: 0, model: power9, pvr: 0x4e1202, state: running",
  ]);
});

Deno.test("MonitorPrompt.run() takes JSON and words", async () => {
  const backend = new FakeBackend();
  const prompt = new MonitorPrompt(backend);
  await prompt.run('memory-read {"address":"0x0","length":16}');
  await prompt.run("memory-read address=0x0 length=16");
  assert.equal(backend.calls.length, 2);
  assert.deepEqual(backend.calls[0], backend.calls[1]);
  assert.equal(backend.calls[0]!.client, 0);
});

Deno.test("MonitorPrompt.run() says what is wrong and throws nothing", async () => {
  const backend = new FakeBackend({
    translate: () => {
      throw MonitorError.of("notAccessible", { message: "Cannot translate" });
    },
  });
  const prompt = new MonitorPrompt(backend);
  assert.deepEqual(await prompt.run(""), []);
  assert.deepEqual(await prompt.run("launch"), [
    "Unknown command, try help: launch",
  ]);
  assert.deepEqual(await prompt.run("subscribe"), [
    "Unknown command, try help: subscribe",
  ]);
  const [first, second] = await prompt.run("memory-read length=1");
  assert.equal(first, "Invalid params");
  assert.match(second!, /^ {2}address: /);
  assert.match((await prompt.run("memory-read {"))[0]!, /^Cannot parse/);
  assert.deepEqual(await prompt.run("translate address=0x0"), [
    "Cannot translate",
  ]);
  backend.state = "shutdown";
  assert.deepEqual(await prompt.run("cont"), [
    "Cannot cont: machine is shutdown",
  ]);
});

Deno.test("MonitorPrompt.run() helps", async () => {
  const prompt = new MonitorPrompt(new FakeBackend());
  const lines = await prompt.run("help");
  assert.ok(lines.length <= 48 && lines.every((line) => line.length <= 80));
  assert.match((await prompt.run("help stop"))[0]!, /^stop: Stop the vCPUs/);
  assert.match((await prompt.run("help x"))[0]!, /^Unknown command/);
});

Deno.test("MonitorPrompt.complete() finds what begins so", () => {
  const prompt = new MonitorPrompt(new FakeBackend());
  assert.deepEqual(prompt.complete("memory-"), ["memory-read", "memory-write"]);
  assert.deepEqual(prompt.complete("he"), ["help"]);
});

Deno.test("parseArguments() reads JSON and words", () => {
  assert.equal(parseArguments("  "), undefined);
  assert.deepEqual(parseArguments("[1]"), [1]);
  assert.deepEqual(parseArguments('a=0x10 b=3 c=true d="x" e=x=y'), {
    a: "0x10",
    b: 3,
    c: true,
    d: "x",
    e: "x=y",
  });
  const odd = parseArguments("__proto__=1") as Record<string, unknown>;
  assert.deepEqual(Object.keys(odd), ["__proto__"]);
  for (const text of ["a", "=1", "{", "[1"]) {
    assert.throws(() => parseArguments(text), SyntaxError);
  }
});

Deno.test("describeResult() unfolds what does not fit a line", () => {
  const lines = describeResult({
    name: "x",
    empty: [],
    short: ["a", "b"],
    long: Array(40).fill("0xc000"),
    deep: [{ a: { b: 1 } }],
  });
  assert.deepEqual(lines.slice(0, 4), [
    "name: x",
    "empty: []",
    "short: [a, b]",
    "long:",
  ]);
  assert.ok(lines.every((line) => line.length <= 80));
  assert.deepEqual(lines.slice(-2), ["deep:", "  - a: b: 1"]);
});
