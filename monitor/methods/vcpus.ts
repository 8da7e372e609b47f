import * as z from "zod";
import { LPCR_FIELDS, type LpcrField, MSR_FIELDS } from "../fields.ts";
import { hex32, hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { byteOrder, instant, nothing, vcpu, vcpuFilter } from "./_parts.ts";

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
    state: z.enum(["running", "ceded", "stopped", "paused"]).describe(
      "ceded: waits in H_CEDE; stopped: not started, or by stop-self",
    ),
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
    interruptByteOrder: byteOrder.describe("What the next interrupt will set"),
    owner: z.enum(["machine", "accelerator"]).describe(
      "Who holds the register's truth now",
    ),
    policy: z.enum([
      "machine",
      "accelerator-poll",
      "accelerator-propagate",
    ]).describe("--lpcr-owner"),
    readAt: instant.describe("When the machine last read or wrote it"),
    forced: z.strictObject({
      order: byteOrder,
      wanted: byteOrder.describe("What the guest asked for last"),
    }).nullable().describe("ILE as force-byte-order holds it; null: not"),
    lastSet: z.strictObject({ by: z.string(), at: instant }).nullable()
      .describe("The last change since reset, and by which call"),
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
      owner: "machine",
      policy: "machine",
      readAt: { instructions: "0x1e240", seconds: 0.25 },
      forced: null,
      lastSet: {
        by: "H_SET_MODE",
        at: { instructions: "0x1000", seconds: 0.01 },
      },
    }],
  },
});
