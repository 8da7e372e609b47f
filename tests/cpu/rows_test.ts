import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { encode } from "../../cpu/isa/encoder.ts";
import { ISA } from "../../cpu/isa/mod.ts";
import { disassemble } from "../../cpu/isa/disassembler.ts";
import { extractField } from "../../cpu/isa/forms.ts";
import type { Instruction } from "../../cpu/isa/row.ts";
import { MSR, STATE, type StateName } from "../../cpu/state.ts";
import { ENGINES, type TestEngine } from "./engines.ts";

const RAM_BYTES = 0x40000;
const CODE = 0x8000;
const CASES = 6;

/** Registers by which engines keep house, or that follow time. */
const PRIVATE: ReadonlySet<string> = new Set([
  "PENDING",
  "TLB_DATA",
  "TLB_CODE",
  "TLB_JOURNAL",
  "TLB_USER_CODE",
  "TLB_HYPERVISOR",
  "TLB_ENTERED",
  "CODE_ENTERED",
  "CODE_LOOKUPS",
  "HELPER_CALLS",
  "TIMEBASE_FLOOR",
  "TIMEBASE_BUDGET",
  "TIMEBASE_UNTIL",
  "CODE_DROPS",
  "POOL_NEXT",
  "POOL_FREE",
  "POOL_SERIAL",
  "RUN_END",
  "BUDGET",
  "REQUEST",
  "RUNNING",
  "SHOOTDOWN",
  "EXIT",
  "EXIT_VALUE",
  "EXCEPTION",
  "EXCEPTION_SRR1",
  "REGION_LEFT_AT",
  "REGION_LEFT_FOR",
  "SCRATCH",
  "DEC_EXPIRY",
  "HDEC_EXPIRY",
  "TB_OFFSET",
  "VTB_OFFSET",
  "PURR_OFFSET",
  "SPURR_OFFSET",
  // Kept as real addresses by one engine and host addresses by the other.
  "RESERVE_ADDRESS",
  "RESERVE_VALUE",
  "RESERVE_BYTES",
  "FP_FLAGS",
  "FP_STATUS",
  "FP_LOW",
  "DECIMAL",
  "ACCESSES",
  "ACCESS_COUNTING",
  "FP_COUNTING",
  "FP_INSTRUCTIONS",
  "FP_LONG_INSTRUCTIONS",
  "FP_DEFERRED",
  "FP_DEFERRED_NUMBERS",
  "FP_LONG",
]);

/** SPRs that read the time, which the engines count differently. */
const TIME_SPRS = new Set([
  22,
  268,
  269,
  284,
  285,
  286,
  308,
  309,
  310,
  849,
  990,
]);

const COMPARED = (Object.keys(STATE) as StateName[])
  .filter((name) => !PRIVATE.has(name));

/** A small generator, so that a failure can be repeated (xorshift64*). */
function generator(seed: number) {
  let s = BigInt(seed) * 0x9e3779b97f4a7c15n & 0xffffffffffffffffn | 1n;
  return () => {
    s ^= s >> 12n;
    s = (s ^ (s << 25n)) & 0xffffffffffffffffn;
    s ^= s >> 27n;
    return (s * 0x2545f4914f6cdd1dn) & 0xffffffffffffffffn;
  };
}

const EDGES = [
  0n,
  1n,
  ~0n,
  1n << 63n,
  (1n << 63n) - 1n,
  0xffffffffn,
  0x80000000n,
  0x7fffffffn,
  0x3ff0000000000000n,
  0x7ff0000000000000n,
  0x7ff4000000000000n,
  0x0000000000000001n,
  0xbff8000000000000n,
].map((v) => BigInt.asUintN(64, v));

function operandValue(random: () => bigint): bigint {
  const pick = random() % 8n;
  if (pick < 2n) return EDGES[Number(random() % BigInt(EDGES.length))] ?? 0n;
  // Somewhere in RAM, clear of the code.
  if (pick < 6n) return 0x10000n + random() % 0x20000n;
  return random();
}

/** How the thread stands when it meets the instruction. */
interface Setting {
  readonly littleEndian: boolean;
  /** MSR beside the facility bits, ME and LE. */
  readonly msr: bigint;
}

const MODES = {
  "64-bit hypervisor state": MSR.SF | MSR.HV,
  "64-bit problem state": MSR.SF | MSR.PR,
  "32-bit privileged state": 0n,
};

/** RAM at the start: numbers that tell their places, clear of the code. */
const RAM = new Uint8Array(RAM_BYTES);
{
  const view = new DataView(RAM.buffer);
  for (let at = 0x10000; at < 0x30000; at += 8) {
    view.setUint32(at, at * 0x9e3779b1);
    view.setUint32(at + 4, at * 0x85ebca6b);
  }
}

/** The same start state on any engine. */
function prepare(
  engine: TestEngine,
  word: number,
  { seed, littleEndian, msr }: Setting & { seed: number },
): void {
  const random = generator(seed);
  for (const name of COMPARED) {
    for (let i = 0; i < STATE[name].count; i++) engine.set(name, 0n, i);
  }
  for (const name of PRIVATE) {
    if (name.startsWith("FP_") || name.startsWith("EXCEPTION")) {
      engine.set(name as StateName, 0n);
    }
  }
  engine.set("RESERVE_ADDRESS", ~0n);
  for (const name of ["DEC_EXPIRY", "HDEC_EXPIRY"] as const) {
    engine.set(name, 1n << 40n);
  }
  engine.set("PVR", 0x4e1202n);
  for (let i = 0; i < 32; i++) engine.set("GPR", operandValue(random), i);
  for (let i = 0; i < 64; i++) {
    engine.set(
      "VSR",
      operandValue(random) << 64n | operandValue(random),
      i,
    );
  }
  for (let i = 0; i < 8; i++) engine.set("CR", random() & 15n, i);
  for (const flag of ["CA", "CA32", "OV", "OV32", "SO"] as const) {
    engine.set(flag, random() & 1n);
  }
  engine.set("XER_COUNT", random() % 9n);
  engine.set("LR", operandValue(random) & ~3n);
  engine.set("CTR", operandValue(random) & ~3n);
  for (const name of ["SRR0", "HSRR0", "TAR"] as const) {
    engine.set(name, 0x9000n);
  }
  const enabled = MSR.FP | MSR.VEC | MSR.VSX | MSR.ME | msr;
  const le = littleEndian ? MSR.LE : 0n;
  engine.set("SRR1", enabled | le);
  engine.set("HSRR1", enabled | le);
  engine.set("FSCR", ~0n);
  engine.set("HFSCR", ~0n);
  engine.set("MSR", enabled | le);
  engine.set("NIA", BigInt(CODE));
  engine.ram.set(RAM);
  const view = new DataView(engine.ram.buffer, engine.ram.byteOffset);
  view.setUint32(CODE, word, littleEndian);
  engine.refresh();
}

/** What an instruction left behind, as lines to compare. */
function outcome(engine: TestEngine, reason: string): string[] {
  const lines = [`exit ${reason}`];
  for (const name of [...COMPARED]) {
    for (let i = 0; i < STATE[name].count; i++) {
      lines.push(`${name}[${i}] ${engine.get(name, i).toString(16)}`);
    }
  }
  return lines;
}

function randomWord(insn: Instruction, random: () => bigint): number {
  const fields: Record<string, number> = {};
  for (const [name, field] of insn.fields) {
    const value = Number(random() % BigInt(2 ** field.width));
    const signed = field.signed && value >= 2 ** (field.width - 1)
      ? value - 2 ** field.width
      : value;
    fields[name] = signed * 2 ** field.scale;
  }
  return encode(insn, fields);
}

function isComparable(insn: Instruction, word: number): boolean {
  if (insn.name === "darn") return false;
  const spr = insn.fields.get("SPR");
  return !spr || !TIME_SPRS.has(extractField(spr, word));
}

const [reference, ...others] = ENGINES;

for (const other of others) {
  for (
    const [mode, msr, littleEndian] of Object.entries(MODES).flatMap((
      [mode, msr],
    ) => [[mode, msr, false], [mode, msr, true]] as const)
  ) {
    const order = littleEndian ? "little" : "big";
    Deno.test(`${other.name} engine agrees with the reference on every row when ${order}-endian in ${mode}`, () => {
      assert.ok(reference);
      const a = reference.create({ ramBytes: RAM_BYTES });
      const b = other.create({ ramBytes: RAM_BYTES });
      let compared = 0;
      const wrong: string[] = [];
      ISA.forEach((insn, n) => {
        for (let k = 0; k < CASES; k++) {
          const seed = n * CASES + k + 1;
          const word = randomWord(insn, generator(seed * 7919));
          if (!isComparable(insn, word)) continue;
          prepare(a, word, { seed, littleEndian, msr });
          const left = outcome(a, a.run(1));
          prepare(b, word, { seed, littleEndian, msr });
          const right = outcome(b, b.run(1));
          compared++;
          const different = left.flatMap((line, i) =>
            line === right[i] ? [] : `${line}, not ${right[i]}`
          );
          if (Buffer.compare(a.ram, b.ram) !== 0) different.push("RAM differs");
          if (different.length > 0) {
            wrong.push(
              `${disassemble(insn, word)} (seed ${seed}): ${
                different.slice(0, 4).join("; ")
              }`,
            );
          }
        }
      });
      assert.deepEqual(wrong, []);
      assert.ok(compared > ISA.length * (CASES - 2), `compared: ${compared}`);
    });
  }
}
