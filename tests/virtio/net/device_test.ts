import assert from "node:assert/strict";
import { FEATURE } from "../../../virtio/features.ts";
import {
  MOCK_SETUPS,
  MockDriver,
  type MockOptions,
  type MockSetup,
} from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import type {
  FrameOffload,
  NetBackend,
  NetLink,
} from "../../../virtio/net/backend.ts";
import { NET_QUEUE, NetDevice } from "../../../virtio/net/device.ts";
import {
  NET_FEATURE,
  netFeaturesRefusal,
} from "../../../virtio/net/features.ts";
import { featureMask } from "../../../virtio/features.ts";
import { UserNetwork } from "../../../virtio/net/user/network.ts";
import { pattern, SilentSockets, TestClock } from "./_guest.ts";

const MAC = Uint8Array.of(0x52, 0x54, 0, 1, 2, 3);

/** A far end that remembers. */
class TestBackend implements NetBackend {
  offloads = { checksum: true, segments: true };
  readonly sent: { frame: Uint8Array; offload: FrameOffload | undefined }[] =
    [];
  resets = 0;
  drains = 0;
  link: NetLink | undefined;
  /** Sends every frame back at once. */
  echoes = false;

  connect(link: NetLink): void {
    this.link = link;
  }

  send(frame: Uint8Array<ArrayBuffer>, offload?: FrameOffload): void {
    this.sent.push({ frame, offload });
    if (this.echoes) this.link?.receive(frame);
  }

  drained(): void {
    this.drains++;
  }

  reset(): void {
    this.resets++;
  }

  readonly expectant = false;

  report() {
    return {
      backend: "user" as const,
      restrict: false,
      forwards: [],
      connections: 0,
      flows: 0,
      drops: {},
    };
  }

  save(): unknown {
    return { restored: this.restored + 1 };
  }

  restore(state: unknown): void {
    this.restored = (state as { restored: number }).restored;
    this.link?.receive(pattern(61));
  }

  restored = 0;
}

interface Header {
  flags?: number;
  segmentation?: number;
  segmentBytes?: number;
  start?: number;
  offset?: number;
}

/** A network device and its driver. */
class TestNet {
  readonly backend = new TestBackend();
  readonly device: NetDevice;
  readonly driver: MockDriver;

  constructor(setup: MockSetup, mock: MockOptions = {}) {
    const world = mock.world ?? new MockWorld();
    this.device = new NetDevice({
      backend: this.backend,
      mac: MAC,
      defer: (work) => world.defer(work),
    });
    this.driver = new MockDriver(this.device, setup, { ...mock, world });
    this.driver.start();
  }

  get counted(): boolean {
    const { mergedBuffers } = NET_FEATURE;
    return (this.driver.features &
      featureMask(mergedBuffers, FEATURE.version1)) !== 0n;
  }

  header(fields: Header = {}): Uint8Array<ArrayBuffer> {
    const writer = this.driver.writer();
    writer.u8(fields.flags ?? 0);
    writer.u8(fields.segmentation ?? 0);
    writer.u16(0);
    writer.u16(fields.segmentBytes ?? 0);
    writer.u16(fields.start ?? 0);
    writer.u16(fields.offset ?? 0);
    if (this.counted) writer.u16(0);
    return writer.written;
  }

  transmit(frame: Uint8Array, fields: Header = {}): void {
    const out = [this.header(fields), frame];
    assert.equal(this.driver.request(NET_QUEUE.transmit, { out }).written, 0);
  }

  give(sizes: readonly number[]): void {
    for (const size of sizes) {
      this.driver.add(0, this.driver.buffers({ room: [size] }));
    }
    this.driver.kick(NET_QUEUE.receive);
  }

  /** Frames that came, with the fields of their headers. */
  took() {
    const parts = this.driver.collect(NET_QUEUE.receive)
      .map(({ bytes, written }) => bytes.subarray(0, written));
    const frames = [];
    for (let part = parts.shift(); part; part = parts.shift()) {
      const fields = this.driver.reader(part);
      const flags = fields.u8();
      const segmentation = fields.u8();
      const headerBytes = fields.u16();
      const segmentBytes = fields.u16();
      const start = fields.u16();
      const offset = fields.u16();
      const buffers = this.counted ? fields.u16() : 1;
      const data = [fields.bytes(fields.remaining)];
      for (let more = 1; more < buffers; more++) {
        data.push((parts.shift() ?? assert.fail()).slice());
      }
      frames.push({
        header: [flags, segmentation, headerBytes, segmentBytes, start, offset],
        buffers,
        data: Uint8Array.from(data.flatMap((bytes) => [...bytes])),
      });
    }
    return frames;
  }

  /** Sends a command; gives the answer. */
  command(bytes: readonly number[]): number | undefined {
    const out = [Uint8Array.from(bytes)];
    return this.driver.request(NET_QUEUE.control, { out, room: [1] }).bytes[0];
  }
}

for (const setup of MOCK_SETUPS) {
  Deno.test(`NetDevice carries frames both ways when ${setup.name}`, () => {
    const net = new TestNet(setup);
    const frame = pattern(700);
    net.transmit(frame);
    assert.deepEqual(net.backend.sent, [{ frame, offload: {} }]);
    net.give([1526, 1526]);
    net.backend.link?.receive(pattern(60));
    net.backend.link?.receive(pattern(1514));
    assert.deepEqual(
      net.took(),
      [60, 1514].map((length) => ({
        header: [0, 0, 0, 0, 0, 0],
        buffers: 1,
        data: pattern(length),
      })),
    );
  });

  Deno.test(`NetDevice has ten bytes of header without a count when ${setup.name}`, () => {
    const without = [NET_FEATURE.mergedBuffers];
    const net = new TestNet(setup, { without });
    assert.equal(net.counted, setup.interface === "modern");
    net.transmit(pattern(99));
    assert.deepEqual(net.backend.sent[0]?.frame, pattern(99));
    net.give([1526, 20, 1526]);
    for (let times = 0; times < 3; times++) {
      net.backend.link?.receive(pattern(60));
    }
    assert.deepEqual(net.took().map(({ data }) => data.length), [60]);
    assert.equal(net.device.drops["buffers-small"], 2);
  });

  Deno.test(`NetDevice spreads a frame over buffers when ${setup.name}`, () => {
    const net = new TestNet(setup);
    net.give([100, 100]);
    net.backend.link?.receive(pattern(1000));
    assert.deepEqual(net.took(), []);
    net.give(new Array(20).fill(100));
    const [frame] = net.took();
    assert.equal(frame?.buffers, 11);
    assert.deepEqual(frame.data, pattern(1000));
  });

  Deno.test(`NetDevice passes offloads on when ${setup.name}`, () => {
    const net = new TestNet(setup);
    const checksum = { start: 34, offset: 16 };
    net.transmit(pattern(5000), {
      flags: 1,
      segmentation: 1,
      segmentBytes: 1460,
      ...checksum,
    });
    const offload = { checksum, segment: 1460 };
    assert.deepEqual(net.backend.sent[0]?.offload, offload);
    assert.deepEqual(net.backend.link?.offloads, {
      checksum: true,
      segments: true,
    });
    net.give([6000]);
    net.backend.link?.receive(pattern(5000), offload);
    assert.deepEqual(net.took()[0]?.header, [1, 1, 54, 1460, 34, 16]);
  });

  Deno.test(`NetDevice shows its configuration when ${setup.name}`, () => {
    const net = new TestNet(setup);
    const fields = () => {
      const reader = net.driver.reader(net.driver.config(10));
      return [...reader.bytes(6), reader.u16(), reader.u16()];
    };
    assert.deepEqual(fields(), [...MAC, 1, 1]);
    net.device.linkUp = false;
    assert.deepEqual(fields(), [...MAC, 0, 1]);
    net.transmit(pattern(60));
    assert.deepEqual(net.backend.sent, []);
  });

  Deno.test(`NetDevice takes commands when ${setup.name}`, () => {
    const net = new TestNet(setup);
    assert.equal(net.command([0, 0, 1]), 0);
    assert.equal(net.command([0, 5, 1]), 0);
    assert.equal(net.command([0, 6, 1]), 1);
    assert.equal(net.command([0, 0]), 1);
    assert.equal(net.command([1, 1, 2, 0, 0, 0, 0, 9]), 0);
    assert.deepEqual([...net.device.mac], [2, 0, 0, 0, 0, 9]);
    const table = net.driver.writer();
    table.u8(1);
    table.u8(0);
    table.u32(0);
    table.u32(1);
    assert.equal(net.command([...table.written, ...MAC]), 0);
    assert.equal(net.command([...table.written]), 1);
    assert.equal(net.command([9, 9]), 1);
    assert.equal(net.command([0]), 1);
  });

  Deno.test(`NetDevice restores what waits when ${setup.name}`, () => {
    const net = new TestNet(setup);
    net.backend.link?.receive(pattern(60));
    const saved = structuredClone(net.driver.pci.save());
    const backend = new TestBackend();
    const { world } = net.driver;
    const defer = (work: () => void) => world.defer(work);
    const device = new NetDevice({ backend, mac: MAC, defer });
    const other = new MockDriver(device, setup, { world });
    net.driver.add(0, net.driver.buffers({ room: [100] }));
    other.pci.restore(saved);
    world.runDeferred();
    // A frame that the restored backend sends at once is not the guest's.
    assert.deepEqual(net.took().map(({ data }) => data), [pattern(60)]);
    assert.deepEqual([backend.restored, backend.drains], [1, 1]);
  });
}

for (const setup of MOCK_SETUPS) {
  Deno.test(`NetDevice has a user network behind it when ${setup.name}`, () => {
    const world = new MockWorld();
    const sockets = new SilentSockets();
    const device = new NetDevice({
      backend: new UserNetwork({ sockets, clock: new TestClock() }),
      mac: MAC,
      defer: (work) => world.defer(work),
    });
    const driver = new MockDriver(device, setup, { world });
    driver.start();
    const frame = new Uint8Array(42).fill(0xff);
    frame.set(MAC, 6);
    frame.set([8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ...MAC, 10, 0, 2, 15], 12);
    frame.set([10, 0, 2, 2], 38);
    driver.add(NET_QUEUE.receive, driver.buffers({ room: [1526] }));
    const out = [new Uint8Array(12), frame];
    driver.request(NET_QUEUE.transmit, { out });
    const [answer] = driver.collect(NET_QUEUE.receive);
    assert.equal(answer?.written, 12 + 42);
    const reply = answer.bytes.slice(12, 54);
    assert.deepEqual(reply.slice(0, 6), MAC);
    assert.deepEqual([...reply.slice(20, 22)], [0, 2]);
    assert.deepEqual([...reply.slice(28, 32)], [10, 0, 2, 2]);
  });
}

const SETUP = MOCK_SETUPS[3] ?? assert.fail();

Deno.test("NetDevice answers frames that come while it sends", () => {
  const net = new TestNet(SETUP);
  net.backend.echoes = true;
  net.give([100]);
  net.transmit(pattern(60));
  assert.deepEqual(net.took()[0]?.data, pattern(60));
});

Deno.test("NetDevice loses frames that nobody agreed on", () => {
  const net = new TestNet(SETUP, {
    without: [NET_FEATURE.checksum, NET_FEATURE.hostSegments, 13],
  });
  net.transmit(pattern(60), { flags: 1, start: 34, offset: 16 });
  net.transmit(pattern(60), { segmentation: 1, segmentBytes: 9 });
  net.transmit(pattern(13));
  net.transmit(pattern(65550));
  assert.deepEqual(net.backend.sent, []);
  assert.deepEqual(net.device.drops, {
    "checksum-not-agreed": 1,
    "segmentation-not-agreed": 1,
    "frame-short": 1,
    "frame-long": 1,
  });
});

Deno.test("NetDevice loses frames whose header lies", () => {
  const net = new TestNet(SETUP);
  net.transmit(pattern(60), { flags: 1, start: 50, offset: 9 });
  net.transmit(pattern(60), { flags: 1, start: 2, offset: 2 });
  net.transmit(pattern(60), { flags: 1, start: 34, segmentation: 1 });
  net.transmit(pattern(60), { segmentation: 4, segmentBytes: 9 });
  assert.deepEqual(net.backend.sent, []);
  assert.deepEqual(net.device.drops, {
    "checksum-outside": 2,
    "segmentation-size": 1,
    "segmentation-not-agreed": 1,
  });
});

Deno.test("NetDevice breaks by a frame without its header, until the reset", () => {
  const net = new TestNet(SETUP);
  const { driver } = net;
  driver.add(1, driver.buffers({ out: [new Uint8Array(11)] }));
  driver.kick(1);
  assert.equal(driver.pci.core.broken, true);
  driver.start();
  assert.equal(driver.pci.core.broken, false);
  net.transmit(pattern(60));
  assert.equal(net.backend.sent.length, 1);
});

Deno.test("NetDevice asks the backend to wait, and then to go on", () => {
  const net = new TestNet(SETUP);
  const link = net.backend.link ?? assert.fail();
  let frames = 0;
  for (; link.room; frames++) link.receive(pattern(60));
  assert.equal(frames, 512);
  for (; frames < 1100; frames++) link.receive(pattern(60));
  assert.equal(net.device.drops["backlog-full"], 1100 - 1024);
  for (let took = 0; took < 1024; took += net.took().length) {
    assert.equal(net.backend.drains, 0);
    net.give(new Array(128).fill(100));
  }
  net.driver.world.runDeferred();
  assert.equal(net.backend.drains, 1);
  assert.ok(link.room);
});

Deno.test("NetDevice forgets what waited at a reset, and tells the backend", () => {
  const net = new TestNet(SETUP);
  const before = net.backend.resets;
  net.backend.link?.receive(pattern(60));
  net.driver.start();
  assert.equal(net.backend.resets, before + 1);
  net.give([100]);
  assert.deepEqual(net.took(), []);
});

Deno.test("NetDevice offers no offloads that its backend does not take", () => {
  const backend = new TestBackend();
  backend.offloads = { checksum: false, segments: true };
  const device = new NetDevice({ backend, mac: MAC, defer: () => {} });
  assert.equal(device.features & featureMask(0, 1, 7, 11, 13), 0n);
});

Deno.test("netFeaturesRefusal() names a feature without what it needs", () => {
  assert.match(netFeaturesRefusal(featureMask(11)) ?? "", /HOST_TSO4/);
  assert.match(netFeaturesRefusal(featureMask(0, 7)) ?? "", /GUEST_TSO4/);
  assert.match(netFeaturesRefusal(featureMask(18)) ?? "", /CTRL_RX/);
  assert.equal(netFeaturesRefusal(featureMask(0, 1, 7, 11)), undefined);
});

Deno.test("NetDevice refuses an address of a group", () => {
  const backend = new TestBackend();
  const mac = new Uint8Array(6).fill(0xff);
  assert.throws(
    () => new NetDevice({ backend, mac, defer: () => {} }),
    /^RangeError: Cannot make a network interface: not an address of one/,
  );
});
