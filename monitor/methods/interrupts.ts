import * as z from "zod";
import { hex32, hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { count, nothing, vcpu } from "./_parts.ts";

const priority = z.int().min(0).max(255);

const source = z.strictObject({
  number: z.int().describe("As in the device tree"),
  name: z.string().describe("The range it is in, and the place there"),
  trigger: z.enum(["level", "edge"]),
  server: z.int(),
  priority: priority.describe("255: masked"),
  asserted: z.boolean().describe("Whether the line is raised (level)"),
  count: count.describe("Edges, or raised levels, since reset; modulo 2^32"),
});

const xics = z.strictObject({
  controller: z.literal("xics"),
  servers: z.array(z.strictObject({
    vcpu,
    server: z.int(),
    cppr: priority,
    mfrr: priority,
    xisr: z.int().describe("Source presented, 0 if none"),
    pending: z.boolean().describe("Whether the external interrupt is raised"),
  })),
  sources: z.array(source.extend({
    state: z.array(z.enum(["masked-pending", "presented", "sent", "rejected"])),
  })),
});

const xive = z.strictObject({
  controller: z.literal("xive"),
  servers: z.array(z.strictObject({
    vcpu,
    server: z.int(),
    nsr: hex32,
    cppr: priority,
    ipb: hex32,
    pipr: priority,
    queues: z.array(z.strictObject({
      priority,
      address: hex64,
      entries: z.int(),
      index: z.int(),
      toggle: z.int(),
    })),
  })),
  sources: z.array(source.extend({
    esb: z.enum(["reset", "off", "pending", "queued"]).describe(
      "State of the source's P and Q bits",
    ),
    eventData: hex32.describe("EISN: what the queue entry carries"),
  })),
});

/** The interrupt controller's whole state. */
export const queryInterrupts = method({
  name: "query-interrupts",
  summary: "What the interrupt controller presents, holds and masks",
  params: nothing,
  result: z.discriminatedUnion("controller", [xics, xive]),
  when: "any",
  example: {
    params: {},
    result: {
      controller: "xics",
      servers: [{
        vcpu: 0,
        server: 0,
        cppr: 255,
        mfrr: 255,
        xisr: 0,
        pending: false,
      }],
      sources: [{
        number: 0x1100,
        name: "vio 0",
        trigger: "edge",
        server: 0,
        priority: 5,
        asserted: false,
        count: 0,
        state: [],
      }],
    },
  },
});
