import assert from "node:assert/strict";
import { ConsoleDevice } from "../../../virtio/console/device.ts";
import { INPUT_LIMIT } from "../../../virtio/console/port.ts";
import { MOCK_SETUPS, MockDriver } from "../../../virtio/mock_driver.ts";
import { bytes, EVENT, TestConsole, TestEnd } from "./_console.ts";

for (const setup of MOCK_SETUPS) {
  Deno.test(`ConsoleDevice carries both directions when ${setup.name}`, () => {
    const guest = new TestConsole(setup);
    assert.equal(guest.write("hello "), 0);
    guest.write("host");
    assert.equal(guest.console.text, "hello host");
    guest.give([4, 4, 100]);
    const port = guest.device.ports[0];
    assert.equal(port?.input(bytes("hello guest")), 11);
    assert.deepEqual(guest.took(), ["hell", "o gu", "est"]);
  });

  Deno.test(`ConsoleDevice keeps input until there is room when ${setup.name}`, () => {
    const guest = new TestConsole(setup);
    const port = guest.device.ports[0];
    port?.input(bytes("typed "));
    port?.input(bytes("ahead"));
    guest.give([64]);
    assert.deepEqual(guest.took(), ["typed ahead"]);
  });

  Deno.test(`ConsoleDevice sets ports up when ${setup.name}`, () => {
    const guest = new TestConsole(setup, { named: true });
    guest.give(new Array(16).fill(64), 2);
    assert.deepEqual(guest.heard(), []);
    guest.say(EVENT.deviceReady);
    assert.deepEqual(
      guest.heard(),
      [0, 1, 2].map((id) => [
        id,
        EVENT.deviceAdd,
        1,
        "",
      ]),
    );
    guest.say(EVENT.portReady, 0);
    assert.deepEqual(guest.heard(), [
      [0, EVENT.consolePort, 1, ""],
      [0, EVENT.portOpen, 1, ""],
    ]);
    guest.say(EVENT.portReady, 1);
    assert.deepEqual(guest.heard(), [
      [1, EVENT.portName, 1, "one"],
      [1, EVENT.portOpen, 1, ""],
    ]);
    guest.say(EVENT.portReady, 2);
    assert.deepEqual(guest.heard(), [[2, EVENT.portName, 1, "two"]]);
  });

  Deno.test(`ConsoleDevice carries named ports when ${setup.name}`, () => {
    const guest = new TestConsole(setup, { named: true });
    guest.bringUp();
    guest.write("to one", 5);
    guest.write("to the console", 1);
    assert.equal(guest.one.text, "to one");
    assert.equal(guest.console.text, "to the console");
    guest.give([32], 4);
    guest.give([32], 6);
    guest.device.ports[1]?.input(bytes("from one"));
    guest.device.ports[2]?.input(bytes("too early"));
    assert.deepEqual(guest.took(4), ["from one"]);
    assert.deepEqual(guest.took(6), []);
    guest.say(EVENT.portOpen, 2);
    assert.deepEqual(guest.took(6), ["too early"]);
  });

  Deno.test(`ConsoleDevice shows its configuration when ${setup.name}`, () => {
    const guest = new TestConsole(setup, { named: true });
    const fields = guest.driver.reader(guest.driver.config(12));
    assert.deepEqual([fields.u16(), fields.u16(), fields.u32()], [0, 0, 3]);
  });

  Deno.test(`ConsoleDevice writes in an emergency when ${setup.name}`, () => {
    const guest = new TestConsole(setup);
    guest.driver.reset();
    const fields = guest.driver.writer();
    fields.u32(0x21);
    guest.driver.writeConfig(8, fields.written);
    assert.equal(guest.console.text, "!");
  });

  Deno.test(`ConsoleDevice restores what it saved when ${setup.name}`, () => {
    const guest = new TestConsole(setup, { named: true });
    guest.bringUp();
    guest.device.ports[1]?.input(bytes("waits"));
    guest.driver.add(5, guest.driver.buffers({ out: [bytes("late")] }));
    const saved = structuredClone(guest.driver.pci.save());
    const { world } = guest.driver;
    const one = new TestEnd();
    const device = new ConsoleDevice({
      console: new TestEnd(),
      ports: [
        { name: "one", backend: one },
        { name: "two", backend: new TestEnd(), open: true },
      ],
      defer: (work) => world.defer(work),
    });
    const other = new MockDriver(device, setup, { world });
    other.pci.restore(saved);
    world.runDeferred();
    assert.equal(one.text, "late");
    assert.deepEqual(one.opened, [true]);
    assert.deepEqual(guest.heard(), [[2, EVENT.portOpen, 1, ""]]);
    guest.driver.collect(5);
    guest.driver.add(4, guest.driver.buffers({ room: [32] }));
    other.kick(4);
    assert.deepEqual(guest.took(4), ["waits"]);
  });
}

const SETUP = MOCK_SETUPS[0] ?? assert.fail();

Deno.test("ConsoleDevice serves port 0 for drivers that know no others", () => {
  const mock = { without: [1] };
  const guest = new TestConsole(SETUP, { named: true, mock });
  guest.write("plain");
  assert.equal(guest.console.text, "plain");
  guest.give([16]);
  guest.device.ports[0]?.input(bytes("answer"));
  assert.deepEqual(guest.took(), ["answer"]);
  guest.give([64], 2);
  guest.device.ports[1]?.input(bytes("unheard"));
  assert.deepEqual(guest.heard(), []);
});

Deno.test("ConsoleDevice has two queues without named ports", () => {
  const names = (guest: TestConsole) =>
    guest.device.queues.map(({ name }) => name);
  assert.deepEqual(names(new TestConsole(SETUP)), [
    "port 0 input",
    "port 0 output",
  ]);
  assert.deepEqual(names(new TestConsole(SETUP, { named: true })), [
    "port 0 input",
    "port 0 output",
    "control input",
    "control output",
    "port 1 input",
    "port 1 output",
    "port 2 input",
    "port 2 output",
  ]);
});

Deno.test("ConsoleDevice holds output back while its backend is full", () => {
  const guest = new TestConsole(SETUP);
  const { driver, device } = guest;
  guest.console.patience = 2;
  for (const text of ["a", "b", "c"]) {
    driver.add(1, driver.buffers({ out: [bytes(text)] }));
  }
  driver.kick(1);
  assert.equal(guest.console.text, "ab");
  assert.equal(driver.collect(1).length, 2);
  guest.console.patience = Infinity;
  device.ports[0]?.drained();
  assert.equal(guest.console.text, "abc");
  assert.equal(driver.collect(1).length, 1);
});

Deno.test("ConsoleDevice bounds input that waits, and tells of room", () => {
  const guest = new TestConsole(SETUP);
  const port = guest.device.ports[0];
  assert.equal(port?.input(new Uint8Array(INPUT_LIMIT + 5)), INPUT_LIMIT);
  assert.equal(port?.input(bytes("x")), 0);
  assert.equal(guest.console.rooms, 0);
  guest.give([16]);
  assert.equal(guest.console.rooms, 1);
  assert.equal(port?.input(new Uint8Array(20)), 16);
});

Deno.test("ConsoleDevice tells the guest who is at a port, and the host", () => {
  const guest = new TestConsole(SETUP, { named: true });
  guest.bringUp();
  const [, one, two] = guest.device.ports;
  assert.ok(one && two);
  one.hostOpen = false;
  two.hostOpen = true;
  two.hostOpen = true;
  assert.deepEqual(guest.heard(), [
    [1, EVENT.portOpen, 0, ""],
    [2, EVENT.portOpen, 1, ""],
  ]);
  guest.write("lost", 5);
  assert.equal(guest.one.text, "");
  guest.say(EVENT.portOpen, 1, 0);
  guest.say(EVENT.portOpen, 2, 1);
  assert.deepEqual([guest.one.opened, guest.two.opened], [[true, false], [
    true,
  ]]);
  guest.driver.reset();
  assert.deepEqual(guest.two.opened, [true, false]);
});

Deno.test("ConsoleDevice gives what was typed once the driver is ready", () => {
  for (const setup of MOCK_SETUPS) {
    const guest = new TestConsole(setup);
    const { driver, device } = guest;
    driver.reset();
    device.ports[0]?.input(bytes("early"));
    driver.status = 1 | 2;
    driver.negotiate();
    driver.status = driver.status | 8;
    for (const queue of [0, 1]) driver.setUpQueue(queue);
    driver.add(0, driver.buffers({ room: [16] }));
    driver.add(1, driver.buffers({ out: [bytes("booted")] }));
    driver.status = driver.status | 4;
    assert.deepEqual(guest.took(), ["early"], setup.name);
    assert.equal(guest.console.text, "booted");
  }
});

Deno.test("ConsoleDevice keeps typed input over a reset by the driver", () => {
  const guest = new TestConsole(SETUP);
  guest.device.ports[0]?.input(bytes("early"));
  guest.driver.start();
  guest.give([16]);
  assert.deepEqual(guest.took(), ["early"]);
  guest.device.ports[0]?.input(bytes("dropped"));
  guest.device.ports[0]?.discardInput();
  guest.give([16]);
  assert.deepEqual(guest.took(), []);
});

Deno.test("ConsoleDevice owes a message until there is a buffer", () => {
  const guest = new TestConsole(SETUP, { named: true });
  guest.say(EVENT.deviceReady);
  for (let round = 0; round < 100; round++) guest.say(EVENT.portReady, 1);
  guest.give(new Array(9).fill(64), 2);
  // A message once, however often it was asked for.
  assert.deepEqual(guest.heard().map(([id, event]) => [id, event]), [
    [0, EVENT.deviceAdd],
    [1, EVENT.deviceAdd],
    [1, EVENT.portName],
    [1, EVENT.portOpen],
    [2, EVENT.deviceAdd],
  ]);
});

Deno.test("ConsoleDevice refuses ports that cannot be", () => {
  const make = (...names: readonly string[]) =>
    new ConsoleDevice({
      ports: names.map((name) => ({ name, backend: new TestEnd() })),
      defer: () => {},
    });
  for (const name of ["", "a/b", "a\nb", "ü".repeat(33)]) {
    assert.throws(() => make(name), RangeError, name);
  }
  assert.throws(() => make("same", "same"), RangeError);
  const many = Array.from({ length: 32 }, (_, at) => `port${at}`);
  assert.throws(() => make(...many), RangeError);
  assert.equal(make(...many.slice(1)).queues.length, 66);
});

Deno.test("ConsoleDevice restores only its own ports", () => {
  const guest = new TestConsole(SETUP, { named: true });
  const state = guest.device.save();
  const port = { ...state.ports[0], input: new Uint8Array(INPUT_LIMIT + 1) };
  const others = state.ports.slice(1);
  for (
    const wrong of [
      undefined,
      {},
      { ports: others },
      { ports: [{ ...state.ports[0], owed: 16 }, ...others] },
      { ports: [{ ...state.ports[0], ready: 1 }, ...others] },
    ]
  ) {
    assert.throws(() => guest.device.restore(wrong, undefined), TypeError);
  }
  const tooMuch = { ports: [port, ...others] };
  assert.throws(() => guest.device.restore(tooMuch, undefined), RangeError);
  guest.device.restore(state, undefined);
});
