/**
 * Device tree, interrupt controller, time and console.
 *
 * @module
 */
import { TIMEBASE_FREQUENCY } from "../../machine/clock.ts";
import { toJson } from "../../machine/device_tree/json.ts";
import { findNode } from "../../machine/device_tree/node.ts";
import type { Machine } from "../../machine/machine.ts";
import { decodeBytes } from "../bytes.ts";
import { MonitorError } from "../errors.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex } from "../hex.ts";
import type { CheckedParams, MethodResult } from "../methods/mod.ts";
import { chosenVcpus } from "./_check.ts";
import { toMonitorInstant } from "./events.ts";
import type { RunControlHost } from "./run_control.ts";
import { RegisterCopy, sprsByName } from "./special_registers.ts";

/** The methods of the platform's parts. */
export type PlatformHandlers = Pick<
  MethodHandlers,
  "query-device-tree" | "query-interrupts" | "query-clock" | "console-write"
>;

/** Handlers of device tree, interrupt controller, time and console. */
export function platformHandlers(
  machine: Machine,
  host: RunControlHost,
): PlatformHandlers {
  return {
    "query-device-tree": (params) => queryDeviceTree(machine, params),
    // The same but for `readonly`, which the table's types do not have.
    "query-interrupts": () =>
      machine.interrupts.describe() as MethodResult<"query-interrupts">,
    "query-clock": () => queryClock(machine),
    "console-write"({ vty, ...encoded }) {
      if (vty !== 0) {
        throw MonitorError.of("notFound", {
          message: `Cannot find vty: ${vty}`,
        });
      }
      const accepted = machine.typeConsole(decodeBytes(encoded));
      host.wake?.();
      return { accepted };
    },
  };
}

function queryDeviceTree(
  { deviceTree }: Machine,
  { path, depth }: CheckedParams<"query-device-tree">,
): MethodResult<"query-device-tree"> {
  const node = findNode(deviceTree, path);
  if (!node) {
    throw MonitorError.of("notFound", { message: `Cannot find node: ${path}` });
  }
  return toJson(node, { path: fullPath(deviceTree, path) || "/", depth });
}

/** The path with the unit addresses that the request may have left out. */
function fullPath(root: Machine["deviceTree"], path: string): string {
  const names = path.split("/").filter((name) => name !== "");
  return names.map((_, i) => {
    const node = findNode(root, names.slice(0, i + 1).join("/"));
    return `/${node?.name ?? ""}`;
  }).join("");
}

function queryClock(machine: Machine): MethodResult<"query-clock"> {
  const { clock, platform: { cpu } } = machine;
  const timebase = clock.now();
  const decrementer = sprsByName(cpu).get("DEC");
  const milliseconds = 1000 * (clock.epoch + timebase / TIMEBASE_FREQUENCY);
  return {
    policy: clock.kind,
    ...toMonitorInstant(machine.now()),
    timebase: formatHex(timebase),
    timebaseFrequency: TIMEBASE_FREQUENCY,
    realTime: new Date(milliseconds).toISOString(),
    vcpus: chosenVcpus(machine, undefined).map((vcpu) => ({
      vcpu,
      decrementer: formatHex(
        decrementer ? new RegisterCopy(machine, vcpu).read(decrementer) : 0n,
      ),
      idle: machine.vcpuStatus(vcpu) === "ceded",
    })),
  };
}
