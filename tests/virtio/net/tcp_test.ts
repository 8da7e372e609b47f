import assert from "node:assert/strict";
import { NETWORK } from "../../../virtio/net/user/address.ts";
import { UserNetwork } from "../../../virtio/net/user/network.ts";
import {
  READ_AHEAD,
  READ_CHUNK,
} from "../../../virtio/net/user/host_sockets.ts";
import { READ_AHEAD_GROWTH } from "../../../virtio/net/user/tcp_connection.ts";
import { TCP_FLAG } from "../../../virtio/net/user/tcp_segment.ts";
import {
  type GuestTcp,
  pattern,
  SilentSockets,
  TestGuest,
  until,
  withServer,
  withSockets,
} from "./_guest.ts";

const encoder = new TextEncoder();

async function echo(connection: Deno.TcpConn): Promise<void> {
  await connection.readable.pipeTo(connection.writable);
}

for (const offloads of [false, true]) {
  const how = offloads ? "with offloads" : "without offloads";

  Deno.test(`UserNetwork carries an echo and both ends when ${how}`, async () => {
    await withServer(echo, (port) =>
      withSockets(async (sockets) => {
        const guest = new TestGuest(sockets, { offloads });
        const tcp = guest.connect(NETWORK.gateway, port);
        tcp.write(encoder.encode("hello "));
        await until(() => tcp.text === "hello ");
        tcp.write(encoder.encode("host"));
        tcp.end();
        await until(() => tcp.ended);
        assert.equal(tcp.text, "hello host");
        assert.equal(tcp.refused, false);
        assert.equal(guest.network.sizes.tcp, 1);
        guest.clock.advance(3000);
        assert.equal(guest.network.sizes.tcp, 0);
      }));
  });

  Deno.test(`UserNetwork carries 5 MB to the guest when ${how}`, async () => {
    const sent = pattern(5_000_000);
    await withServer(async (connection) => {
      for (let at = 0; at < sent.length;) {
        at += await connection.write(sent.subarray(at));
      }
      await connection.closeWrite();
      await connection.read(new Uint8Array(1));
    }, (port) =>
      withSockets(async (sockets) => {
        const guest = new TestGuest(sockets, { offloads });
        const tcp = guest.connect(NETWORK.gateway, port);
        await until(() => tcp.ended);
        assert.ok(tcp.data.every((byte, index) => byte === sent[index]));
        assert.equal(tcp.receivedBytes, sent.length);
        tcp.end();
        await until(() => tcp.unacknowledged === 0);
      }));
  });
}

Deno.test("UserNetwork carries 5 MB from the guest, however slow the host", async () => {
  const sent = pattern(5_000_000, 2);
  let received = 0;
  let wrong = 0;
  let slow = true;
  await withServer(async (connection) => {
    await until(() => !slow);
    const buffer = new Uint8Array(65536);
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) break;
      for (let at = 0; at < length; at++) {
        if (buffer[at] !== sent[received + at]) wrong++;
      }
      received += length;
    }
  }, (port) =>
    withSockets(async (sockets) => {
      const guest = new TestGuest(sockets);
      const tcp = guest.connect(NETWORK.gateway, port);
      tcp.write(sent);
      tcp.end();
      await until(() => tcp.established);
      await new Promise((resolve) => setTimeout(resolve, 50));
      slow = false;
      await until(() => tcp.ended);
      assert.equal(received, sent.length);
      assert.equal(wrong, 0);
    }));
});

Deno.test("UserNetwork takes no more of the guest than the host takes", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const tcp = established(guest, sockets);
  tcp.write(pattern(1_000_000));
  guest.take();
  while (guest.take().length > 0);
  assert.ok(tcp.unsent > 0);
  const sent = sockets.requests.reduce(
    (sum, request) =>
      sum + (request.kind === "tcp-send" ? request.data.byteLength : 0),
    0,
  );
  assert.ok(sent <= 262144 && sent > 262144 - 1460, `${sent}`);
});

Deno.test("UserNetwork waits for a guest whose window is closed", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const tcp = established(guest, sockets, { window: 4096 });
  tcp.window = 0;
  tcp.send(TCP_FLAG.ack);
  const data = pattern(3000);
  sockets.emit({ kind: "tcp-data", socket: 1, data: data.buffer });
  guest.take();
  guest.clock.advance(60_000);
  guest.take();
  assert.equal(tcp.receivedBytes, 0);
  assert.equal(tcp.refused, false);
  tcp.window = 4096;
  tcp.send(TCP_FLAG.ack);
  guest.take();
  guest.take();
  assert.deepEqual(tcp.data, data);
});

Deno.test("UserNetwork sends again what was lost", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const tcp = established(guest, sockets);
  guest.lose = 2;
  const data = pattern(2500);
  sockets.emit({ kind: "tcp-data", socket: 1, data: data.buffer });
  guest.take();
  assert.equal(tcp.receivedBytes, 0);
  guest.clock.advance(1500);
  guest.take();
  assert.deepEqual(tcp.data, data);
});

Deno.test("UserNetwork gives a silent guest up", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  established(guest, sockets);
  guest.lose = Infinity;
  sockets.emit({ kind: "tcp-data", socket: 1, data: pattern(10).buffer });
  guest.clock.advance(120_000);
  assert.equal(guest.network.sizes.tcp, 0);
  assert.equal(sockets.requests.at(-1)?.kind, "tcp-abort");
});

Deno.test("UserNetwork keeps data while the link has no room", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const tcp = established(guest, sockets);
  guest.room = false;
  sockets.emit({ kind: "tcp-data", socket: 1, data: pattern(10).buffer });
  guest.take();
  assert.equal(tcp.receivedBytes, 0);
  guest.room = true;
  guest.network.drained();
  guest.take();
  assert.equal(tcp.receivedBytes, 10);
});

Deno.test("UserNetwork passes resets on, both ways", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const tcp = established(guest, sockets);
  tcp.reset();
  assert.equal(sockets.requests.at(-1)?.kind, "tcp-abort");
  const other = established(guest, sockets, { socket: 3 });
  sockets.emit({ kind: "tcp-failed", socket: 3 });
  guest.take();
  assert.ok(other.refused);
  assert.equal(guest.network.sizes.tcp, 0);
});

Deno.test("UserNetwork refuses what the host refuses", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  await withSockets(async (sockets) => {
    const guest = new TestGuest(sockets);
    const tcp = guest.connect(NETWORK.gateway, port);
    await until(() => tcp.refused);
    assert.equal(guest.network.sizes.tcp, 0);
  });
});

Deno.test("UserNetwork refuses all that leaves when restricted", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets, { restrict: true });
  const places = [NETWORK.gateway, NETWORK.dns, 0x08080808];
  const calls = places.map((place) => guest.connect(place, 53));
  guest.take();
  assert.deepEqual(calls.map(({ refused }) => refused), [true, true, true]);
  assert.deepEqual(sockets.requests, []);
});

Deno.test("UserNetwork refuses places that must not be reached", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const places = [0x7f000001, 0x00000001, NETWORK.dns, 0x0a000207];
  const calls = places.map((place) => guest.connect(place, 80));
  guest.take();
  assert.ok(calls.every(({ refused }) => refused));
  assert.deepEqual(sockets.requests, []);
});

Deno.test("UserNetwork has as many connections as there may be", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const calls = Array.from(
    { length: 520 },
    () => guest.connect(0x08080808, 80),
  );
  guest.take();
  assert.equal(calls.filter(({ refused }) => refused).length, 8);
  assert.equal(guest.network.sizes.tcp, 512);
  guest.network.reset();
  assert.equal(guest.network.sizes.tcp, 0);
  const aborted = sockets.requests.filter(({ kind }) => kind === "tcp-abort");
  assert.equal(aborted.length, 512);
});

for (const restrict of [false, true]) {
  Deno.test(`UserNetwork forwards a port in when restrict is ${restrict}`, async () => {
    await withSockets(async (sockets) => {
      const guest = new TestGuest(sockets, {
        restrict,
        forwards: [{ protocol: "tcp", hostPort: 0, guestPort: 80 }],
      });
      guest.onCall = (tcp) => tcp.write(encoder.encode("from the guest"));
      const forward = () => guest.network.forwards[0] ?? assert.fail();
      await until(() => forward().listening !== undefined);
      const port = forward().listening ?? assert.fail();
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(encoder.encode("to the guest"));
      const buffer = new Uint8Array(100);
      const length = await connection.read(buffer) ?? assert.fail();
      const heard = new TextDecoder().decode(buffer.subarray(0, length));
      assert.equal(heard, "from the guest");
      const tcp = guest.connections[0] ?? assert.fail();
      await until(() => tcp.text === "to the guest");
      assert.equal(tcp.guestPort, 80);
      tcp.end();
      assert.equal(await connection.read(buffer), null);
      connection.close();
      await until(() => tcp.ended);
    });
  });
}

Deno.test("UserNetwork lets the host read far ahead for connections that carry much", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets, { offloads: true });
  const room = () =>
    sockets.requests.reduce(
      (sum, request) =>
        sum + (request.kind === "tcp-taken" ? request.bytes : 0),
      READ_AHEAD,
    );
  const tcp = established(guest, sockets);
  let given = 0;
  const give = (bytes: number) => {
    const data = pattern(bytes).buffer;
    sockets.emit({ kind: "tcp-data", socket: 1, data });
    given += bytes;
  };
  give(1000);
  guest.take();
  assert.equal(room() - given, READ_AHEAD);
  while (given < 2e6) {
    give(Math.min(READ_CHUNK, room() - given));
    guest.take();
  }
  while (guest.take().length > 0);
  assert.equal(tcp.receivedBytes, given);
  assert.equal(room() - given, READ_AHEAD + READ_AHEAD_GROWTH);
  tcp.window = 0;
  while (room() - given > 0) {
    give(Math.min(READ_CHUNK, room() - given));
    guest.take();
  }
  assert.equal(tcp.refused, false);
  give(1); // for which there is no room any more
  guest.take();
  assert.equal(tcp.refused, true);
});

Deno.test("UserNetwork collects what it acknowledges", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const tcp = established(guest, sockets);
  const { length } = sockets.requests;
  for (let i = 0; i < 30; i++) tcp.write(pattern(1000));
  guest.take();
  assert.equal(tcp.unacknowledged, 30_000);
  tcp.write(pattern(5000));
  guest.take();
  assert.ok(tcp.unacknowledged < 5000, `${tcp.unacknowledged}`);
  guest.clock.advance(50);
  guest.take();
  assert.equal(tcp.unacknowledged, 0);
  assert.equal(sockets.requests.length, length + 34);
});

Deno.test("UserNetwork.restore() resets the connections that were saved", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const tcp = established(guest, sockets);
  sockets.emit({ kind: "tcp-data", socket: 1, data: pattern(100).buffer });
  guest.take();
  const saved = structuredClone(guest.network.save());
  const other = new UserNetwork({
    sockets: new SilentSockets(),
    clock: guest.clock,
  });
  other.connect(guest);
  other.restore(saved);
  guest.take();
  assert.equal(tcp.refused, false);
  other.drained();
  guest.take();
  assert.equal(tcp.refused, true);
  for (
    const connections of [
      undefined,
      [{}],
      Array(513).fill(saved.connections[0]),
      [{ ...saved.connections[0], port: 65536 }],
    ]
  ) {
    assert.throws(() => other.restore({ ...saved, connections }), {
      name: "TypeError",
      message: "Cannot restore connections: not such a list",
    });
  }
});

Deno.test("UserNetwork says why a port is not forwarded", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await withSockets(async (sockets) => {
    const forwards = [
      { protocol: "tcp", hostPort: taken.addr.port, guestPort: 80 },
    ] as const;
    const guest = new TestGuest(sockets, { forwards });
    await until(() => guest.network.forwards[0]?.failed !== undefined);
  });
  taken.close();
});

/** A connection whose host socket is the n-th that was opened. */
function established(
  guest: TestGuest,
  sockets: SilentSockets,
  { window = 1 << 18, socket = 1 } = {},
): GuestTcp {
  const tcp = guest.connect(NETWORK.gateway, 7, { window });
  sockets.emit({ kind: "tcp-open", socket });
  guest.take();
  guest.take();
  assert.ok(tcp.established);
  return tcp;
}
