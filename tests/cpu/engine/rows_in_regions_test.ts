// Every row in a loop that becomes a region, beside the interpreter.
import assert from "node:assert/strict";
import { disassemble } from "../../../cpu/isa/disassembler.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { LockstepAccelerator } from "../../../cpu/lockstep.ts";
import { MSR } from "../../../cpu/state.ts";
import { ATTN, generator, guestMemory, op } from "./programs.ts";

const RAM_BYTES = 1 << 20;
const CODE = 0x8000;
const DATA = 0x80000;
// More than two slices: a place is compiled when it has been sampled twice.
const ITERATIONS = 3600;

/** Rows that leave the loop, or change where and how its code is found. */
const LEAVING = new RegExp(
  "^(b|bc|bclr|bcctr|bctar|sc|scv|rfid|hrfid|rfscv|rfebb|attn|stop|wait|" +
    "mtmsrd?|mtspr|mfspr|tlb.*|slb.*|msg.*|nap|doze|sleep|rvwinkle)$",
);

/** Vectors whose interrupts are returned from by hrfid. */
const HYPERVISOR = new Set([0x980, 0xe00, 0xe20, 0xe40, 0xe60, 0xe80, 0xf80]);

/** Goes on behind the instruction that was interrupted; uses R31. */
function handler(vector: number): number[] {
  const hypervisor = HYPERVISOR.has(vector);
  const SPR = hypervisor ? 314 : 26;
  return [
    op("mfspr", { RT: 31, SPR }),
    op("addi", { RT: 31, RA: 31, SI: 4 }),
    op("mtspr", { RS: 31, SPR }),
    op(hypervisor ? "hrfid" : "rfid", {}),
  ];
}

/** An instance with registers below 24; R24 and R25 address storage. */
function instance(
  instruction: Instruction,
  random: (below: number) => number,
): number {
  const fields: Record<string, number> = {};
  for (const [name, field] of instruction.fields) {
    const { width, signed, scale } = field;
    fields[name] = signed
      ? (random(2 ** width) - 2 ** (width - 1)) * 2 ** scale
      : random(2 ** Math.min(width, 16)) * 2 ** scale;
    if (/^R[TASBC]p?$/.test(name)) fields[name] = 2 * random(12);
  }
  if (/^(l|st|dcb|icb|paste|copy|cp|ldat|lwat)/.test(instruction.name)) {
    if (instruction.fields.has("RA")) fields.RA = 24;
    if (instruction.fields.has("RB")) fields.RB = 25;
  }
  return encode(instruction, fields);
}

class World {
  readonly #accelerator: LockstepAccelerator;
  readonly #ram: DataView;

  constructor() {
    const { layout, memory, ram } = guestMemory(RAM_BYTES);
    const accelerator: LockstepAccelerator = new LockstepAccelerator({
      cpu: "power9",
      memory,
      layout,
      jitThreshold: 1,
      timebase: () => accelerator.instructions(0),
      random: () => 0x1234,
    });
    this.#accelerator = accelerator;
    this.#ram = ram;
    for (let vector = 0x100; vector < 0x2000; vector += 0x20) {
      this.#write(vector, handler(vector), false);
    }
  }

  get inRegions(): number {
    return this.#accelerator.view.counter(0, "REGION_INSTRUCTIONS");
  }

  #write(at: number, words: readonly number[], littleEndian: boolean): void {
    words.forEach((word, i) =>
      this.#ram.setUint32(at + 4 * i, word, littleEndian)
    );
    this.#accelerator.ramWritten(at, 4 * words.length);
  }

  /** Runs a loop to its end, or until the machine's help is wanted. */
  run(words: readonly number[], littleEndian: boolean, seed: number): void {
    const accelerator = this.#accelerator;
    const random = generator(seed);
    const set = (name: "GPR" | "VSR", index: number, value: bigint) =>
      accelerator.setOneReg(0, name, value, { index });
    const order = littleEndian ? MSR.LE : 0n;
    const facilities = MSR.FP | MSR.VEC | MSR.VSX | MSR.ME;
    accelerator.setOneReg(0, "LPCR", 0n);
    accelerator.setOneReg(0, "HFSCR", (1n << 64n) - 1n);
    accelerator.setOneReg(0, "FSCR", (1n << 64n) - 1n);
    accelerator.setOneReg(0, "DEC_EXPIRY", 1n << 52n);
    accelerator.setOneReg(0, "HDEC_EXPIRY", 1n << 52n);
    accelerator.setOneReg(0, "FPSCR", 0n);
    accelerator.setOneReg(0, "MSR", MSR.SF | MSR.HV | facilities | order);
    accelerator.setOneReg(0, "NIA", BigInt(CODE));
    accelerator.setOneReg(0, "CTR", BigInt(ITERATIONS));
    const wide = () => BigInt(random(2 ** 32)) << 32n | BigInt(random(2 ** 32));
    for (let i = 0; i < 24; i++) {
      set("GPR", i, i % 3 === 0 ? BigInt(random(100)) : wide());
    }
    for (let i = 0; i < 64; i++) {
      set("VSR", i, i % 2 ? wide() << 64n | wide() : 0x3ff8n << 112n);
    }
    set("GPR", 25, 0x110n);
    set("GPR", 26, BigInt(DATA));
    this.#write(CODE, words, littleEndian);
    for (let left = 20; left > 0; left--) {
      if (accelerator.run(0, 8192).reason !== "budget") return;
    }
  }
}

for (const littleEndian of [true, false]) {
  const order = littleEndian ? "little" : "big";
  Deno.test(`Jit does what the interpreter does with every row in a loop when ${order}-endian`, () => {
    const world = new World();
    const rows = ISA.filter(({ name }) => !LEAVING.test(name));
    const left: string[] = [];
    rows.forEach((instruction, seed) => {
      const random = generator(seed + 1);
      const body = [
        op("addi", { RT: 24, RA: 26, SI: 0 }),
        instance(instruction, random),
        instance(instruction, random),
        instance(instruction, random),
      ];
      const loop = op("bc", { BO: 16, BI: 0, BD: -4 * body.length });
      const before = world.inRegions;
      try {
        world.run([...body, loop, ATTN], littleEndian, seed + 1);
      } catch (error) {
        const texts = body.map((word, i) =>
          i === 0 ? "" : disassemble(instruction, word)
        );
        throw new Error(`${instruction.name}: ${texts.join("; ")}`, {
          cause: error,
        });
      }
      if (world.inRegions === before) left.push(instruction.name);
    });
    assert(rows.length > 900, `${rows.length} rows`);
    // Accesses to what is not RAM leave for the machine at once.
    assert(left.length < rows.length / 20, `in no region: ${left.join(" ")}`);
  });
}
