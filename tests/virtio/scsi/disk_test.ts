import assert from "node:assert/strict";
import { MemoryBackend, pattern } from "../blk/_disk.ts";
import { cdb, setupNamed, TestHost, transfer } from "./_host.ts";

const SETUP = setupNamed("big legacy split");

function ask(
  host: TestHost,
  block: readonly number[],
  room = 256,
): { sense: readonly number[]; data: Uint8Array; fields: DataView } {
  const { data, sense, residual } = host.command(block, { room: [room] });
  const given = data.slice(0, room - residual);
  return { sense, data: given, fields: new DataView(given.buffer) };
}

Deno.test("ScsiDisk takes every form of READ and WRITE", () => {
  const host = new TestHost(SETUP);
  for (const form of [6, 10, 12, 16] as const) {
    const range = { block: 100 + form, blocks: 2 };
    const data = pattern(1024, form);
    const write = host.command(transfer(form, "write", range), { out: [data] });
    assert.equal(write.status, 0, `WRITE (${form})`);
    const read = host.command(transfer(form, "read", range), { room: [1024] });
    assert.deepEqual(read.data, data, `READ (${form})`);
    const at = (100 + form) * 512;
    assert.deepEqual(host.backend.bytes.slice(at, at + 1024), data);
  }
});

Deno.test("ScsiDisk reads 256 blocks where READ (6) names none", () => {
  const host = new TestHost(SETUP);
  const block = transfer(6, "read", { block: 1, blocks: 0 });
  assert.equal(host.command(block, { room: [131072] }).residual, 0);
  assert.deepEqual(host.backend.log, ["read 512 +131072"]);
});

Deno.test("ScsiDisk checks every range against the capacity", () => {
  const host = new TestHost(SETUP, { backend: new MemoryBackend(8) });
  for (const direction of ["read", "write"] as const) {
    for (const block of [8, 2 ** 31, 2 ** 53, (1n << 64n) - 1n]) {
      const given = direction === "read"
        ? { room: [512] }
        : { out: [new Uint8Array(512)] };
      const range = { block, blocks: 1 };
      const { sense } = host.command(transfer(16, direction, range), given);
      assert.deepEqual(sense, [5, 0x21, 0], `${direction} ${block}`);
    }
  }
  const long = transfer(16, "read", { block: 0, blocks: 0x10000 });
  assert.deepEqual(host.command(long, { room: [512] }).sense, [5, 0x24, 0]);
  const end = transfer(10, "read", { block: 7, blocks: 2 });
  assert.deepEqual(host.command(end, { room: [1024] }).sense, [5, 0x21, 0]);
  const none = transfer(10, "read", { block: 8, blocks: 0 });
  assert.equal(host.command(none).status, 0);
  assert.deepEqual(host.backend.log, ["read 4096 +0"]);
});

Deno.test("ScsiDisk flushes for FUA and SYNCHRONIZE CACHE", () => {
  const host = new TestHost(SETUP);
  const range = { block: 0, blocks: 1, flags: 0x08 };
  host.command(transfer(10, "write", range), { out: [pattern(512)] });
  host.command(transfer(10, "read", range), { room: [512] });
  host.command(cdb(0x35, 10));
  host.command(cdb(0x91, 16, { at: 2, bytes: 8, value: 1023 }));
  assert.deepEqual(host.backend.log, [
    "write 0 +512",
    "flush",
    "flush",
    "read 0 +512",
    "flush",
    "flush",
  ]);
  const outside = cdb(0x91, 16, { at: 2, bytes: 8, value: 1025 });
  assert.deepEqual(host.command(outside).sense, [5, 0x21, 0]);
  const protectedRead = transfer(10, "read", { ...range, flags: 0x20 });
  assert.deepEqual(host.command(protectedRead).sense, [5, 0x24, 0]);
});

Deno.test("ScsiDisk refuses to write where it is read-only", () => {
  const backend = new MemoryBackend(64, { readonly: true });
  const host = new TestHost(SETUP, { backend });
  const range = { block: 0, blocks: 1 };
  const out = [new Uint8Array(512)];
  const unmap = cdb(0x42, 10, { at: 7, bytes: 2, value: 24 });
  const same = cdb(0x93, 16, { at: 10, bytes: 4, value: 1 });
  for (const block of [transfer(10, "write", range), unmap, same]) {
    assert.deepEqual(host.command(block, { out }).sense, [7, 0x27, 0]);
  }
  assert.deepEqual(backend.log, []);
  assert.equal((ask(host, [0x1a, 0, 0x3f, 0, 255]).data[2] ?? 0) & 0x80, 0x80);
  const capacity = cdb(0x9e, 16, { at: 1, bytes: 1, value: 0x10 }, {
    at: 13,
    bytes: 1,
    value: 32,
  });
  assert.equal(ask(host, capacity).data[14], 0);
});

Deno.test("ScsiDisk reports what the host fails at as a medium error", () => {
  const host = new TestHost(SETUP);
  host.backend.fails = true;
  const range = { block: 0, blocks: 1 };
  const read = host.command(transfer(10, "read", range), { room: [512] });
  assert.deepEqual([read.sense, read.residual], [[3, 0x11, 0], 512]);
  const out = [new Uint8Array(512)];
  const write = host.command(transfer(10, "write", range), { out });
  assert.deepEqual(write.sense, [3, 0x0c, 0]);
  assert.deepEqual(host.command(cdb(0x35, 10)).sense, [3, 0x0c, 0]);
  assert.equal(host.failures.length, 3);
});

Deno.test("ScsiDisk answers INQUIRY", () => {
  const host = new TestHost(SETUP, { options: { serial: "S-1" } });
  const { data } = ask(host, [0x12, 0, 0, 0, 255]);
  assert.equal(data.length, 36);
  assert.deepEqual([...data.subarray(0, 8)], [0, 0, 6, 0x12, 31, 0, 0, 2]);
  const text = new TextDecoder().decode(data.subarray(8));
  assert.equal(text, "JANUS   VIRTUAL DISK    1   ");
  assert.equal(ask(host, [0x12, 0, 0, 0, 5]).data.length, 5);
  assert.equal(ask(host, [0x12, 0, 0, 0, 255], 10).data.length, 10);
  assert.deepEqual(ask(host, [0x12, 0, 0x80, 0, 255]).sense, [5, 0x24, 0]);
});

Deno.test("ScsiDisk answers INQUIRY for vital product data", () => {
  const host = new TestHost(SETUP, { options: { serial: "S-1" } });
  const page = (number: number) => {
    const { data, sense } = ask(host, [0x12, 1, number, 0, 255]);
    assert.deepEqual(sense, []);
    assert.deepEqual([data[0], data[1]], [0, number]);
    assert.equal(data.length, 4 + (data[2] ?? 0) * 256 + (data[3] ?? 0));
    return data.slice(4);
  };
  const supported = [...page(0)];
  assert.deepEqual(supported, [0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2]);
  assert.equal(new TextDecoder().decode(page(0x80)), "S-1");
  const id = new TextDecoder().decode(page(0x83).subarray(4));
  assert.equal(id, "JANUS   S-1");
  const limits = new DataView(page(0xb0).buffer);
  assert.equal(limits.getUint32(8 - 4), 0xffff);
  assert.equal(limits.getUint32(20 - 4), 2 ** 22);
  assert.equal(limits.getUint32(24 - 4), 64);
  assert.equal(limits.getBigUint64(36 - 4), 32768n);
  assert.equal(page(0xb1)[1], 1);
  assert.equal((page(0xb2)[1] ?? 0) & 0x80, 0x80);
  assert.deepEqual(ask(host, [0x12, 1, 0x99, 0, 255]).sense, [5, 0x24, 0]);
});

Deno.test("ScsiDisk answers READ CAPACITY", () => {
  const host = new TestHost(SETUP);
  const { fields } = ask(host, cdb(0x25, 10));
  assert.deepEqual([fields.getUint32(0), fields.getUint32(4)], [1023, 512]);
  const long = cdb(0x9e, 16, { at: 1, bytes: 1, value: 0x10 }, {
    at: 10,
    bytes: 4,
    value: 32,
  });
  const { data, fields: more } = ask(host, long);
  assert.equal(data.length, 32);
  assert.deepEqual([more.getBigUint64(0), more.getUint32(8)], [1023n, 512]);
  assert.deepEqual([data[13], data[14]], [3, 0x80]);
  assert.deepEqual(ask(host, cdb(0x9e, 16)).sense, [5, 0x24, 0]);
});

Deno.test("ScsiDisk answers READ CAPACITY of more than 2 TiB", () => {
  const backend = new MemoryBackend(1);
  Object.defineProperty(backend, "sectors", { value: 2 ** 33 });
  const host = new TestHost(SETUP, { backend });
  assert.equal(ask(host, cdb(0x25, 10)).fields.getUint32(0), 0xffff_ffff);
  const long = cdb(0x9e, 16, { at: 1, bytes: 1, value: 0x10 }, {
    at: 10,
    bytes: 4,
    value: 32,
  });
  const { fields } = ask(host, long);
  assert.equal(fields.getBigUint64(0), 2n ** 33n - 1n);
});

Deno.test("ScsiDisk answers MODE SENSE", () => {
  const host = new TestHost(SETUP);
  const all = ask(host, [0x1a, 0, 0x3f, 0, 255]).data;
  assert.equal(all.length, 4 + 8 + 20 + 12);
  assert.deepEqual([...all.subarray(0, 4)], [all.length - 1, 0, 0x10, 8]);
  assert.deepEqual([...all.subarray(4, 12)], [0, 0, 4, 0, 0, 0, 2, 0]);
  assert.deepEqual([...all.subarray(12, 15)], [0x08, 18, 0x04]);
  assert.deepEqual([all[32], all[33]], [0x0a, 10]);
  const caching = ask(
    host,
    cdb(
      0x5a,
      10,
      { at: 1, bytes: 2, value: 0x0808 },
      { at: 7, bytes: 2, value: 255 },
    ),
  ).data;
  assert.equal(caching.length, 8 + 20);
  assert.deepEqual([...caching.subarray(0, 8)], [0, 26, 0, 0x10, 0, 0, 0, 0]);
  const changeable = ask(host, [0x1a, 8, 0x48, 0, 255]).data;
  assert.deepEqual([...changeable.subarray(4, 7)], [0x08, 18, 0]);
  assert.deepEqual(ask(host, [0x1a, 0, 0xc8, 0, 255]).sense, [5, 0x39, 0]);
  assert.deepEqual(ask(host, [0x1a, 0, 0x01, 0, 255]).sense, [5, 0x24, 0]);
  assert.deepEqual(ask(host, [0x1a, 0, 0x08, 1, 255]).sense, [5, 0x24, 0]);
});

Deno.test("ScsiDisk answers REPORT LUNS", () => {
  const host = new TestHost(SETUP, { fresh: true });
  const luns = (select: number) =>
    ask(host, [0xa0, 0, select, 0, 0, 0, 0, 0, 1, 0]).data;
  const disk = [0, 0, 0, 0, 0, 0, 0, 0];
  const known = [0xc1, 1, 0, 0, 0, 0, 0, 0];
  const header = (bytes: number) => [0, 0, 0, bytes, 0, 0, 0, 0];
  assert.deepEqual([...luns(0)], [...header(8), ...disk]);
  assert.deepEqual([...luns(1)], [...header(8), ...known]);
  assert.deepEqual([...luns(2)], [...header(16), ...disk, ...known]);
  const unknown = ask(host, [0xa0, 0, 3, 0, 0, 0, 0, 0, 1, 0]);
  assert.deepEqual(unknown.sense, [5, 0x24, 0]);
  const short = ask(host, [0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 15]);
  assert.deepEqual(short.sense, [5, 0x24, 0]);
});

Deno.test("ScsiDisk gives a unit attention by REQUEST SENSE, once", () => {
  const host = new TestHost(SETUP, { fresh: true });
  const sense = () => [...ask(host, [0x03, 0, 0, 0, 255]).data];
  const first = sense();
  assert.deepEqual([first.length, first[0], first[7]], [18, 0x70, 10]);
  assert.deepEqual([first[2], first[12], first[13]], [6, 0x29, 0]);
  assert.equal(sense()[2], 0);
  assert.equal(host.command([0x00]).status, 0);
});

Deno.test("ScsiDisk writes one block many times", () => {
  const host = new TestHost(SETUP);
  const { backend } = host;
  backend.bytes.fill(0xee);
  const same16 = (block: number, blocks: number, flags = 0) =>
    cdb(
      0x93,
      16,
      { at: 1, bytes: 1, value: flags },
      { at: 2, bytes: 8, value: block },
      { at: 10, bytes: 4, value: blocks },
    );
  const expected = new Uint8Array(backend.bytes);
  const data = pattern(512, 9);
  const repeated = host.command(same16(10, 3), { out: [data] });
  assert.deepEqual([repeated.status, repeated.residual], [0, 0]);
  for (const block of [10, 11, 12]) expected.set(data, block * 512);
  assert.deepEqual(backend.bytes, expected);

  host.command(same16(20, 5), { out: [new Uint8Array(512)] });
  host.command(same16(30, 5, 0x09));
  const same10 = cdb(
    0x41,
    10,
    { at: 1, bytes: 1, value: 0x08 },
    { at: 2, bytes: 4, value: 40 },
    { at: 7, bytes: 2, value: 5 },
  );
  host.command(same10, { out: [new Uint8Array(512)] });
  for (const block of [20, 30, 40]) {
    expected.fill(0, block * 512, (block + 5) * 512);
  }
  assert.deepEqual(backend.bytes, expected);

  const out = [new Uint8Array(512)];
  const refused = [
    same16(0, 0),
    same16(0, 32769),
    same16(0, 1, 0x10),
    same16(0, 1, 0x20),
  ];
  for (const block of refused) {
    assert.deepEqual(host.command(block, { out }).sense, [5, 0x24, 0]);
  }
  assert.deepEqual(host.command(same16(1023, 2), { out }).sense, [5, 0x21, 0]);
  assert.equal(
    host.command(same16(0, 1), { out: [data.subarray(1)] }).response,
    1,
  );
  assert.deepEqual(backend.bytes, expected);
});

Deno.test("ScsiDisk checks UNMAP, and keeps the blocks' bytes", () => {
  const host = new TestHost(SETUP);
  host.backend.bytes.fill(0xee);
  const unmap = (
    ranges: readonly { block: number | bigint; blocks: number }[],
    given: { flags?: number; announced?: number; bytes?: number } = {},
  ) => {
    const { flags = 0, announced = 16 * ranges.length } = given;
    const { bytes = 8 + announced } = given;
    const list = new DataView(new ArrayBuffer(8 + 16 * ranges.length));
    list.setUint16(0, 6 + announced);
    list.setUint16(2, announced);
    for (const [index, { block, blocks }] of ranges.entries()) {
      list.setBigUint64(8 + 16 * index, BigInt(block));
      list.setUint32(16 + 16 * index, blocks);
    }
    const block = cdb(
      0x42,
      10,
      { at: 1, bytes: 1, value: flags },
      { at: 7, bytes: 2, value: bytes },
    );
    const out = [new Uint8Array(list.buffer)];
    return host.command(block, { out });
  };
  const good = { block: 8, blocks: 8 };
  assert.equal(unmap([good, { block: 1016, blocks: 8 }]).status, 0);
  assert.equal(unmap([]).status, 0);
  assert.equal(unmap(Array(64).fill(good)).status, 0);
  assert.equal(unmap([], { bytes: 0 }).status, 0);
  assert.deepEqual(unmap(Array(65).fill(good)).sense, [5, 0x26, 0]);
  assert.deepEqual(unmap([good], { announced: 32, bytes: 24 }).sense, [
    5,
    0x26,
    0,
  ]);
  assert.deepEqual(unmap([good], { bytes: 7 }).sense, [5, 0x1a, 0]);
  assert.equal(unmap([good], { bytes: 25 }).response, 1);
  assert.deepEqual(unmap([good], { flags: 1 }).sense, [5, 0x24, 0]);
  for (const block of [1017, 1n << 63n]) {
    assert.deepEqual(unmap([good, { block, blocks: 8 }]).sense, [5, 0x21, 0]);
  }
  assert.deepEqual(host.backend.log, []);
  assert.ok(host.backend.bytes.every((byte) => byte === 0xee));
});

Deno.test("ScsiDisk names commands that it does not know", () => {
  const host = new TestHost(SETUP);
  for (const opcode of [0x04, 0x15, 0x5e, 0x5f, 0xa3, 0xff]) {
    assert.deepEqual(host.command([opcode]).sense, [5, 0x20, 0]);
  }
  assert.equal(host.command([0x1b, 0, 0, 0, 1]).status, 0, "START STOP UNIT");
});
