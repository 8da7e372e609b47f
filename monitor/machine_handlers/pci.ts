/**
 * The PCI bus, as the monitor shows it.
 *
 * @module
 */
import type { Machine } from "../../machine/machine.ts";
import type {
  BarDescription,
  FunctionDescription,
} from "../../machine/pci/describe.ts";
import { COMMAND } from "../../machine/pci/header.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex } from "../hex.ts";
import type { MethodResult } from "../methods/mod.ts";

/** The methods about the PCI bus. */
export type PciHandlers = Pick<MethodHandlers, "query-pci">;

type PciResult = MethodResult<"query-pci">;
type FunctionResult = PciResult["functions"][number];

/** Bits of the command register. */
const COMMAND_NAMES:
  readonly (readonly [number, FunctionResult["command"][0]])[] = [
    [COMMAND.io, "io"],
    [COMMAND.memory, "memory"],
    [COMMAND.busMaster, "bus-master"],
    [COMMAND.parityError, "parity-error"],
    [COMMAND.systemError, "system-error"],
    [COMMAND.interruptDisable, "interrupt-disable"],
  ];

/** Handlers of the PCI bus. */
export function pciHandlers({ pci }: Machine): PciHandlers {
  return {
    "query-pci"() {
      const { windows, dmaWindows, functions, ...rest } = pci.describe();
      return {
        ...rest,
        windows: windows.map(({ name, base, bus, bytes }) => ({
          name,
          address: formatHex(base),
          bus: formatHex(bus),
          bytes: formatHex(bytes),
        })),
        dmaWindows: dmaWindows.map((window) => ({
          ...window,
          liobn: formatHex(window.liobn),
          address: formatHex(window.address),
          bytes: formatHex(window.bytes),
        })),
        functions: functions.map(functionResult),
      };
    },
  };
}

function functionResult(fn: FunctionDescription): FunctionResult {
  return {
    ...fn,
    vendor: formatHex(fn.vendor),
    deviceId: formatHex(fn.deviceId),
    subsystemVendor: formatHex(fn.subsystemVendor),
    subsystem: formatHex(fn.subsystem),
    class: formatHex(fn.class),
    command: COMMAND_NAMES.filter(([bit]) => fn.command & bit).map(([, name]) =>
      name
    ),
    bars: fn.bars.map((bar: BarDescription) => ({
      ...bar,
      address: formatHex(bar.address),
    })),
    // The same but for `readonly`, which the table's types do not have.
    messages: fn.messages as FunctionResult["messages"],
  };
}
