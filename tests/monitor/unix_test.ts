import assert from "node:assert/strict";
import { MonitorServer } from "../../monitor/server.ts";
import { FakeBackend } from "./_fake.ts";
import { RawClient, request } from "./_raw.ts";

function temporary(): { path: string } & Disposable {
  const folder = Deno.makeTempDirSync();
  return {
    path: `${folder}/m.sock`,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

Deno.test("listenUnix() makes a socket that only its owner may open", async () => {
  using place = temporary();
  await using server = new MonitorServer(new FakeBackend());
  const address = await server.listen(`unix:${place.path}`);
  assert.equal(address, `unix:${place.path}`);
  assert.equal(Deno.statSync(place.path).mode! & 0o777, 0o600);
  using client = await RawClient.connect(address);
  const answer = await client.ask(request(1, "query-status"));
  assert.equal(answer.result.running, true);
});

Deno.test("listenUnix() removes the socket at its end", async () => {
  using place = temporary();
  const server = new MonitorServer(new FakeBackend());
  await server.listen(`unix:${place.path}`);
  await server.close();
  assert.throws(() => Deno.lstatSync(place.path), Deno.errors.NotFound);
});

Deno.test("listenUnix() replaces a socket that a dead process left behind", async () => {
  using place = temporary();
  const listener = Deno.listen({ transport: "unix", path: place.path });
  Deno.renameSync(place.path, `${place.path}.kept`);
  listener.close();
  Deno.renameSync(`${place.path}.kept`, place.path);
  await using server = new MonitorServer(new FakeBackend());
  using client = await RawClient.connect(
    await server.listen(`unix:${place.path}`),
  );
  assert.equal((await client.ask(request(1, "query-status"))).id, 1);
});

Deno.test("listenUnix() does not take a socket from a living process", async () => {
  using place = temporary();
  await using first = new MonitorServer(new FakeBackend());
  const address = await first.listen(`unix:${place.path}`);
  await using second = new MonitorServer(new FakeBackend());
  await assert.rejects(() => second.listen(address), {
    message: `Cannot listen on ${address}: another process does`,
  });
  using client = await RawClient.connect(address);
  assert.equal((await client.ask(request(1, "query-status"))).id, 1);
});

Deno.test("listenUnix() does not remove a file that is no socket", async () => {
  using place = temporary();
  Deno.writeTextFileSync(place.path, "precious");
  await using server = new MonitorServer(new FakeBackend());
  await assert.rejects(() => server.listen(`unix:${place.path}`), {
    message: `Cannot listen on unix:${place.path}: it is not a socket`,
  });
  assert.equal(Deno.readTextFileSync(place.path), "precious");
});

Deno.test("listenUnix() says why a path cannot be had", async () => {
  using place = temporary();
  await using server = new MonitorServer(new FakeBackend());
  await assert.rejects(() => server.listen(`unix:${place.path}/x/y`), {
    message: /^Cannot listen on unix:.*: [A-Z]/,
  });
});
