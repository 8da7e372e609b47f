import assert from "node:assert/strict";
import { MAX_OUTPUT_BYTES } from "../../../virtio/console/transfer.ts";
import { MOCK_SETUPS } from "../../../virtio/mock_driver.ts";
import { random } from "../blk/_disk.ts";
import { bytes, EVENT, TestConsole } from "./_console.ts";

for (const setup of MOCK_SETUPS) {
  Deno.test(`ConsoleDevice breaks for wrong buffers when ${setup.name}`, () => {
    const guest = new TestConsole(setup, { named: true });
    const { driver } = guest;
    const cases = [
      { queue: 1, room: [4], fault: "direction" },
      { queue: 1, out: [bytes("x")], room: [4], fault: "direction" },
      { queue: 0, out: [bytes("x")], fault: "direction" },
      { queue: 3, out: [bytes("1234567")], fault: "short-chain" },
      { queue: 3, room: [8], fault: "short-chain" },
    ];
    for (const { queue, fault, out = [], room = [] } of cases) {
      driver.start();
      guest.bringUp();
      guest.device.ports[0]?.input(bytes("input"));
      driver.add(queue, driver.buffers({ out, room }));
      driver.kick(queue);
      assert.equal(driver.pci.core.breakage?.fault, fault);
      guest.device.ports[0]?.discardInput();
    }
    driver.start();
    guest.bringUp();
    guest.write("healed");
    assert.equal(guest.console.text, "healed");
  });

  Deno.test(`ConsoleDevice breaks for small control buffers when ${setup.name}`, () => {
    const guest = new TestConsole(setup, { named: true });
    guest.give([7], 2);
    const { driver } = guest;
    const fields = driver.writer();
    fields.u32(0);
    fields.u16(EVENT.deviceReady);
    fields.u16(1);
    driver.add(3, driver.buffers({ out: [fields.written] }));
    driver.kick(3);
    assert.equal(driver.pci.core.breakage?.fault, "short-chain");
  });
}

for (const setup of MOCK_SETUPS) {
  Deno.test(`ConsoleDevice survives random messages when ${setup.name}`, () => {
    const seed = 3;
    const next = random(seed);
    const guest = new TestConsole(setup, { named: true });
    const { driver, device } = guest;
    for (let round = 0; round < 500; round++) {
      const fields = driver.writer();
      fields.u32(next(4));
      fields.u16(next(9));
      fields.u16(next(3));
      driver.request(3, { out: [fields.written] });
      if (next(4) === 0) guest.give([11 + next(20)], 2);
      if (next(6) === 0) guest.give([1 + next(20)], [0, 4, 6][next(3)]);
      const port = device.ports[next(3)];
      if (port !== undefined && next(3) === 0) port.hostOpen = next(2) === 0;
      port?.input(new Uint8Array(next(30)));
      for (const queue of [0, 2, 4, 6]) driver.collect(queue);
    }
    assert.equal(driver.pci.core.broken, false);
    for (const port of device.ports) port.hostOpen = true;
    driver.start();
    guest.bringUp();
    guest.write("well", 1);
    assert.equal(guest.console.text, "well");
  });
}

const SETUP = MOCK_SETUPS[0] ?? assert.fail();

Deno.test("ConsoleDevice bounds the output of a chain", () => {
  const guest = new TestConsole(SETUP);
  const { driver } = guest;
  const [piece] = driver.buffers({ out: [new Uint8Array(65536).fill(0x41)] });
  assert.ok(piece);
  const most = MAX_OUTPUT_BYTES / 65536;
  driver.add(1, Array(most).fill(piece));
  driver.kick(1);
  assert.equal(guest.console.text.length, MAX_OUTPUT_BYTES);
  driver.add(1, Array(most + 1).fill(piece));
  driver.kick(1);
  assert.equal(driver.pci.core.breakage?.fault, "request");
  assert.equal(guest.console.text.length, MAX_OUTPUT_BYTES);
});

Deno.test("ConsoleDevice ignores messages about what is not there", () => {
  const guest = new TestConsole(SETUP, { named: true });
  guest.bringUp();
  for (const id of [3, 0xffff_ffff]) {
    guest.say(EVENT.portReady, id);
    guest.say(EVENT.portOpen, id);
  }
  for (const event of [2, 5, 8, 0xffff]) guest.say(event, 1);
  assert.deepEqual(guest.heard(), []);
  guest.write("well", 5);
  assert.equal(guest.one.text, "well");
});

Deno.test("ConsoleDevice starts over when a driver says it is ready again", () => {
  const guest = new TestConsole(SETUP, { named: true });
  guest.bringUp();
  guest.say(EVENT.deviceReady);
  assert.deepEqual(guest.one.opened, [true, false]);
  assert.deepEqual(guest.heard().map(([id, event]) => [id, event]), [
    [0, EVENT.deviceAdd],
    [1, EVENT.deviceAdd],
    [2, EVENT.deviceAdd],
  ]);
  guest.say(EVENT.deviceReady, 0, 0);
  assert.deepEqual(guest.heard(), []);
});
