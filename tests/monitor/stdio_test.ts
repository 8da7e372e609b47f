import assert from "node:assert/strict";
import { MonitorServer } from "../../monitor/server.ts";
import { listenStdio } from "../../monitor/transports/stdio.ts";
import { FakeBackend } from "./_fake.ts";
import { request, soon } from "./_raw.ts";

Deno.test("listenStdio() serves the one client of a stream", async () => {
  await using server = new MonitorServer(new FakeBackend());
  const input = new TextEncoder().encode(
    JSON.stringify(request(1, "query-status")) + "\n[" +
      JSON.stringify(request(2, "stop")) + "]",
  );
  let at = 0;
  let output = "";
  const closed = Promise.withResolvers<void>();
  let served: Promise<void> | undefined;
  const listener = listenStdio({
    read: (buffer) => {
      if (at === input.length) return Promise.resolve(null);
      const part = input.subarray(at, at + 3);
      buffer.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    write: (bytes) => {
      // One byte at a time, as a pipe may take them.
      output += new TextDecoder().decode(bytes.subarray(0, 1));
      return Promise.resolve(Math.min(1, bytes.length));
    },
    close: () => closed.resolve(),
  }, { onConnection: (connection) => served = server.serve(connection) });
  await soon(closed.promise);
  await served;
  await listener.close();
  const [first, second] = output.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert.equal(first.result.status, "running");
  assert.deepEqual(second, [{ jsonrpc: "2.0", id: 2, result: {} }]);
});
