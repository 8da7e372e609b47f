import * as z from "zod";
import { LPCR_FIELDS, type LpcrField, MSR_FIELDS } from "../fields.ts";
import { hex32, hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { EXIT_REASONS, type ExitReason } from "../../machine/exit_counts.ts";
import { type Mistake, MISTAKES } from "../../machine/lpcr/mistakes.ts";
import { LPCR_OWNERS, type LpcrOwner } from "../../machine/lpcr/owner.ts";
import {
  byteOrder,
  count,
  instant,
  nothing,
  vcpu,
  vcpuFilter,
} from "./_parts.ts";

const vcpuState = z.enum(["running", "ceded", "joined", "stopped", "paused"])
  .describe(
    "ceded: waits in H_CEDE; joined: in H_JOIN; stopped: not started, or by stop-self",
  );

/** What there is without asking any vCPU. */
export const queryCpusFast = method({
  name: "query-cpus-fast",
  summary: "The vCPUs, without interrupting them",
  params: nothing,
  result: z.array(z.strictObject({
    vcpu,
    server: z.int().describe("Interrupt server number, as in the device tree"),
    model: z.string().describe("Such as power9"),
    pvr: hex32.describe("Processor Version Register"),
    state: vcpuState,
  })),
  when: "any",
  example: {
    params: {},
    result: [{
      vcpu: 0,
      server: 0,
      model: "power9",
      pvr: "0x4e1202",
      state: "running",
    }],
  },
});

const bit = z.int().min(0).max(1);
const msrFields = z.strictObject(
  Object.fromEntries(
    Object.keys(MSR_FIELDS).map((name) => [name, bit]),
  ) as Record<keyof typeof MSR_FIELDS, typeof bit>,
);

const lpcrOwner = z.enum(Object.keys(LPCR_OWNERS) as LpcrOwner[]).describe(
  "--lpcr-owner",
);

/** What vCPUs have cost: why they left the guest, and who asked for them. */
export const queryCpus = method({
  name: "query-cpus",
  summary: "Exits of vCPUs by reason, and who asked for registers",
  params: z.strictObject({ vcpu: vcpuFilter }),
  result: z.array(z.strictObject({
    vcpu,
    state: vcpuState,
    instructions: hex64.describe("Instructions executed since reset"),
    interrupts: count.describe("Interrupts taken since reset, modulo 2^32"),
    exits: z.strictObject(
      Object.fromEntries(
        EXIT_REASONS.map((name) => [name, count]),
      ) as Record<ExitReason, typeof count>,
    ).describe("Times that the vCPU left the guest to the machine"),
    synchronisations: z.array(z.strictObject({
      by: z.string().describe("The call, device or monitor method"),
      count,
    })).describe(
      "Times that registers were asked for across the boundary, arguments of the vCPU's own calls apart",
    ),
  })),
  when: "any",
  example: {
    params: { vcpu: 0 },
    result: [{
      vcpu: 0,
      state: "running",
      instructions: "0x1e240",
      interrupts: 42,
      exits: {
        hypercall: 17,
        mmio: 4,
        halt: 0,
        message: 0,
        budget: 5,
        kick: 1,
        attn: 0,
        checkstop: 0,
      },
      synchronisations: [{ by: "H_SET_MODE LE", count: 1 }],
    }],
  },
});

/** The register that the byte orders hang on, and the MSR beside it. */
export const queryLpcr = method({
  name: "query-lpcr",
  summary: "LPCR and MSR of each vCPU, by field, and the LPCR's owner",
  params: z.strictObject({ vcpu: vcpuFilter }),
  result: z.array(z.strictObject({
    vcpu,
    raw: hex64.describe("LPCR"),
    fields: z.partialRecord(
      z.enum(Object.keys(LPCR_FIELDS) as LpcrField[]),
      z.int(),
    ).describe("Every field that this CPU has, by its name in the book"),
    msr: z.strictObject({ raw: hex64, fields: msrFields }),
    interruptByteOrder: byteOrder.describe(
      "What the vCPU's own next interrupt will set: LPCR[ILE]",
    ),
    injectedByteOrder: byteOrder.describe(
      "What an injected interrupt, such as a device's, will set: intr_msr",
    ),
    owner: z.enum(["machine", "accelerator"]).describe(
      "Who handles H_SET_MODE, and so holds the register's truth",
    ),
    policy: lpcrOwner,
    cached: z.strictObject({
      raw: hex64,
      interruptByteOrder: byteOrder,
      source: z.enum(["power-on", "written", "read", "told"]).describe(
        "How the machine came to know it",
      ),
      age: z.number().describe("Virtual seconds since"),
      stale: z.boolean().describe("Whether LPCR has another value by now"),
    }).describe("LPCR as the machine knows it; asking changes nothing of it"),
    readAt: instant.describe("When the machine last read or wrote it"),
    forced: z.strictObject({
      order: byteOrder,
      wanted: byteOrder.describe("What the guest asked for last"),
    }).nullable().describe("ILE as force-byte-order holds it; null: not"),
    lastSet: z.strictObject({
      by: z.string(),
      at: instant,
      age: z.number().describe("Virtual seconds since"),
    }).nullable().describe(
      "The last change since reset, and by which call, whoever handled it",
    ),
    mistakes: z.array(z.enum(Object.keys(MISTAKES) as Mistake[])).describe(
      "--mistake: what is done wrong on purpose",
    ),
  })),
  when: "any",
  example: {
    params: { vcpu: 0 },
    result: [{
      vcpu: 0,
      raw: "0x2000000",
      fields: { ILE: 1, AIL: 0 },
      msr: {
        raw: "0x8000000000001033",
        fields: {
          SF: 1,
          HV: 0,
          VEC: 0,
          VSX: 0,
          EE: 0,
          PR: 0,
          FP: 0,
          ME: 1,
          IR: 1,
          DR: 1,
          RI: 1,
          LE: 1,
        },
      },
      interruptByteOrder: "little",
      injectedByteOrder: "little",
      owner: "machine",
      policy: "machine",
      cached: {
        raw: "0x2000000",
        interruptByteOrder: "little",
        source: "written",
        age: 0.24,
        stale: false,
      },
      readAt: { instructions: "0x1000", seconds: 0.01 },
      forced: null,
      lastSet: {
        by: "H_SET_MODE LE",
        at: { instructions: "0x1000", seconds: 0.01 },
        age: 0.24,
      },
      mistakes: [],
    }],
  },
});
