import assert from "node:assert/strict";
import {
  completeChecksum,
  finishSum,
  sumWords,
} from "../../../virtio/net/checksum.ts";
import {
  formatAddress,
  GATEWAY_MAC,
  isOutside,
  NETWORK,
  parseAddress,
} from "../../../virtio/net/user/address.ts";
import { ByteRing } from "../../../virtio/net/user/byte_ring.ts";
import { readNameserver } from "../../../virtio/net/user/host_dns.ts";
import {
  hasRightSum,
  newIpv4Frame,
  readIpv4,
} from "../../../virtio/net/user/ipv4.ts";
import {
  advance,
  distance,
  newTcpFrame,
  readTcp,
} from "../../../virtio/net/user/tcp_segment.ts";
import { newUdpFrame, readUdp } from "../../../virtio/net/user/udp.ts";
import { packetOf, pattern } from "./_guest.ts";

const ROUTE = {
  to: GATEWAY_MAC,
  source: NETWORK.guest,
  destination: NETWORK.gateway,
};

const SEGMENT = {
  sourcePort: 1,
  destinationPort: 2,
  sequence: 3,
  acknowledgment: 4,
  flags: 0x18,
  window: 5,
};

Deno.test("sumWords() gives RFC 1071's example", () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(sumWords(bytes), 0xddf2);
  assert.equal(finishSum(0xddf2), 0x220d);
});

Deno.test("sumWords() counts an odd last byte as a high one", () => {
  assert.equal(sumWords(Uint8Array.of(1, 2, 3)), 0x0402);
});

Deno.test("sumWords() sums 64 KiB of ones", () => {
  assert.equal(sumWords(new Uint8Array(65536).fill(0xff)), 0xffff);
});

Deno.test("readIpv4() takes what newIpv4Frame() made, with padding", () => {
  const frame = newIpv4Frame(ROUTE, { protocol: 99, length: 3 });
  const padded = new Uint8Array(64);
  padded.set(frame);
  const packet = readIpv4(padded.subarray(14));
  assert.ok(typeof packet !== "string");
  assert.equal(packet.protocol, 99);
  assert.equal(packet.source, NETWORK.guest);
  assert.equal(packet.destination, NETWORK.gateway);
  assert.equal(packet.payload.length, 3);
});

Deno.test("readIpv4() says what is wrong with a packet", () => {
  const good = newIpv4Frame(ROUTE, { protocol: 17, length: 8 }).subarray(14);
  const changed = (at: number, value: number, repair = false) => {
    const bytes = good.slice();
    bytes[at] = value;
    if (repair) {
      bytes.set([0, 0], 10);
      const sum = finishSum(sumWords(bytes, { to: 20 }));
      bytes.set([sum >> 8, sum & 0xff], 10);
    }
    return readIpv4(bytes);
  };
  assert.equal(changed(0, 0x65), "ipv4-header");
  assert.equal(changed(0, 0x44), "ipv4-header");
  assert.equal(changed(0, 0x4f), "ipv4-header");
  assert.equal(changed(3, 29), "ipv4-header");
  assert.equal(changed(8, 63), "ipv4-checksum");
  assert.equal(changed(6, 0x20, true), "ipv4-fragment");
  assert.equal(changed(7, 1, true), "ipv4-fragment");
  assert.equal(readIpv4(new Uint8Array(0)), "ipv4-header");
});

Deno.test("newTcpFrame() makes what readTcp() reads, with a right sum", () => {
  const data = pattern(1001);
  const { frame, offload } = newTcpFrame(ROUTE, {
    ...SEGMENT,
    length: data.length,
    fill: (target) => target.set(data),
    synOptions: { shift: 7 },
  });
  const packet = packetOf(frame) ?? assert.fail();
  assert.ok(hasRightSum(packet));
  assert.equal(offload, undefined);
  assert.deepEqual(readTcp(packet.payload), {
    ...SEGMENT,
    data,
    maximum: 1460,
    shift: 7,
  });
});

Deno.test("newTcpFrame() leaves sum and cutting to who takes them", () => {
  const { frame, offload } = newTcpFrame(
    ROUTE,
    { ...SEGMENT, length: 4000 },
    { offload: true, segmentBytes: 1400 },
  );
  assert.deepEqual(offload, {
    checksum: { start: 34, offset: 16 },
    segment: 1400,
  });
  completeChecksum(frame, offload ?? assert.fail());
  assert.ok(hasRightSum(packetOf(frame) ?? assert.fail()));
});

Deno.test("readTcp() bears options that are cut off", () => {
  const { frame } = newTcpFrame(ROUTE, {
    ...SEGMENT,
    synOptions: { shift: 1 },
  });
  const payload = frame.slice(34);
  payload[21] = 200;
  assert.equal(readTcp(payload)?.maximum, 536);
  payload[21] = 0;
  assert.equal(readTcp(payload)?.shift, undefined);
  payload[12] = 0xf0;
  assert.equal(readTcp(payload), undefined);
  assert.equal(readTcp(new Uint8Array(3)), undefined);
});

Deno.test("readUdp() reads what newUdpFrame() made", () => {
  const data = pattern(33);
  const frame = newUdpFrame(ROUTE, {
    sourcePort: 7,
    destinationPort: 9,
    data,
  });
  const packet = packetOf(frame) ?? assert.fail();
  assert.ok(hasRightSum(packet));
  assert.deepEqual(readUdp(packet.payload), {
    sourcePort: 7,
    destinationPort: 9,
    data,
    summed: true,
  });
  assert.equal(readUdp(packet.payload.subarray(0, 20)), undefined);
});

Deno.test("distance() and advance() wrap", () => {
  assert.equal(advance(0xffffffff, 2), 1);
  assert.equal(distance(0xffffffff, 1), 2);
  assert.equal(distance(1, 0xffffffff), -2);
});

Deno.test("ByteRing gives back what was put in, however it wraps", () => {
  const ring = new ByteRing(20_000);
  const data = pattern(100_000);
  let put = 0;
  let got = 0;
  for (let step = 1; got < data.length; step++) {
    const length = Math.min(step * 37 % 3001, data.length - put);
    if (ring.append(data.subarray(put, put + length))) put += length;
    const out = new Uint8Array(Math.min(ring.length, step * 53 % 2003));
    ring.read(0, out);
    assert.deepEqual(out, data.slice(got, got + out.length));
    ring.drop(out.length);
    got += out.length;
  }
  assert.equal(ring.append(new Uint8Array(20_001)), false);
});

Deno.test("parseAddress() reads what formatAddress() writes, and nothing else", () => {
  assert.equal(formatAddress(NETWORK.guest), "10.0.2.15");
  assert.equal(parseAddress("255.1.0.9"), 0xff010009);
  for (const text of ["", "1.2.3", "1.2.3.256", "a.b.c.d", "1.2.3.4.5"]) {
    assert.equal(parseAddress(text), undefined);
  }
});

Deno.test("isOutside() keeps loopback, groups and the network itself in", () => {
  const inside = ["127.0.0.1", "0.0.0.0", "224.0.0.1", "10.0.2.9"];
  for (const text of [...inside, "255.255.255.255"]) {
    assert.equal(isOutside(parseAddress(text) ?? assert.fail()), false, text);
  }
  assert.equal(isOutside(parseAddress("10.0.3.9") ?? assert.fail()), true);
});

Deno.test("readNameserver() finds the first IPv4 server", () => {
  const text = "# x\nsearch a\nnameserver fe80::1\nnameserver 9.9.9.9 # y\n";
  assert.deepEqual(readNameserver(text), { address: "9.9.9.9", port: 53 });
  assert.equal(readNameserver("nameserver\n"), undefined);
});
