import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  MOCK_SETUPS,
  MockDriver,
  type MockOptions,
  type MockSetup,
} from "../../../virtio/mock_driver.ts";
import {
  buildMessage,
  HEADER_BYTES,
  parseFields,
  parseHeader,
} from "../../../virtio/p9/codec.ts";
import { P9Device, type P9Options } from "../../../virtio/p9/device.ts";
import {
  type Fields,
  type MessageName,
  MESSAGES,
  NO_FID,
  type Reply,
  type Request,
} from "../../../virtio/p9/message.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import { withFolders } from "./_folders.ts";
import { random } from "./_random.ts";

/** A guest that has the share mounted. */
class Guest {
  readonly world: MockWorld;
  readonly device: P9Device;
  readonly driver: MockDriver;

  constructor(
    setup: MockSetup,
    options: Partial<P9Options> & { folder: string },
    mock: MockOptions = {},
  ) {
    this.world = mock.world ?? new MockWorld();
    this.device = new P9Device({
      tag: "host0",
      defer: (work) => this.world.defer(work),
      ...options,
    });
    this.driver = new MockDriver(this.device, setup, {
      ...mock,
      world: this.world,
    });
    this.driver.start();
  }

  static mounted(
    setup: MockSetup,
    options: Partial<P9Options> & { folder: string },
    mock: MockOptions = {},
  ): Guest {
    const guest = new Guest(setup, options, mock);
    guest.call("version", { messageSize: 1 << 20, version: "9P2000.L" });
    const user = "root";
    guest.call("attach", { fid: 0, authFid: NO_FID, user, tree: "", uid: 0 });
    return guest;
  }

  /** A request as bytes, without its data. */
  static message<N extends MessageName>(
    name: N,
    values: Request<N>,
    tag = 7,
  ): Uint8Array {
    const { type, request } = MESSAGES[name];
    return buildMessage({ type, tag }, request as Fields, values);
  }

  /** A request whose reply has no data. */
  call<N extends MessageName>(name: N, values: Request<N>): Reply<N> {
    const { written, bytes } = this.driver.request(0, {
      out: [Guest.message(name, values)],
      room: [4096],
    });
    const { size, type } = parseHeader(bytes);
    assert.equal(size, written);
    assert.equal(type, MESSAGES[name].type + 1);
    const body = bytes.subarray(HEADER_BYTES, size);
    const fields: Fields = MESSAGES[name].reply;
    return parseFields(fields, body) as Reply<N>;
  }
}

for (const setup of MOCK_SETUPS) {
  Deno.test(`P9Device shows its tag and serves requests, ${setup.name}`, () => {
    withFolders(({ share }) => {
      Deno.writeTextFileSync(`${share}/hello.txt`, "hello");
      const guest = Guest.mounted(setup, { folder: share });
      const { driver } = guest;
      const fields = driver.reader(driver.config(2 + 5));
      assert.equal(fields.u16(), 5);
      assert.equal(new TextDecoder().decode(fields.bytes(5)), "host0");
      guest.call("walk", { fid: 0, newFid: 1, names: ["hello.txt"] });
      assert.equal(guest.call("getattr", { fid: 1, mask: 0x7ffn }).size, 5);
      guest.call("lopen", { fid: 1, flags: 0 });
      const { written, bytes } = driver.request(0, {
        out: [Guest.message("read", { fid: 1, offset: 1, count: 100 })],
        room: [11, 2, 98],
        indirect: true,
      });
      assert.equal(written, 11 + 4);
      assert.equal(new TextDecoder().decode(bytes.subarray(11, 15)), "ello");
      guest.call("clunk", { fid: 1 });
      assert.equal(driver.pci.core.breakage, undefined);
    });
  });
}

const [SETUP] = MOCK_SETUPS as [MockSetup];
const MODERN = MOCK_SETUPS.find(({ interface: face }) => face === "modern") ??
  SETUP;

Deno.test("P9Device carries 1 MiB at a time, in pages all over memory", () => {
  withFolders(({ share }) => {
    const next = random(4);
    const page = 65536;
    const data = Uint8Array.from({ length: 15 * page }, () => next());
    const world = new MockWorld();
    const guest = Guest.mounted(MODERN, { folder: share }, {
      world,
      rings: { accessPlatform: true },
    });
    const { driver } = guest;
    const create = { fid: 0, name: "file", flags: 2, mode: 0o644, gid: 0 };
    guest.call("lcreate", create);
    const pages = Array.from(
      { length: 15 },
      (_, index) => data.slice(index * page, (index + 1) * page),
    );
    const write = Guest.message("write", {
      fid: 0,
      offset: 3,
      data: data.length,
    });
    const wrote = driver.request(0, { out: [write, ...pages], room: [11] });
    assert.deepEqual([...wrote.bytes.subarray(4, 11)], [
      ...[119, 7, 0],
      ...[0, 0, 15, 0],
    ]);
    const file = Deno.readFileSync(`${share}/file`);
    assert.equal(Buffer.compare(file.subarray(3), data), 0);
    const read = driver.request(0, {
      out: [Guest.message("read", { fid: 0, offset: 3, count: data.length })],
      room: [11, ...pages.map(({ length }) => length)],
    });
    assert.equal(read.written, 11 + data.length);
    assert.equal(Buffer.compare(read.bytes.subarray(11), data), 0);
    const told = world.translated.writes.slice(-400)
      .reduce((sum, { bytes }) => sum + bytes, 0);
    assert(told >= data.length);
  });
});

Deno.test("P9Device answers what does not fit with an error", () => {
  withFolders(({ share }) => {
    const guest = Guest.mounted(SETUP, { folder: share });
    const { bytes, written } = guest.driver.request(0, {
      out: [Guest.message("getattr", { fid: 0, mask: 0x7ffn })],
      room: [5, 6, 50],
    });
    assert.equal(written, 11);
    assert.deepEqual([...bytes.subarray(0, 11)], [
      ...[11, 0, 0, 0, 7, 7, 0],
      ...[90, 0, 0, 0],
    ]);
  });
});

Deno.test("P9Device answers a message cut short with an error", () => {
  withFolders(({ share }) => {
    const guest = Guest.mounted(SETUP, { folder: share });
    const message = Guest.message("clunk", { fid: 0 });
    for (const length of [7, 8, 10]) {
      const { bytes } = guest.driver.request(0, {
        out: [message.slice(0, length)],
        room: [11],
      });
      assert.deepEqual([bytes[4], bytes[7]], [7, 71]);
    }
    assert.equal(guest.driver.pci.core.breakage, undefined);
  });
});

Deno.test("P9Device breaks at a chain that cannot be answered", () => {
  const chains = [
    { out: [new Uint8Array(6)], room: [11] },
    { out: [new Uint8Array(11)], room: [10] },
    { out: [new Uint8Array(11)], room: [] },
    { out: [], room: [100] },
  ];
  for (const chain of chains) {
    withFolders(({ share }) => {
      const guest = Guest.mounted(MODERN, { folder: share });
      const { driver } = guest;
      driver.add(0, driver.buffers(chain));
      driver.kick(0);
      assert.equal(driver.pci.core.breakage?.fault, "request");
      assert.deepEqual(driver.collect(0), []);
      driver.start();
      guest.call("version", { messageSize: 8192, version: "9P2000.L" });
    });
  }
});

Deno.test("P9Device closes everything at a reset", () => {
  withFolders(({ share }) => {
    const guest = Guest.mounted(SETUP, { folder: share });
    const create = { fid: 0, name: "file", flags: 2, mode: 0o644, gid: 0 };
    guest.call("lcreate", create);
    assert.equal(guest.device.save().server.fids.length, 1);
    guest.driver.start();
    const { messageSize, fids, locks } = guest.device.save().server;
    assert.deepEqual({ messageSize, fids, locks }, {
      messageSize: 0,
      fids: [],
      locks: [],
    });
  });
});

Deno.test("P9Device lets the machine run between many requests", () => {
  withFolders(({ share }) => {
    const guest = Guest.mounted(MODERN, { folder: share });
    const { driver, world } = guest;
    const message = Guest.message("getattr", { fid: 0, mask: 0n });
    for (let count = 0; count < 50; count++) {
      driver.add(0, driver.buffers({ out: [message], room: [200] }));
    }
    driver.kick(0);
    const first = driver.collect(0).length;
    assert(first > 0 && first < 50);
    let turns = 0;
    let all = first;
    while (world.runDeferred() > 0 && turns < 10) {
      all += driver.collect(0).length;
      turns++;
    }
    assert.equal(all, 50);
    assert(turns < 10);
  });
});

Deno.test("P9Device goes on where it was saved", () => {
  withFolders(({ share }) => {
    const guest = Guest.mounted(MODERN, { folder: share });
    const create = { fid: 0, name: "file", flags: 2, mode: 0o644, gid: 0 };
    guest.call("lcreate", create);
    const state = structuredClone(guest.driver.pci.core.save());
    const device = new P9Device({
      tag: "host0",
      folder: share,
      defer: (work) => guest.world.defer(work),
    });
    const other = new MockDriver(device, MODERN, { world: guest.world });
    other.pci.core.restore(state);
    assert.deepEqual(device.save(), guest.device.save());
    assert.throws(
      () => device.restore({ ...device.save(), tag: "other" }, undefined),
      RangeError,
    );
    assert.throws(() => device.restore(undefined, undefined), RangeError);
  });
});

Deno.test("P9Device refuses tags that are none", () => {
  withFolders(({ share }) => {
    const make = (tag: string) =>
      new P9Device({ tag, folder: share, defer: () => {} });
    assert.throws(() => make(""), RangeError);
    assert.throws(() => make("é".repeat(128)), RangeError);
    const long = "x".repeat(255);
    const guest = new Guest(SETUP, { folder: share, tag: long });
    const text = new TextDecoder().decode(guest.driver.config(257));
    assert.equal(text.slice(2), long);
  });
});
