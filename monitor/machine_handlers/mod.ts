/**
 * The methods of the table, carried out on a machine.
 *
 * They belong on the thread that runs the machine, between its slices.
 *
 * @module
 */
import type { Machine } from "../../machine/machine.ts";
import type { MethodHandlers } from "../handlers.ts";
import { balloonHandlers } from "./balloon.ts";
import { callHandlers } from "./calls.ts";
import { floatHandlers } from "./float.ts";
import { jitHandlers } from "./jit.ts";
import { memoryHandlers } from "./memory.ts";
import { netHandlers } from "./net.ts";
import { pciHandlers } from "./pci.ts";
import { platformHandlers } from "./platform.ts";
import { qemuVirtioHandlers } from "./qemu_virtio.ts";
import { registerHandlers } from "./registers.ts";
import { runControlHandlers, type RunControlHost } from "./run_control.ts";
import { translationHandlers } from "./translation.ts";
import { vcpuHandlers } from "./vcpus.ts";
import { virtioHandlers } from "./virtio.ts";

export { toConsoleEvent, toMonitorEvent } from "./events.ts";
export type { RunControlHost } from "./run_control.ts";

/** Makes the handlers of every method that a machine carries out. */
export function machineHandlers(
  machine: Machine,
  host: RunControlHost,
): MethodHandlers {
  return {
    ...runControlHandlers(machine, host),
    ...vcpuHandlers(machine),
    ...registerHandlers(machine),
    ...memoryHandlers(machine),
    ...translationHandlers(machine),
    ...callHandlers(machine),
    ...floatHandlers(machine),
    ...platformHandlers(machine, host),
    ...jitHandlers(machine),
    ...pciHandlers(machine),
    ...virtioHandlers(machine),
    ...balloonHandlers(machine),
    ...netHandlers(machine),
    ...qemuVirtioHandlers(machine),
  };
}
