import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { GATEWAY_MAC, NETWORK } from "../../../virtio/net/user/address.ts";
import type { Ipv4Packet } from "../../../virtio/net/user/ipv4.ts";
import { newUdpFrame, readUdp } from "../../../virtio/net/user/udp.ts";
import {
  fromGuest,
  packetOf,
  TestGuest,
  until,
  withSockets,
} from "./_guest.ts";

Deno.test("UserNetwork forwards datagrams in, and answers back", async () => {
  await withSockets(async (sockets) => {
    const guest = new TestGuest(sockets, {
      forwards: [{ protocol: "udp", hostPort: 0, guestPort: 53 }],
    });
    const port = () => guest.network.forwards[0]?.listening;
    await until(() => port() !== undefined);
    const clients = ["one", "two"].map((text) => {
      const socket = createSocket("udp4");
      const answers: string[] = [];
      socket.on("message", (data) => answers.push(data.toString()));
      socket.send(text, port() ?? 0, "127.0.0.1");
      return { text, socket, answers };
    });
    const received: Ipv4Packet[] = [];
    await until(() => {
      const frames = guest.take();
      received.push(...frames.map((frame) => packetOf(frame)!));
      return received.length === 2;
    });
    for (const { source, payload } of received) {
      const datagram = readUdp(payload) ?? assert.fail();
      assert.deepEqual([source, datagram.destinationPort], [
        NETWORK.gateway,
        53,
      ]);
      guest.send(fromGuest(newUdpFrame(
        { to: GATEWAY_MAC, source: NETWORK.guest, destination: source },
        {
          sourcePort: 53,
          destinationPort: datagram.sourcePort,
          data: datagram.data.toReversed(),
        },
      )));
    }
    await until(() => clients.every(({ answers }) => answers.length > 0));
    for (const { text, socket, answers } of clients) {
      assert.deepEqual(answers, [[...text].toReversed().join("")]);
      socket.close();
    }
    guest.clock.advance(120_000);
    assert.equal(guest.network.sizes.udp, 0);
  });
});
