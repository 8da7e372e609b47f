// Clients that mean harm: the monitor stays up, the machine is not disturbed.
import assert from "node:assert/strict";
import { DEFAULT_LIMITS, type Limits } from "../../monitor/limits.ts";
import { MonitorServer } from "../../monitor/server.ts";
import { FakeBackend, hcallEvent } from "./_fake.ts";
import { Random } from "./_random.ts";
import { eventually, RawClient, request } from "./_raw.ts";
import { timesOf } from "../processor_time.ts";

const LOCAL = "tcp:127.0.0.1:0";

async function start(
  limits: Partial<Limits> = {},
  backend = new FakeBackend(),
) {
  const logged: string[] = [];
  const server = new MonitorServer(backend, {
    limits,
    log: (message) => logged.push(message),
  });
  const address = await server.listen(LOCAL);
  return { server, backend, address, logged };
}

async function assertServes(address: string): Promise<void> {
  using client = await RawClient.connect(address);
  const { elapsed } = await timesOf(3, async () => {
    const answer = await client.ask(request(1, "query-status"));
    assert.equal(answer.result.status, "running");
  });
  assert.ok(elapsed[0]! < 1000, `${elapsed}`);
}

Deno.test("MonitorServer closes a web page's POST without parsing it", async () => {
  const { server, backend, address } = await start();
  await using _ = server;
  using client = await RawClient.connect(address);
  const body = JSON.stringify(request(1, "quit"));
  await client.send(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}\n${body}\n`,
  );
  assert.equal(await client.rest(), "");
  assert.deepEqual(backend.calls, []);
  await assertServes(address);
});

Deno.test("MonitorServer answers a message of 1 MiB and refuses a longer one", async () => {
  const { server, address, logged } = await start();
  await using _ = server;
  const message = JSON.stringify(request(1, "query-status"));
  const padding = " ".repeat(DEFAULT_LIMITS.messageBytes - message.length);
  using first = await RawClient.connect(address);
  await first.send(`${message.slice(0, -1)}${padding}}`);
  assert.equal((await first.receive()).result.status, "running");
  using second = await RawClient.connect(address);
  await second.send(`"${"x".repeat(DEFAULT_LIMITS.messageBytes)}`);
  const answer = await second.receive();
  assert.equal(answer.error.code, -32005);
  assert.equal(answer.id, null);
  assert.equal(await second.rest(), "");
  assert.match(logged.join(), /too large/);
  await assertServes(address);
});

Deno.test("MonitorServer survives random bytes", async () => {
  const { server, address } = await start();
  await using _ = server;
  const random = new Random(1);
  for (let round = 0; round < 30; round++) {
    using client = await RawClient.connect(address);
    const bytes = Uint8Array.from({ length: 2000 }, () => random.below(256));
    bytes[0] = 0x7b;
    await client.send(bytes).catch(() => {});
    await (client.conn as Deno.TcpConn).closeWrite().catch(() => {});
    for (const line of (await client.rest()).trim().split("\n")) {
      if (line !== "") {
        assert.equal(typeof JSON.parse(line).error.code, "number");
      }
    }
  }
  await assertServes(address);
});

Deno.test("MonitorServer closes a connection that sends nothing but nonsense", async () => {
  const { server, address } = await start();
  await using _ = server;
  using client = await RawClient.connect(address);
  await client.send("1\n" + "x\n".repeat(1000));
  const lines = (await client.rest()).trim().split("\n");
  assert.ok(lines.length <= DEFAULT_LIMITS.nonsense + 1);
  await assertServes(address);
});

Deno.test("MonitorServer bounds the requests under way and reads no further", async () => {
  let running = 0;
  let most = 0;
  const backend = new FakeBackend({
    "query-status": async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      return { status: "running", running: true };
    },
  });
  const { server, address } = await start({}, backend);
  await using _ = server;
  using client = await RawClient.connect(address);
  const ids = Array.from({ length: 200 }, (_, i) => i);
  await client.send(
    ids.map((id) => JSON.stringify(request(id, "query-status"))).join(""),
  );
  const seen = [];
  for (const _ of ids) seen.push((await client.receive()).id);
  assert.deepEqual(seen.toSorted((a, b) => a - b), ids);
  assert.equal(most, DEFAULT_LIMITS.inFlight);
});

Deno.test("MonitorServer does not grow under a flood that nobody reads the answers of", async () => {
  const { server, backend, address } = await start({ stall: 200 });
  await using _ = server;
  using flooder = await RawClient.connect(address);
  const page = request(1, "memory-read", { address: "0x0", length: 65_536 });
  const burst = JSON.stringify(page).repeat(1000);
  backend.calls.length = 0;
  const flood = (async () => {
    for (let i = 0; i < 200; i++) await flooder.send(burst);
  })().catch(() => {});
  await eventually(() => backend.calls.length > 1000);
  await assertServes(address);
  await eventually(async () => {
    const before = backend.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return backend.calls.length === before;
  });
  await flood;
  await assertServes(address);
});

Deno.test("MonitorServer drops events for a client that does not read, and no other", async () => {
  const { server, backend, address } = await start({ stall: 5000 });
  await using _ = server;
  using slow = await RawClient.connect(address);
  using good = await RawClient.connect(address);
  await slow.ask(request(1, "subscribe", { events: ["HCALL"] }));
  await good.ask(request(1, "subscribe", { hcalls: ["H_LAST"] }));
  const total = 60_000;
  const event = hcallEvent("H_CEDE");
  for (let i = 0; i < total; i++) backend.emit(event);
  backend.hcall("H_LAST");
  assert.equal((await good.receive()).params.data.name, "H_LAST");
  let received = 0;
  let dropped = 0;
  while (received + dropped < total + 1) {
    const { params } = await slow.receive();
    if (params.name === "DROPPED") dropped += params.data.count;
    else received++;
  }
  assert.ok(dropped > 0, "some were dropped");
  assert.ok(received > 0, "some were not");
});

Deno.test("MonitorServer sends a client away that takes nothing", async () => {
  const { server, backend, address, logged } = await start({ stall: 50 });
  await using _ = server;
  using dead = await RawClient.connect(address);
  await dead.ask(request(1, "subscribe", { events: ["HCALL"] }));
  const event = hcallEvent("H_CEDE");
  await eventually(() => {
    for (let i = 0; i < 20_000; i++) backend.emit(event);
    return logged.some((line) => line.includes("does not read"));
  });
  await eventually(() => backend.interest?.events.length === 0);
  await assertServes(address);
});

Deno.test("MonitorServer outlives a client that leaves in the middle", async () => {
  const gate = Promise.withResolvers<void>();
  const backend = new FakeBackend({
    stop: () => gate.promise.then(() => ({})),
  });
  const { server, address } = await start({}, backend);
  await using _ = server;
  const client = await RawClient.connect(address);
  await client.send(JSON.stringify(request(1, "stop")) + '{"jsonrpc"');
  await eventually(() => backend.calls.length === 1);
  client.conn.close();
  await assertServes(address);
  gate.resolve();
  await assertServes(address);
});
