/**
 * The bus as plain data, for people and the monitor.
 *
 * @module
 */
import {
  MESSAGE_PORT,
  type Window,
  type WindowName,
  WINDOWS,
} from "./address_map.ts";
import { nodeName } from "./device_class.ts";
import type { PciFunction } from "./function.ts";
import { pinSource } from "./interrupt_pins.ts";
import type { MessageSources, SourceAllocator } from "./message_sources.ts";
import type { TceTable } from "./tce_table.ts";
import { bridgeName } from "./tree.ts";

const PIN_NAMES = { 1: "INTA", 2: "INTB", 3: "INTC", 4: "INTD" } as const;

/** What of a bridge is described. */
export interface Describable {
  readonly functions: readonly PciFunction[];
  readonly messageSources: SourceAllocator;
  readonly windows: { readonly tables: readonly TceTable[] };
  readonly strayMessages: number;
}

/** A BAR and where it is. */
export interface BarDescription {
  readonly index: number;
  readonly kind: "io" | "mem32" | "mem64-prefetchable";
  /** Address on the bus. */
  readonly address: number;
  readonly bytes: number;
  /** Whether accesses there are answered. */
  readonly decoded: boolean;
}

/** A vector of an MSI-X table. */
export interface VectorDescription {
  readonly vector: number;
  /** Interrupt source that the message goes to; null: none of the function's. */
  readonly source: number | null;
  readonly masked: boolean;
  readonly pending: boolean;
}

/** How a function interrupts by messages. */
export interface MessagesDescription {
  readonly kind: "msi" | "msix";
  readonly enabled: boolean;
  readonly vectors: number;
  /** Sources that ibm,change-msi has given. */
  readonly sources: { readonly first: number; readonly count: number } | null;
  /** MSI-X alone: the mask of all vectors, and the table. */
  readonly functionMasked?: boolean;
  readonly table?: readonly VectorDescription[];
}

/** A function of the bus. */
export interface FunctionDescription {
  readonly device: string;
  readonly slot: number;
  readonly node: string;
  readonly vendor: number;
  readonly deviceId: number;
  readonly subsystemVendor: number;
  readonly subsystem: number;
  readonly class: number;
  readonly revision: number;
  readonly command: number;
  readonly bars: readonly BarDescription[];
  readonly pin: {
    readonly name: "INTA" | "INTB" | "INTC" | "INTD";
    readonly source: number;
    /** Whether the line is raised. */
    readonly asserted: boolean;
  };
  readonly messages: readonly MessagesDescription[];
  /** Held in reset by ibm,set-slot-reset. */
  readonly heldInReset: boolean;
}

/** A window of the bridge, or of the functions to memory. */
export interface DmaWindowDescription {
  readonly liobn: number;
  readonly address: number;
  readonly bytes: number;
  readonly pageBytes: number;
  readonly entries: number;
  /** Entries that give access. */
  readonly mapped: number;
}

/** The whole bus. */
export interface PciDescription {
  /** Name of the bridge's node. */
  readonly node: string;
  readonly windows: readonly (Window & { readonly name: WindowName })[];
  readonly dmaWindows: readonly DmaWindowDescription[];
  readonly strayMessages: number;
  readonly functions: readonly FunctionDescription[];
}

/** Describes a bridge. */
export function describeBridge(bridge: Describable): PciDescription {
  return {
    node: bridgeName(),
    windows: (Object.keys(WINDOWS) as WindowName[]).map((name) => ({
      name,
      ...WINDOWS[name],
    })),
    dmaWindows: bridge.windows.tables.map((table) => ({
      liobn: table.liobn,
      address: table.bus,
      bytes: table.entries * table.pageBytes,
      pageBytes: table.pageBytes,
      entries: table.entries,
      mapped: table.mapped(),
    })),
    strayMessages: bridge.strayMessages,
    functions: bridge.functions.map((fn) =>
      describeFunction(fn, bridge.messageSources)
    ),
  };
}

function describeFunction(
  fn: PciFunction,
  allocator: SourceAllocator,
): FunctionDescription {
  const { ids } = fn.face;
  return {
    device: fn.name,
    slot: fn.slot,
    node: `${nodeName(ids)}@${fn.slot.toString(16)}`,
    vendor: ids.vendor,
    deviceId: ids.device,
    subsystemVendor: ids.subsystemVendor,
    subsystem: ids.subsystem,
    class: ids.class,
    revision: ids.revision,
    command: fn.command,
    bars: fn.bars.map((bar) => ({
      index: bar.index,
      kind: bar.kind,
      address: fn.barAddress(bar),
      bytes: bar.bytes,
      decoded: fn.decodes(bar),
    })),
    pin: {
      name: PIN_NAMES[fn.pin],
      source: pinSource(fn.slot, fn.pin),
      asserted: fn.line,
    },
    messages: describeMessages(fn, allocator.of(fn.slot)),
    heldInReset: fn.held,
  };
}

function describeMessages(
  fn: PciFunction,
  owned: MessageSources | undefined,
): MessagesDescription[] {
  const { msi, msix } = fn;
  const sources = (kind: MessageSources["kind"]) =>
    owned?.kind === kind ? { first: owned.first, count: owned.count } : null;
  const descriptions: MessagesDescription[] = [];
  if (msi) {
    descriptions.push({
      kind: "msi",
      enabled: msi.enabled,
      vectors: msi.vectors,
      sources: sources("msi"),
    });
  }
  if (msix) {
    descriptions.push({
      kind: "msix",
      enabled: msix.enabled,
      vectors: msix.vectors,
      sources: sources("msix"),
      functionMasked: msix.functionMasked,
      table: Array.from({ length: msix.vectors }, (_, vector) => ({
        vector,
        source: sourceOf(fn, { vector, owned }),
        masked: msix.isMasked(vector),
        pending: msix.isPending(vector),
      })),
    });
  }
  return descriptions;
}

/** The source that a vector's message reaches, if it reaches one. */
function sourceOf(
  { msix }: PciFunction,
  { vector, owned }: { vector: number; owned: MessageSources | undefined },
): number | null {
  if (!msix || owned?.kind !== "msix") return null;
  const { addressHigh, addressLow, data } = msix.message(vector);
  const isPort = addressHigh === MESSAGE_PORT.high &&
    addressLow === MESSAGE_PORT.low;
  const isOwned = data >= owned.first && data < owned.first + owned.count;
  return isPort && isOwned ? data : null;
}
