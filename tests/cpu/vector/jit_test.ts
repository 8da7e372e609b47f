import assert from "node:assert/strict";
import { encode } from "../../../cpu/isa/encoder.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { MSR } from "../../../cpu/state.ts";
import { goldenRows as decimalRows } from "../decimal/_golden.ts";
import { createBench, write } from "../engine/accelerators.ts";
import { Random, touchesStorage } from "./_cases.ts";
import { goldenRows } from "./_golden.ts";
import { rowNamed } from "./_rows.ts";

const RAM_BYTES = 0x10000;
const CODE = 0x1000;
const STORAGE = 0x8000n;
const ITERATIONS = 400;
/** Rows in one loop: more than a region's few, less than a page. */
const BODY = 60;
const ATTN = 0x00000200;
const MSR_START = MSR.SF | MSR.HV | MSR.FP | MSR.VEC | MSR.VSX;
const COMPARED = ["GPR", "VSR", "CR", "VSCR", "FPSCR"] as const;

type Engine = "interpreter" | "jit";

/** Registers and storage after a loop of the words; and what was compiled. */
function run(words: readonly number[], engine: Engine, littleEndian: boolean) {
  const bench = createBench({ engine, ramBytes: RAM_BYTES });
  const { accelerator, ram } = bench;
  write(bench, { at: CODE, littleEndian }, words);
  const random = new Random("registers");
  const set = accelerator.setOneReg.bind(accelerator);
  set(0, "MSR", littleEndian ? MSR_START | MSR.LE : MSR_START);
  set(0, "NIA", BigInt(CODE));
  set(0, "CTR", BigInt(ITERATIONS));
  for (let i = 0; i < 64; i++) set(0, "VSR", random.bits(128), { index: i });
  for (let i = 0; i < 32; i++) {
    set(0, "GPR", STORAGE + random.bits(8), { index: i });
  }
  let reason = "";
  for (let i = 0; i < 1000 && reason !== "attn"; i++) {
    ({ reason } = accelerator.run(0, 2000));
  }
  const registers = COMPARED.map((name) =>
    Array.from(
      { length: { GPR: 32, VSR: 64, CR: 8, VSCR: 1, FPSCR: 1 }[name] },
      (_, i) => accelerator.getOneReg(0, name, i),
    )
  );
  return {
    reason,
    registers,
    storage: ram.slice(),
    regions: accelerator.jitStatistics?.regions ?? 0,
  };
}

/** Operands at random; GPRs from 16 on hold addresses, targets are below. */
function randomWord(row: Instruction, random: Random): number {
  const fields: Record<string, number> = {};
  for (const [name, { width, signed, scale }] of row.fields) {
    const value = random.below(2 ** Math.min(width, 7));
    const most = 2 ** (width - 1) - 1;
    fields[name] = (signed ? Math.min(value - 16, most) : value) << scale;
    if (/^R[TABS]$/.test(name)) fields[name] = 16 + random.below(16);
    const target = row.name.startsWith("mfvsr") ? "RA" : "RT";
    if (name === target) fields[name] = random.below(16);
  }
  if (touchesStorage(row) && row.fields.has("RB")) fields.RA = 0;
  return encode(row, fields);
}

for (const littleEndian of [true, false]) {
  const order = littleEndian ? "little" : "big";
  Deno.test(`Jit leaves of vector and decimal rows what the interpreter leaves when ${order}-endian`, () => {
    const random = new Random(order);
    const rows = [...goldenRows(), ...decimalRows()]
      .filter((row) => row.littleEndian)
      .map(({ insn }) => insn);
    const bdnz = rowNamed("bc");
    let regions = 0;
    for (let at = 0; at < rows.length; at += BODY) {
      const part = rows.slice(at, at + BODY);
      const body = part.map((row) => randomWord(row, random));
      const back = encode(bdnz, { BO: 16, BI: 0, BD: -4 * body.length });
      const words = [...body, back, ATTN];
      const expected = run(words, "interpreter", littleEndian);
      const actual = run(words, "jit", littleEndian);
      const names = part.map(({ name }) => name).join(" ");
      assert.equal(expected.reason, "attn", names);
      assert.deepEqual(actual.registers, expected.registers, names);
      assert.deepEqual(actual.storage, expected.storage, names);
      regions += actual.regions;
    }
    assert(regions > 0, "nothing was compiled");
  });
}
