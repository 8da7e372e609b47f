import assert from "node:assert/strict";
import type { CpuModel } from "../../../cpu/accelerator.ts";
import { REQUEST } from "../../../cpu/engine/layout.ts";
import { InlineAccelerator } from "../../../cpu/inline.ts";
import { STATE, type StateName } from "../../../cpu/state.ts";
import { guestMemory } from "./programs.ts";

const NONE = (1n << 64n) - 1n;

/** Registers that are not 0 after reset of vCPU 1. */
const COMMON = {
  AMOR: NONE,
  INTR_MSR: 0x8000_0000_0000_1000n,
  LPCR: 0xcn,
  MMCR0: 0x8000_0000n,
  PIR: 1n,
  // What other vCPUs have asked is answered afterwards.
  REQUEST: BigInt(REQUEST.translations | REQUEST.code),
  RESERVE_ADDRESS: NONE,
  RPR: 0x103_070f_1f3fn,
  VCPU: 1n,
};
const AFTER_RESET: Readonly<Record<CpuModel, Record<string, bigint>>> = {
  power8: { ...COMMON, PVR: 0x004d_0200n },
  power9: { ...COMMON, PVR: 0x004e_1202n, PSSCR: 0x10_0000n },
};

for (const cpu of ["power8", "power9"] as const) {
  Deno.test(`InlineAccelerator.reset() sets the registers of a ${cpu}`, () => {
    const { layout, memory } = guestMemory(1 << 16, { vcpus: 2 });
    const accelerator = new InlineAccelerator({
      cpu,
      memory,
      layout,
      timebase: () => 0,
    });
    const names = Object.keys(STATE) as StateName[];
    for (const name of names) {
      for (let i = 0; i < STATE[name].count; i++) {
        accelerator.setOneReg(1, name, 0x5555_5555_5555_5555n, { index: i });
      }
    }
    accelerator.reset(1);
    const found: Record<string, bigint> = {};
    for (const name of names) {
      for (let i = 0; i < STATE[name].count; i++) {
        const value = accelerator.getOneReg(1, name, i);
        if (value !== 0n) found[name] = value;
      }
    }
    assert.deepEqual(found, AFTER_RESET[cpu]);
  });
}
