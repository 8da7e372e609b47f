import assert from "node:assert/strict";
import { SECTOR_BYTES } from "../../../virtio/blk/backend.ts";
import { MAX_REQUEST_SECTORS } from "../../../virtio/blk/limits.ts";
import { MOCK_SETUPS } from "../../../virtio/mock_driver.ts";
import type { MockBuffer } from "../../../virtio/mock_ring.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import {
  diskAnswer,
  MemoryBackend,
  pattern,
  random,
  setupNamed,
  TestDisk,
  TYPE,
} from "./_disk.ts";

const MODERN = setupNamed("little modern split");

Deno.test("BlkDevice checks every range against the capacity", () => {
  for (const setup of MOCK_SETUPS) {
    const disk = new TestDisk(setup, { backend: new MemoryBackend(8) });
    const status = (type: number, sector: number | bigint, sectors: number) => {
      const bytes = sectors * SECTOR_BYTES;
      return disk.request(
        type === TYPE.in
          ? { type, sector, room: [bytes] }
          : { type, sector, out: [new Uint8Array(bytes)] },
      ).status;
    };
    for (const type of [TYPE.in, TYPE.out]) {
      assert.equal(status(type, 7, 1), 0);
      assert.equal(status(type, 0, 8), 0);
      for (const sector of [8, 2 ** 53 - 1, 1n << 53n, (1n << 64n) - 1n]) {
        assert.equal(status(type, sector, 1), 1, `sector ${sector}`);
      }
      assert.equal(status(type, 7, 2), 1);
      assert.equal(status(type, 1, 8), 1);
    }
    assert.equal(disk.backend.log.length, 4);
  }
});

Deno.test("BlkDevice checks every segment before it zeroes any", () => {
  const disk = new TestDisk(MODERN, { backend: new MemoryBackend(2 ** 16) });
  const status = (
    type: number,
    ...ranges: { sector: number; sectors: number; flags?: number }[]
  ) => disk.request({ type, out: [disk.segments(...ranges)] }).status;
  const good = { sector: 0, sectors: 1 };
  assert.equal(status(TYPE.writeZeroes, { sector: 65535, sectors: 2 }), 1);
  assert.equal(status(TYPE.writeZeroes, { sector: 0, sectors: 32769 }), 1);
  assert.equal(status(TYPE.writeZeroes, good, good), 1, "one at most");
  assert.equal(status(TYPE.writeZeroes, { ...good, flags: 2 }), 2);
  assert.equal(status(TYPE.discard, { ...good, flags: 1 }), 2);
  assert.equal(status(TYPE.discard, good, { sector: 65536, sectors: 1 }), 1);
  assert.equal(status(TYPE.discard, ...Array(64).fill(good)), 0);
  assert.equal(status(TYPE.discard, ...Array(65).fill(good)), 1);
  assert.equal(disk.request({ type: TYPE.discard }).status, 1, "none");
  assert.equal(
    disk.request({ type: TYPE.discard, out: [new Uint8Array(17)] }).status,
    1,
  );
  assert.deepEqual(disk.backend.log, []);
});

Deno.test("BlkDevice says which requests it does not know", () => {
  const disk = new TestDisk(MODERN);
  for (
    const type of [TYPE.scsiCommand, TYPE.secureErase, 10, 16, 0x8000_0000]
  ) {
    assert.equal(disk.request({ type, room: [512] }).status, 2, `${type}`);
  }
});

Deno.test("BlkDevice answers requests of the wrong form with an error", () => {
  for (const setup of MOCK_SETUPS) {
    const disk = new TestDisk(setup);
    const { driver } = disk;
    const ask = (out: readonly Uint8Array[], room: readonly number[]) =>
      diskAnswer(driver.request(0, { out, room })).status;
    const read = disk.header(TYPE.in);
    assert.equal(ask([read.subarray(0, 15)], [512, 1]), 1, "short header");
    assert.equal(ask([], [512, 1]), 1, "no header");
    assert.equal(ask([read], [511, 1]), 1, "half a sector");
    assert.equal(ask([read], [1]), 1, "no room for data");
    assert.equal(ask([read, pattern(512)], [1]), 1, "data for a read");
    const write = disk.header(TYPE.out);
    assert.equal(ask([write], [512, 1]), 1, "room for a write");
    assert.equal(ask([write, pattern(513)], [1]), 1, "half a sector");
    assert.deepEqual(disk.backend.log, []);
    assert.equal(driver.pci.core.broken, false);
  }
});

Deno.test("BlkDevice gives as much of its serial as there is room for", () => {
  const disk = new TestDisk(MODERN, { options: { serial: "0123456789" } });
  const short = disk.request({ type: TYPE.getId, room: [4] });
  assert.equal(new TextDecoder().decode(short.data), "0123");
  assert.equal(short.written, 5);
  const long = disk.request({ type: TYPE.getId, room: [64] });
  assert.equal(long.status, 0);
  assert.equal(long.written, 20, "what lies behind was not written");
});

Deno.test("BlkDevice breaks where there is no room for a status", () => {
  for (const setup of MOCK_SETUPS) {
    const disk = new TestDisk(setup);
    const { driver } = disk;
    driver.add(0, driver.buffers({ out: [disk.header(TYPE.flush)] }));
    driver.kick(0);
    assert.equal(driver.pci.core.breakage?.fault, "request");
    driver.start();
    assert.equal(disk.request({ type: TYPE.flush }).status, 0, "healed");
  }
});

Deno.test("BlkDevice refuses more than seg_max and size_max allow", () => {
  const world = new MockWorld(1 << 21);
  const backend = new MemoryBackend(1);
  Object.defineProperty(backend, "sectors", { value: 2 ** 40 });
  const disk = new TestDisk(MODERN, { backend, mock: { world } });
  const { driver } = disk;
  const bytes = 1 << 19;
  const [header, status, room] = driver.buffers({
    out: [disk.header(TYPE.in)],
    room: [1, bytes],
  });
  assert.ok(header && room && status);
  const most = MAX_REQUEST_SECTORS * SECTOR_BYTES / bytes;
  const pages = (count: number) => new Array<MockBuffer>(count).fill(room);
  backend.read = () => {};
  const read = (count: number) => {
    driver.memory.write(status.address, Uint8Array.of(0xff));
    driver.add(0, [header, ...pages(count), status]);
    driver.kick(0);
    world.runDeferred();
    const written = driver.rings[0]?.take()?.written;
    return [driver.memory.read(status.address, 1)[0], written];
  };
  assert.deepEqual(read(most), [0, most * bytes + 1]);
  assert.deepEqual(read(most + 1), [1, 0]);
});

Deno.test("BlkDevice leaves alone what random requests do not name", () => {
  const seed = 20240601;
  const next = random(seed);
  for (const setup of MOCK_SETUPS) {
    const backend = new MemoryBackend(64);
    backend.bytes.fill(0x5a);
    const disk = new TestDisk(setup, { backend });
    const { driver } = disk;
    const named = new Uint8Array(64);
    for (let round = 0; round < 500; round++) {
      const type = [0, 1, 1, 4, 8, 11, 13, next(1 << 31)][next(8)] ?? 0;
      const sector = next(4) === 0 ? next(2 ** 31) : next(70);
      const header = disk.header(type, sector).slice(0, 16 - next(2) * next(4));
      const out: Uint8Array[] = Array.from(
        { length: next(3) },
        () => pattern(next(2) === 0 ? 512 * (1 + next(8)) : 1 + next(1500)),
      );
      const room = Array.from({ length: next(3) }, () => 512 + next(600));
      if (type === 1 && header.length === 16) {
        const data = out.reduce((sum, { length }) => sum + length, 0);
        named.fill(1, sector, sector + Math.floor(data / 512));
      }
      if (type === 13) {
        out.length = 0;
        const sectors = next(20);
        out.push(disk.segments({ sector, sectors, flags: next(3) }));
        named.fill(1, sector, sector + sectors);
      }
      const { bytes } = driver.request(0, {
        out: [header, ...out],
        room: [...room, 1],
      });
      assert.ok((bytes.at(-1) ?? 9) <= 2, `seed ${seed}, round ${round}`);
    }
    assert.equal(driver.pci.core.broken, false);
    for (const [sector, touched] of named.entries()) {
      if (touched !== 0) continue;
      const bytes = backend.bytes.subarray(sector * 512, sector * 512 + 512);
      assert.ok(bytes.every((byte) => byte === 0x5a), `sector ${sector}`);
    }
    assert.ok(named.includes(1) && backend.log.length > 50);
  }
});
