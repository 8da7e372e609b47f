import assert from "node:assert/strict";
import { runInstruction } from "../../../cpu/engine/reference_harness.ts";
import { insertField } from "../../../cpu/isa/forms.ts";
import type { Chapter, Instruction } from "../../../cpu/isa/row.ts";
import { vectorFacility } from "../../../cpu/isa/vector.ts";
import { vectorScalarExtension } from "../../../cpu/isa/vsx.ts";
import { MSR } from "../../../cpu/state.ts";

const ALL = MSR.SF | MSR.HV | MSR.FP | MSR.VEC | MSR.VSX | MSR.ME;

function rowsOf(chapters: readonly Chapter[]): Instruction[] {
  return chapters.flatMap(({ rows }) => rows);
}

/** The word with every VSR field naming a register of that half. */
function wordOf(insn: Instruction, half: "low" | "high"): number {
  let word = insn.match;
  for (const [name, field] of insn.fields) {
    if (/^X[TSABC]$/.test(name)) {
      word |= insertField(field, half === "low" ? 5 : 37);
    }
  }
  return word >>> 0;
}

/** Registers that an interrupt may change. */
const OF_INTERRUPTS = new Set(["EXCEPTION", "EXCEPTION_SRR1", "EXIT"]);

function assertDenied(
  insn: Instruction,
  { word, msr, raised }: { word: number; msr: bigint; raised: string },
): void {
  const result = runInstruction(word, { MSR: msr }, { instruction: insn });
  assert.equal(result.raised, raised, insn.name);
  const changed = Object.keys(result.changed)
    .filter((name) => !OF_INTERRUPTS.has(name));
  assert.deepEqual(changed, [], insn.name);
  assert(result.memory.every((byte) => byte === 0), insn.name);
}

Deno.test("every row of chapter 6 takes the vector unavailable interrupt", () => {
  for (const insn of rowsOf(vectorFacility)) {
    assertDenied(insn, {
      word: insn.match,
      msr: ALL & ~MSR.VEC,
      raised: "vectorUnavailable",
    });
  }
});

const FLOAT_OR_VECTOR = /^m[ft]vsr(d|wz|wa)$/;
const BY_REGISTER = new Set([
  ..."lxsibzx lxsihzx lxv lxvb16x lxvh8x lxvl lxvll lxvwsx lxvx".split(" "),
  ..."stxsibx stxsihx stxv stxvb16x stxvh8x stxvl stxvll stxvx".split(" "),
  ..."mfvsrld mtvsrdd mtvsrws xxspltib".split(" "),
]);

Deno.test("rows of chapter 7 want MSR[VSX], or what their register belongs to", () => {
  for (const insn of rowsOf(vectorScalarExtension)) {
    const { name } = insn;
    const low = wordOf(insn, "low");
    const high = wordOf(insn, "high");
    const vector = { msr: ALL & ~MSR.VEC, raised: "vectorUnavailable" };
    const vsx = { msr: ALL & ~MSR.VSX, raised: "vsxUnavailable" };
    if (["lxsd", "lxssp", "stxsd", "stxssp"].includes(name)) {
      assertDenied(insn, { word: low, ...vector });
    } else if (FLOAT_OR_VECTOR.test(name)) {
      const float = { msr: ALL & ~MSR.FP, raised: "fpUnavailable" };
      assertDenied(insn, { word: low, ...float });
      assertDenied(insn, { word: high, ...vector });
    } else if (BY_REGISTER.has(name)) {
      assertDenied(insn, { word: low, ...vsx });
      assertDenied(insn, { word: high, ...vector });
    } else {
      assertDenied(insn, { word: low, ...vsx });
      assertDenied(insn, { word: high, ...vsx });
    }
  }
});

Deno.test("rows that came with version 3.0 are illegal on a POWER8", () => {
  const newer = [...rowsOf(vectorFacility), ...rowsOf(vectorScalarExtension)]
    .filter(({ options }) => options.since === "3.0");
  assert(newer.length > 100);
  for (const insn of newer) {
    const { raised } = runInstruction(insn.match, {}, { version: "2.07" });
    assert.equal(raised, "hypervisorEmulationAssistance", insn.name);
  }
});
