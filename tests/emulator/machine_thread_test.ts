import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { MAX_UNREAD } from "../../emulator/door.ts";
import { MachineFaultError } from "../../emulator/machine_fault.ts";
import { MonitorError } from "../../monitor/errors.ts";
import type { MonitorEvent } from "../../monitor/backend.ts";
import { eventually, soon } from "../monitor/_raw.ts";
import { timesOf } from "../processor_time.ts";
import { call, Collector, startFake } from "./_fake.ts";

async function slices(thread: Parameters<typeof call>[0]): Promise<number> {
  const result = await call(thread, "query-clock") as { slices: number };
  return result.slices;
}

Deno.test("MachineThread builds a machine that waits for cont", async () => {
  const output = new Collector();
  await using thread = await startFake({ print: ["one ", "two"] }, {
    onConsole: output.take,
  });
  assert.deepEqual(await call(thread, "query-status"), {
    status: "prelaunch",
    running: false,
  });
  assert.equal(output.text, "");
  await call(thread, "cont");
  await eventually(() => output.text === "one two");
});

Deno.test("MachineThread tells why the guest ended, behind all that it printed", async () => {
  const output = new Collector();
  const end = { reason: "panic", message: "os-term: bye" } as const;
  await using thread = await startFake(
    { print: Array(50).fill("x"), busy: true, end },
    { onConsole: output.take },
  );
  await call(thread, "cont");
  assert.deepEqual(await soon(thread.ended), end);
  assert.equal(output.text, "x".repeat(50));
  const status = await call(thread, "query-status");
  assert.deepEqual(status, { status: "shutdown", running: false });
});

Deno.test("MachineThread ends by host-request when a client quits", async () => {
  await using thread = await startFake({});
  await call(thread, "quit");
  assert.deepEqual(await soon(thread.ended), { reason: "host-request" });
});

Deno.test("MachineThread sleeps while the machine has nothing to do", async () => {
  await using thread = await startFake({});
  await call(thread, "cont");
  await sleep(50);
  const before = await slices(thread);
  await sleep(300);
  // Each question wakes it once.
  assert.ok(await slices(thread) - before <= 2);
});

Deno.test("MachineThread refuses what the table and the machine's state refuse", async () => {
  await using thread = await startFake({});
  const code = async (method: string) => {
    try {
      await call(thread, method);
    } catch (error) {
      assert.ok(error instanceof MonitorError);
      return error.code;
    }
    return undefined;
  };
  assert.equal(await code("absent"), -32601);
  assert.equal(await code("subscribe"), -32601);
  assert.equal(await code("query-hcalls"), -32004);
  assert.equal(await code("system_powerdown"), -32000);
});

Deno.test("MachineThread goes on after a call that failed", async () => {
  await using thread = await startFake({});
  await assert.rejects(call(thread, "query-cpus-fast"), {
    name: "MachineFaultError",
    message: "Fake handler broke",
    fault: "TypeError",
  });
  await assert.rejects(
    call(thread, "query-version"),
    /its answer does not come at once/,
  );
  assert.ok(await call(thread, "query-status"));
});

Deno.test("MachineThread hands typed bytes on as the terminal has room", async () => {
  const output = new Collector();
  await using thread = await startFake({ room: 7 }, {
    onConsole: output.take,
  });
  await call(thread, "cont");
  const text = "0123456789".repeat(100);
  await soon(thread.type(new TextEncoder().encode(text)));
  await eventually(() => output.text === text);
  assert.equal(thread.untaken, 0);
});

Deno.test("MachineThread.type() waits for a guest that does not read", async () => {
  await using thread = await startFake({ room: 5, deaf: true });
  await call(thread, "cont");
  const typed = thread.type(new Uint8Array(8)).then(() => "taken");
  const early = await Promise.race([typed, sleep(100, "waiting")]);
  assert.equal(early, "waiting");
  assert.equal(thread.untaken, 3);
  await call(thread, "quit");
  assert.equal(await soon(typed), "taken");
});

Deno.test("MachineThread makes the guest wait while output is unread, and answers", async () => {
  const waiting: (() => void)[] = [];
  let bytes = 0;
  await using thread = await startFake({ flood: 1 << 20 }, {
    onConsole(chunk, written) {
      bytes += chunk.length;
      waiting.push(written);
    },
  });
  await call(thread, "cont");
  await eventually(() => bytes > MAX_UNREAD);
  await sleep(50);
  const atRest = bytes;
  assert.ok(atRest <= MAX_UNREAD + (2 << 20), `${atRest}`);
  assert.ok(await soon(call(thread, "query-status")));
  await sleep(50);
  assert.equal(bytes, atRest);
  for (const written of waiting.splice(0)) written();
  await eventually(() => bytes > atRest + MAX_UNREAD);
});

Deno.test("MachineThread answers a call while the guest is busy", async () => {
  await using thread = await startFake({ busy: true });
  await call(thread, "cont");
  const { elapsed, processor } = await timesOf(
    20,
    () => call(thread, "query-status"),
  );
  assert.ok(processor[10]! < 50, `${processor[10]} ms of processors`);
  assert.ok(elapsed[0]! < 50, `${elapsed[0]} ms`);
});

Deno.test("MachineThread makes the events that are wanted, and no others", async () => {
  await using thread = await startFake({
    hcall: ["H_CEDE", "H_SET_MODE"],
    print: Array(10).fill("."),
  });
  const events: MonitorEvent[] = [];
  thread.onEvent((event) => events.push(event));
  thread.setEventInterest({
    events: ["HCALL"],
    hcalls: ["H_SET_MODE"],
    virtio: [],
  });
  await call(thread, "cont");
  await eventually(() => events.length === 10 || events.length === 11);
  assert.deepEqual(
    new Set(events.map(({ data }) => data.name)),
    new Set(["H_SET_MODE"]),
  );
  assert.equal(typeof events[0]?.at.instructions, "string");
});

Deno.test("MachineThread tells CONSOLE events to those who listen", async () => {
  await using thread = await startFake({ print: ["hi"] });
  const events: MonitorEvent[] = [];
  thread.onEvent((event) => events.push(event));
  thread.setEventInterest({ events: ["CONSOLE"], hcalls: [], virtio: [] });
  await call(thread, "cont");
  await eventually(() => events.length > 0);
  assert.equal(events[0]?.data.text, "hi");
});

Deno.test("MachineThread keeps inputs with stamps where it is told to", async () => {
  await using thread = await startFake({}, { record: true });
  await call(thread, "cont");
  await thread.type(new TextEncoder().encode("ab"));
  const recording = await thread.recording();
  assert.equal(recording?.truncated, false);
  assert.deepEqual(
    recording?.inputs.map(({ input }) => input),
    [
      { kind: "call", method: "cont", params: {} },
      { kind: "console", bytes: new TextEncoder().encode("ab") },
    ],
  );
  const stamps = recording?.inputs.map(({ instructions }) => instructions) ??
    [];
  assert.equal(stamps[0], 0);
  assert.ok(stamps[1]! % 1000 === 0);
  await using other = await startFake({});
  assert.equal(await other.recording(), undefined);
});

Deno.test("MachineThread.start() rejects when the machine cannot be built", async () => {
  await assert.rejects(
    startFake({ refuse: "Cannot make machine: no" }),
    (error) =>
      error instanceof MachineFaultError && error.fault === "RangeError" &&
      error.message === "Cannot make machine: no",
  );
});

Deno.test("MachineThread.start() rejects when the worker cannot be loaded", async () => {
  const worker = new URL("./absent_worker.ts", import.meta.url);
  await assert.rejects(soon(startFake({}, { worker })));
});

Deno.test("MachineThread rejects everything when the machine breaks", async () => {
  await using thread = await startFake({ crash: true, busy: true });
  await call(thread, "cont");
  await assert.rejects(soon(thread.ended), { message: "Fake machine broke" });
  await assert.rejects(soon(call(thread, "query-status")), MachineFaultError);
  await soon(thread.type(new Uint8Array(1)));
});

Deno.test("MachineThread.leave() ends a busy, an idle and a paused machine", async () => {
  for (const script of [{ busy: true }, {}, { flood: 1 << 20 }]) {
    const thread = await startFake(script, { onConsole: () => {} });
    await call(thread, "cont");
    await soon(thread.leave());
    await assert.rejects(call(thread, "query-status"), /thread has ended/);
  }
  const paused = await startFake({});
  const unanswered = paused.leave();
  await soon(unanswered);
});
