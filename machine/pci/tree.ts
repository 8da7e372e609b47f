/**
 * The host bridge and its functions in the device tree (IEEE 1275, PCI bus
 * binding 2.1; LoPAR 2.9, appendix B, "PCI Host Bridge Nodes").
 *
 * @module
 */
import type { PciBar } from "../../virtio/pci_face.ts";
import { INTERRUPT_CONTROLLER_PHANDLE } from "../boot/tree/interrupt_controller.ts";
import {
  cells,
  createNode,
  type DeviceTreeNode,
  EMPTY,
  strings,
  u64,
} from "../device_tree/node.ts";
import { BUID, DMA, type Window, WINDOWS } from "./address_map.ts";
import { barOffset } from "./base_address.ts";
import { nodeName } from "./device_class.ts";
import type { PciFunction } from "./function.ts";
import { PIN_SOURCES, pinSource } from "./interrupt_pins.ts";
import { MESSAGE_SOURCES } from "./message_sources.ts";
import { DMA_WINDOW_TOKENS } from "./rtas_dma_windows.ts";

/** Fields of a PCI address's first cell. */
const PHYS = {
  io: 0x0100_0000,
  memory32: 0x0200_0000,
  memory64: 0x0300_0000,
  prefetchable: 0x4000_0000,
  /** Assigned: the address is not an offset from the BAR. */
  nonRelocatable: 0x8000_0000,
} as const;

/** A slot's number in a PCI address. */
const SLOT_SHIFT = 11;

/** The second cell of an interrupt: level-sensitive. */
const LEVEL = 1;
const PINS = [1, 2, 3, 4] as const;

/** Extensions to dynamic DMA windows: how many, and what they are. */
const EXTENSIONS = {
  reset: DMA_WINDOW_TOKENS.reset,
  /** A query has 6 results: the largest block is of 64 bits. */
  largeBlocks: 1,
} as const;

/** Name of the bridge's node. */
export function bridgeName(): string {
  const low = BUID.low.toString(16).padStart(8, "0");
  return `pci@${BUID.high.toString(16)}${low}`;
}

/** Builds the bridge's node, below it one for each function. */
export function bridgeNode(
  functions: readonly PciFunction[],
): DeviceTreeNode {
  const { liobn, bus, windowShift } = DMA.fixed;
  return createNode(bridgeName(), {
    properties: {
      device_type: strings("pci"),
      compatible: strings("IBM,Logical_PHB"),
      reg: cells(BUID.high, BUID.low, 0, 0),
      "#address-cells": cells(3),
      "#size-cells": cells(2),
      "#interrupt-cells": cells(1),
      "bus-range": cells(0, 0xff),
      ranges: cells(
        ...range(PHYS.io, WINDOWS.io),
        ...range(PHYS.memory32, WINDOWS.memory32),
        ...range(PHYS.memory64, WINDOWS.memory64),
      ),
      "used-by-rtas": EMPTY,
      "interrupt-map": cells(...interruptMap()),
      "interrupt-map-mask": cells((PIN_SOURCES - 1) << SLOT_SHIFT, 0, 0, 7),
      "ibm,pe-total-#msi": cells(MESSAGE_SOURCES),
      "ibm,#dma-address-cells": cells(2),
      "ibm,#dma-size-cells": cells(2),
      "ibm,dma-window": cells(liobn, ...u64(bus), ...u64(2 ** windowShift)),
      "ibm,ddw-applicable": cells(
        DMA_WINDOW_TOKENS.query,
        DMA_WINDOW_TOKENS.create,
        DMA_WINDOW_TOKENS.remove,
      ),
      "ibm,ddw-extensions": cells(
        Object.keys(EXTENSIONS).length,
        ...Object.values(EXTENSIONS),
      ),
    },
    children: functions.map(functionNode),
  });
}

function range(space: number, { bus, base, bytes }: Window): number[] {
  return [space, ...u64(bus), ...u64(base), ...u64(bytes)];
}

/** The pins repeat with every fourth slot, so that four are enough. */
function interruptMap(): number[] {
  return Array.from(
    { length: PIN_SOURCES },
    (_, slot) =>
      PINS.flatMap((pin) => [
        ...[slot << SLOT_SHIFT, 0, 0, pin],
        ...[INTERRUPT_CONTROLLER_PHANDLE, pinSource(slot, pin), LEVEL],
      ]),
  ).flat();
}

function functionNode(fn: PciFunction): DeviceTreeNode {
  const { ids } = fn.face;
  return createNode(`${nodeName(ids)}@${fn.slot.toString(16)}`, {
    properties: {
      reg: cells(
        ...[fn.slot << SLOT_SHIFT, 0, 0, 0, 0],
        ...fn.bars.flatMap((bar) => [
          ...[physHigh(fn, bar), 0, 0],
          ...u64(bar.bytes),
        ]),
      ),
      "assigned-addresses": cells(
        ...fn.bars.flatMap((bar) => [
          (PHYS.nonRelocatable | physHigh(fn, bar)) >>> 0,
          ...u64(fn.barAddress(bar)),
          ...u64(bar.bytes),
        ]),
      ),
      "vendor-id": cells(ids.vendor),
      "device-id": cells(ids.device),
      "revision-id": cells(ids.revision),
      "class-code": cells(ids.class),
      "subsystem-vendor-id": cells(ids.subsystemVendor),
      "subsystem-id": cells(ids.subsystem),
      interrupts: cells(fn.pin),
      "devsel-speed": cells(0),
      "min-grant": cells(0),
      "max-latency": cells(0),
      "cache-line-size": cells(0),
      "ibm,loc-code": strings(`janus:${fn.name}`),
      "ibm,req#msi": fn.msi && cells(fn.msi.vectors),
      "ibm,req#msi-x": fn.msix && cells(fn.msix.vectors),
    },
  });
}

function physHigh(fn: PciFunction, bar: PciBar): number {
  const space = bar.kind === "io"
    ? PHYS.io
    : bar.kind === "mem32"
    ? PHYS.memory32
    : PHYS.memory64 | PHYS.prefetchable;
  return space | (fn.slot << SLOT_SHIFT) | barOffset(bar);
}
