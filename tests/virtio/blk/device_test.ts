import assert from "node:assert/strict";
import { BlkDevice } from "../../../virtio/blk/device.ts";
import { BLK_FEATURE } from "../../../virtio/blk/features.ts";
import { SLICE_BYTES } from "../../../virtio/blk/limits.ts";
import { MOCK_SETUPS, MockDriver } from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import { MemoryBackend, pattern, setupNamed, TestDisk, TYPE } from "./_disk.ts";

const BIG_LEGACY = setupNamed("big legacy split");
const MODERN = setupNamed("little modern split");

for (const setup of MOCK_SETUPS) {
  Deno.test(`BlkDevice reads and writes sectors when ${setup.name}`, () => {
    const disk = new TestDisk(setup);
    const data = pattern(3 * 512);
    const written = disk.request({
      type: TYPE.out,
      sector: 5,
      out: [data.subarray(0, 100), data.subarray(100)],
    });
    assert.deepEqual(written, {
      status: 0,
      data: new Uint8Array(0),
      written: 1,
    });
    assert.deepEqual(disk.backend.bytes.slice(5 * 512, 8 * 512), data);
    const read = disk.request({
      type: TYPE.in,
      sector: 5,
      room: [512, 1000, 24],
    });
    assert.deepEqual(read, { status: 0, data, written: 3 * 512 + 1 });
    assert.deepEqual(disk.backend.log, ["write 2560 +1536", "read 2560 +1536"]);
  });

  Deno.test(`BlkDevice takes indirect chains when ${setup.name}`, () => {
    const disk = new TestDisk(setup);
    disk.backend.bytes.set(pattern(512));
    const room = [512];
    const answer = disk.request({ type: TYPE.in, room, indirect: true });
    assert.deepEqual(answer, { status: 0, data: pattern(512), written: 513 });
  });

  Deno.test(`BlkDevice shows its configuration when ${setup.name}`, () => {
    const backend = new MemoryBackend(0x1234);
    const disk = new TestDisk(setup, { backend, options: { queues: 3 } });
    const fields = disk.driver.reader(disk.driver.config(60));
    assert.equal(fields.u64(), 0x1234n);
    assert.equal(fields.u32(), 256 * 1024);
    assert.equal(fields.u32(), 254);
    fields.skip(4);
    assert.equal(fields.u32(), 512);
    assert.deepEqual([fields.u8(), fields.u8(), fields.u16()], [3, 0, 8]);
    assert.equal(fields.u32(), 0);
    assert.equal(fields.u8(), 1);
    fields.skip(1);
    assert.equal(fields.u16(), 3);
    assert.deepEqual([fields.u32(), fields.u32(), fields.u32()], [
      2 ** 22,
      64,
      8,
    ]);
    assert.deepEqual([fields.u32(), fields.u32(), fields.u32()], [32768, 1, 0]);
  });

  Deno.test(`BlkDevice zeroes and discards when ${setup.name}`, () => {
    const disk = new TestDisk(setup);
    disk.backend.bytes.fill(0xee);
    const zeroed = disk.request({
      type: TYPE.writeZeroes,
      out: [disk.segments({ sector: 2, sectors: 3, flags: 1 })],
    });
    const discarded = disk.request({
      type: TYPE.discard,
      out: [
        disk.segments({ sector: 10, sectors: 8 }, { sector: 40, sectors: 1 }),
      ],
    });
    assert.deepEqual([zeroed.status, discarded.status], [0, 0]);
    assert.deepEqual(disk.backend.log, ["zero 1024 +1536"]);
  });

  Deno.test(`BlkDevice serves several queues when ${setup.name}`, () => {
    const disk = new TestDisk(setup, { options: { queues: 4 } });
    for (const queue of [3, 0, 2]) {
      const out = [pattern(512, queue)];
      disk.request({ type: TYPE.out, sector: queue, out, queue });
    }
    assert.equal(disk.driver.rings.length, 4);
    for (const queue of [3, 0, 2]) {
      const { data } = disk.request({
        type: TYPE.in,
        sector: queue,
        room: [512],
        queue: 1,
      });
      assert.deepEqual(data, pattern(512, queue));
    }
  });

  Deno.test(`BlkDevice gives its serial when ${setup.name}`, () => {
    const disk = new TestDisk(setup, { options: { serial: "Disk 1" } });
    const { status, data, written } = disk.request({
      type: TYPE.getId,
      room: [20],
    });
    assert.equal(status, 0);
    assert.equal(new TextDecoder().decode(data), "Disk 1".padEnd(20, "\0"));
    assert.equal(written, 21);
  });
}

Deno.test("BlkDevice writes and reads one buffer many times in a chain", () => {
  // Linux's BLKZEROOUT names its zero page once for each page of the disk.
  for (const setup of MOCK_SETUPS) {
    const disk = new TestDisk(setup);
    const { driver, backend } = disk;
    backend.bytes.fill(0xee);
    const [header, page, status] = driver.buffers({
      out: [disk.header(TYPE.out, 8), new Uint8Array(4096)],
      room: [1],
    });
    assert.ok(header && page && status);
    driver.add(0, [header, page, page, page, page, status]);
    driver.kick(0);
    assert.equal(driver.collect(0)[0]?.bytes[0], 0);
    const expected = new Uint8Array(256 * 512).fill(0xee);
    assert.deepEqual(backend.bytes, expected.fill(0, 4096, 4096 + 4 * 4096));

    backend.bytes.set(pattern(4096), 0);
    const [readHeader, room, readStatus] = driver.buffers({
      out: [disk.header(TYPE.in, 0)],
      room: [1024, 1],
    });
    assert.ok(readHeader && room && readStatus);
    driver.add(0, [readHeader, room, room, room, room, readStatus]);
    driver.kick(0);
    assert.equal(driver.collect(0)[0]?.written, 4097);
    const last = driver.memory.read(room.address, 1024);
    assert.deepEqual(last, pattern(4096).subarray(3072));
  }
});

Deno.test("BlkDevice reaches memory through the platform's translation", () => {
  for (const setup of MOCK_SETUPS) {
    if (setup.interface === "legacy") continue;
    const disk = new TestDisk(setup, {
      mock: { rings: { accessPlatform: true } },
    });
    const data = pattern(64 * 512);
    disk.request({ type: TYPE.out, sector: 9, out: [data] });
    const { data: read } = disk.request({
      type: TYPE.in,
      sector: 9,
      room: [20_000, 64 * 512 - 20_000],
    });
    assert.deepEqual(read, data);
  }
});

Deno.test("BlkDevice flushes when asked, by either name", () => {
  for (const type of [TYPE.flush, TYPE.flushOut]) {
    const disk = new TestDisk(BIG_LEGACY);
    assert.deepEqual(disk.request({ type }), {
      status: 0,
      data: new Uint8Array(0),
      written: 1,
    });
    assert.deepEqual(disk.backend.log, ["flush"]);
  }
});

Deno.test("BlkDevice writes through where the driver cannot flush", () => {
  for (const setup of MOCK_SETUPS) {
    for (const wce of [[], [BLK_FEATURE.configWriteCache]]) {
      const disk = new TestDisk(setup, {
        mock: { without: [BLK_FEATURE.flush, ...wce] },
      });
      // A legacy driver has a say only by the field (virtio 1.3, 5.2.5.3).
      const writeBack = setup.interface === "legacy" && wce.length === 0;
      assert.equal(disk.driver.config(33)[32], writeBack ? 1 : 0);
      disk.request({ type: TYPE.out, out: [pattern(512)] });
      const expected = ["write 0 +512", ...writeBack ? [] : ["flush"]];
      assert.deepEqual(disk.backend.log, expected);
    }
  }
});

Deno.test("BlkDevice writes through while the driver says so", () => {
  for (const setup of MOCK_SETUPS) {
    const disk = new TestDisk(setup);
    const write = () => disk.request({ type: TYPE.out, out: [pattern(512)] });
    write();
    disk.driver.writeConfig(32, Uint8Array.of(0));
    assert.equal(disk.driver.config(33)[32], 0);
    write();
    const zeroes = [disk.segments({ sector: 0, sectors: 1 })];
    disk.request({ type: TYPE.writeZeroes, out: zeroes });
    disk.driver.writeConfig(32, Uint8Array.of(1));
    write();
    assert.deepEqual(disk.backend.log, [
      "write 0 +512",
      "write 0 +512",
      "flush",
      "zero 0 +512",
      "flush",
      "write 0 +512",
    ]);
    disk.driver.writeConfig(32, Uint8Array.of(0));
    disk.driver.start();
    assert.equal(disk.driver.config(33)[32], 1, "a reset decides anew");
  }
});

Deno.test("BlkDevice keeps its mode where CONFIG_WCE was not taken", () => {
  const without = [BLK_FEATURE.configWriteCache];
  const disk = new TestDisk(MODERN, { mock: { without } });
  disk.driver.writeConfig(32, Uint8Array.of(0));
  disk.request({ type: TYPE.out, out: [pattern(512)] });
  assert.deepEqual(disk.backend.log, ["write 0 +512"]);
});

Deno.test("BlkDevice refuses to write where the disk is read-only", () => {
  const backend = new MemoryBackend(64, { readonly: true });
  const disk = new TestDisk(BIG_LEGACY, { backend });
  const offered = disk.driver.offered();
  assert.equal(offered >> BigInt(BLK_FEATURE.readonly) & 1n, 1n);
  assert.equal(offered >> BigInt(BLK_FEATURE.discard) & 1n, 0n);
  const range = [disk.segments({ sector: 0, sectors: 1 })];
  const statuses = [
    disk.request({ type: TYPE.out, out: [pattern(512)] }),
    disk.request({ type: TYPE.writeZeroes, out: range }),
    disk.request({ type: TYPE.discard, out: range }),
    disk.request({ type: TYPE.in, room: [512] }),
    disk.request({ type: TYPE.flush }),
  ].map(({ status }) => status);
  assert.deepEqual(statuses, [1, 1, 1, 0, 0]);
  assert.deepEqual(backend.log, ["read 0 +512", "flush"]);
});

Deno.test("BlkDevice answers an I/O error when the host fails", () => {
  const disk = new TestDisk(MODERN);
  disk.backend.fails = true;
  const answers = [
    disk.request({ type: TYPE.in, room: [512] }),
    disk.request({ type: TYPE.out, out: [pattern(512)] }),
    disk.request({ type: TYPE.flush }),
  ];
  assert.deepEqual(answers.map(({ status }) => status), [1, 1, 1]);
  // Only the status is written, and it comes after the data.
  assert.deepEqual(answers.map(({ written }) => written), [0, 1, 1]);
  assert.equal(disk.failures.length, 3);
  disk.backend.fails = false;
  assert.equal(disk.request({ type: TYPE.in, room: [512] }).status, 0);
});

Deno.test("BlkDevice lets others run between large requests", () => {
  const world = new MockWorld(1 << 26);
  const backend = new MemoryBackend(SLICE_BYTES / 512);
  const disk = new TestDisk(MODERN, { backend, mock: { world } });
  const { driver } = disk;
  const [room] = driver.buffers({ room: [SLICE_BYTES] });
  for (let count = 0; count < 3; count++) {
    const [header, status] = driver.buffers({
      out: [disk.header(TYPE.in)],
      room: [1],
    });
    assert.ok(header && room && status);
    driver.add(0, [header, room, status]);
  }
  driver.kick(0);
  const done: number[] = [];
  while (done.length < 3) {
    done.push(driver.rings[0]?.take() === undefined ? 0 : 1);
    assert.equal(driver.rings[0]?.take(), undefined, "one at a time");
    assert.equal(world.runDeferred(), 1);
  }
  assert.deepEqual(done, [1, 1, 1]);
});

Deno.test("BlkDevice goes on after a restore with what was put off", () => {
  for (const setup of MOCK_SETUPS) {
    const disk = new TestDisk(setup);
    disk.driver.writeConfig(32, Uint8Array.of(0));
    disk.driver.add(
      0,
      disk.driver.buffers({
        out: [disk.header(TYPE.out, 1), pattern(512)],
        room: [1],
      }),
    );
    const saved = structuredClone(disk.driver.pci.save());

    const { world } = disk.driver;
    const backend = new MemoryBackend(256);
    const device = new BlkDevice({
      backend,
      defer: (work) => world.defer(work),
    });
    const other = new MockDriver(device, setup, { world });
    other.pci.restore(saved);
    world.runDeferred();
    assert.deepEqual(backend.log, ["write 512 +512", "flush"]);
    const [answer] = disk.driver.collect(0);
    assert.equal(answer?.bytes[0], 0);
  }
});

Deno.test("BlkDevice restores only a disk of the same size", () => {
  const make = (sectors: number) =>
    new BlkDevice({ backend: new MemoryBackend(sectors), defer: () => {} });
  const saved = make(64).save();
  make(64).restore(saved, undefined);
  assert.throws(() => make(65).restore(saved, undefined), RangeError);
  for (const state of [undefined, null, 1, {}, { sectors: "64" }]) {
    assert.throws(() => make(64).restore(state, undefined), TypeError);
  }
});

Deno.test("BlkDevice refuses a serial or queues that cannot be", () => {
  const make = (options: { serial?: string; queues?: number }) =>
    new BlkDevice({
      backend: new MemoryBackend(1),
      defer: () => {},
      ...options,
    });
  assert.throws(() => make({ serial: "x".repeat(21) }), RangeError);
  assert.throws(() => make({ serial: "ö" }), RangeError);
  assert.throws(() => make({ queues: 0 }), RangeError);
  assert.throws(() => make({ queues: 65 }), RangeError);
  assert.equal(make({ serial: "x".repeat(20), queues: 64 }).queues.length, 64);
});
