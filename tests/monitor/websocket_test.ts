import assert from "node:assert/strict";
import { connect } from "../../monitor/client.ts";
import { MonitorServer } from "../../monitor/server.ts";
import { FakeBackend, hcallEvent } from "./_fake.ts";
import { eventually, RawClient, request, soon } from "./_raw.ts";

const LOCAL = "ws:127.0.0.1:0";

async function handshake(
  address: string,
  headers: Record<string, string>,
  { method = "GET", body = "" } = {},
): Promise<{ status: number; client: RawClient }> {
  const client = await RawClient.connect(address.replace("ws:", "tcp:"));
  const lines = Object.entries({
    Host: address.slice("ws:".length),
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  }).filter(([, value]) => value !== "").map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  await client.send(`${method} / HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
  const buffer = new Uint8Array(4096);
  const length = await soon(client.conn.read(buffer));
  const text = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]), client };
}

async function statusOf(
  address: string,
  headers: Record<string, string>,
  options = {},
): Promise<number> {
  const { status, client } = await handshake(address, headers, options);
  client.conn.close();
  return status;
}

Deno.test("listenWebSocket() serves a client, one message a frame", async () => {
  await using server = new MonitorServer(new FakeBackend());
  await using client = await connect(await server.listen(LOCAL));
  assert.equal((await client.call("query-status")).status, "running");
  await assert.rejects(() => client.callUnchecked("absent"), { code: -32601 });
});

Deno.test("listenWebSocket() refuses origins that were not allowed", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const address = await server.listen(LOCAL, { origins: ["http://good.test"] });
  for (const Origin of ["http://evil.test", "null", "http://good.test.evil"]) {
    assert.equal(await statusOf(address, { Origin }), 403, Origin);
  }
  assert.equal(await statusOf(address, { Origin: "http://good.test" }), 101);
  assert.equal(await statusOf(address, {}), 101);
});

Deno.test("listenWebSocket() refuses requests led here under another name", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const address = await server.listen(LOCAL);
  const port = address.split(":").at(-1);
  for (
    const Host of [
      `evil.test:${port}`,
      `127.0.0.1.evil.test:${port}`,
      "127.0.0.1",
      "127.0.0.1:1",
      `localhost.evil:${port}`,
    ]
  ) {
    assert.equal(await statusOf(address, { Host }), 403, Host);
  }
  assert.equal(await statusOf(address, { Host: `localhost:${port}` }), 101);
});

Deno.test("listenWebSocket() parses no plain request, whatever it carries", async () => {
  const backend = new FakeBackend();
  await using server = new MonitorServer(backend);
  const address = await server.listen(LOCAL);
  const body = JSON.stringify(request(1, "quit"));
  const headers = {
    Upgrade: "",
    Connection: "close",
    "Content-Length": String(body.length),
  };
  const post = { method: "POST", body };
  assert.equal(await statusOf(address, headers, post), 426);
  const Origin = "http://evil.test";
  assert.equal(await statusOf(address, { ...headers, Origin }, post), 403);
  assert.deepEqual(backend.calls, []);
});

Deno.test("listenWebSocket() refuses addresses beyond loopback", async () => {
  await using server = new MonitorServer(new FakeBackend());
  await assert.rejects(() => server.listen("ws:0.0.0.0:0"), {
    message:
      "Cannot listen on ws:0.0.0.0:0: WebSocket clients are served on loopback only",
  });
});

Deno.test("listenWebSocket() answers a frame that is not one whole message", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const address = await server.listen(LOCAL);
  const socket = new WebSocket(`ws://${address.slice("ws:".length)}/`);
  const received: { error?: { code: number }; id: unknown }[] = [];
  socket.onmessage = ({ data }) => received.push(JSON.parse(data));
  await soon(new Promise((resolve) => socket.onopen = resolve));
  socket.send('{"jsonrpc":"2.0",');
  socket.send(JSON.stringify(request(7, "query-status")));
  await eventually(() => received.length === 2);
  assert.equal(received[0]!.error!.code, -32700);
  assert.equal(received[1]!.id, 7);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.send(`"${"x".repeat(1 << 20)}"`);
  await soon(closed);
  assert.equal(received[2]!.error!.code, -32005);
});

Deno.test("MonitorServer.close() ends WebSocket clients, also one that does not read", async () => {
  const backend = new FakeBackend();
  const server = new MonitorServer(backend);
  const address = await server.listen(LOCAL);
  await using client = await connect(address);
  await client.call("query-status");
  const { client: deaf } = await handshake(address, {});
  using _ = deaf;
  await using events = await client.subscribe({ events: ["HCALL"] });
  for (let i = 0; i < 1000; i++) backend.emit(hcallEvent("H_CEDE"));
  assert.equal((await soon(events.next())).value?.name, "HCALL");
  await soon(server.close());
  await assert.rejects(() => client.call("query-status"));
});
