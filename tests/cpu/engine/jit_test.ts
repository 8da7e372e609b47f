import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { encode } from "../../../cpu/isa/encoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { disassemble } from "../../../cpu/isa/disassembler.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { MSR, STATE_BYTES } from "../../../cpu/state.ts";
import { createBench, write } from "./accelerators.ts";
import { ATTN, generator } from "./programs.ts";

const RAM_BYTES = 0x40000;
const CODE = 0x8000;
const ITERATIONS = 4000;

/** Rows of a loop's body: registers below 24 only, storage by r24. */
const BODY = new Set([
  ..."add subf neg mulld mullw addc adde subfc subfe addze addme".split(" "),
  ..."addi addis addic addic. subfic mulli".split(" "),
  ..."and or xor nand nor andc orc eqv ori oris xori andi.".split(" "),
  ..."extsb extsh extsw cntlzd cnttzw popcntd isel setb".split(" "),
  ..."rlwinm rlwimi rldicl rldicr rldimi sld srd slw sraw srad srawi".split(
    " ",
  ),
  ..."cmp cmpl cmpi cmpli crand cror crxor mcrf mfcr mtocrf mfocrf".split(" "),
  ..."lbz lhz lha lwz lwa ld stb sth stw std lwbrx stdbrx".split(" "),
  ..."mfspr mtspr".split(" "),
]);

function randomInstruction(
  rows: readonly Instruction[],
  random: (below: number) => number,
): number {
  const insn = rows[random(rows.length)] as Instruction;
  const storage = /^(l[bhwd]|st)/.test(insn.name);
  const fields: Record<string, number> = {};
  for (const [name, field] of insn.fields) {
    fields[name] = random(2 ** Math.min(field.width, 16));
    if (/^R[TASBC]$/.test(name)) fields[name] = random(24);
    if (field.signed) {
      fields[name] = (random(2 ** field.width) - 2 ** (field.width - 1)) *
        2 ** field.scale;
    }
    if (name === "SPR") fields[name] = [1, 8][random(2)] ?? 8;
    // mtocrf and mfocrf name one field.
    if (name === "FXM") fields[name] = 1 << random(8);
  }
  if (storage) {
    if (insn.fields.has("RA")) fields.RA = 24;
    if (insn.fields.has("RB")) fields.RB = 25;
  }
  return encode(insn, fields);
}

function run(
  words: readonly number[],
  { engine, littleEndian }: {
    engine: "interpreter" | "jit";
    littleEndian: boolean;
  },
) {
  const bench = createBench({ engine, ramBytes: RAM_BYTES });
  const { accelerator, ram, set } = bench;
  const view = new DataView(ram.buffer, ram.byteOffset);
  for (let at = 0; at < RAM_BYTES; at += 4) {
    view.setUint32(at, (at * 0x9e3779b1) >>> 0, true);
  }
  write(bench, { at: CODE, littleEndian }, words);
  set("MSR", MSR.SF | MSR.HV | (littleEndian ? MSR.LE : 0n));
  set("NIA", BigInt(CODE));
  set("CTR", BigInt(ITERATIONS));
  for (let i = 0; i < 24; i++) {
    accelerator.setOneReg(0, "GPR", BigInt(i) * 0x123456789abcdefn, {
      index: i,
    });
  }
  // Displacements reach 32 KiB to both sides of the middle of RAM.
  accelerator.setOneReg(0, "GPR", 0x20000n, { index: 24 });
  accelerator.setOneReg(0, "GPR", 0x108n, { index: 25 });
  const counts: number[] = [];
  for (let i = 0; i < 1000; i++) {
    const { reason } = accelerator.run(0, 5000);
    counts.push(accelerator.instructions(0));
    if (reason === "attn") break;
  }
  return {
    counts,
    registers: accelerator.save(0).subarray(0, STATE_BYTES),
    get: (name: "GPR" | "CR" | "LR" | "CTR" | "CA" | "OV" | "SO", i = 0) =>
      accelerator.getOneReg(0, name, i),
    ram: ram.slice(),
    regions: accelerator.jitStatistics?.regions ?? 0,
  };
}

for (const littleEndian of [true, false]) {
  Deno.test(`Jit leaves what the interpreter leaves in random loops when ${littleEndian ? "little" : "big"}-endian`, () => {
    const rows = ISA.filter(({ name }) => BODY.has(name));
    for (let seed = 1; seed <= 12; seed++) {
      const random = generator(seed);
      const body = Array.from(
        { length: 8 + random(40) },
        () => randomInstruction(rows, random),
      );
      // A branch over part of the body, then bdnz to the top.
      const skip = 1 + random(body.length - 2);
      const bc = ISA.find(({ name }) => name === "bc") as Instruction;
      body.splice(
        body.length - skip,
        0,
        encode(bc, { BO: 12, BI: random(32), BD: 4 * (skip + 1) }),
      );
      const words = [
        ...body,
        encode(bc, { BO: 16, BI: 0, BD: -4 * body.length }),
        ATTN,
      ];
      const a = run(words, { engine: "interpreter", littleEndian });
      const b = run(words, { engine: "jit", littleEndian });
      assert.ok(b.regions > 0, `seed ${seed}: nothing was compiled`);
      const text = () =>
        `seed ${seed}: ${
          words.map((word) => {
            const insn = ISA.find((row) =>
              (word & row.mask) >>> 0 === row.match
            );
            return insn ? disassemble(insn, word) : word.toString(16);
          }).join("; ")
        }`;
      assert.deepEqual(b.counts, a.counts, text());
      for (let i = 0; i < 26; i++) {
        assert.equal(b.get("GPR", i), a.get("GPR", i), `r${i} ${text()}`);
      }
      for (let i = 0; i < 8; i++) {
        assert.equal(b.get("CR", i), a.get("CR", i), `cr${i} ${text()}`);
      }
      for (const name of ["LR", "CTR", "CA", "OV", "SO"] as const) {
        assert.equal(b.get(name), a.get(name), `${name} ${text()}`);
      }
      assert.equal(Buffer.compare(a.ram, b.ram), 0, `RAM ${text()}`);
    }
  });
}
