import assert from "node:assert/strict";
import { connect } from "../../monitor/client.ts";
import { MonitorServer } from "../../monitor/server.ts";
import { FakeBackend } from "./_fake.ts";
import { eventually, RawClient, request } from "./_raw.ts";

function fixture(name: string): string {
  return Deno.readTextFileSync(new URL(`testdata/${name}`, import.meta.url));
}

const tls = { cert: fixture("cert.pem"), key: fixture("key.pem") };
const ca = fixture("ca.pem");
const token = "open sesame";

function localPort(address: string): string {
  return `tcp:127.0.0.1:${address.split(":").at(-1)}`;
}

Deno.test("listenTcp() refuses addresses beyond loopback without token and TLS", async () => {
  await using server = new MonitorServer(new FakeBackend());
  for (const host of ["0.0.0.0", "[::]", "192.0.2.1"]) {
    for (const options of [{}, { token }, { tls }, { tls, token: "" }]) {
      await assert.rejects(() => server.listen(`tcp:${host}:0`, options), {
        message:
          `Cannot listen on tcp:${host}:0: beyond loopback a token and a TLS certificate with its key are needed`,
      });
    }
  }
});

Deno.test("listenTcp() says why a port cannot be had", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const address = await server.listen("tcp:127.0.0.1:0");
  await assert.rejects(() => server.listen(address), {
    message: /^Cannot listen on tcp:127\.0\.0\.1:\d+: Address/,
  });
});

Deno.test("listenTcp() serves clients with token and TLS beyond loopback", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const address = localPort(
    await server.listen("tcp:0.0.0.0:0", { token, tls }),
  );
  await using client = await connect(address, { token, tls: { ca } });
  assert.equal((await client.call("query-status")).running, true);
});

Deno.test("listenTcp() closes a client that speaks no TLS where it is due", async () => {
  const backend = new FakeBackend();
  await using server = new MonitorServer(backend);
  const address = localPort(
    await server.listen("tcp:0.0.0.0:0", { token, tls }),
  );
  using client = await RawClient.connect(address);
  await client.send(JSON.stringify(request(1, "quit")));
  assert.ok(!(await client.rest()).includes("result"));
  assert.deepEqual(backend.calls, []);
});

Deno.test("connect() does not trust an unknown certificate", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const address = await server.listen("tcp:127.0.0.1:0", { tls });
  await assert.rejects(() => connect(address, { tls: {} }), /certificate/);
});

Deno.test("Session refuses every method before the token", async () => {
  const backend = new FakeBackend();
  await using server = new MonitorServer(backend);
  const address = await server.listen("tcp:127.0.0.1:0", { token });
  const first = [
    request(1, "query-status"),
    request(1, "absent"),
    request(1, "rpc.discover"),
    request(1, "authenticate", { token: "open" }),
    request(1, "authenticate", { token: `${token}!` }),
    [request(1, "query-status"), request(2, "authenticate", { token: "" })],
  ];
  for (const message of first) {
    using client = await RawClient.connect(address);
    const answers = [await client.ask(message)].flat();
    for (const { error } of answers) assert.equal(error.code, -32001);
    assert.equal(await client.rest(), "", "the connection is closed");
  }
  assert.deepEqual(backend.calls, []);
});

Deno.test("Session lets a client in that shows the token", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const address = await server.listen("tcp:127.0.0.1:0", { token });
  using client = await RawClient.connect(address);
  const shown = request(1, "authenticate", { token });
  await client.send(
    JSON.stringify(shown) + JSON.stringify(request(2, "query-status")),
  );
  assert.deepEqual((await client.receive()).result, {});
  assert.equal((await client.receive()).result.running, true);
});

Deno.test("Session reads little from a client that has not shown the token", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const address = await server.listen("tcp:127.0.0.1:0", { token });
  using client = await RawClient.connect(address);
  await client.send(`"${"x".repeat(5000)}`);
  assert.equal((await client.receive()).error.data.limit, 4096);
  assert.equal(await client.rest(), "");
});

Deno.test("Session closes a client that does not show the token in time", async () => {
  const logged: string[] = [];
  await using server = new MonitorServer(new FakeBackend(), {
    limits: { authentication: 20 },
    log: (message) => logged.push(message),
  });
  const address = await server.listen("tcp:127.0.0.1:0", { token });
  using client = await RawClient.connect(address);
  assert.equal(await client.rest(), "");
  await eventually(() => logged.length === 1);
  assert.match(logged[0]!, /did not authenticate in time/);
});

Deno.test("connect() fails with the server's refusal of a wrong token", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const address = await server.listen("tcp:127.0.0.1:0", { token });
  const refusal = { code: -32001, message: "Not authenticated" };
  await assert.rejects(() => connect(address, { token: "no" }), refusal);
});
