/** Storage access: every row, valid and invalid forms, in all four modes. */
import {
  atomicMemoryOperations,
  reservations,
} from "../../../cpu/isa/atomic.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import { insertField } from "../../../cpu/isa/forms.ts";
import {
  fixedLoads,
  fixedQuadword,
  fixedReversed,
  fixedStores,
} from "../../../cpu/isa/load_store.ts";
import {
  fixedMultiple,
  fixedString,
} from "../../../cpu/isa/load_store_string.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { cacheManagement } from "../../../cpu/isa/storage_control.ts";
import { MSR } from "../../../cpu/state.ts";
import { randomWords } from "./samples.ts";
import { BUFFER, BUFFER_BYTES, NOP, type StorageCase } from "./storage_case.ts";

const ROWS: readonly Instruction[] = [
  fixedLoads,
  fixedStores,
  fixedQuadword,
  fixedReversed,
  fixedMultiple,
  fixedString,
  atomicMemoryOperations,
  reservations,
  cacheManagement,
].flatMap(({ rows }) => rows);

type Random = () => number;

function random64(random: Random): bigint {
  return (BigInt(random()) << 32n) | BigInt(random());
}

/** Largest access that begins at the address: string and multiple. */
const ROOM = 128;

/** An address in the buffer, often aligned. */
function address(random: Random): number {
  const align = [1, 1, 2, 4, 8, 16][random() % 6] ?? 1;
  const at = random() % (BUFFER_BYTES - ROOM);
  return BUFFER + at - at % align;
}

/** Storage in which neighbours are sometimes alike, for twins and bounds. */
function storage(random: Random): Uint8Array {
  const bytes = new Uint8Array(BUFFER_BYTES);
  const alike = random() % 3 === 0 ? random() & 0xff : undefined;
  for (let i = 0; i < BUFFER_BYTES; i++) bytes[i] = alike ?? random();
  return bytes;
}

const DISPLACEMENTS = { SI: 1, DS: 4, DQ: 16 } as const;

interface Placed {
  readonly word: number;
  readonly gpr: bigint[];
}

/** Gives the base registers what leads to the address. */
function place(
  insn: Instruction,
  random: Random,
  { sixtyFour }: { sixtyFour: boolean },
): Placed {
  const { fields } = insn;
  const gpr = Array.from({ length: 32 }, () => random64(random));
  const values: Record<string, number> = {};
  for (const [name, field] of fields) {
    const settled = insertField(field, -1 << field.scale) & insn.mask;
    values[name] = settled ? 0 : random() % 2 ** field.width;
  }
  for (const pair of ["RTp", "RSp"]) {
    if (pair in values) values[pair] = (values[pair] ?? 0) & 30;
  }
  if (random() % 8 === 0 && "RA" in values) values.RA = 0;
  const at = address(random);
  const { RA: ra = 0, RB: rb } = values;
  const upper = sixtyFour ? 0n : BigInt(random()) << 32n;
  for (const [name, scale] of Object.entries(DISPLACEMENTS)) {
    if (!(name in values)) continue;
    const near = (random() % 64 - 32) * scale;
    const displacement = ra === 0 ? at - at % scale : near;
    values[name] = displacement;
    gpr[ra] = BigInt(at - displacement) | upper;
  }
  if (rb !== undefined) {
    const index = ra === 0 ? BigInt(at) : BigInt(random() % 4096);
    gpr[rb] = index;
    if (ra !== 0) gpr[ra] = BigInt(at) - (ra === rb ? 0n : index) | upper;
    if (ra === rb && ra !== 0) gpr[ra] = BigInt(at - at % 2) / 2n;
  } else if (!Object.keys(DISPLACEMENTS).some((name) => name in values)) {
    gpr[ra] = BigInt(at) | upper;
  }
  // Operands that atomic operations find in storage or in each other.
  const target = values.RT ?? 0;
  if (random() % 4 === 0 && target + 1 !== ra && target + 1 !== rb) {
    gpr[(target + 1) & 31] = BigInt(random() % 4);
  }
  return {
    word: encode(insn, values),
    gpr: gpr.map((value) => BigInt.asUintN(64, value)),
  };
}

/** (RA|0) is 0 in these too, and has no index: the base is no address. */
function usesZeroAsAddress(insn: Instruction, word: number): boolean {
  const ra = (word >>> 16) & 31;
  return ra === 0 && insn.fields.has("RA") && !insn.fields.has("RB") &&
    !Object.keys(DISPLACEMENTS).some((name) => insn.fields.has(name));
}

/** A store conditional is tried behind the load that reserves for it. */
const RESERVES: Readonly<Record<string, string>> = {
  "stbcx.": "lbarx",
  "sthcx.": "lharx",
  "stwcx.": "lwarx",
  "stdcx.": "ldarx",
  "stqcx.": "lqarx",
};

/** Mostly with a reservation, which goes to a register of its own. */
function reserveFor(
  insn: Instruction,
  word: number,
  random: Random,
): readonly [number, number] {
  const load = ROWS.find(({ name }) => name === RESERVES[insn.name]);
  if (!load || random() % 5 === 0) return [word, NOP];
  const RA = (word >>> 16) & 31;
  const RB = (word >>> 11) & 31;
  const free =
    [20, 22, 24, 26].find((n) =>
      ![RA, RB, (word >>> 21) & 31].some((used) => used >> 1 === n >> 1)
    ) ?? 28;
  const target = load.fields.has("RTp") ? "RTp" : "RT";
  return [encode(load, { [target]: free, RA, RB }), word];
}

/** The cases of one row. */
function casesOf(insn: Instruction, count: number): StorageCase[] {
  const random = randomWords(insn.match ^ insn.syntax.length);
  const cases: StorageCase[] = [];
  while (cases.length < count) {
    const sixtyFour = random() % 4 !== 0;
    const { word, gpr } = place(insn, random, { sixtyFour });
    if (usesZeroAsAddress(insn, word)) continue;
    const littleEndian = random() % 2 === 0;
    cases.push({
      words: reserveFor(insn, word, random),
      msr: (sixtyFour ? MSR.SF : 0n) | MSR.ME | (littleEndian ? MSR.LE : 0n),
      gpr,
      cr: random(),
      xer: ((random() & 0xe00c_0000) | random() % 65) >>> 0,
      lr: random64(random),
      ctr: random64(random),
      storage: storage(random),
    });
  }
  return cases;
}

/** Rows with many ways to go need more cases. */
const CASES: Readonly<Record<string, number>> = {
  lwat: 200,
  ldat: 200,
  stwat: 150,
  stdat: 150,
  lswi: 40,
  lswx: 40,
  "stwcx.": 30,
};
const CASES_PER_ROW = 16;

/** The same ones each time. */
export function storageCases(): StorageCase[] {
  return ROWS.flatMap((insn) =>
    casesOf(insn, CASES[insn.name] ?? CASES_PER_ROW)
  );
}
