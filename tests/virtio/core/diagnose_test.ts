import assert from "node:assert/strict";
import { diagnose } from "../../../virtio/diagnose.ts";
import { MOCK_SETUPS, type MockDriver } from "../../../virtio/mock_driver.ts";
import { echo, EchoDevice, setups, started } from "./support.ts";

function offer(driver: MockDriver): void {
  const writer = driver.writer();
  writer.u32(1);
  driver.add(0, driver.buffers({ out: [writer.written], room: [4] }));
}

for (const setup of MOCK_SETUPS) {
  Deno.test(`diagnose() finds a ring right, and swapped once forced, ${setup.name}`, () => {
    const driver = started(new EchoDevice(), setup);
    const { core } = driver.pci;
    assert.equal(diagnose(core).verdict, "empty");
    for (let value = 0; value < 5; value++) echo(driver, value);
    offer(driver);
    const right = diagnose(core);
    assert.equal(right.verdict, "right");
    assert.deepEqual(right.queues.map(({ verdict }) => verdict), [
      "right",
      "empty",
    ]);
    const wrong = core.order.current === "big" ? "little" : "big";
    core.forceOrder(wrong);
    driver.kick(0);
    const swapped = diagnose(core);
    assert.equal(swapped.verdict, "swapped");
    assert.equal(swapped.order, wrong);
    core.forceOrder(undefined);
    assert.equal(diagnose(core).verdict, "right");
  });
}

Deno.test("diagnose() says in words what it finds", () => {
  const [, setup] = setups({ interface: "legacy" });
  const driver = started(new EchoDevice(), setup, { policy: "target" });
  offer(driver);
  driver.kick(0);
  const { findings } = diagnose(driver.pci.core, [
    { vcpu: 0, interrupts: "little", running: "little" },
  ]);
  const text = findings.join("\n");
  for (
    const part of [
      "the device reads big-endian: the policy is the processor's own order",
      "the device is broken (address): Cannot take a chain",
      "vCPU 0 has MSR[LE]=1 and LPCR[ILE]=1",
      "queue 0 (first): available index is 256 (0x0100) read big-endian and " +
      "1 (0x0001) read little-endian",
      "queue 0 (first): 0 of 2 descriptors in use make sense read big-endian, " +
      "2 of 2 descriptors in use make sense read little-endian",
      "queue 0 (first): the ring is byte-swapped",
      "queue 1 (second): the driver has put nothing into the ring",
    ]
  ) {
    assert.ok(text.includes(part), `${part}\n\nis not in\n\n${text}`);
  }
});

Deno.test("diagnose() names a force and what would hold without it", () => {
  const driver = started(new EchoDevice());
  driver.pci.core.forceOrder("little");
  const [first, second] = diagnose(driver.pci.core).findings;
  assert.equal(first, "the device reads little-endian: forced by the monitor");
  assert.equal(second, "without the force it would read big-endian");
});

Deno.test("diagnose() cannot tell where a ring makes no sense at all", () => {
  const driver = started(new EchoDevice());
  const { memory, descriptor, size } = driver.rings[0]!.options;
  for (let index = 0; index < size; index++) {
    memory.setU64(descriptor + 16 * index, 0x5555_5555_5555_5555n, true);
    memory.setU32(descriptor + 16 * index + 8, 0x55555555, true);
  }
  assert.equal(diagnose(driver.pci.core).verdict, "unclear");
});

Deno.test("diagnose() shows a device whose rings are not set up", () => {
  const driver = started(new EchoDevice());
  driver.reset();
  const { verdict, queues } = diagnose(driver.pci.core);
  assert.equal(verdict, "empty");
  assert.deepEqual(queues, []);
});
