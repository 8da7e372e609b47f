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
import type { MethodHandlers } from "../handlers.ts";
import { formatHex } from "../hex.ts";
import type { MethodResult } from "../methods/mod.ts";

/** The methods about the PCI bus. */
export type PciHandlers = Pick<MethodHandlers, "query-pci">;

type PciResult = MethodResult<"query-pci">;
type FunctionResult = PciResult["functions"][number];

/** Bits of the command register. */
const COMMAND: readonly (readonly [number, FunctionResult["command"][0]])[] = [
  [0x001, "io"],
  [0x002, "memory"],
  [0x004, "bus-master"],
  [0x040, "parity-error"],
  [0x100, "system-error"],
  [0x400, "interrupt-disable"],
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
    command: COMMAND.filter(([bit]) => fn.command & bit).map(([, name]) =>
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
