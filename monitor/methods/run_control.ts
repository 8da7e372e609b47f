import { method } from "../table.ts";
import { nothing } from "./_parts.ts";

const done = { params: {}, result: {} };

/** Stops the vCPUs. */
export const stop = method({
  name: "stop",
  summary: "Stop the vCPUs; answered once they have stopped",
  params: nothing,
  result: nothing,
  when: ["prelaunch", "running", "paused"],
  example: done,
});

/** Starts the vCPUs. */
export const cont = method({
  name: "cont",
  summary: "Let the vCPUs run",
  params: nothing,
  result: nothing,
  when: ["prelaunch", "running", "paused"],
  example: done,
});

/** Resets the machine. */
export const systemReset = method({
  name: "system_reset",
  summary: "Reset the machine; the guest starts again from its entry",
  params: nothing,
  result: nothing,
  when: "any",
  example: done,
});

/** Presses the power button. */
export const systemPowerdown = method({
  name: "system_powerdown",
  summary: "Ask the guest to shut down, by an EPOW event",
  params: nothing,
  result: nothing,
  when: ["running", "paused"],
  example: done,
});

/** Ends the emulator. */
export const quit = method({
  name: "quit",
  summary: "End the emulator, whatever the guest does",
  params: nothing,
  result: nothing,
  when: "any",
  example: done,
});
