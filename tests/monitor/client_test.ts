import assert from "node:assert/strict";
import { connect } from "../../monitor/client.ts";
import { MonitorServer } from "../../monitor/server.ts";
import { FakeBackend, hcallEvent, NOW } from "./_fake.ts";
import { eventually, soon } from "./_raw.ts";

const LOCAL = "tcp:127.0.0.1:0";

async function start(backend = new FakeBackend()) {
  const server = new MonitorServer(backend, { checkResults: true });
  const address = await server.listen(LOCAL);
  return { server, address, backend };
}

Deno.test("MonitorClient.call() gives typed results", async () => {
  const { server, address } = await start();
  await using _ = server;
  await using client = await connect(address);
  const [vcpu] = await client.call("query-lpcr", { vcpu: 0 });
  assert.equal(vcpu!.fields.ILE, 1);
  assert.equal(vcpu!.interruptByteOrder, "little");
});

Deno.test("MonitorClient.call() throws what the server answers", async () => {
  const { server, address } = await start();
  await using _ = server;
  await using client = await connect(address);
  const wrong = client.call("memory-read", { address: "nowhere", length: 1 });
  await assert.rejects(wrong, (error: { code: number; data: unknown }) => {
    assert.equal(error.code, -32602);
    const { issues } = error.data as { issues: { path: string }[] };
    assert.deepEqual(issues.map(({ path }) => path), ["address"]);
    return true;
  });
});

Deno.test("MonitorClient keeps the answers of overlapping calls apart", async () => {
  const backend = new FakeBackend({
    "memory-read": async ({ address, length }) => {
      await new Promise((resolve) => setTimeout(resolve, length % 3));
      return { address, length, data: "", hex: "" };
    },
  });
  const { server, address } = await start(backend);
  await using _ = server;
  await using client = await connect(address);
  const lengths = Array.from({ length: 50 }, (_, i) => i + 1);
  const results = await Promise.all(
    lengths.map((length) =>
      client.call("memory-read", { address: "0x0", length })
    ),
  );
  assert.deepEqual(results.map(({ length }) => length), lengths);
});

Deno.test("MonitorClient.subscribe() misses no event after it has resolved", async () => {
  const { server, address, backend } = await start();
  await using _ = server;
  await using client = await connect(address);
  await using events = await client.subscribe({ hcalls: ["H_SET_MODE"] });
  backend.emit(hcallEvent("H_CEDE"));
  backend.emit(hcallEvent("H_SET_MODE"));
  const { value } = await soon(events.next());
  assert.ok(value.name === "HCALL");
  assert.equal(value.data.name, "H_SET_MODE");
  assert.deepEqual(value.at, NOW);
});

Deno.test("MonitorClient gives each stream its own events and unsubscribes what none wants", async () => {
  const { server, address, backend } = await start();
  await using _ = server;
  await using client = await connect(address);
  const first = await client.subscribe({ events: ["STOP", "RESET"] });
  const second = await client.subscribe({ events: ["STOP"] });
  backend.stop();
  assert.equal((await soon(first.next())).value.name, "STOP");
  assert.equal((await soon(second.next())).value.name, "STOP");
  await first.return();
  assert.deepEqual(backend.interest?.events, ["STOP"]);
  await second.return();
  assert.deepEqual(backend.interest?.events, []);
  assert.equal((await second.next()).done, true);
});

Deno.test("MonitorClient.events() unsubscribes when the loop ends", async () => {
  const { server, address, backend } = await start();
  await using _ = server;
  await using client = await connect(address);
  const seen: string[] = [];
  const loop = (async () => {
    for await (const { name } of client.events({ events: ["STOP"] })) {
      seen.push(name);
      if (seen.length === 2) break;
    }
  })();
  await eventually(() => backend.interest?.events.length === 1);
  backend.stop();
  backend.stop();
  await soon(loop);
  assert.deepEqual(backend.interest?.events, []);
});

Deno.test("MonitorClient fails waiting calls and ends streams when the server goes", async () => {
  const never = new Promise<never>(() => {});
  const { server, address, backend } = await start(
    new FakeBackend({ stop: () => never }),
  );
  await using client = await connect(address);
  const events = await client.subscribe({ events: ["STOP"] });
  const waiting = assert.rejects(client.call("stop"), /connection/i);
  const ended = events.next();
  await eventually(() => backend.calls.length === 1);
  await server.close();
  await soon(waiting);
  assert.equal((await soon(ended)).done, true);
  await assert.rejects(() => client.call("query-status"), /connection/i);
});

Deno.test("MonitorClient.close() fails waiting calls", async () => {
  const never = new Promise<never>(() => {});
  const { server, address } = await start(
    new FakeBackend({ stop: () => never }),
  );
  await using _ = server;
  const client = await connect(address);
  const waiting = assert.rejects(client.call("stop"), {
    message: "Monitor connection is closed",
  });
  await client.close();
  await client.close();
  await soon(waiting);
});

Deno.test("connect() says what is wrong with an address", async () => {
  await assert.rejects(() => connect("nowhere"), SyntaxError);
  await assert.rejects(() => connect("stdio"), TypeError);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await assert.rejects(() => connect(`tcp:127.0.0.1:${port}`));
  await assert.rejects(() => connect(`ws:127.0.0.1:${port}`));
});
