import assert from "node:assert/strict";
import {
  faultEnding,
  guestEnding,
  signalEnding,
  timeLimitEnding,
} from "../../emulator/ending.ts";
import { MachineFaultError } from "../../emulator/machine_fault.ts";

Deno.test("guestEnding() gives 0 for a guest that turned itself off", () => {
  assert.deepEqual(guestEnding({ reason: "power-off" }, undefined), {
    status: 0,
  });
});

Deno.test("guestEnding() gives 5 when the text was not seen", () => {
  for (const reason of ["power-off", "host-request"] as const) {
    assert.deepEqual(guestEnding({ reason }, "READY"), {
      status: 5,
      message: 'Guest ended before it printed "READY"',
    });
  }
});

Deno.test("guestEnding() gives 4 and the reason when the guest died", () => {
  const message = "os-term: Kernel panic";
  for (const awaited of [undefined, "READY"]) {
    assert.deepEqual(guestEnding({ reason: "panic", message }, awaited), {
      status: 4,
      message: "Guest died: panic: os-term: Kernel panic",
    });
    assert.deepEqual(guestEnding({ reason: "checkstop" }, awaited), {
      status: 4,
      message: "Guest died: checkstop",
    });
  }
});

Deno.test("timeLimitEnding() gives 3 and what was awaited", () => {
  assert.deepEqual(timeLimitEnding(5, undefined), {
    status: 3,
    message: "Time limit of 5 s was reached",
  });
  assert.equal(
    timeLimitEnding(5, "X").message,
    'Time limit of 5 s was reached before the guest printed "X"',
  );
});

Deno.test("signalEnding() gives what shells give", () => {
  assert.equal(signalEnding("SIGTERM").status, 143);
  assert.equal(signalEnding("SIGINT").status, 130);
});

Deno.test("faultEnding() gives 1, and where it happened in the machine", () => {
  assert.deepEqual(faultEnding(new Error("Cannot write console: full")), {
    status: 1,
    message: "Cannot write console: full",
  });
  const fault = { name: "TypeError", message: "x is not y", stack: "at z" };
  assert.deepEqual(faultEnding(new MachineFaultError(fault)), {
    status: 1,
    message: "Emulator failed: x is not y\nat z",
  });
});
