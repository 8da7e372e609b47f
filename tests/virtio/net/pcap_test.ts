import assert from "node:assert/strict";
import type { NetLink } from "../../../virtio/net/backend.ts";
import { DumpingBackend, pcapHeader } from "../../../virtio/net/pcap.ts";
import { GATEWAY_MAC, NETWORK } from "../../../virtio/net/user/address.ts";
import { hasRightSum } from "../../../virtio/net/user/ipv4.ts";
import { newTcpFrame } from "../../../virtio/net/user/tcp_segment.ts";
import { UserNetwork } from "../../../virtio/net/user/network.ts";
import { packetOf, pattern, SilentSockets, TestClock } from "./_guest.ts";

Deno.test("pcapHeader() is a file's of Ethernet frames", () => {
  assert.deepEqual([...pcapHeader()], [
    ...[0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4],
    ...[0, 0, 0, 0, 0, 0, 0, 0],
    ...[0, 1, 0, 13, 0, 0, 0, 1],
  ]);
});

Deno.test("DumpingBackend writes both directions, with whole checksums", () => {
  const written: Uint8Array<ArrayBuffer>[] = [];
  const sent: Uint8Array[] = [];
  let link: NetLink | undefined;
  const backend = new UserNetwork({
    sockets: new SilentSockets(),
    clock: new TestClock(),
  });
  backend.connect = (to) => link = to;
  backend.send = (frame) => sent.push(frame);
  const dump = new DumpingBackend(
    backend,
    { write: (bytes) => written.push(bytes) },
    { now: () => 1_700_000_000_123_456 },
  );
  const received: Uint8Array[] = [];
  dump.connect({
    offloads: { checksum: true, segments: true },
    room: true,
    receive: (frame) => received.push(frame),
  });
  const { frame, offload } = newTcpFrame(
    { to: GATEWAY_MAC, source: NETWORK.guest, destination: NETWORK.gateway },
    {
      sourcePort: 1,
      destinationPort: 2,
      sequence: 3,
      acknowledgment: 4,
      flags: 16,
      window: 5,
      length: 100,
      fill: (data) => data.set(pattern(100)),
    },
    { offload: true },
  );
  const before = frame.slice();
  dump.send(frame, offload);
  link?.receive(pattern(60));
  assert.deepEqual(sent, [before]);
  assert.deepEqual(received, [pattern(60)]);
  assert.equal(written.length, 3);
  const record = written[1] ?? assert.fail();
  const view = new DataView(record.buffer);
  assert.deepEqual(
    [0, 4, 8, 12].map((at) => view.getUint32(at)),
    [1_700_000_000, 123_456, 154, 154],
  );
  assert.ok(hasRightSum(packetOf(record.slice(16)) ?? assert.fail()));
  assert.deepEqual(written[2]?.slice(16), pattern(60));
});
