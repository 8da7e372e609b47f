import assert from "node:assert/strict";
import { FEATURE, featureMask } from "../../../virtio/features.ts";
import { featureNames } from "../../../virtio/feature_names.ts";
import {
  MOCK_SETUPS,
  MockDriver,
  type MockOptions,
} from "../../../virtio/mock_driver.ts";
import { STATUS, statusNames } from "../../../virtio/status.ts";
import { echo, EchoDevice, HoldingDevice, setups, started } from "./support.ts";

const [MODERN] = setups({ interface: "modern", ring: "split" });

/** A driver up to DRIVER, that has chosen these features. */
function choosing(features: bigint, options: MockOptions = {}): MockDriver {
  const driver = new MockDriver(new EchoDevice(), MODERN!, options);
  driver.become();
  driver.reset();
  driver.status = STATUS.acknowledge | STATUS.driver;
  driver.writeFeatures(features);
  driver.status = driver.status | STATUS.featuresOk;
  return driver;
}

const VERSION_1 = featureMask(FEATURE.version1);
const OWN = 0b100n;

Deno.test("DeviceCore accepts any set of what it offers", () => {
  const all = choosing(0n).offered();
  for (const features of [VERSION_1 | OWN, all, all & ~1n]) {
    const driver = choosing(features);
    assert.ok(driver.status & STATUS.featuresOk);
    assert.equal(driver.pci.core.agreed, features);
  }
});

Deno.test("DeviceCore refuses FEATURES_OK for what cannot be", () => {
  const packed = featureMask(FEATURE.packedRing);
  const refusals: readonly [bigint, MockOptions][] = [
    [VERSION_1 | OWN | 1n << 50n, {}],
    [VERSION_1 | OWN | packed, {}],
    [VERSION_1, {}],
    [OWN | packed, { rings: { packed: true } }],
    [OWN, { form: "modern" }],
  ];
  for (const [features, options] of refusals) {
    const driver = choosing(features, options);
    const what = `0x${features.toString(16)}`;
    assert.equal(driver.status, STATUS.acknowledge | STATUS.driver, what);
    assert.equal(driver.pci.core.agreed, 0n);
    driver.setUpQueue(0);
    driver.status = driver.status | STATUS.driverOk;
    driver.kick(0);
    if (features & VERSION_1 || options.form === "modern") {
      assert.equal(driver.pci.core.active, false, what);
    }
  }
});

Deno.test("DeviceCore takes better features after it has refused some", () => {
  const driver = choosing(VERSION_1);
  driver.writeFeatures(VERSION_1 | OWN);
  driver.status = driver.status | STATUS.featuresOk;
  assert.ok(driver.status & STATUS.featuresOk);
});

Deno.test("DeviceCore activates its device once, at DRIVER_OK", () => {
  const driver = new MockDriver(new EchoDevice(), MODERN!);
  const { calls } = driver.pci.core.device as EchoDevice;
  driver.start();
  assert.deepEqual(calls, ["reset", "activate"]);
  driver.status = 15;
  driver.status = STATUS.driverOk;
  assert.deepEqual(calls, ["reset", "activate"]);
  assert.equal(driver.status, 15, "bits are not taken back");
  driver.kick(0);
  driver.status = 0;
  assert.deepEqual(calls, ["reset", "activate", "notify 0", "reset"]);
});

Deno.test("DeviceCore ignores kicks of what is not set up", () => {
  const driver = new MockDriver(new EchoDevice(), MODERN!);
  driver.become();
  driver.reset();
  driver.kick(0);
  driver.status = 3;
  driver.negotiate();
  driver.status = 11;
  driver.setUpQueue(0);
  driver.kick(0);
  driver.status = 15;
  driver.kick(1);
  assert.deepEqual((driver.pci.core.device as EchoDevice).calls, [
    "reset",
    "activate",
  ]);
});

Deno.test("DeviceCore sends its events to those who listen", () => {
  const driver = new MockDriver(new EchoDevice(), MODERN!);
  const { world } = driver;
  driver.start();
  echo(driver, 1);
  assert.deepEqual(world.events, []);
  for (
    const name of [
      "VIRTIO_RESET",
      "VIRTIO_STATUS",
      "VIRTIO_NOTIFY",
      "VIRTIO_USED",
    ] as const
  ) {
    world.listening.add(name);
  }
  driver.start();
  echo(driver, 1);
  assert.deepEqual(
    world.events.map(({ name, device, queue, data }) => ({
      name,
      device,
      queue,
      ...data as Record<string, unknown>,
    })),
    [
      {
        name: "VIRTIO_RESET",
        device: "rng0",
        queue: undefined,
        by: "guest",
        before: ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"],
        vcpu: 0,
        interrupts: "big",
        running: "big",
        order: "big",
      },
      ...[1, 3, 11, 15].map((after, index) => ({
        name: "VIRTIO_STATUS",
        device: "rng0",
        queue: undefined,
        before: statusNames([0, 1, 3, 11][index]!),
        after: statusNames(after),
        through: "modern",
        refused: undefined,
        vcpu: 0,
      })),
      { name: "VIRTIO_NOTIFY", device: "rng0", queue: 0, vcpu: 0 },
      {
        name: "VIRTIO_USED",
        device: "rng0",
        queue: 0,
        id: 0,
        written: 4,
        sequence: 0,
      },
    ],
  );
});

Deno.test("DeviceCore says why it refused features", () => {
  const driver = new MockDriver(new EchoDevice(), MODERN!);
  driver.world.listening.add("VIRTIO_STATUS");
  driver.become();
  driver.writeFeatures(VERSION_1);
  driver.status = STATUS.featuresOk;
  assert.equal(driver.world.events[0]!.data.refused, "feature 2 is needed");
});

Deno.test("DeviceCore tells the driver of changes only while that runs", () => {
  const driver = new MockDriver(new EchoDevice(), MODERN!);
  const { host } = driver.pci.core.device as EchoDevice;
  driver.become();
  driver.reset();
  host!.configChanged();
  assert.equal(driver.world.wires.raised, 0);
  driver.start();
  host!.configChanged();
  assert.equal(driver.readIsr(), 2);
});

for (const setup of MOCK_SETUPS) {
  Deno.test(`ActiveDevice run() is nothing after a reset, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup);
    const writer = driver.writer();
    writer.u32(1);
    driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
    driver.kick(0);
    const [chain] = driver.device.held;
    const { active } = driver.device;
    assert.ok(active!.alive);
    driver.start();
    assert.equal(active!.alive, false);
    let ran = false;
    active!.run(() => {
      ran = true;
    });
    assert.equal(ran, false);
    const before = driver.memory.bytes.slice();
    active!.queues[0]!.push(chain!, 4);
    assert.deepEqual(driver.memory.bytes, before);
    assert.equal(driver.world.wires.line, false);
  });

  Deno.test(`DeviceCore keeps completions of a broken device until it is mended, ${setup.name}`, () => {
    const driver = started(new HoldingDevice(), setup);
    for (const value of [1, 2]) {
      const writer = driver.writer();
      writer.u32(value);
      driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
    }
    driver.kick(0);
    driver.pci.core.inject(1, { kind: "break" });
    driver.memory.writes.length = 0;
    driver.device.complete(1);
    assert.equal(driver.memory.writes.length, 1, "what it wrote is said");
    assert.deepEqual(driver.collect(0), []);
    assert.equal(driver.pci.core.queues[0]!.heldBatches, 1);
    driver.pci.core.forceOrder(undefined);
    driver.world.runDeferred();
    const [answer] = driver.collect(0);
    assert.equal(driver.reader(answer!.bytes).u32(), 3);
    driver.device.complete(0);
    assert.equal(driver.collect(0).length, 1);
  });

  Deno.test(`DeviceCore serves the request again at which a device broke, ${setup.name}`, () => {
    let refuse = true;
    class Refusing extends HoldingDevice {
      override notify(index: number): void {
        const chain = this.queue(index).pop();
        if (chain === undefined) return;
        if (refuse && this.held.length === 1) chain.readable.skip(100);
        this.held.push(chain);
        this.notify(index);
      }
    }
    const driver = started(new Refusing(), setup);
    for (const value of [1, 2, 3]) {
      const writer = driver.writer();
      writer.u32(value);
      driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
    }
    driver.kick(0);
    assert.equal(driver.pci.core.breakage?.fault, "short-chain");
    assert.equal(driver.device.held.length, 1, "this one it still has");
    refuse = false;
    driver.pci.core.forceOrder(undefined);
    driver.world.runDeferred();
    driver.device.complete(0, 1, 2);
    const values = driver.collect(0).map(({ bytes }) =>
      driver.reader(bytes).u32()
    );
    assert.deepEqual(values, [2, 3, 4]);
  });
}

Deno.test("featureNames() names what the book names", () => {
  const mask = featureMask(5, 9, 28, 32, 45) | 1n << 63n;
  assert.deepEqual(featureNames("blk", mask), {
    transport: ["VIRTIO_RING_F_INDIRECT_DESC", "VIRTIO_F_VERSION_1"],
    device: ["VIRTIO_BLK_F_RO", "VIRTIO_BLK_F_FLUSH"],
    unknown: 1n << 45n | 1n << 63n,
  });
});
