import assert from "node:assert/strict";
import { runCli } from "../../monitor/cli.ts";
import { METHODS } from "../../monitor/methods/mod.ts";
import { MonitorServer } from "../../monitor/server.ts";
import { FakeBackend, hcallEvent, NOW } from "./_fake.ts";
import { eventually, soon } from "./_raw.ts";

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const status = await soon(runCli(args, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  }));
  return { status, out, err };
}

async function start() {
  const backend = new FakeBackend();
  const server = new MonitorServer(backend);
  return { backend, server, address: await server.listen("tcp:127.0.0.1:0") };
}

Deno.test("runCli() prints a result as JSON", async () => {
  const { server, backend, address } = await start();
  await using _ = server;
  const { status, out } = await run(address, "query-status");
  assert.equal(status, 0);
  const result = { status: "running", running: true };
  assert.deepEqual(JSON.parse(out.join("\n")), result);
  const json = '{"address":"0x10","length":4}';
  assert.equal((await run(address, "memory-read", json)).status, 0);
  const words = ["address=0x10", "length=4"];
  assert.equal((await run(address, "memory-read", ...words)).status, 0);
  assert.deepEqual(backend.calls[1], { ...backend.calls[2], client: 2 });
});

Deno.test("runCli() ends with 1 when an error is answered or nobody is there", async () => {
  const { server, address } = await start();
  const absent = await run(address, "absent");
  assert.deepEqual(absent, { status: 1, out: [], err: ["Method not found"] });
  const params = await run(address, "memory-read", "length=1");
  assert.equal(params.status, 1);
  assert.equal(params.err[0], "Invalid params");
  assert.match(params.err[1]!, /^ {2}address: /);
  await server.close();
  const gone = await run(address, "query-status");
  assert.equal(gone.status, 1);
  assert.match(gone.err[0]!, /^Cannot connect to tcp:127\.0\.0\.1:\d+: /);
});

Deno.test("runCli() ends with 2 and one sentence on wrong usage", async () => {
  const { server, address } = await start();
  await using _ = server;
  for (
    const args of [
      ["nowhere", "query-status"],
      ["tcp:127.0.0.1:65536", "query-status"],
      [address],
      [address, "memory-read", "{"],
      [address, "memory-read", "word"],
      [address, "ring", "blk0"],
      [address, "ring", "blk0", "first"],
      [address, "ring", "blk0", "0", "--as", "middle"],
      [address, "ring", "blk0", "0", "--chain", "65536"],
      [address, "--events", "VIRTIO_USED", "--virtio", "blk0:x"],
      [address, "--events", "NEVER"],
      [address, "--events", "STOP", "--count", "0"],
      [address, "query-status", "--unknown"],
      [address, "query-status", "--token-file", "/nonexistent/token"],
    ]
  ) {
    const { status, out, err } = await run(...args);
    assert.equal(status, 2, args.join(" "));
    assert.deepEqual(out, []);
    assert.equal(err.length, 1, args.join(" "));
    assert.match(err[0]!, /^[A-Z].*[^.]$/);
  }
});

Deno.test("runCli() fits its help on a screen and names every method", async () => {
  const { status, out } = await run("--help");
  assert.equal(status, 0);
  assert.ok(out.length <= 64 && out.every((line) => line.length <= 80));
  for (const { name } of METHODS) {
    assert.ok(out.some((line) => line.startsWith(`  ${name} `)), name);
  }
  assert.deepEqual(await run(), { status: 2, out, err: [] });
});

Deno.test("runCli() explains a method", async () => {
  const { status, out } = await run("--help", "memory-write");
  assert.equal(status, 0);
  assert.match(out[0]!, /^memory-write: /);
  assert.ok(out.some((line) => line.startsWith("  address: Hex64")));
});

Deno.test("runCli() streams events", async () => {
  const { server, backend, address } = await start();
  await using _ = server;
  const running = run(
    address,
    "--events",
    "hcall,STOP",
    "--hcalls",
    "H_SET_MODE",
    "--count",
    "2",
  );
  await eventually(() => backend.interest?.events.length === 2);
  backend.emit(hcallEvent("H_CEDE"));
  backend.emit(hcallEvent("H_SET_MODE"));
  backend.stop();
  const { status, out } = await running;
  assert.equal(status, 0);
  const names = out.map((line) => JSON.parse(line).name);
  assert.deepEqual(names, ["HCALL", "STOP"]);
});

Deno.test("runCli() ends with 1 when the events asked for do not come", async () => {
  const { server, backend, address } = await start();
  const running = run(address, "--events", "STOP", "--count", "2");
  await eventually(() => backend.interest?.events.length === 1);
  backend.stop();
  await server.close();
  const { status, out } = await running;
  assert.equal(status, 1);
  assert.ok(out.length <= 1);
});

Deno.test("runCli() prints a ring as a table, coloured for a terminal only", async () => {
  const { server, backend, address } = await start();
  await using _ = server;
  const { status, out } = await run(address, "ring", "rng0", "0");
  assert.equal(status, 0);
  assert.match(out[0]!, /^rng0 queue 0, requests: split ring of 2/);
  const lines: string[] = [];
  const args = [address, "ring", "rng0", "0", "--as", "little"];
  await soon(runCli(args, {
    out: (line) => lines.push(line),
    err: (line) => assert.fail(line),
    color: true,
  }));
  assert.ok(lines[0]!.startsWith("\x1b["));
  assert.deepEqual(
    backend.calls.at(-1)?.params,
    { device: "rng0", queue: 0, as: "little" },
  );
});

Deno.test("runCli() asks for events of some devices and queues", async () => {
  const { server, backend, address } = await start();
  await using _ = server;
  const args = ["--events", "VIRTIO_USED", "--virtio", "blk0,net0:1"];
  const running = run(address, ...args, "--count", "1");
  await eventually(() => backend.interest?.events.length === 1);
  assert.deepEqual(backend.interest?.virtio, [
    { device: "blk0" },
    { device: "net0", queue: 1 },
  ]);
  for (const queue of [0, 1]) {
    const data = { device: "net0", queue, id: 0, written: 0, sequence: 0 };
    backend.emit({ name: "VIRTIO_USED", data, at: NOW });
  }
  const { out } = await running;
  assert.equal(JSON.parse(out[0]!).data.queue, 1);
});
