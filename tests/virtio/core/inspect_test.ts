import assert from "node:assert/strict";
import { chainMemory, inspectRing } from "../../../virtio/inspect.ts";
import { MOCK_SETUPS, MockDriver } from "../../../virtio/mock_driver.ts";
import { reportDevice } from "../../../virtio/report.ts";
import { echo, EchoDevice, HoldingDevice, setups, started } from "./support.ts";

for (const setup of MOCK_SETUPS) {
  Deno.test(`inspectRing() shows each chain with its progress, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup, { queueSize: 16 });
    const out = (value: number) => {
      const writer = driver.writer();
      writer.u32(value);
      return driver.buffers({ out: [writer.written], room: [4, 8] });
    };
    const done = driver.add(0, out(1));
    const taken = driver.add(0, out(2), { indirect: true });
    driver.kick(0);
    driver.device.complete(0);
    const buffers = out(3);
    const waiting = driver.add(0, buffers, { indirect: true });
    const view = inspectRing(driver.pci.core, 0);
    assert.equal(view.form, setup.ring);
    assert.equal(view.order, driver.little ? "little" : "big");
    assert.equal(view.size, setup.interface === "legacy" ? 256 : 16);
    assert.equal(view.descriptors.length, view.size);
    assert.deepEqual(view.problems, []);
    assert.equal(view.truncated, false);
    const seen = view.chains.map(({ id, progress }) => [id, progress]);
    const expected = [[done, "done"], [taken, "taken"], [waiting, "waiting"]];
    // A packed ring's places are written over when a chain is given back.
    assert.deepEqual(
      seen,
      setup.ring === "split" ? expected : expected.slice(1),
    );
    const last = view.chains.at(-1)!;
    assert.equal(last.readable, 4);
    assert.equal(last.writable, 12);
    assert.equal(last.problem, undefined);
    assert.deepEqual(
      last.descriptors.map(({ address, length, indirect, flags }) => ({
        address: Number(address),
        length,
        indirect,
        write: flags.includes("write"),
      })),
      buffers.map((buffer) => ({ ...buffer, indirect: true })),
    );
    const [bytes] = chainMemory(driver.pci.core, view, { id: waiting });
    assert.equal(driver.reader(bytes!.bytes!).u32(), 3);
    assert.equal(bytes!.write, false);
  });

  Deno.test(`inspectRing() shows the ring's bytes as they lie, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup, { queueSize: 16 });
    echo(driver, 1);
    const { raw } = inspectRing(driver.pci.core, 0);
    const { addresses } = driver.pci.core.queues[0]!;
    for (const { name, address, bytes } of raw) {
      const part = name === "descriptors" ? "descriptor" : name;
      assert.equal(Number(address), addresses[part]);
      assert.deepEqual(
        bytes,
        driver.memory.read(Number(address), bytes.length),
      );
    }
  });

  Deno.test(`inspectRing() has no effect on the device, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup);
    driver.add(0, driver.buffers({ out: [new Uint8Array(4)], room: [4] }));
    driver.kick(0);
    driver.memory.writes.length = 0;
    const before = driver.memory.bytes.slice();
    const saved = driver.pci.save();
    inspectRing(driver.pci.core, 0, { as: "big" });
    inspectRing(driver.pci.core, 0, { as: "little" });
    reportDevice(driver.pci);
    assert.deepEqual(driver.pci.save(), saved);
    assert.deepEqual(driver.memory.bytes, before);
    assert.deepEqual(driver.memory.writes, []);
  });
}

for (const setup of setups({ ring: "split" })) {
  Deno.test(`inspectRing() shows both rings of a split one, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    for (let value = 0; value < 3; value++) echo(driver, value);
    driver.rings[0]!.interrupts(false);
    driver.add(0, driver.buffers({ room: [4] }));
    const view = inspectRing(driver.pci.core, 0);
    assert.ok(view.form === "split");
    const { available, used } = view;
    assert.equal(available.index, 4);
    assert.equal(available.deviceIndex, 3);
    assert.equal(available.waiting, 1);
    assert.equal(available.entries.length, view.size);
    assert.equal(available.usedEvent, 2);
    assert.deepEqual(available.flags, []);
    assert.equal(used.index, 3);
    assert.equal(used.deviceIndex, 3);
    assert.equal(used.availableEvent, 3);
    assert.deepEqual(
      used.entries.slice(0, 4).map(({ length }) => length),
      [4, 4, 4, 0],
    );
    assert.deepEqual(
      used.entries.slice(0, 3).map(({ id }) => id),
      available.entries.slice(0, 3),
    );
    assert.deepEqual(view.descriptors[available.entries[3]!]!.flags, ["write"]);
  });

  Deno.test(`inspectRing() shows flags where there is no event index, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup, {
      rings: { eventIndex: false },
    });
    echo(driver, 1);
    driver.rings[0]!.interrupts(false);
    const view = inspectRing(driver.pci.core, 0);
    assert.ok(view.form === "split");
    assert.deepEqual(view.available.flags, ["no-interrupt"]);
    assert.equal(view.available.usedEvent, undefined);
    assert.equal(view.used.availableEvent, undefined);
  });

  Deno.test(`inspectRing() reads the same bytes in the other order, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup);
    driver.add(0, driver.buffers({ room: [4] }));
    const other = driver.little ? "big" : "little";
    const view = inspectRing(driver.pci.core, 0, { as: other });
    assert.ok(view.form === "split");
    assert.equal(view.order, other);
    assert.equal(view.available.index, 0x0100);
    assert.equal(view.descriptors[0]!.length, 0x04000000);
    assert.deepEqual(view.descriptors[0]!.flags, []);
    assert.equal(view.descriptors[0]!.unknownFlags, 0x0200);
    assert.match(view.chains.at(-1)!.problem!, /is not there|is empty/);
  });

  Deno.test(`inspectRing() says what the device would refuse, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    const { memory, little, driver: at, descriptor } = driver.rings[0]!.options;
    memory.setU16(at + 2, 300, little);
    memory.setU16(at + 4, 7, little);
    memory.setU64(descriptor + 7 * 16, 0xfn << 60n, little);
    memory.setU32(descriptor + 7 * 16 + 8, 5, little);
    const { problems } = inspectRing(driver.pci.core, 0);
    assert.match(problems[0]!, /available index 300 is 300 ahead/);
    const chain = "chain 7 at place 0: buffer of descriptor 7, 5 bytes at " +
      "0xf000000000000000, is not there";
    assert.ok(problems.includes(chain), problems.join("\n"));
  });

  Deno.test(`inspectRing() goes through loops and tables without end, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    const { memory, little, driver: at, descriptor, size } =
      driver.rings[0]!.options;
    for (let index = 0; index < size; index++) {
      const place = descriptor + 16 * index;
      memory.setU64(place, BigInt(descriptor), little);
      memory.setU32(place + 8, 0xfffffff0, little);
      memory.setU16(place + 12, index % 2 ? 4 : 1, little);
      memory.setU16(place + 14, index, little);
      memory.setU16(at + 4 + 2 * index, index, little);
    }
    memory.setU16(at + 2, size, little);
    const view = inspectRing(driver.pci.core, 0);
    assert.ok(view.truncated);
    const count = view.chains.reduce(
      (sum, { descriptors }) => sum + descriptors.length,
      0,
    );
    assert.ok(count < 10_000, `${count} descriptors`);
    assert.ok(view.problems.some((problem) => /loops/.test(problem)));
  });
}

for (const setup of setups({ ring: "packed" })) {
  Deno.test(`inspectRing() shows slots and events of a packed one, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup, { queueSize: 5 });
    const room = () => driver.buffers({ room: [4] });
    for (let count = 0; count < 4; count++) driver.add(0, room());
    driver.kick(0);
    driver.device.held.forEach((chain) =>
      driver.device.queue(0).push(chain, 0)
    );
    driver.device.held = [];
    driver.collect(0);
    driver.rings[0]!.interrupts(false);
    driver.add(0, [...room(), ...room()]);
    const view = inspectRing(driver.pci.core, 0);
    assert.ok(view.form === "packed");
    assert.deepEqual(view.next, { place: 4, wrap: true });
    assert.deepEqual(view.used, { place: 4, wrap: true });
    assert.equal(view.driverEvent.mode, "disable");
    assert.deepEqual(view.deviceEvent, {
      mode: "at-place",
      place: 4,
      wrap: true,
    });
    assert.equal(view.chains.length, 1);
    assert.equal(view.chains[0]!.place, 4);
    assert.deepEqual(
      view.chains[0]!.descriptors.map(({ index, flags }) => [index, flags]),
      [[4, ["next", "write", "avail"]], [0, ["write", "used"]]],
    );
    assert.deepEqual(view.descriptors[1]!.flags, ["avail", "used"]);
  });
}

Deno.test("inspectRing() refuses rings that are not there", () => {
  const driver = new MockDriver(new EchoDevice(), MOCK_SETUPS[0]!);
  const { core } = driver.pci;
  assert.throws(() => inspectRing(core, 0), /has not set it up: 0/);
  assert.throws(() => inspectRing(core, 2), /no such queue: 2/);
  driver.start();
  const view = inspectRing(core, 0);
  assert.throws(() => chainMemory(core, view, { id: 3 }), RangeError);
});

Deno.test("chainMemory() shows no more than it is asked for", () => {
  const driver = started(new HoldingDevice());
  const out = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)];
  const id = driver.add(0, driver.buffers({ out, room: [4] }));
  const view = inspectRing(driver.pci.core, 0);
  const memory = chainMemory(driver.pci.core, view, { id, limit: 6 });
  assert.deepEqual(memory.map(({ length, bytes }) => [length, [...bytes!]]), [
    [4, [1, 2, 3, 4]],
    [4, [5, 6]],
    [4, []],
  ]);
});

Deno.test("inspectRing() reads rings that translation reaches", () => {
  for (const setup of setups({ interface: "modern" })) {
    const driver = started(new HoldingDevice(), setup, {
      rings: { accessPlatform: true, packed: setup.ring === "packed" },
    });
    const out = [Uint8Array.from({ length: 9000 }, (_, index) => index)];
    const id = driver.add(0, driver.buffers({ out }), { indirect: true });
    const view = inspectRing(driver.pci.core, 0);
    assert.deepEqual(view.problems, []);
    const [memory] = chainMemory(driver.pci.core, view, { id });
    assert.deepEqual(memory!.bytes, out[0]);
  }
});

Deno.test("reportDevice() shows a device by names", () => {
  const driver = started(new HoldingDevice(), setups({ order: "little" })[0]);
  driver.add(0, driver.buffers({ out: [new Uint8Array(4)], room: [4] }));
  driver.kick(0);
  const report = reportDevice(driver.pci);
  assert.equal(report.form, "transitional");
  assert.equal(report.id, 4);
  assert.deepEqual(report.statusNames, [
    "ACKNOWLEDGE",
    "DRIVER",
    "FEATURES_OK",
    "DRIVER_OK",
  ]);
  assert.equal(report.order.order, "little");
  assert.equal(
    report.order.explanation,
    "vCPU 0 had LPCR[ILE]=1 when it reset the device",
  );
  assert.ok(report.agreed.transport.includes("VIRTIO_RING_F_EVENT_IDX"));
  assert.equal(report.agreed.unknown, 0b101n);
  assert.equal(report.queues[0]!.size, 256);
  assert.deepEqual(report.queues[0]!.open, [0]);
  assert.equal(report.queues[0]!.progress?.available, 1);
  structuredClone(report);
});
