/**
 * Handlers of the interpreter: one for each row and each value of the fields
 * that must be known when a meaning is emitted.
 *
 * @module
 */
import { buildDecoder, type Decoder, isImplemented } from "../isa/decoder.ts";
import { extractField } from "../isa/forms.ts";
import type { Instruction, IsaVersion } from "../isa/row.ts";
import { SPRS } from "../isa/spr.ts";

/** A row with some of its fields known. */
export interface Variant {
  /** "addi", "addi RA=0", "bc BO=12 LK=0 AA=0 local". */
  readonly name: string;
  readonly instruction: Instruction;
  readonly known: ReadonlyMap<string, number>;
  /** A relative branch whose target lies in the page of the branch. */
  readonly local: boolean;
}

/** The handlers of one version of the ISA, and which one serves a word. */
export interface Variants {
  readonly list: readonly Variant[];
  /** Index into `list`, or -1 where no row describes the word. */
  find(word: number, place: number): number;
  /** The row of a word. */
  readonly decode: Decoder;
}

/**
 * BO as far as it matters: the hint bits `a` and `t` are dropped, and of a
 * branch always all but that (Book I 2.4, figure "BO field encodings").
 */
function canonicalBo(bo: number): number {
  if ((bo & 0x14) === 0x14) return 0x14;
  if (bo & 0x10) return bo & 0x12;
  if (bo & 4) return bo & 0xc;
  return bo & 0xe;
}

const SPR_NUMBERS: ReadonlySet<number> = new Set(
  SPRS.map(({ number }) => number),
);

/** An undefined SPR that behaves as `spr` does (Book III 4.4.4). */
function canonicalSpr(spr: number): number {
  if (SPR_NUMBERS.has(spr) || spr === 0 || (spr >= 4 && spr <= 6)) return spr;
  for (let n = 1023; n > 6; n--) {
    if (!SPR_NUMBERS.has(n) && (n & 16) === (spr & 16)) return n;
  }
  return spr;
}

function canonical(field: string, value: number): number {
  if (field === "BO") return canonicalBo(value);
  if (field === "SPR") return canonicalSpr(value);
  return value;
}

/** Rows for which RA = 0 is worth a handler of its own: li and lis. */
const ZERO_BASE = new Set(["addi", "addis"]);

/** Rows that branch relative to themselves. */
const RELATIVE: Readonly<Record<string, string>> = { b: "LI", bc: "BD" };

interface Selector {
  readonly field: string;
  /** First bit of this selector in the row's key. */
  readonly shift: number;
}

interface Plan {
  readonly selectors: readonly Selector[];
  /** Key → index into the list of variants. */
  readonly handlers: Int32Array;
}

/** The bits of a key beyond the selectors: local branch, RA = 0. */
function planRow(
  instruction: Instruction,
  list: Variant[],
): Plan {
  const selectors: Selector[] = [];
  let bits = 0;
  for (const [name, field] of instruction.fields) {
    const fixed = instruction.options.fixed?.includes(name);
    if (field.width !== 1 && !fixed) continue;
    selectors.push({ field: name, shift: bits });
    bits += field.width;
  }
  const handlers = new Int32Array(2 << bits);
  const made = new Map<string, number>();
  const extra = instruction.name in RELATIVE ||
    ZERO_BASE.has(instruction.name);
  for (let key = 0; key < handlers.length; key++) {
    const special = (key >> bits) & 1;
    if (special && !extra) break;
    const known = new Map<string, number>();
    for (const { field, shift } of selectors) {
      const width = instruction.fields.get(field)?.width ?? 1;
      known.set(field, canonical(field, (key >> shift) & ((1 << width) - 1)));
    }
    const local = special === 1 && instruction.name in RELATIVE;
    if (local && known.get("AA") === 1) continue;
    if (special && !local) known.set("RA", 0);
    const name = [
      instruction.name,
      ...[...known].map(([field, value]) => `${field}=${value}`),
      ...local ? ["local"] : [],
    ].join(" ");
    let index = made.get(name);
    if (index === undefined) {
      index = list.push({ name, instruction, known, local }) - 1;
      made.set(name, index);
    }
    handlers[key] = index;
  }
  return { selectors, handlers };
}

/** Enumerates the handlers of all rows that a version of the ISA has. */
export function enumerateVariants(
  isa: readonly Instruction[],
  version: IsaVersion,
): Variants {
  const rows = isa.filter((row) => isImplemented(row, version));
  const decode = buildDecoder(rows, { version });
  const list: Variant[] = [];
  const plans = new Map(rows.map((row) => [row, planRow(row, list)]));
  return {
    list,
    decode,
    find(word, place) {
      const instruction = decode(word >>> 0);
      const plan = instruction && plans.get(instruction);
      if (!instruction || !plan) return -1;
      let key = 0;
      for (const { field, shift } of plan.selectors) {
        const layout = instruction.fields.get(field);
        if (layout) key |= extractField(layout, word) << shift;
      }
      if (isSpecial(instruction, word, place)) key += plan.handlers.length >> 1;
      return plan.handlers[key] ?? -1;
    },
  };
}

function isSpecial(
  { name, fields }: Instruction,
  word: number,
  place: number,
): boolean {
  const relative = RELATIVE[name];
  const field = fields.get(relative ?? "RA");
  if (!field) return false;
  if (relative === undefined) {
    return ZERO_BASE.has(name) && extractField(field, word) === 0;
  }
  // AA = 1 is an address, not a distance.
  if (word & 2) return false;
  const target = place * 4 + extractField(field, word);
  return target >= 0 && target < 4096;
}
