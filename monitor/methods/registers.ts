import * as z from "zod";
import { hex128, hex32, hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { vcpu, vcpuParam } from "./_parts.ts";

const register = z.string().max(16).regex(/^[A-Za-z][A-Za-z0-9]*$/).describe(
  "A name such as r3, f1, vs34, nia, msr, cr, or an SPR's, in any case",
);

/** The register file. */
export const queryRegisters = method({
  name: "query-registers",
  summary: "All registers of a vCPU",
  params: z.strictObject({ vcpu: vcpuParam }),
  result: z.strictObject({
    vcpu,
    nia: hex64.describe("Address of the next instruction"),
    msr: hex64,
    cr: hex32,
    xer: hex64,
    lr: hex64,
    ctr: hex64,
    gpr: z.array(hex64).length(32),
    fpr: z.array(hex64).length(32).describe("Doubleword 0 of vsr[0..31]"),
    vsr: z.array(hex128).length(64).describe("vsr[32..63] are the VRs"),
    fpscr: hex64,
    vscr: hex32,
    sprs: z.record(z.string(), hex64).describe("By the book's names"),
  }),
  when: "any",
  example: {
    params: { vcpu: 0 },
    result: {
      vcpu: 0,
      nia: "0xc000000000010000",
      msr: "0x8000000000001033",
      cr: "0x24004822",
      xer: "0x20040000",
      lr: "0xc00000000000e2a4",
      ctr: "0x0",
      gpr: Array(32).fill("0x0"),
      fpr: Array(32).fill("0x0"),
      vsr: Array(64).fill("0x0"),
      fpscr: "0x0",
      vscr: "0x10000",
      sprs: { SRR0: "0xc000000000010010", SRR1: "0x8000000000009033" },
    },
  },
});

/** Writes one register. */
export const setRegister = method({
  name: "set-register",
  summary: "Write a register of a vCPU, or its bits under a mask",
  params: z.strictObject({
    register,
    value: hex128,
    mask: hex64.optional().describe(
      "Bits to change, all if absent; not for vector registers",
    ),
    vcpu: vcpuParam,
  }),
  result: z.strictObject({
    register: z.string(),
    before: hex128,
    after: hex128.describe("What it reads as now"),
  }),
  when: "any",
  example: {
    params: { register: "r3", value: "0x1" },
    result: { register: "r3", before: "0x0", after: "0x1" },
  },
});
