import * as z from "zod";
import { hex32, hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { count, nothing } from "./_parts.ts";

const source = z.int().describe("Interrupt source, as in query-interrupts");

const bar = z.strictObject({
  index: z.int().min(0).max(5),
  kind: z.enum(["io", "mem32", "mem64-prefetchable"]),
  address: hex64.describe("On the bus"),
  bytes: count,
  decoded: z.boolean().describe("Whether accesses there are answered"),
});

const vector = z.strictObject({
  vector: z.int(),
  source: source.nullable().describe(
    "Where the message goes; null: to no source of this function",
  ),
  masked: z.boolean(),
  pending: z.boolean().describe("Whether it waits to be unmasked"),
});

const messages = z.strictObject({
  kind: z.enum(["msi", "msix"]),
  enabled: z.boolean(),
  vectors: z.int(),
  sources: z.strictObject({ first: source, count }).nullable().describe(
    "Given by ibm,change-msi",
  ),
  functionMasked: z.exactOptional(z.boolean()).describe("MSI-X only"),
  table: z.exactOptional(z.array(vector)).describe("MSI-X only"),
});

const fn = z.strictObject({
  device: z.string().describe("Name of the device"),
  slot: z.int().min(0).max(31),
  node: z.string().describe("In the device tree, below the bridge"),
  vendor: hex32,
  deviceId: hex32,
  subsystemVendor: hex32,
  subsystem: hex32,
  class: hex32.describe("Base class, subclass, programming interface"),
  revision: z.int(),
  command: z.array(z.enum([
    "io",
    "memory",
    "bus-master",
    "parity-error",
    "system-error",
    "interrupt-disable",
  ])).describe("Bits of the command register"),
  bars: z.array(bar),
  pin: z.strictObject({
    name: z.enum(["INTA", "INTB", "INTC", "INTD"]),
    source,
    asserted: z.boolean(),
  }),
  messages: z.array(messages),
  heldInReset: z.boolean().describe("By ibm,set-slot-reset"),
});

/** What is on the PCI bus, slot by slot. */
export const queryPci = method({
  name: "query-pci",
  summary: "The PCI bus: what is in its slots, at which addresses",
  params: nothing,
  result: z.strictObject({
    node: z.string().describe("The host bridge in the device tree"),
    windows: z.array(z.strictObject({
      name: z.enum(["io", "memory32", "memory64"]),
      address: hex64.describe("Real address of the first byte"),
      bus: hex64.describe("The same on the bus"),
      bytes: hex64,
    })),
    dmaWindows: z.array(z.strictObject({
      liobn: hex32.describe("Logical I/O bus number: the table's name"),
      address: hex64.describe("First DMA address"),
      bytes: hex64,
      pageBytes: count,
      entries: count,
      mapped: count.describe("Entries that give access to memory"),
    })),
    strayMessages: count.describe(
      "Messages since reset that went to no source of their function",
    ),
    functions: z.array(fn),
  }),
  when: "any",
  example: {
    params: {},
    result: {
      node: "pci@800000020000000",
      windows: [{
        name: "io",
        address: "0x200000000000",
        bus: "0x0",
        bytes: "0x10000",
      }],
      dmaWindows: [{
        liobn: "0x80000000",
        address: "0x0",
        bytes: "0x40000000",
        pageBytes: 4096,
        entries: 262144,
        mapped: 0,
      }],
      strayMessages: 0,
      functions: [{
        device: "rng0",
        slot: 0,
        node: "legacy-device@0",
        vendor: "0x1af4",
        deviceId: "0x1005",
        subsystemVendor: "0x1af4",
        subsystem: "0x4",
        class: "0xff00",
        revision: 0,
        command: ["io", "memory", "bus-master"],
        bars: [{
          index: 0,
          kind: "io",
          address: "0x1000",
          bytes: 32,
          decoded: true,
        }],
        pin: { name: "INTA", source: 0x1200, asserted: false },
        messages: [{
          kind: "msix",
          enabled: true,
          vectors: 1,
          sources: { first: 0x1300, count: 1 },
          functionMasked: false,
          table: [{
            vector: 0,
            source: 0x1300,
            masked: false,
            pending: false,
          }],
        }],
        heldInReset: false,
      }],
    },
  },
});
