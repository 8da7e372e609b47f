import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import {
  createDoorWords,
  InnerDoor,
  MAX_UNTAKEN,
  OuterDoor,
} from "../../emulator/door.ts";
import { ForwardError, HostNetwork } from "../../emulator/host_network.ts";
import {
  type HostEvent,
  READ_AHEAD,
} from "../../virtio/net/user/host_sockets.ts";
import { eventually } from "../monitor/_raw.ts";

/** A network and the machine's side of its door. */
class TestHost implements AsyncDisposable {
  readonly network: HostNetwork;
  readonly inner: InnerDoor;
  readonly events: HostEvent[] = [];
  readonly #ports: MessagePort[];

  constructor() {
    const words = createDoorWords();
    const { port1, port2 } = new MessageChannel();
    this.#ports = [port1, port2];
    this.inner = new InnerDoor({ words, port: port2 });
    this.network = new HostNetwork(new OuterDoor({ words, port: port1 }));
  }

  /** Takes what came in, and says so unless it is to wait. */
  take({ acknowledge = true } = {}): HostEvent[] {
    for (
      let message = this.inner.take();
      message !== undefined;
      message = this.inner.take()
    ) {
      assert.ok(message.kind === "network");
      this.events.push(message.event);
      if (acknowledge) this.inner.acknowledge(message);
    }
    return this.events;
  }

  /** Listens on any port of the loopback; gives which. */
  async listen(protocol: "tcp" | "udp"): Promise<number> {
    this.network.request("net0", {
      kind: "listen",
      protocol,
      listener: 1,
      address: "127.0.0.1",
      port: 0,
    });
    await this.network.listening;
    return this.network.forwards[0]?.port ?? assert.fail();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.network.close();
    for (const port of this.#ports) port.close();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The data of all events with some. */
function bytesOf(events: readonly HostEvent[]): number {
  return events.reduce(
    (sum, event) => sum + ("data" in event ? event.data.byteLength : 0),
    0,
  );
}

Deno.test("HostNetwork carries a connection to a forwarded port both ways", async () => {
  await using host = new TestHost();
  const port = await host.listen("tcp");
  assert.deepEqual(host.network.forwards, [
    { protocol: "tcp", address: "127.0.0.1", asked: 0, port },
  ]);
  using client = await Deno.connect({ port });
  await client.write(Uint8Array.of(1, 2, 3));
  await eventually(() => bytesOf(host.take()) === 3);
  const socket = 2;
  assert.deepEqual(host.events.slice(0, 2), [
    { kind: "listening", listener: 1, port },
    { kind: "tcp-accepted", listener: 1, socket },
  ]);
  const data = Uint8Array.of(4, 5).buffer;
  host.network.request("net0", { kind: "tcp-send", socket, data });
  const answer = new Uint8Array(9);
  assert.equal(await client.read(answer), 2);
  assert.deepEqual([...answer.subarray(0, 2)], [4, 5]);
  host.network.request("net0", { kind: "tcp-abort", socket });
});

Deno.test("HostNetwork reads no more of a connection than was taken", async () => {
  await using host = new TestHost();
  const port = await host.listen("tcp");
  using client = await Deno.connect({ port });
  const writing = (async () => {
    const bytes = new Uint8Array(1 << 20);
    try {
      for (let at = 0; at < bytes.length;) {
        at += await client.write(bytes.subarray(at));
      }
    } catch {
      // Cut off by the other side.
    }
  })();
  await eventually(() => bytesOf(host.take()) === READ_AHEAD);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(bytesOf(host.take()), READ_AHEAD);
  const taken = { kind: "tcp-taken", socket: 2, bytes: 1000 } as const;
  host.network.request("net0", taken);
  await eventually(() => bytesOf(host.take()) === READ_AHEAD + 1000);
  host.network.request("net0", { kind: "tcp-abort", socket: 2 });
  await writing;
});

Deno.test("HostNetwork answers datagrams to where they came from", async () => {
  await using host = new TestHost();
  const port = await host.listen("udp");
  const clients = [1, 2].map((number) => {
    const socket = createSocket("udp4");
    const received: number[] = [];
    socket.on("message", (data) => received.push(...data));
    socket.send(Uint8Array.of(number), port, "127.0.0.1");
    return { number, socket, received };
  });
  await eventually(() => bytesOf(host.take()) === 2);
  for (const event of host.events) {
    if (event.kind !== "udp-data") continue;
    const { socket, data } = event;
    const [number = 0] = new Uint8Array(data);
    const answer = Uint8Array.of(10 * number).buffer;
    host.network.request("net0", { kind: "udp-send", socket, data: answer });
  }
  await eventually(() => clients.every(({ received }) => received.length > 0));
  for (const { number, socket, received } of clients) {
    assert.deepEqual(received, [10 * number]);
    socket.close();
  }
});

Deno.test("HostNetwork loses datagrams and refuses calls that a stopped machine has no room for", async () => {
  await using host = new TestHost();
  const port = await host.listen("udp");
  const client = createSocket("udp4");
  const datagram = new Uint8Array(30_000);
  const kept = () => bytesOf(host.take({ acknowledge: false }));
  const send = async () => {
    await new Promise((resolve) =>
      client.send(datagram, port, "127.0.0.1", resolve)
    );
    await new Promise((resolve) => setTimeout(resolve, 1));
  };
  await eventually(async () => {
    await send();
    return kept() > 0.9 * MAX_UNTAKEN;
  });
  for (let i = 0; i < 20; i++) await send();
  client.close();
  assert.ok(kept() < MAX_UNTAKEN + datagram.length, `${kept()}`);
  host.network.request("net0", {
    kind: "listen",
    protocol: "tcp",
    listener: 3,
    address: "127.0.0.1",
    port: 0,
  });
  await host.network.listening;
  const tcp = host.network.forwards[1]?.port ?? assert.fail();
  using refused = await Deno.connect({ port: tcp });
  const end = await refused.read(new Uint8Array(1)).catch(() => null);
  assert.equal(end, null);
  assert.ok(host.take().every(({ kind }) => kind !== "tcp-accepted"));
});

Deno.test("HostNetwork.listening says why a port cannot be had", async () => {
  for (const protocol of ["tcp", "udp"] as const) {
    await using host = new TestHost();
    const port = await host.listen(protocol);
    await using other = new TestHost();
    other.network.request("net0", {
      kind: "listen",
      protocol,
      listener: 1,
      address: "127.0.0.1",
      port,
    });
    await assert.rejects(other.network.listening, (error) => {
      assert.ok(error instanceof ForwardError);
      const start = `Cannot forward ${protocol} port ${port} of 127.0.0.1: `;
      assert.ok(error.message.startsWith(start), error.message);
      return true;
    });
  }
});
