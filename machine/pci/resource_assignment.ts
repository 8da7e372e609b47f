/**
 * What firmware does before an operating system starts: every BAR gets an
 * address. Guests may keep these addresses (`linux,pci-probe-only`) or assign
 * others.
 *
 * @module
 */
import type { PciBar } from "../../virtio/pci_face.ts";
import { type WindowName, WINDOWS } from "./address_map.ts";
import type { PciFunction } from "./function.ts";

const WINDOW_OF: Readonly<Record<PciBar["kind"], WindowName>> = {
  io: "io",
  mem32: "memory32",
  "mem64-prefetchable": "memory64",
};

/** First bus address that is given out: the ports below are ISA's. */
const FIRST: Readonly<Record<WindowName, number>> = {
  io: 0x1000,
  memory32: WINDOWS.memory32.bus,
  memory64: WINDOWS.memory64.bus,
};

/**
 * Gives each BAR an address: the largest first, so that no room is lost.
 *
 * @throws {RangeError} If the BARs do not fit the windows.
 */
export function assignAddresses(functions: Iterable<PciFunction>): void {
  const next = { ...FIRST };
  const wanted = [...functions].flatMap((fn) =>
    fn.bars.map((bar) => ({ fn, bar }))
  ).sort((a, b) => b.bar.bytes - a.bar.bytes);
  for (const { fn, bar } of wanted) {
    const name = WINDOW_OF[bar.kind];
    const window = WINDOWS[name];
    const address = Math.ceil(next[name] / bar.bytes) * bar.bytes;
    next[name] = address + bar.bytes;
    if (next[name] > window.bus + window.bytes) {
      throw new RangeError(
        `Cannot assign PCI addresses: BAR ${bar.index} of ${fn.name} does not fit: ${bar.bytes} bytes`,
      );
    }
    fn.assign(bar, address);
  }
}
