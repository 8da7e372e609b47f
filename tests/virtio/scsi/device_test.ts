import assert from "node:assert/strict";
import { MOCK_SETUPS, MockDriver } from "../../../virtio/mock_driver.ts";
import { ScsiDevice } from "../../../virtio/scsi/device.ts";
import { MemoryBackend, pattern } from "../blk/_disk.ts";
import {
  DISK,
  lunOf,
  QUEUE,
  setupNamed,
  TestHost,
  transfer,
  WELL_KNOWN,
} from "./_host.ts";

for (const setup of MOCK_SETUPS) {
  Deno.test(`ScsiDevice reads and writes blocks when ${setup.name}`, () => {
    const host = new TestHost(setup);
    const data = pattern(3 * 512);
    const range = { block: 5, blocks: 3 };
    const written = host.command(transfer(10, "write", range), {
      out: [data.subarray(0, 100), data.subarray(100)],
    });
    assert.deepEqual(written, {
      response: 0,
      status: 0,
      sense: [],
      residual: 0,
      data: new Uint8Array(0),
      written: 108,
    });
    assert.deepEqual(host.backend.bytes.slice(5 * 512, 8 * 512), data);
    const read = host.command(transfer(10, "read", range), {
      room: [512, 1000, 24],
    });
    assert.deepEqual(read.data, data);
    assert.deepEqual([read.status, read.residual, read.written], [
      0,
      0,
      108 + 1536,
    ]);
  });

  Deno.test(`ScsiDevice gives sense data when ${setup.name}`, () => {
    const host = new TestHost(setup, { fresh: true });
    const first = host.command([0x00]);
    assert.deepEqual([first.status, first.sense], [2, [6, 0x29, 0]]);
    const range = { block: 1024, blocks: 1 };
    const outside = host.command(transfer(16, "read", range), { room: [512] });
    assert.deepEqual(outside.sense, [5, 0x21, 0]);
    assert.deepEqual([outside.response, outside.residual], [0, 512]);
    assert.equal(outside.written, 108);
    assert.equal(host.command([0x00]).status, 0);
  });

  Deno.test(`ScsiDevice manages tasks when ${setup.name}`, () => {
    const host = new TestHost(setup);
    const responses = [0, 1, 2, 3, 5, 6, 7, 99].map((what) =>
      host.manage(what)
    );
    assert.deepEqual(responses, [0, 0, 11, 0, 0, 0, 0, 11]);
    assert.deepEqual(host.command([0x00]).sense, [6, 0x29, 3]);
    assert.equal(host.command([0x00]).status, 0);
    assert.equal(host.manage(5, lunOf(1, 0)), 3);
    assert.equal(host.manage(5, lunOf(0, 1)), 12);
    assert.equal(host.manage(4, lunOf(0, 1)), 0, "the whole target");
    assert.equal(host.command([0x00]).status, 2);
  });

  Deno.test(`ScsiDevice has no notifications when ${setup.name}`, () => {
    const { driver } = new TestHost(setup);
    for (const type of [1, 2]) {
      for (const [lun, response] of [[DISK, 0], [lunOf(7, 0), 3]] as const) {
        const fields = driver.writer();
        fields.u32(type);
        fields.bytes(lun);
        fields.u32(0x7e);
        const out = [fields.written];
        const answer = driver.request(QUEUE.control, { out, room: [4, 1] });
        assert.deepEqual([...answer.bytes], [0, 0, 0, 0, response]);
        assert.equal(answer.written, 5);
      }
    }
  });

  Deno.test(`ScsiDevice shows its configuration when ${setup.name}`, () => {
    const host = new TestHost(setup, { options: { queues: 3 } });
    const fields = host.driver.reader(host.driver.config(36));
    const words = Array.from({ length: 7 }, () => fields.u32());
    assert.deepEqual(words, [3, 254, 0xffff, 128, 16, 96, 32]);
    assert.deepEqual([fields.u16(), fields.u16(), fields.u32()], [0, 0, 0]);
  });

  Deno.test(`ScsiDevice takes the driver's sizes when ${setup.name}`, () => {
    const host = new TestHost(setup);
    const { driver } = host;
    for (const at of [20, 24]) {
      const fields = driver.writer();
      fields.u32(16);
      // As Linux's legacy driver does it.
      for (const [index, byte] of fields.written.entries()) {
        driver.writeConfig(at + index, Uint8Array.of(byte));
      }
    }
    host.sizes = { sense: 16, cdb: 16 };
    const fields = driver.reader(driver.config(28).slice(20));
    assert.deepEqual([fields.u32(), fields.u32()], [16, 16]);
    const read = host.command(
      transfer(16, "read", { block: 0, blocks: 1 }),
      { room: [512] },
    );
    assert.deepEqual([read.status, read.written], [0, 12 + 16 + 512]);
    assert.deepEqual(host.command([0xff]).sense, [5, 0x20, 0]);
    driver.start();
    host.sizes = { sense: 96, cdb: 32 };
    assert.equal(host.command([0x00]).written, 108);
  });

  Deno.test(`ScsiDevice serves several queues when ${setup.name}`, () => {
    const host = new TestHost(setup, { options: { queues: 3 } });
    for (const queue of [4, 2, 3]) {
      const range = { block: queue, blocks: 1 };
      const out = [pattern(512, queue)];
      host.command(transfer(10, "write", range), {
        out,
        queue,
        indirect: true,
      });
      const block = host.backend.bytes.slice(queue * 512, (queue + 1) * 512);
      assert.deepEqual(block, pattern(512, queue));
    }
  });

  Deno.test(`ScsiDevice restores what it saved when ${setup.name}`, () => {
    const host = new TestHost(setup, { fresh: true });
    const fields = host.driver.writer();
    fields.u32(18);
    host.driver.writeConfig(20, fields.written);
    host.sizes = { sense: 18, cdb: 32 };
    host.driver.add(
      QUEUE.requests,
      host.driver.buffers({ out: [host.request([0x00])], room: [12 + 18] }),
    );
    const saved = structuredClone(host.driver.pci.save());
    const { world } = host.driver;
    const device = new ScsiDevice({
      backend: new MemoryBackend(1024),
      defer: (work) => world.defer(work),
    });
    const other = new MockDriver(device, setup, { world });
    other.pci.restore(saved);
    world.runDeferred();
    const [answer] = host.driver.collect(QUEUE.requests);
    assert.ok(answer);
    assert.deepEqual(host.response(answer).sense, [6, 0x29, 0]);
  });
}

const SETUP = setupNamed("little modern split");

Deno.test("ScsiDevice says where there is no unit", () => {
  const host = new TestHost(SETUP);
  const ask = (lun: Uint8Array, block: readonly number[]) => {
    const { response, status, sense, data, residual } = host.command(block, {
      lun,
      room: [64],
    });
    return { response, status, sense, first: data[0], residual };
  };
  const inquiry = [0x12, 0, 0, 0, 36];
  const absent = ask(lunOf(1, 0), inquiry);
  assert.deepEqual([absent.response, absent.residual], [3, 64]);
  assert.equal(ask(new Uint8Array(8), inquiry).response, 3);
  assert.equal(
    ask(Uint8Array.of(1, 0, 0x80, 0, 0, 0, 0, 0), inquiry).response,
    3,
  );
  assert.deepEqual(ask(lunOf(0, 1), inquiry), {
    response: 0,
    status: 0,
    sense: [],
    first: 0x7f,
    residual: 64 - 36,
  });
  assert.deepEqual(ask(lunOf(0, 300), [0x00]).sense, [5, 0x25, 0]);
  assert.deepEqual(ask(lunOf(0, 1), [0x12, 1, 0x83, 0, 64]).sense, [
    5,
    0x24,
    0,
  ]);
  const sense = host.command([0x03, 0, 0, 0, 18], {
    lun: lunOf(0, 1),
    room: [18],
  });
  assert.deepEqual([sense.data[2], sense.data[12]], [5, 0x25]);
  // A disk as LUN 0 by the other address method.
  assert.equal(ask(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), [0x00]).status, 0);
});

Deno.test("ScsiDevice has the REPORT LUNS well-known unit", () => {
  const host = new TestHost(SETUP, { fresh: true });
  const ask = (block: readonly number[]) =>
    host.command(block, { lun: WELL_KNOWN, room: [64] });
  assert.equal(ask([0x12, 0, 0, 0, 36]).data[0], 0x1e);
  assert.equal(ask([0x00]).status, 0);
  assert.equal(ask([0xa0, 0, 1, 0, 0, 0, 0, 0, 0, 64]).data[8], 0xc1);
  assert.equal(ask([0x03, 0, 0, 0, 18]).data[2], 0);
  assert.deepEqual(ask([0x28]).sense, [5, 0x20, 0]);
  assert.deepEqual(ask([0x12, 1, 0, 0, 64]).sense, [5, 0x24, 0]);
  assert.equal(host.command([0x00]).status, 2, "the disk's is another one");
});

Deno.test("ScsiDevice refuses data in both directions", () => {
  const host = new TestHost(SETUP);
  const { response, residual } = host.command([0x00], {
    out: [new Uint8Array(8)],
    room: [8],
  });
  assert.deepEqual([response, residual], [9, 16]);
});

Deno.test("ScsiDevice says where buffers are smaller than a command", () => {
  const host = new TestHost(SETUP);
  const range = { block: 0, blocks: 2 };
  const read = host.command(transfer(10, "read", range), { room: [1023] });
  assert.deepEqual([read.response, read.residual], [1, 1023]);
  const write = host.command(transfer(10, "write", range), {
    out: [new Uint8Array(1023)],
  });
  assert.equal(write.response, 1);
  const wrong = host.command(transfer(10, "write", range), { room: [1024] });
  assert.equal(wrong.response, 1);
  assert.deepEqual(host.backend.log, []);
  const more = host.command(transfer(10, "read", range), { room: [2000] });
  assert.deepEqual([more.response, more.residual], [0, 2000 - 1024]);
  assert.equal(more.written, 108 + 1024);
});

Deno.test("ScsiDevice breaks for requests without room or command", () => {
  for (const setup of MOCK_SETUPS) {
    const host = new TestHost(setup);
    const { driver } = host;
    const whole = host.request([0x00]);
    const cases = [
      [QUEUE.requests, [whole], [107], "request"],
      [QUEUE.requests, [whole], [], "request"],
      [QUEUE.requests, [], [108], "request"],
      [QUEUE.requests, [whole.subarray(0, 50)], [108], "request"],
      [QUEUE.control, [new Uint8Array(3)], [1], "short-chain"],
      [QUEUE.control, [new Uint8Array(24)], [], "short-chain"],
      [QUEUE.control, [new Uint8Array(24).fill(9)], [1], "request"],
    ] as const;
    for (const [queue, out, room, fault] of cases) {
      driver.start();
      driver.add(queue, driver.buffers({ out, room }));
      driver.kick(queue);
      assert.equal(driver.pci.core.breakage?.fault, fault);
    }
    driver.start();
    assert.equal(host.command([0x00]).status, 2, "healed");
  }
});

Deno.test("ScsiDevice breaks for sizes that make no sense", () => {
  for (const [at, size] of [[20, 253], [20, 2 ** 32 - 1], [24, 0], [24, 261]]) {
    assert.ok(at && size !== undefined);
    const { driver, ...host } = new TestHost(SETUP);
    const fields = driver.writer();
    fields.u32(size);
    driver.writeConfig(at, fields.written);
    assert.equal(driver.pci.core.broken, false);
    const out = [new Uint8Array(51)];
    driver.add(QUEUE.requests, driver.buffers({ out, room: [108] }));
    driver.kick(QUEUE.requests);
    assert.equal(driver.pci.core.breakage?.fault, "request");
    assert.deepEqual(host.failures, []);
  }
});

Deno.test("ScsiDevice writes no sense data where there is no room for them", () => {
  const host = new TestHost(SETUP);
  const fields = host.driver.writer();
  fields.u32(0);
  host.driver.writeConfig(20, fields.written);
  host.sizes = { sense: 0, cdb: 32 };
  const { status, sense, written } = host.command([0xff]);
  assert.deepEqual([status, sense, written], [2, [], 12]);
});

Deno.test("ScsiDevice keeps buffers for events, of which there are none", () => {
  const { driver } = new TestHost(SETUP);
  driver.add(QUEUE.events, driver.buffers({ room: [16] }));
  driver.kick(QUEUE.events);
  assert.deepEqual(driver.collect(QUEUE.events), []);
  assert.equal(driver.pci.core.broken, false);
});

Deno.test("ScsiDevice restores only a disk of the same size", () => {
  const make = (sectors: number) =>
    new ScsiDevice({ backend: new MemoryBackend(sectors), defer: () => {} });
  const saved = make(64).save();
  make(64).restore(saved, undefined);
  assert.throws(() => make(65).restore(saved, undefined), RangeError);
  for (const state of [undefined, null, {}, { sectors: 64 }]) {
    assert.throws(() => make(64).restore(state, undefined), TypeError);
  }
});
