import assert from "node:assert/strict";
import { InstructionClock, TIMEBASE_FREQUENCY } from "../../machine/clock.ts";
import { RealTimeClock } from "../../machine/real_time_clock.ts";

Deno.test("RealTimeClock.get() moves with the timebase", () => {
  let ticks = 0;
  const clock = new RealTimeClock(new InstructionClock(0, () => ticks));
  ticks = 86_400 * TIMEBASE_FREQUENCY + TIMEBASE_FREQUENCY / 4;
  assert.deepEqual(clock.get(), {
    year: 1970,
    month: 1,
    day: 2,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 250_000_000,
  });
});

Deno.test("RealTimeClock.set() counts from now, whatever the timebase is", () => {
  let ticks = 1000 * TIMEBASE_FREQUENCY;
  const clock = new RealTimeClock(new InstructionClock(0, () => ticks));
  const time = {
    year: 2000,
    month: 2,
    day: 29,
    hour: 23,
    minute: 59,
    second: 59,
    nanosecond: 0,
  };
  assert(clock.set(time));
  assert.deepEqual(clock.get(), time);
  ticks += TIMEBASE_FREQUENCY;
  assert.deepEqual(
    [clock.get().month, clock.get().day, clock.get().second],
    [3, 1, 0],
  );
});
