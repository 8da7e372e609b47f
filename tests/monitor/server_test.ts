import assert from "node:assert/strict";
import { MonitorError } from "../../monitor/errors.ts";
import { checkResult } from "../../monitor/check.ts";
import { findMethod, METHODS } from "../../monitor/methods/mod.ts";
import { MonitorServer } from "../../monitor/server.ts";
import { describeVersion } from "../../monitor/version.ts";
import { FakeBackend, NOW } from "./_fake.ts";
import { eventually, RawClient, request } from "./_raw.ts";

const LOCAL = "tcp:127.0.0.1:0";

Deno.test("MonitorServer answers every method of the machine by its example", async () => {
  const backend = new FakeBackend();
  await using server = new MonitorServer(backend, { checkResults: true });
  using client = await RawClient.connect(await server.listen(LOCAL));
  for (const { name, home, example } of METHODS) {
    if (home === "server") continue;
    const answer = await client.ask(request(name, name, example.params));
    assert.deepEqual(answer, {
      jsonrpc: "2.0",
      id: name,
      result: JSON.parse(JSON.stringify(example.result)),
    });
  }
});

Deno.test("MonitorServer hands checked parameters and the client's number on", async () => {
  const backend = new FakeBackend();
  await using server = new MonitorServer(backend);
  const address = await server.listen(LOCAL);
  using first = await RawClient.connect(address);
  await first.ask(request(1, "disassemble", { count: 1 }));
  using second = await RawClient.connect(address);
  await second.ask(request(1, "query-lpcr", [3]));
  assert.deepEqual(backend.calls, [
    {
      method: "disassemble",
      params: { count: 1, space: "effective", vcpu: 0 },
      client: 1,
    },
    { method: "query-lpcr", params: { vcpu: 3 }, client: 2 },
  ]);
});

Deno.test("MonitorServer answers each kind of error", async () => {
  const logged: string[] = [];
  const backend = new FakeBackend({
    "query-clock": () => {
      throw new Error("/home/secret");
    },
    "set-register": ({ register }) => {
      throw MonitorError.of("notFound", { data: { register } });
    },
  });
  await using server = new MonitorServer(backend, {
    log: (message) => logged.push(message),
  });
  using client = await RawClient.connect(await server.listen(LOCAL));
  const codeOf = async (method: string, params?: unknown) =>
    (await client.ask(request(1, method, params))).error.code;
  assert.equal(await codeOf("no-such-method"), -32601);
  assert.equal(await codeOf("memory-read", { address: 5 }), -32602);
  assert.equal(await codeOf("query-clock"), -32603);
  assert.match(logged.join(), /secret/);
  const params = { register: "r99", value: "0x0" };
  assert.equal(await codeOf("set-register", params), -32002);
  backend.state = "shutdown";
  const refused = await client.ask(request(2, "cont"));
  assert.equal(refused.error.code, -32000);
  assert.equal(refused.error.data.state, "shutdown");
  await client.send("{]\n");
  assert.equal((await client.receive()).error.code, -32700);
  assert.equal((await client.ask({ id: 1 })).error.code, -32600);
});

Deno.test("MonitorServer names what a machine does not provide", async () => {
  const backend = new FakeBackend({ translate: undefined! });
  await using server = new MonitorServer(backend);
  using client = await RawClient.connect(await server.listen(LOCAL));
  const params = { address: "0x0" };
  const { error } = await client.ask(request(1, "translate", params));
  assert.equal(error.code, -32004);
  assert.match(error.message, /^Cannot translate: /);
});

Deno.test("MonitorServer with checkResults refuses a result that is not the table's", async () => {
  const backend = new FakeBackend({
    "query-status": () => ({ status: "running" }) as never,
  });
  for (const checkResults of [true, false]) {
    await using server = new MonitorServer(backend, { checkResults });
    using client = await RawClient.connect(await server.listen(LOCAL));
    const answer = await client.ask(request(1, "query-status"));
    assert.equal(answer.error?.code, checkResults ? -32603 : undefined);
  }
});

Deno.test("MonitorServer with checkResults sends no event that is not the table's", async () => {
  const logged: string[] = [];
  const backend = new FakeBackend();
  await using server = new MonitorServer(backend, {
    checkResults: true,
    log: (message) => logged.push(message),
  });
  using client = await RawClient.connect(await server.listen(LOCAL));
  await client.ask(request(1, "subscribe", { events: ["RESET", "STOP"] }));
  backend.emit({ name: "RESET", data: { guest: "yes" }, at: NOW });
  backend.stop();
  assert.equal((await client.receive()).params.name, "STOP");
  assert.match(logged.join(), /Cannot tell of RESET: data\.guest: /);
});

Deno.test("MonitorServer keeps an event that is not JSON from the machine", async () => {
  const logged: string[] = [];
  const backend = new FakeBackend();
  await using server = new MonitorServer(backend, {
    log: (message) => logged.push(message),
  });
  using client = await RawClient.connect(await server.listen(LOCAL));
  await client.ask(request(1, "subscribe", { events: ["STOP"] }));
  backend.emit({ name: "STOP", data: { when: 1n }, at: NOW });
  assert.equal(logged.length, 1);
  backend.stop();
  assert.equal((await client.receive()).params.name, "STOP");
});

Deno.test("MonitorServer forgets a client that is gone while the machine works for it", async () => {
  const never = new Promise<never>(() => {});
  const backend = new FakeBackend({ stop: () => never });
  await using server = new MonitorServer(backend);
  using client = await RawClient.connect(await server.listen(LOCAL));
  await client.ask(request(1, "subscribe", { events: ["STOP"] }));
  await client.send(JSON.stringify(request(2, "stop")));
  await eventually(() => backend.calls.length === 1);
  client.conn.close();
  await eventually(() => {
    backend.stop();
    return backend.interest?.events.length === 0;
  });
});

Deno.test("describeVersion() is what query-version may answer", () => {
  checkResult(findMethod("query-version")!, describeVersion());
});

Deno.test("MonitorServer sends each client the events that it wants", async () => {
  const backend = new FakeBackend();
  await using server = new MonitorServer(backend);
  const address = await server.listen(LOCAL);
  using first = await RawClient.connect(address);
  using second = await RawClient.connect(address);
  const stop = { events: ["STOP"] };
  const answer = await first.ask(request(1, "subscribe", stop));
  assert.deepEqual(answer.result, {
    events: ["STOP"],
    hcalls: [],
    virtio: [],
  });
  await second.ask(request(1, "subscribe", { hcalls: ["H_SET_MODE"] }));
  assert.deepEqual(backend.interest, {
    events: ["HCALL", "STOP"],
    hcalls: ["H_SET_MODE"],
    virtio: [],
  });
  backend.hcall("H_CEDE");
  backend.hcall("H_SET_MODE");
  backend.stop();
  assert.deepEqual(await first.receive(), {
    jsonrpc: "2.0",
    method: "event",
    params: { name: "STOP", data: {}, at: NOW },
  });
  assert.equal((await second.receive()).params.data.name, "H_SET_MODE");
  await first.ask(request(2, "unsubscribe"));
  backend.stop();
  assert.equal((await first.ask(request(3, "query-status"))).id, 3);
  second.conn.close();
  await eventually(() => backend.interest?.events.length === 0);
});

Deno.test("MonitorServer serves two clients while one waits for its answer", async () => {
  const gate = Promise.withResolvers<void>();
  const backend = new FakeBackend({
    stop: () => gate.promise.then(() => ({})),
  });
  await using server = new MonitorServer(backend);
  const address = await server.listen(LOCAL);
  using first = await RawClient.connect(address);
  using second = await RawClient.connect(address);
  await first.send(JSON.stringify(request(1, "stop")));
  await eventually(() => backend.calls.length === 1);
  assert.equal((await second.ask(request(2, "query-status"))).id, 2);
  assert.equal((await first.ask(request(3, "query-status"))).id, 3);
  gate.resolve();
  assert.equal((await first.receive()).id, 1);
});

Deno.test("MonitorServer answers what came before the end of input", async () => {
  await using server = new MonitorServer(new FakeBackend());
  using client = await RawClient.connect(await server.listen(LOCAL));
  await client.send(JSON.stringify(request(1, "query-status")) + '{"cut');
  await (client.conn as Deno.TcpConn).closeWrite();
  const lines = (await client.rest()).trim().split("\n");
  const codes = lines.map((line) => JSON.parse(line).error?.code);
  assert.deepEqual(codes.toSorted(), [-32700, undefined]);
});

Deno.test("MonitorServer describes itself by rpc.discover", async () => {
  await using server = new MonitorServer(new FakeBackend(), {
    checkResults: true,
  });
  using client = await RawClient.connect(await server.listen(LOCAL));
  const { result } = await client.ask(request(1, "rpc.discover"));
  assert.equal(result.openrpc, "1.3.2");
  assert.equal(result.methods.length, METHODS.length);
});

Deno.test("MonitorServer.close() ends every connection and listener", async () => {
  const server = new MonitorServer(new FakeBackend());
  const address = await server.listen(LOCAL);
  using client = await RawClient.connect(address);
  await client.ask(request(1, "query-status"));
  await server.close();
  assert.equal(await client.rest(), "");
  await assert.rejects(() => RawClient.connect(address));
});

Deno.test("MonitorServer takes no more clients than its limit", async () => {
  const limits = { clients: 1 };
  await using server = new MonitorServer(new FakeBackend(), { limits });
  const address = await server.listen(LOCAL);
  using first = await RawClient.connect(address);
  await first.ask(request(1, "query-status"));
  using second = await RawClient.connect(address);
  assert.equal(await second.rest(), "");
  first.conn.close();
  await eventually(async () => {
    using third = await RawClient.connect(address);
    const answer = third.ask(request(3, "query-status"));
    return (await answer.catch(() => undefined))?.id === 3;
  });
});
