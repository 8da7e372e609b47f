// Random loops of floating-point instructions as regions, beside the
// interpreter: every register and FPSCR after every slice.
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
const ITERATIONS = 1200;
const LENGTH = 24;

/** Rows of a loop's body, those that are there twice more often. */
const ROWS = [
  ..."fadd fsub fmul fdiv fsqrt fmadd fmsub fnmadd fnmsub".split(" "),
  ..."fadd fsub fmul fmadd fmsub xsadddp xssubdp xsmuldp".split(" "),
  ..."fadds fsubs fmuls fdivs fsqrts fmadds fmsubs fnmadds fnmsubs".split(" "),
  ..."xsaddsp xsmulsp xsmaddasp xsnmsubmsp frsp xsrsp".split(" "),
  ..."xsdivdp xssqrtdp xsmaddadp xsmaddmdp xsmsubadp xsnmaddmdp".split(" "),
  ..."fcmpu fcmpo xscmpudp xscmpodp fcmpu fcmpu cror crand mcrf cmpi".split(
    " ",
  ),
  ..."fmr fneg fabs fnabs fcpsgn fsel xxlxor xxlor xxpermdi xvadddp".split(" "),
  ..."xvmuldp xvmaddadp xvmaddmdp xvsubdp xvdivdp xvsqrtdp xvnmsubadp".split(
    " ",
  ),
  ..."xvaddsp xvmulsp xvmaddasp xvsubsp vaddfp vmaddfp".split(" "),
  ..."lfd lfd lfd lfd lfs stfd stfs lxvd2x stxvd2x lxsdx stxsdx lvx".split(" "),
  ..."fctidz fctiwz fctid fcfid fcfids fcfidu friz frim frip frin".split(" "),
  ..."xscvdpsxds xscvsxddp xsrdpiz xsrdpim mffs mcrfs mfvsrd mtvsrd".split(
    " ",
  ),
].map((name) => {
  const row = ISA.find((row) => row.name === name);
  assert(row, name);
  return row;
});

type Random = ReturnType<typeof generator>;

const FLOATS = new DataView(new ArrayBuffer(8));

/** Numbers that are easy mostly, with all that is not among them. */
function number(random: Random): bigint {
  const wide = BigInt(random(2 ** 32)) << 32n | BigInt(random(2 ** 32));
  const kind = random(28);
  if (kind === 0) return BigInt(random(2)) << 63n;
  if (kind === 1) return 0x7ff0n << 48n | BigInt(random(2)) << 63n;
  if (kind === 2) return 0x7ff8n << 48n | wide >> 16n;
  if (kind === 3) return 0x7ff0n << 48n | wide >> 14n;
  if (kind === 4) return wide >> 13n;
  if (kind === 5) return wide;
  if (kind === 6) {
    // Products underflow, and sums with them are half way between singles.
    FLOATS.setFloat64(0, 2 ** (random(2) ? -60 : -520 - random(40)));
  } else if (kind < 10) FLOATS.setFloat64(0, 1 + random(4) * 2 ** -12);
  else if (kind < 14) FLOATS.setFloat64(0, random(2001) - 1000);
  else if (kind < 18) {
    FLOATS.setFloat64(0, Math.fround((random(2 ** 24) - 2 ** 23) / 2 ** 12));
  } else {
    FLOATS.setFloat64(
      0,
      (random(2 ** 31) - 2 ** 30) * 2 ** (random(12) - 33) + random(16),
    );
  }
  return FLOATS.getBigUint64(0);
}

function instance(instruction: Instruction, random: Random): number {
  const fields: Record<string, number> = {};
  for (const [name, field] of instruction.fields) {
    const { width, signed, scale } = field;
    fields[name] = (random(2 ** width) - (signed ? 2 ** (width - 1) : 0)) *
      2 ** scale;
    // Few registers, so that results meet again.
    if (/^FR[TASBC]$|^VR[TASB]$/.test(name)) fields[name] = random(8);
    if (/^X[TASBC]$/.test(name)) fields[name] = random(8) + 32 * random(2);
    if (/^R[TAS]$/.test(name)) fields[name] = random(8);
    if (name === "Rc") fields[name] = random(8) === 0 ? 1 : 0;
    if (/^BF$|^BFA$/.test(name)) fields[name] = random(3);
    if (/^B[TAB]$/.test(name)) fields[name] = random(12);
  }
  if (/^(l|st)/.test(instruction.name)) {
    if (instruction.fields.has("RA")) fields.RA = 24;
    if (instruction.fields.has("RB")) fields.RB = 25;
    if (instruction.fields.has("D")) fields.D = 8 * random(256);
  }
  return encode(instruction, fields);
}

/** Goes on behind the instruction that was interrupted; uses R31. */
const HANDLER = [
  op("mfspr", { RT: 31, SPR: 26 }),
  op("addi", { RT: 31, RA: 31, SI: 4 }),
  op("mtspr", { RS: 31, SPR: 26 }),
  op("rfid", {}),
];

class World {
  readonly accelerator: LockstepAccelerator;
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
    this.accelerator = accelerator;
    this.#ram = ram;
    this.write(0x700, HANDLER, false);
  }

  write(at: number, words: readonly number[], littleEndian: boolean): void {
    words.forEach((word, i) =>
      this.#ram.setUint32(at + 4 * i, word, littleEndian)
    );
    this.accelerator.ramWritten(at, 4 * words.length);
  }

  fill(make: () => bigint, littleEndian: boolean): void {
    for (let at = DATA; at < DATA + 4096; at += 8) {
      this.#ram.setBigUint64(at, make(), littleEndian);
    }
    this.accelerator.ramWritten(DATA, 4096);
  }
}

/** Exponents where formats end and rounding twice goes wrong, and easy ones. */
const EXPONENTS = [
  ...[0, 1, 2, 3, 54, 511, 512, 895, 896, 897, 898, 899, 950, 1149, 1150],
  ...[1022, 1052, 1053, 1054, 1055, 1074, 1075, 1076, 1084, 1085, 1086, 1087],
  ...[1151, 1534, 1535, 2044, 2045, 2046, 2047],
];

/** A number at the edge of something, or one to get to such edges with. */
function edge(random: Random): bigint {
  const sign = BigInt(random(2)) << 63n;
  const exponent = random(2)
    ? EXPONENTS[random(EXPONENTS.length)] ?? 0
    : 1020 + random(6);
  const fraction = [
    0n,
    1n,
    (1n << 52n) - 1n,
    1n << 51n,
    1n << 28n,
    BigInt(random(2 ** 23)) << 29n,
    (BigInt(random(4)) << 40n) | (BigInt(random(2)) << 29n),
    BigInt(random(2 ** 26)) << 26n | BigInt(random(2 ** 26)),
  ][random(8)] ?? 0n;
  return sign | BigInt(exponent) << 52n | fraction;
}

/** Two singles at the edge of something. */
function singleEdges(random: Random): bigint {
  const single = () => {
    const exponent = [0, 1, 2, 3, 63, 64, 126, 190, 252, 253, 254, 255];
    const fraction = [0, 1, 2 ** 23 - 1, 2 ** 22, random(2 ** 23)];
    return BigInt(random(2)) << 31n | BigInt(fraction[random(5)] ?? 0) |
      BigInt(random(2) ? exponent[random(12)] ?? 0 : 125 + random(5)) << 23n;
  };
  return single() << 32n | single();
}

/** Operations that leave FPSCR for later, and what is quick mostly. */
const DEFERRED = ISA.filter(({ name }) =>
  /^xv(add|sub|mul|div|sqrt|n?m(add|sub)[am])[ds]p$/.test(name) ||
  /^(f(add|sub|mul|div|sqrt|n?madd|n?msub)s?|frsp|fcmp[uo])$/.test(name) ||
  /^xs(add|sub|mul|div|sqrt|n?m(add|sub)[am])[ds]p$/.test(name) ||
  /^(lfsx|stfsx)$/.test(name) ||
  /^(xsrsp|xscmp[uo]dp|fcti[dw]u?z?|fri[zpm]|fcfidu?s?)$/.test(name) ||
  /^(xscvdp[su]x[dw]s|xscv[su]xd[ds]p|xsrdpi[zpm])$/.test(name)
);

/** Sums up, in R20, what an operation gives and leaves in FPSCR and CR. */
function sumUp(operation: Instruction): number[] {
  const fields: Record<string, number> = {};
  for (const name of operation.fields.keys()) {
    fields[name] = 0;
    if (/^(FRA|XA)$/.test(name)) fields[name] = 1;
    if (/^(FRB|XB)$/.test(name)) fields[name] = 2;
    if (name === "FRS") fields[name] = 1;
    if (name === "RA") fields[name] = 24;
    if (name === "RB") fields[name] = 27;
    if (/^(FRC|XT|FRT)$/.test(name)) fields[name] = 3;
  }
  const isVector = operation.name.startsWith("xv");
  const load = (to: number, RB: number) =>
    isVector
      ? op("lxvd2x", { XT: to, RA: 24, RB })
      : op("lfdx", { FRT: to, RA: 24, RB });
  const rotate = op("rldicl", { RA: 20, RS: 20, SH: 7, MB: 0 });
  const add = op("add", { RT: 20, RA: 20, RB: 21 });
  return [
    // Three places by Knuth's generator of 64 bits.
    op("mulld", { RT: 28, RA: 28, RB: 29 }),
    op("addi", { RT: 28, RA: 28, SI: 1443 }),
    ...[25, 26, 27].flatMap((RA, i) => [
      op("rldicl", { RA, RS: 28, SH: 8 + 11 * i, MB: 0 }),
      op("andi.", { RS: RA, RA, UI: 0xff8 }),
    ]),
    op("mtfsf", { FLM: 255, FRB: 10, L: 0, W: 0, Rc: 0 }),
    load(1, 25),
    load(2, 26),
    load(3, 27),
    encode(operation, fields),
    // Only exceptions are left in FPSCR behind another one.
    op("fmul", { FRT: 5, FRA: 11, FRC: 11, Rc: 0 }),
    op("mffs", { FRT: 4, Rc: 0 }),
    op("mfvsrd", { RA: 21, XS: 4 }),
    rotate,
    add,
    // All is left there behind the last.
    load(3, 27),
    encode(operation, fields),
    op("mffs", { FRT: 4, Rc: 0 }),
    op("mfvsrd", { RA: 21, XS: 4 }),
    rotate,
    add,
    op("mfvsrd", { RA: 21, XS: 3 }),
    rotate,
    add,
    op("mfvsrld", { RA: 21, XS: 3 }),
    rotate,
    add,
    op("mfcr", { RT: 21 }),
    rotate,
    add,
    op("ldx", { RT: 21, RA: 24, RB: 27 }),
    rotate,
    add,
  ];
}

/** A loop's body: sometimes a branch over what follows. */
function randomBody(random: Random): number[] {
  return Array.from({ length: LENGTH }, (_, i) => {
    if (i < LENGTH - 3 && random(8) === 0) {
      return op("bc", {
        BO: random(2) ? 12 : 4,
        BI: random(12),
        BD: 8,
      });
    }
    const at = random(ROWS.length);
    return instance(ROWS[at] as Instruction, random);
  });
}

for (const littleEndian of [true, false]) {
  const order = littleEndian ? "little" : "big";
  Deno.test(`Jit leaves FPSCR and numbers as the interpreter does when ${order}-endian`, () => {
    const world = new World();
    const { accelerator } = world;
    const inRegions = () => accelerator.view.counter(0, "REGION_INSTRUCTIONS");
    let total = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = generator(seed);
      world.fill(() => number(random), littleEndian);
      const set = (name: "GPR" | "VSR", index: number, value: bigint) =>
        accelerator.setOneReg(0, name, value, { index });
      // Mostly as Linux leaves it, with XX; sometimes with anything enabled.
      const fpscr = [
        0x0200_0000n,
        0x0200_0000n,
        0n,
        BigInt(random(256)),
        0x0200_0000n | BigInt(random(256)),
      ][seed % 5] ?? 0n;
      const msr = MSR.SF | MSR.HV | MSR.FP | MSR.VEC | MSR.VSX | MSR.ME |
        (littleEndian ? MSR.LE : 0n) | (seed % 2 ? MSR.FE0 | MSR.FE1 : 0n);
      accelerator.setOneReg(0, "LPCR", 0n);
      accelerator.setOneReg(0, "DEC_EXPIRY", 1n << 52n);
      accelerator.setOneReg(0, "HDEC_EXPIRY", 1n << 52n);
      accelerator.setOneReg(0, "FPSCR", fpscr);
      accelerator.setOneReg(0, "MSR", msr);
      accelerator.setOneReg(0, "NIA", BigInt(CODE));
      accelerator.setOneReg(0, "CTR", BigInt(ITERATIONS));
      for (let i = 0; i < 64; i++) {
        set("VSR", i, number(random) << 64n | number(random));
      }
      for (let i = 0; i < 8; i++) set("GPR", i, number(random));
      set("GPR", 24, BigInt(DATA));
      const body = [
        // Another place each time, for what is loaded and stored.
        op("mulli", { RT: 25, RA: 25, SI: 13 }),
        op("addi", { RT: 25, RA: 25, SI: 8 * (seed % 7) + 8 }),
        op("andi.", { RS: 25, RA: 25, UI: 0x7f8 }),
        ...randomBody(random),
      ];
      const loop = op("bc", { BO: 16, BI: 0, BD: -4 * body.length });
      world.write(CODE, [...body, loop, ATTN], littleEndian);
      const before = inRegions();
      try {
        for (let left = 200; left > 0; left--) {
          if (accelerator.run(0, 4096).reason !== "budget") break;
        }
      } catch (error) {
        const text = body.map((word) => {
          const found = ISA.find((row) =>
            ((word & row.mask) >>> 0) === row.match
          );
          return found ? disassemble(found, word) : "?";
        });
        throw new Error(`seed ${seed}:\n${text.join("\n")}`, { cause: error });
      }
      total += inRegions() - before;
    }
    assert(total > 300_000, `${total} instructions in regions`);
  });
}

Deno.test("Jit does at every edge of a format what the interpreter does", () => {
  const world = new World();
  const { accelerator } = world;
  assert(DEFERRED.length > 40, `${DEFERRED.length} operations`);
  DEFERRED.forEach((operation, i) => {
    const random = generator(i + 1);
    const singles = /^xv.*sp$|^lfsx$/.test(operation.name);
    world.fill(() => singles ? singleEdges(random) : edge(random), true);
    const set = (name: "GPR" | "VSR", index: number, value: bigint) =>
      accelerator.setOneReg(0, name, value, { index });
    accelerator.setOneReg(0, "LPCR", 0n);
    accelerator.setOneReg(0, "DEC_EXPIRY", 1n << 52n);
    accelerator.setOneReg(0, "HDEC_EXPIRY", 1n << 52n);
    const facilities = MSR.FP | MSR.VEC | MSR.VSX | MSR.ME;
    accelerator.setOneReg(0, "MSR", MSR.SF | MSR.HV | facilities | MSR.LE);
    accelerator.setOneReg(0, "NIA", BigInt(CODE));
    accelerator.setOneReg(0, "CTR", 9000n);
    set("GPR", 24, BigInt(DATA));
    set("GPR", 20, 0n);
    set("GPR", 28, 1n);
    set("GPR", 29, 6364136223846793005n);
    // What FPSCR begins with, each time: inexact, and nothing else.
    set("VSR", 10, 0x8200_0000n << 64n);
    set("VSR", 11, 0x3ff8n << 112n);
    const body = sumUp(operation);
    const loop = op("bc", { BO: 16, BI: 0, BD: -4 * body.length });
    world.write(CODE, [...body, loop, ATTN], true);
    try {
      for (let left = 200; left > 0; left--) {
        if (accelerator.run(0, 4096).reason !== "budget") break;
      }
    } catch (error) {
      throw new Error(operation.name, { cause: error });
    }
  });
});
