import assert from "node:assert/strict";
import { NVRAM_BYTES } from "../../../machine/vio/nvram.ts";
import { EVENT_CLASS, powerDownEvent } from "../../../machine/events.ts";
import { RAM_BYTES, TestWorld } from "../world.ts";

const SUCCESS = 0;
const PARAMETER_ERROR = -3;
const BUFFER = 0x4_0000;

function textAt(world: TestWorld, address: number, bytes: number): string {
  return new TextDecoder("latin1").decode(world.ram.read(address, bytes));
}

Deno.test("display-character prints the low byte of its argument", () => {
  const world = new TestWorld();
  assert.deepEqual(world.call("display-character", [0x141]), [SUCCESS]);
  assert.equal(world.text, "A");
});

Deno.test("get-time-of-day gives the machine's time", () => {
  const world = new TestWorld();
  assert.deepEqual(world.call("get-time-of-day", [], { results: 8 }), [
    SUCCESS,
    2013,
    12,
    16,
    12,
    30,
    0,
    0,
  ]);
});

Deno.test("set-time-of-day sets what get-time-of-day gives", () => {
  const world = new TestWorld();
  const time = [2024, 2, 29, 23, 59, 58];
  assert.deepEqual(world.call("set-time-of-day", [...time, 0]), [SUCCESS]);
  assert.deepEqual(
    world.call("get-time-of-day", [], { results: 8 }).slice(1, 7),
    time,
  );
});

for (
  const time of [
    [2023, 2, 29, 0, 0, 0],
    [2023, 13, 1, 0, 0, 0],
    [2023, 0, 1, 0, 0, 0],
    [2023, 1, 0, 0, 0, 0],
    [2023, 1, 1, 24, 0, 0],
    [2023, 1, 1, 0, 60, 0],
    [2023, 1, 1, 0, 0, 60],
    [1969, 12, 31, 23, 59, 59],
    [10000, 1, 1, 0, 0, 0],
    [-1, -1, -1, -1, -1, -1],
  ]
) {
  Deno.test(`set-time-of-day refuses ${time.join(" ")} and keeps the time`, () => {
    const world = new TestWorld();
    assert.deepEqual(world.call("set-time-of-day", [...time, 0]), [
      PARAMETER_ERROR,
    ]);
    assert.equal(world.realTimeClock.get().year, 2013);
  });
}

Deno.test("power-off and system-reboot end the guest's run", () => {
  const world = new TestWorld();
  world.call("power-off", [0, 0]);
  world.call("system-reboot");
  assert.deepEqual(world.ends, [{ reason: "power-off" }, { reason: "reset" }]);
});

Deno.test("ibm,os-term ends the guest with its message, made printable", () => {
  const world = new TestWorld();
  world.ram.write(BUFFER, new TextEncoder().encode("Oops\x1b[31m\n\0rest"));
  world.call("ibm,os-term", [BUFFER]);
  assert.deepEqual(world.ends, [{ reason: "panic", message: "Oops.[31m." }]);
});

Deno.test("ibm,os-term keeps 512 characters, and none from beyond RAM", () => {
  const world = new TestWorld();
  world.ram.fill(BUFFER, 4096, 0x41);
  world.ram.fill(RAM_BYTES - 2, 2, 0x42);
  for (const address of [BUFFER, RAM_BYTES - 2, RAM_BYTES, -1]) {
    assert.deepEqual(world.call("ibm,os-term", [address]), [SUCCESS]);
  }
  assert.deepEqual(
    world.ends.map(({ message }) => message),
    ["A".repeat(512), "BB", "", ""],
  );
});

Deno.test("ibm,get-system-parameter gives length and value", () => {
  const world = new TestWorld({ vcpus: 2 });
  const status = world.call("ibm,get-system-parameter", [20, BUFFER, 256]);
  const text = "MaxEntCap=2,DesMem=16,DesProcs=2,MaxPlatProcs=2\0";
  assert.deepEqual(status, [SUCCESS]);
  assert.equal(world.ram.u16(BUFFER), text.length);
  assert.equal(textAt(world, BUFFER + 2, text.length), text);
});

Deno.test("ibm,get-system-parameter cuts the value, not the length, to the buffer", () => {
  const world = new TestWorld();
  world.ram.fill(BUFFER, 16, 0xee);
  assert.deepEqual(
    world.call("ibm,get-system-parameter", [20, BUFFER, 5]),
    [SUCCESS],
  );
  assert(world.ram.u16(BUFFER) > 40);
  assert.equal(textAt(world, BUFFER + 2, 3), "Max");
  assert.equal(world.ram.u8(BUFFER + 5), 0xee);
});

Deno.test("ibm,get-system-parameter refuses unknown parameters and bad buffers", () => {
  const world = new TestWorld();
  const get = (...args: number[]) =>
    world.call("ibm,get-system-parameter", args)[0];
  assert.equal(get(44, BUFFER, 256), PARAMETER_ERROR);
  assert.equal(get(20, BUFFER, 1), -9999);
  assert.equal(get(20, RAM_BYTES, 256), -9999);
  assert.equal(get(20, BUFFER, 0xffff_ffff), -9999);
  assert.equal(get(20, 0xffff_fffe, 2), -9999);
});

Deno.test("ibm,set-system-parameter lets nothing be set", () => {
  const world = new TestWorld();
  const set = (parameter: number) =>
    world.call("ibm,set-system-parameter", [parameter, BUFFER])[0];
  assert.equal(set(42), -9002);
  assert.equal(set(44), PARAMETER_ERROR);
});

Deno.test("nvram-store writes what nvram-fetch reads", () => {
  const world = new TestWorld();
  world.ram.write(BUFFER, Uint8Array.of(1, 2, 3, 4));
  assert.deepEqual(
    world.call("nvram-store", [NVRAM_BYTES - 4, BUFFER, 4], { results: 2 }),
    [SUCCESS, 4],
  );
  assert.deepEqual(
    world.call("nvram-fetch", [NVRAM_BYTES - 4, BUFFER + 8, 4], { results: 2 }),
    [SUCCESS, 4],
  );
  assert.deepEqual([...world.ram.read(BUFFER + 8, 4)], [1, 2, 3, 4]);
});

for (const name of ["nvram-fetch", "nvram-store"]) {
  Deno.test(`${name} moves what there is and says that it was less`, () => {
    const world = new TestWorld();
    const move = (offset: number, length: number) =>
      world.call(name, [offset, BUFFER, length], { results: 2 });
    assert.deepEqual(move(NVRAM_BYTES - 2, 4), [PARAMETER_ERROR, 2]);
    assert.deepEqual(move(NVRAM_BYTES, 1), [PARAMETER_ERROR, 0]);
    assert.deepEqual(move(0xffff_ffff, 1), [PARAMETER_ERROR, 0]);
    assert.deepEqual(move(0, RAM_BYTES - BUFFER), [
      PARAMETER_ERROR,
      NVRAM_BYTES,
    ]);
  });

  Deno.test(`${name} refuses a buffer that is not in RAM`, () => {
    const world = new TestWorld();
    const before = world.nvram.save();
    for (
      const [buffer, length] of [
        [RAM_BYTES, 1],
        [RAM_BYTES - 1, 2],
        [0, 0xffff_ffff],
        [0xffff_ffff, 1],
      ] as const
    ) {
      assert.equal(
        world.call(name, [0, buffer, length], { results: 2 })[0],
        PARAMETER_ERROR,
      );
    }
    assert.deepEqual(world.nvram.save(), before);
  });
}

/** check-exception's arguments: vector, information, mask, critical, buffer. */
function checkException(
  world: TestWorld,
  { mask, buffer = BUFFER, length = 1024 }: {
    mask: number;
    buffer?: number;
    length?: number;
  },
): number | undefined {
  return world.call("check-exception", [
    0x500,
    0x1000,
    mask,
    0,
    buffer,
    length,
  ])[0];
}

Deno.test("check-exception hands an event over once, to its class", () => {
  const world = new TestWorld();
  const event = powerDownEvent();
  world.logs.push(event);
  assert.equal(checkException(world, { mask: 0x1000_0000 }), 1);
  assert.equal(checkException(world, { mask: EVENT_CLASS.epow }), SUCCESS);
  assert.deepEqual(
    world.ram.read(BUFFER, event.log.length),
    new Uint8Array(event.log),
  );
  assert.equal(checkException(world, { mask: EVENT_CLASS.epow }), 1);
});

Deno.test("check-exception keeps the event when the buffer is not in RAM", () => {
  const world = new TestWorld();
  world.logs.push(powerDownEvent());
  const mask = EVENT_CLASS.epow;
  for (const buffer of [RAM_BYTES, RAM_BYTES - 4, 0xffff_fff0]) {
    assert.equal(checkException(world, { mask, buffer }), PARAMETER_ERROR);
  }
  assert.equal(
    checkException(world, { mask, length: 0xffff_ffff }),
    PARAMETER_ERROR,
  );
  assert.equal(world.logs.length, 1);
});

Deno.test("check-exception cuts the event to the buffer", () => {
  const world = new TestWorld();
  world.logs.push(powerDownEvent());
  world.ram.fill(BUFFER, 64, 0xee);
  checkException(world, { mask: EVENT_CLASS.epow, length: 8 });
  assert.equal(world.ram.u8(BUFFER), 6);
  assert.equal(world.ram.u8(BUFFER + 8), 0xee);
});

Deno.test("event-scan finds events other than EPOW", () => {
  const world = new TestWorld();
  const scan = () =>
    world.call("event-scan", [0xffff_ffff, 0, BUFFER, 1024])[0];
  world.logs.push(powerDownEvent());
  assert.equal(scan(), 1);
  world.logs.push({ class: 0x8000_0000, log: Uint8Array.of(7) });
  assert.equal(scan(), SUCCESS);
  assert.equal(world.ram.u8(BUFFER), 7);
  assert.equal(world.logs.length, 1);
});

Deno.test("set-power-level and get-power-level know the one domain", () => {
  const world = new TestWorld();
  const all = 0xffff_ffff;
  const set = (domain: number) =>
    world.call("set-power-level", [domain, 100], { results: 2 });
  const get = (domain: number) =>
    world.call("get-power-level", [domain], { results: 2 });
  assert.deepEqual(set(all), [SUCCESS, 100]);
  assert.deepEqual(get(all), [SUCCESS, 100]);
  assert.equal(set(0)[0], PARAMETER_ERROR);
  assert.equal(get(0)[0], PARAMETER_ERROR);
});
