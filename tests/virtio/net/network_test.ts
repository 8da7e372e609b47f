import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import {
  DEFAULT_GUEST_MAC,
  EVERYBODY,
  GATEWAY_MAC,
  NETWORK,
} from "../../../virtio/net/user/address.ts";
import { finishSum, sumWords } from "../../../virtio/net/checksum.ts";
import {
  hasRightSum,
  newIpv4Frame,
  PROTOCOL,
} from "../../../virtio/net/user/ipv4.ts";
import { get32, put16, put32 } from "../../../virtio/net/user/octets.ts";
import { newUdpFrame, readUdp } from "../../../virtio/net/user/udp.ts";
import {
  fromGuest,
  packetOf,
  pattern,
  SilentSockets,
  TestGuest,
  until,
  withSockets,
} from "./_guest.ts";

const BROADCAST = new Uint8Array(6).fill(0xff);

function arpRequest(target: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(60);
  frame.set(BROADCAST);
  frame.set(DEFAULT_GUEST_MAC, 6);
  frame.set([8, 6, 0, 1, 8, 0, 6, 4, 0, 1], 12);
  frame.set(DEFAULT_GUEST_MAC, 22);
  put32(frame, 28, NETWORK.guest);
  put32(frame, 38, target);
  return frame;
}

Deno.test("UserNetwork answers ARP for its two addresses alone", () => {
  const guest = new TestGuest(new SilentSockets());
  for (const address of [NETWORK.gateway, NETWORK.dns]) {
    guest.send(arpRequest(address));
    const [reply, ...others] = guest.take();
    assert.ok(reply !== undefined && others.length === 0);
    assert.deepEqual(reply.slice(0, 6), DEFAULT_GUEST_MAC);
    assert.deepEqual([...reply.slice(12, 22)], [
      ...[8, 6, 0, 1, 8, 0, 6, 4, 0, 2],
    ]);
    assert.deepEqual(reply.slice(22, 28), GATEWAY_MAC);
    assert.equal(get32(reply, 28), address);
    assert.deepEqual(reply.slice(32, 38), DEFAULT_GUEST_MAC);
    assert.equal(get32(reply, 38), NETWORK.guest);
  }
  guest.send(arpRequest(NETWORK.guest));
  assert.deepEqual(guest.take(), []);
});

/** A client's message: kind, and more options. */
function dhcp(
  kind: number,
  { options = [], address = 0, flags = 0 }: {
    options?: readonly number[];
    address?: number;
    flags?: number;
  } = {},
): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(300);
  message.set([1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
  put16(message, 10, flags);
  put32(message, 12, address);
  message.set(DEFAULT_GUEST_MAC, 28);
  message.set([0x63, 0x82, 0x53, 0x63, 53, 1, kind, ...options, 255], 236);
  return fromGuest(newUdpFrame(
    { to: BROADCAST, source: address, destination: EVERYBODY },
    { sourcePort: 68, destinationPort: 67, data: message },
  ));
}

/** The answer's kind, address, and options by number. */
function dhcpAnswer(guest: TestGuest) {
  const [frame, ...others] = guest.take();
  assert.ok(frame !== undefined && others.length === 0);
  const packet = packetOf(frame) ?? assert.fail();
  assert.ok(hasRightSum(packet));
  const datagram = readUdp(packet.payload) ?? assert.fail();
  assert.deepEqual([datagram.sourcePort, datagram.destinationPort], [67, 68]);
  const { data } = datagram;
  assert.equal(get32(data, 4), 0xdeadbeef);
  const options = new Map<number, number>();
  for (let at = 240; data[at] !== 255; at += 2 + (data[at + 1] ?? 0)) {
    const wide = data[at + 1] === 4;
    options.set(
      data[at] ?? 0,
      wide ? get32(data, at + 2) : data[at + 2] ?? 0,
    );
  }
  return { frame, packet, address: get32(data, 16), options };
}

Deno.test("UserNetwork offers and gives the guest its address", () => {
  const guest = new TestGuest(new SilentSockets());
  guest.send(dhcp(1));
  const offer = dhcpAnswer(guest);
  assert.equal(offer.address, NETWORK.guest);
  assert.deepEqual(offer.frame.slice(0, 6), DEFAULT_GUEST_MAC);
  assert.equal(offer.packet.destination, EVERYBODY);
  assert.deepEqual([...offer.options], [
    [53, 2],
    [54, NETWORK.gateway],
    [51, 86400],
    [1, NETWORK.mask],
    [3, NETWORK.gateway],
    [6, NETWORK.dns],
  ]);
  const wanted = [50, 4, 10, 0, 2, 15, 54, 4, 10, 0, 2, 2];
  guest.send(dhcp(3, { options: wanted, flags: 0x8000 }));
  const given = dhcpAnswer(guest);
  assert.equal(given.options.get(53), 5);
  assert.deepEqual(given.frame.slice(0, 6), BROADCAST);
  guest.send(dhcp(3, { address: NETWORK.guest }));
  assert.equal(dhcpAnswer(guest).packet.destination, NETWORK.guest);
});

Deno.test("UserNetwork refuses other addresses and other servers' clients", () => {
  const guest = new TestGuest(new SilentSockets());
  guest.send(dhcp(3, { options: [50, 4, 10, 0, 2, 16] }));
  const refusal = dhcpAnswer(guest);
  assert.equal(refusal.options.get(53), 6);
  assert.equal(refusal.address, 0);
  guest.send(dhcp(3, { options: [50, 4, 10, 0, 2, 15, 54, 4, 10, 0, 2, 9] }));
  guest.send(dhcp(7));
  assert.deepEqual(guest.take(), []);
});

Deno.test("UserNetwork names no router when restricted", () => {
  const guest = new TestGuest(new SilentSockets(), { restrict: true });
  guest.send(dhcp(1));
  const { options } = dhcpAnswer(guest);
  assert.deepEqual([...options.keys()], [53, 54, 51, 1]);
});

function ping(destination: number): Uint8Array<ArrayBuffer> {
  const route = { to: GATEWAY_MAC, source: NETWORK.guest, destination };
  const frame = newIpv4Frame(route, { protocol: PROTOCOL.icmp, length: 64 });
  frame.set([8, 0, 0, 0, 1, 2, 3, 4, ...pattern(56)], 34);
  put16(frame, 36, finishSum(sumWords(frame, { from: 34 })));
  return fromGuest(frame);
}

Deno.test("UserNetwork answers pings to the gateway alone", () => {
  const guest = new TestGuest(new SilentSockets());
  guest.send(ping(NETWORK.gateway));
  const [reply] = guest.take();
  const packet = packetOf(reply ?? assert.fail()) ?? assert.fail();
  assert.equal(packet.source, NETWORK.gateway);
  assert.equal(finishSum(sumWords(packet.payload)), 0);
  assert.deepEqual([...packet.payload.slice(0, 2)], [0, 0]);
  assert.deepEqual(
    [...packet.payload.slice(4)],
    [1, 2, 3, 4, ...pattern(56)],
  );
  guest.send(ping(0x08080808));
  assert.deepEqual(guest.take(), []);
  assert.equal(guest.network.drops["icmp-outside"], 1);
});

function datagram(
  destination: number,
  { port, data, sourcePort = 4000 }: {
    port: number;
    data: Uint8Array;
    sourcePort?: number;
  },
): Uint8Array<ArrayBuffer> {
  return fromGuest(newUdpFrame(
    { to: GATEWAY_MAC, source: NETWORK.guest, destination },
    { sourcePort, destinationPort: port, data },
  ));
}

/** A UDP server on the host's loopback that sends all back twice. */
async function withEcho(
  work: (port: number) => Promise<void>,
): Promise<void> {
  const server: Socket = createSocket("udp4");
  server.on("message", (data, { port, address }) => {
    server.send(data, port, address);
    server.send(data, port, address);
  });
  await new Promise<void>((resolve) => {
    server.bind({ port: 0, address: "127.0.0.1" }, () => resolve());
  });
  try {
    await work(server.address().port);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

for (const where of ["gateway", "dns"] as const) {
  Deno.test(`UserNetwork carries datagrams to the ${where} and back`, async () => {
    await withEcho((port) =>
      withSockets(async (sockets) => {
        const dns = { address: "127.0.0.1", port };
        const guest = new TestGuest(sockets, { dns });
        const toPort = where === "dns" ? 53 : port;
        const data = pattern(500);
        guest.send(datagram(NETWORK[where], { port: toPort, data }));
        const answers: Uint8Array<ArrayBuffer>[] = [];
        await until(() => answers.push(...guest.take()) === 2);
        for (const answer of answers) {
          const packet = packetOf(answer) ?? assert.fail();
          assert.ok(hasRightSum(packet));
          assert.equal(packet.source, NETWORK[where]);
          assert.deepEqual(readUdp(packet.payload), {
            sourcePort: toPort,
            destinationPort: 4000,
            data,
            summed: true,
          });
        }
        assert.equal(guest.network.sizes.udp, 1);
        guest.clock.advance(where === "dns" ? 15_300 : 60_300);
        assert.equal(guest.network.sizes.udp, 0);
      })
    );
  });
}

Deno.test("UserNetwork complains about datagrams that may not leave", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets, { restrict: true });
  const sent = datagram(0x08080808, { port: 53, data: pattern(9) });
  guest.send(sent);
  const [complaint] = guest.take();
  const packet = packetOf(complaint ?? assert.fail()) ?? assert.fail();
  assert.deepEqual([...packet.payload.slice(0, 2)], [3, 13]);
  assert.equal(finishSum(sumWords(packet.payload)), 0);
  assert.deepEqual(packet.payload.slice(8), sent.slice(14, 14 + 28));
  guest.send(datagram(NETWORK.broadcast, { port: 9, data: pattern(9) }));
  assert.deepEqual(guest.take(), []);
  assert.deepEqual(sockets.requests, []);
});

Deno.test("UserNetwork has as many flows as there may be", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  for (let sourcePort = 1; sourcePort <= 300; sourcePort++) {
    const data = pattern(1);
    guest.send(datagram(0x08080808, { port: 9, data, sourcePort }));
  }
  assert.equal(guest.network.sizes.udp, 256);
  const closed = sockets.requests.filter(({ kind }) => kind === "udp-close");
  assert.equal(closed.length, 44);
});

Deno.test("UserNetwork loses datagrams that would be fragments", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  guest.send(datagram(0x08080808, { port: 9, data: pattern(1) }));
  sockets.emit({ kind: "udp-data", socket: 1, data: pattern(1473).buffer });
  assert.deepEqual(guest.take(), []);
  sockets.emit({ kind: "udp-data", socket: 1, data: pattern(1472).buffer });
  assert.equal(guest.take()[0]?.length, 1514);
  assert.equal(guest.network.drops["udp-too-long"], 1);
});

Deno.test("UserNetwork takes back what it saved, without connections", () => {
  const sockets = new SilentSockets();
  const guest = new TestGuest(sockets);
  const mac = Uint8Array.of(2, 4, 6, 8, 10, 12);
  const frame = ping(NETWORK.gateway);
  frame.set(mac, 6);
  guest.connect(0x08080808, 80);
  guest.send(frame);
  const saved = structuredClone(guest.network.save());
  guest.network.restore(saved);
  assert.deepEqual(guest.network.save().guestMac, mac);
  assert.deepEqual(guest.network.sizes, { tcp: 0, udp: 0 });
  assert.throws(() => guest.network.restore({ guestMac: 1 }), TypeError);
});
