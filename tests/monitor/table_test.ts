import assert from "node:assert/strict";
import { checkParams, checkResult, checkState } from "../../monitor/check.ts";
import { MonitorError } from "../../monitor/errors.ts";
import { EVENTS } from "../../monitor/events.ts";
import { findMethod, METHODS } from "../../monitor/methods/mod.ts";
import { describeParams } from "../../monitor/openrpc.ts";

function check(name: string, params: unknown): unknown {
  return checkParams(findMethod(name)!, params);
}

function issuesOf(name: string, params: unknown): string[] {
  try {
    check(name, params);
  } catch (error) {
    assert.ok(error instanceof MonitorError);
    assert.equal(error.code, -32602);
    const { issues } = error.data as { issues: { path: string }[] };
    return issues.map(({ path }) => path);
  }
  throw new Error(`${name} accepted ${JSON.stringify(params)}`);
}

Deno.test("METHODS has every method once", () => {
  const names: string[] = METHODS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (
    const name of [
      ..."query-version query-status stop cont system_reset".split(" "),
      ..."system_powerdown quit query-cpus-fast query-lpcr".split(" "),
      ..."query-registers set-register memory-read memory-write".split(" "),
      ..."translate disassemble query-hcalls query-rtas".split(" "),
      ..."query-device-tree query-interrupts query-clock".split(" "),
      ..."query-unimplemented console-write subscribe".split(" "),
      ..."unsubscribe authenticate rpc.discover".split(" "),
    ]
  ) assert.ok(names.includes(name), name);
});

Deno.test("METHODS has examples that its schemas accept", () => {
  for (const method of METHODS) {
    checkParams(method, method.example.params);
    checkResult(method, method.example.result);
  }
});

Deno.test("METHODS has schemas that refuse unknown members", () => {
  for (const method of METHODS) {
    const params = { ...method.example.params, unknown: 1 };
    assert.throws(() => checkParams(method, params), MonitorError, method.name);
  }
});

Deno.test("METHODS lists required parameters before optional ones", () => {
  for (const method of METHODS) {
    const required = describeParams(method, {}).map((one) => one.required);
    const sorted = required.toSorted((a, b) => Number(b) - Number(a));
    assert.deepEqual(required, sorted, method.name);
  }
});

Deno.test("METHODS and EVENTS have summaries of one sentence and line", () => {
  for (const { summary } of [...METHODS, ...Object.values(EVENTS)]) {
    assert.match(summary, /^[A-Z][^\n]*[^.]$/);
  }
  for (const { name, summary } of METHODS) {
    assert.ok(summary.length <= 57, `${name} fits a line of help`);
  }
});

Deno.test("checkParams() fills in defaults", () => {
  assert.deepEqual(check("memory-read", { address: "0x0", length: 1 }), {
    address: "0x0",
    length: 1,
    space: "physical",
    vcpu: 0,
  });
  assert.deepEqual(check("query-status", undefined), {});
});

Deno.test("checkParams() takes parameters by position", () => {
  assert.deepEqual(
    check("memory-read", ["0x10", 4, "effective"]),
    { address: "0x10", length: 4, space: "effective", vcpu: 0 },
  );
  assert.deepEqual(issuesOf("memory-read", ["0x10", 4, "physical", 0, 1]), [
    "",
  ]);
  assert.deepEqual(issuesOf("memory-read", ["0x10"]), ["length"]);
});

Deno.test("checkParams() bounds what a client asks for", () => {
  const read = (address: unknown, length: unknown) => ({ address, length });
  assert.deepEqual(issuesOf("memory-read", read("0x0", 65_537)), ["length"]);
  assert.deepEqual(issuesOf("memory-read", read("0x0", 0)), ["length"]);
  assert.deepEqual(issuesOf("memory-read", read("0x0", 1.5)), ["length"]);
  assert.deepEqual(issuesOf("memory-read", read(0, 1)), ["address"]);
  assert.deepEqual(issuesOf("memory-read", read("16", 1)), ["address"]);
  assert.deepEqual(
    issuesOf("memory-read", read("0x10000000000000000", 1)),
    ["address"],
  );
  assert.deepEqual(issuesOf("query-registers", { vcpu: 2048 }), ["vcpu"]);
  assert.deepEqual(issuesOf("query-registers", { vcpu: -1 }), ["vcpu"]);
  assert.deepEqual(issuesOf("disassemble", { count: 257 }), ["count"]);
});

Deno.test("checkParams() wants exactly one form of the bytes to write", () => {
  const address = "0x100";
  assert.deepEqual(issuesOf("memory-write", { address }), [""]);
  assert.deepEqual(issuesOf("memory-write", { address, hex: "" }), [""]);
  assert.deepEqual(issuesOf("memory-write", { address, hex: "0" }), ["hex"]);
  assert.deepEqual(issuesOf("memory-write", { address, data: "A" }), ["data"]);
  const both = { address, hex: "00", data: "AA==" };
  assert.deepEqual(issuesOf("memory-write", both), [""]);
  const most = btoa("x".repeat(65_536));
  assert.ok(check("memory-write", { address, data: most }));
  const more = btoa("x".repeat(65_537));
  assert.deepEqual(issuesOf("memory-write", { address, data: more }), ["data"]);
});

Deno.test("checkParams() names at most sixteen faults", () => {
  const names = Array(100).fill(1);
  assert.equal(issuesOf("query-hcalls", { names }).length, 16);
});

Deno.test("checkResult() refuses what the table does not say", () => {
  const method = findMethod("query-status")!;
  assert.throws(() => checkResult(method, { status: "asleep", running: 1 }), {
    name: "TypeError",
    message: /^Cannot answer query-status: status: /,
  });
});

Deno.test("checkState() lets a method through in its states only", () => {
  const stop = findMethod("stop")!;
  checkState(stop, "running");
  checkState(findMethod("query-lpcr")!, "shutdown");
  assert.throws(() => checkState(stop, "shutdown"), {
    code: -32000,
    message: "Cannot stop: machine is shutdown",
    data: { state: "shutdown", when: ["prelaunch", "running", "paused"] },
  });
});
