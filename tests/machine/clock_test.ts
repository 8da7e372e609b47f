import assert from "node:assert/strict";
import {
  HostClock,
  InstructionClock,
  TIMEBASE_FREQUENCY,
} from "../../machine/clock.ts";

const MILLISECOND = TIMEBASE_FREQUENCY / 1000;

/** Waits on the thread, as a machine does. */
function wait(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

Deno.test("HostClock.now() stands still until start() and after stop()", () => {
  const clock = new HostClock(0);
  wait(2);
  assert.equal(clock.now(), 0);
  clock.start();
  wait(5);
  clock.stop();
  const stopped = clock.now();
  assert(stopped >= 5 * MILLISECOND, `${stopped}`);
  wait(2);
  assert.equal(clock.now(), stopped);
});

Deno.test("HostClock.now() follows the host at 512 MHz", () => {
  const clock = new HostClock(0);
  const before = performance.now();
  clock.start();
  const after = performance.now();
  wait(20);
  const earliest = performance.now() - after;
  const ticks = clock.now();
  const latest = performance.now() - before;
  assert(ticks >= (earliest - 0.01) * MILLISECOND);
  assert(ticks <= (latest + 0.01) * MILLISECOND);
});

Deno.test("HostClock.start() twice does not lose time", () => {
  const clock = new HostClock(0);
  clock.start();
  wait(5);
  clock.start();
  assert(clock.now() >= 5 * MILLISECOND);
});

Deno.test("HostClock.idle() gives the milliseconds until the deadline", () => {
  const clock = new HostClock(0);
  clock.restore({ timebase: 1000 * MILLISECOND, epoch: 0 });
  assert.equal(clock.idle(1010 * MILLISECOND), 10);
  assert.equal(clock.idle(990 * MILLISECOND), 0);
});

Deno.test("HostClock.restore() takes what save() gave and goes on if it ran", () => {
  const clock = new HostClock(5);
  clock.start();
  const before = performance.now();
  clock.restore({ timebase: 123 * MILLISECOND, epoch: 77 });
  wait(2);
  const { timebase, epoch } = clock.save();
  const latest = 123 + performance.now() - before;
  assert(timebase >= 125 * MILLISECOND, `${timebase}`);
  assert(timebase <= (latest + 0.01) * MILLISECOND, `${timebase}`);
  assert.equal(epoch, 77);
});

Deno.test("InstructionClock.now() is one tick an instruction", () => {
  let instructions = 0;
  const clock = new InstructionClock(0, () => instructions);
  assert.equal(clock.now(), 0);
  instructions = 4711;
  assert.equal(clock.now(), 4711);
});

Deno.test("InstructionClock.idle() skips to the deadline and never back", () => {
  let instructions = 100;
  const clock = new InstructionClock(0, () => instructions);
  assert.equal(clock.idle(1000.5), 0);
  assert.equal(clock.now(), 1001);
  instructions = 110;
  assert.equal(clock.now(), 1011);
  clock.idle(500);
  assert.equal(clock.now(), 1011);
});

Deno.test("InstructionClock.restore() takes what save() gave, whatever the count", () => {
  let instructions = 100;
  const clock = new InstructionClock(9, () => instructions);
  clock.idle(5000);
  const saved = structuredClone(clock.save());
  instructions = 0;
  clock.restore(saved);
  assert.equal(clock.now(), 5000);
  instructions = 10;
  assert.equal(clock.now(), 5010);
  assert.deepEqual(saved, { timebase: 5000, epoch: 9 });
});

Deno.test("InstructionClock.idle() skips no faster than the host's time while something is awaited", () => {
  // Far from zero and no sum of powers of two, as a host's time is.
  let host = 123_456.789;
  const clock = new InstructionClock(0, () => 0, () => host);
  const deadline = 20 * MILLISECOND;
  assert.equal(clock.idle(deadline, { awaited: true }), 20);
  assert.equal(clock.now(), 0);
  host += 15;
  const rest = clock.idle(deadline, { awaited: true });
  assert(Math.abs(rest - 5) < 1e-6, `${rest}`);
  assert.equal(clock.now(), 0);
  host += 5.001;
  assert.equal(clock.idle(deadline, { awaited: true }), 0);
  assert.equal(clock.now(), deadline);
});

Deno.test("InstructionClock.idle() waits anew for each deadline", () => {
  let host = 0.1;
  const clock = new InstructionClock(0, () => 0, () => host);
  assert.equal(clock.idle(20 * MILLISECOND, { awaited: true }), 20);
  host += 21;
  assert.equal(clock.idle(20 * MILLISECOND, { awaited: true }), 0);
  assert.equal(clock.idle(40 * MILLISECOND, { awaited: true }), 20);
  assert.equal(clock.idle(40 * MILLISECOND), 0);
  assert.equal(clock.now(), 40 * MILLISECOND);
});

Deno.test("InstructionClock.idle() follows the host's time unless told otherwise", () => {
  const clock = new InstructionClock(0, () => 0);
  const deadline = 5 * MILLISECOND;
  const before = performance.now();
  for (let left; (left = clock.idle(deadline, { awaited: true })) > 0;) {
    wait(left);
  }
  assert(performance.now() - before >= 5);
  assert.equal(clock.now(), deadline);
});
