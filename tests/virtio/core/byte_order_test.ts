import assert from "node:assert/strict";
import {
  BYTE_ORDER_POLICIES,
  type ByteOrderPolicy,
  DeviceByteOrder,
} from "../../../virtio/byte_order.ts";
import { MockDriver, type MockSetup } from "../../../virtio/mock_driver.ts";
import { MockWorld } from "../../../virtio/mock_world.ts";
import type { ByteOrder, GuestOrderEvidence } from "../../../virtio/world.ts";
import { echo, EchoDevice, setups, started } from "./support.ts";

function other(order: ByteOrder): ByteOrder {
  return order === "big" ? "little" : "big";
}

function evidence(
  interrupts: ByteOrder,
  running: ByteOrder = interrupts,
): GuestOrderEvidence {
  return { vcpu: 3, interrupts, running };
}

/** A driver of a policy, not started. */
function driverOf(
  policy: ByteOrderPolicy,
  order: ByteOrder,
): MockDriver {
  const [setup] = setups({ order, interface: "legacy" });
  return new MockDriver(new EchoDevice(), setup!, { policy });
}

/** Whether a request is answered, and rightly. */
function works(driver: MockDriver): boolean {
  try {
    return echo(driver, 0x01020304) === 0x01020305;
  } catch {
    return false;
  }
}

for (const order of ["big", "little"] as const) {
  const right: readonly ByteOrderPolicy[] = [
    "ile-at-reset",
    "msr-at-reset",
    "ile-live",
    order,
    ...order === "big" ? ["target" as const] : [],
  ];
  for (const policy of BYTE_ORDER_POLICIES) {
    const fits = right.includes(policy);
    const what = fits ? "serves" : "does not serve";
    Deno.test(`DeviceByteOrder ${policy} ${what} a ${order}-endian guest that never changes`, () => {
      const driver = driverOf(policy, order);
      driver.start();
      assert.equal(driver.pci.core.order.current, fits ? order : other(order));
      assert.equal(works(driver), fits);
      assert.equal(driver.pci.core.broken, !fits);
      const field = driver.reader(driver.config(4)).u32();
      assert.equal(field, fits ? 0x12345678 : 0x78563412);
    });

    Deno.test(`DeviceByteOrder ${policy} serves a ${order}-endian guest whose driver is modern`, () => {
      for (const setup of setups({ order, interface: "modern" })) {
        const driver = started(new EchoDevice(), setup, { policy });
        assert.ok(works(driver), setup.name);
        assert.equal(driver.pci.core.order.current, "little");
        assert.equal(driver.pci.core.order.report().reason, "version-1");
      }
    });
  }
}

/** What happens to a guest, and which policies get it right. */
interface Story {
  readonly name: string;
  /** The driver's order when it makes requests. */
  readonly order: ByteOrder;
  readonly reset: GuestOrderEvidence | undefined;
  /** Between set-up and requests. */
  readonly use: GuestOrderEvidence;
  readonly right: readonly ByteOrderPolicy[];
}

const STORIES: readonly Story[] = [
  {
    name: "big-endian code in a partition whose interrupts are little-endian",
    order: "big",
    reset: evidence("little", "big"),
    use: evidence("little", "big"),
    right: ["msr-at-reset", "target", "big"],
  },
  {
    name: "a reset by big-endian firmware before a little-endian kernel",
    order: "little",
    reset: evidence("big"),
    use: evidence("little"),
    right: ["ile-live", "little"],
  },
  {
    name: "H_SET_MODE under a live device",
    order: "big",
    reset: evidence("big"),
    use: evidence("little", "big"),
    right: ["ile-at-reset", "msr-at-reset", "target", "big"],
  },
  {
    name: "a reset in a little-endian trampoline, interrupts not yet switched",
    order: "little",
    reset: evidence("big", "little"),
    use: evidence("little"),
    right: ["msr-at-reset", "ile-live", "little"],
  },
];

for (const { name, order, reset, use, right } of STORIES) {
  for (const policy of BYTE_ORDER_POLICIES) {
    const fits = right.includes(policy);
    Deno.test(`DeviceByteOrder ${policy} ${fits ? "survives" : "fails at"} ${name}`, () => {
      const driver = driverOf(policy, order);
      driver.world.evidence = reset;
      driver.start();
      driver.world.evidence = use;
      assert.equal(works(driver), fits);
    });
  }
}

Deno.test("DeviceByteOrder takes the processor's order at a reset from outside", () => {
  const driver = driverOf("ile-at-reset", "little");
  driver.start();
  assert.equal(driver.pci.core.order.current, "little");
  driver.pci.reset();
  const report = driver.pci.core.order.report();
  assert.equal(report.order, "big");
  assert.equal(report.reason, "default");
  assert.equal(report.evidence, undefined);
});

Deno.test("DeviceByteOrder ile-live keeps the last order where nobody acts", () => {
  const world = new MockWorld();
  const order = new DeviceByteOrder("blk0", { policy: "ile-live", world });
  assert.equal(order.little, false);
  world.evidence = evidence("little");
  assert.equal(order.current, "big", "looking does not ask");
  assert.equal(order.little, true);
  world.evidence = undefined;
  assert.equal(order.little, true);
});

Deno.test("DeviceByteOrder report() says why, when, and by which vCPU", () => {
  const world = new MockWorld();
  const order = new DeviceByteOrder("blk0", { policy: "msr-at-reset", world });
  assert.match(order.report().explanation, /has not reset the device yet/);
  world.time = 4711;
  world.evidence = { vcpu: 2, interrupts: "big", running: "little" };
  order.resetByGuest();
  const report = order.report();
  assert.equal(
    report.explanation,
    "vCPU 2 had MSR[LE]=1 when it reset the device",
  );
  assert.equal(report.latchedAt, 4711);
  assert.equal(report.evidence?.vcpu, 2);
  assert.equal(report.reason, "policy");
  order.force("big");
  assert.deepEqual(
    { ...order.report(), explanation: "" },
    {
      ...report,
      order: "big",
      reason: "forced",
      forced: "big",
      unforced: "little",
      explanation: "",
    },
  );
});

Deno.test("DeviceByteOrder force() outlasts resets until it is lifted", () => {
  const world = new MockWorld();
  const order = new DeviceByteOrder("blk0", { policy: "ile-at-reset", world });
  order.force("little");
  world.evidence = evidence("big");
  order.resetByGuest();
  assert.equal(order.current, "little");
  order.resetFromOutside();
  assert.equal(order.current, "little");
  order.setVersion1(true);
  order.force("big");
  assert.equal(order.current, "big", "a force is above VERSION_1 too");
  assert.equal(order.modernConfigLittle, false);
  order.force(undefined);
  assert.equal(order.current, "little");
  assert.equal(order.modernConfigLittle, true);
  order.resetByGuest();
  assert.equal(order.current, "big");
});

Deno.test("DeviceByteOrder emits VIRTIO_BYTE_ORDER when the order is another", () => {
  const world = new MockWorld();
  world.listening.add("VIRTIO_BYTE_ORDER");
  const order = new DeviceByteOrder("blk0", { policy: "ile-at-reset", world });
  world.evidence = evidence("big");
  order.resetByGuest();
  assert.deepEqual(world.events, [], "nothing changed");
  world.evidence = evidence("little", "big");
  order.resetByGuest();
  order.force("little");
  order.force("big");
  assert.deepEqual(world.events, [
    {
      name: "VIRTIO_BYTE_ORDER",
      device: "blk0",
      data: {
        old: "big",
        new: "little",
        policy: "ile-at-reset",
        reason: "policy",
        vcpu: 3,
      },
    },
    {
      name: "VIRTIO_BYTE_ORDER",
      device: "blk0",
      data: {
        old: "little",
        new: "big",
        policy: "ile-at-reset",
        reason: "forced",
        vcpu: 3,
      },
    },
  ]);
});

Deno.test("DeviceByteOrder restore() takes back what save() gave", () => {
  const world = new MockWorld();
  const options = { policy: "ile-at-reset", world } as const;
  const saved = new DeviceByteOrder("blk0", options);
  world.evidence = evidence("little");
  world.time = 5;
  saved.resetByGuest();
  saved.force("big");
  const restored = new DeviceByteOrder("blk0", options);
  restored.restore(structuredClone(saved.save()));
  assert.deepEqual(restored.report(), saved.report());
  restored.force(undefined);
  assert.equal(restored.current, "little");
});

/** Sends a number, and says whether an answer came. */
function send(driver: MockDriver, value: number): number {
  const writer = driver.writer();
  writer.u32(value);
  driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
  driver.kick(0);
  return driver.collect(0).length;
}

function forceTest(setup: MockSetup, eventIndex: boolean): void {
  const driver = started(new EchoDevice(), setup, { rings: { eventIndex } });
  const { core } = driver.pci;
  const right = core.order.current;
  for (let value = 0; value < 5; value++) {
    assert.equal(echo(driver, value), value + 1);
  }
  core.forceOrder(other(right));
  assert.equal(core.broken, false, "a force waits for the next access");
  assert.equal(send(driver, 41), 0);
  assert.equal(send(driver, 42), 0);
  assert.equal(driver.device.served, 5);
  core.forceOrder(undefined);
  assert.equal(core.broken, false);
  driver.world.runDeferred();
  const answers = driver.collect(0);
  assert.deepEqual(
    answers.map(({ bytes }) => driver.reader(bytes).u32()),
    [42, 43],
  );
  assert.equal(echo(driver, 7), 8, "kicks are asked for in the right order");
  assert.equal(driver.status & 0x40, 0);
}

for (const setup of setups({})) {
  Deno.test(`DeviceCore forceOrder() stops requests and its end lets them finish, ${setup.name}`, () => {
    forceTest(setup, true);
    forceTest(setup, false);
  });
}

Deno.test("DeviceCore forceOrder() mends a device whose policy is wrong", () => {
  const driver = driverOf("target", "little");
  driver.start();
  assert.equal(send(driver, 10), 0);
  assert.ok(driver.pci.core.broken);
  driver.pci.core.forceOrder("little");
  driver.world.runDeferred();
  assert.equal(driver.collect(0).length, 1);
  driver.start();
  assert.ok(works(driver), "the force is still there after a reset");
});
