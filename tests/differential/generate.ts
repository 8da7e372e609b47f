/**
 * Random programs of legal instructions, made from the rows, and start states
 * in which they find something to do.
 *
 * A program has pointers into storage, index registers and a register for
 * lengths, which only instructions that update their address change. Loops
 * count down CTR, at most seven times; other branches lead forward.
 *
 * @module
 */
import { type FieldLayout, insertField } from "../../cpu/isa/forms.ts";
import type { IsaVersion } from "../../cpu/isa/row.ts";
import { op } from "./assembler.ts";
import type { Batch } from "./batch.ts";
import { type Candidate, eligibleGroups, type Group } from "./eligible.ts";
import { POOLS, vectorRegister } from "./pools.ts";
import { Random } from "./random.ts";
import {
  BATCH,
  MOST_WORDS,
  PLACE,
  programAddress,
  RECORD,
  STORAGE_BYTES,
} from "./record.ts";
import { sequence } from "./sequence.ts";
import { fixedPoint, floatStatus, type Kind, KINDS, vector } from "./values.ts";

/** What decides which programs come out. */
export interface GeneratorOptions {
  readonly seed: number;
  readonly version: IsaVersion;
  /** Part of a chapter's section or title. */
  readonly chapter?: string;
  readonly littleEndian: boolean;
}

/** Words that no branch may lead between. */
interface Unit {
  readonly words: readonly number[];
  /** For a branch: units that it skips, or back to which it leads. */
  readonly distance?: number;
}

/** A program, and what is known of its registers. */
interface Plan {
  readonly units: Unit[];
  readonly pointers: readonly number[];
  readonly indexes: readonly number[];
  readonly length: number;
  /** Unit to which LR, CTR and TAR lead; -1: no such branch. */
  readonly indirect: number;
  /** Instructions of each group. */
  readonly counts: Map<Group, number>;
}

/** Problem-state registers, and some that are not. */
const SPRS = {
  read: [1, 8, 9, 256, 259, 815, 1, 8, 9, 256, 808, 3, 136, 18, 25],
  write: [1, 256, 1, 256, 808, 3, 18, 25],
  links: [8, 9, 815],
  /**
   * The time, priorities and AMR, which QEMU's user mode has not or alone, and
   * event-based branches, at which it aborts.
   */
  unlike: [
    ...[13, 268, 269, 896, 898],
    ...[800, 801, 802, 803, 804, 805, 806],
  ] as readonly number[],
} as const;

/** Makes batches. */
export class Generator {
  readonly #options: GeneratorOptions;
  readonly #groups: readonly Group[];
  readonly #cumulative: readonly number[];
  /** Instructions that each chapter has in the programs so far. */
  readonly counts = new Map<string, number>();

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.#groups = eligibleGroups(options);
    let sum = 0;
    this.#cumulative = this.#groups.map(({ weight }) => sum += weight);
  }

  /** Fills a batch with programs `first`, `first` + 1 and so on. */
  fill(batch: Batch, first: number, count: number): void {
    batch.clear();
    for (let i = 0; i < count; i++) {
      const random = new Random(this.#options.seed, first + i);
      const plan = this.#program(random);
      batch.setProgram(i, wordsOf(plan));
      const storage = batch.storage(i);
      const words = new Int32Array(
        storage.buffer,
        storage.byteOffset,
        STORAGE_BYTES / 4,
      );
      fillStorage(random, words);
      const favourite = random.pick(KINDS);
      for (let n = 0; n < BATCH.states; n++) {
        const record = batch.record(i, n);
        if (n > 0) record.set(batch.record(i, n - 1));
        fillState(random, record, {
          plan,
          index: i,
          favourite,
          first: n === 0,
          version: this.#options.version,
        });
      }
    }
  }

  #program(random: Random): Plan {
    const length = 6 + random.below(20);
    const registers = shuffled(random, 12).map((n) => n + 1);
    const plan: Plan = {
      units: [],
      pointers: registers.slice(0, 3),
      indexes: registers.slice(3, 5),
      length: registers[5] ?? 1,
      indirect: random.once(6) ? length - random.below(length >> 1) : -1,
      counts: new Map(),
    };
    const indirectAt = plan.indirect < 0 ? -1 : random.below(plan.indirect);
    let loop = random.once(4) ? random.below(length >> 1) : -1;
    const { units } = plan;
    const words = () => units.reduce((sum, unit) => sum + unit.words.length, 0);
    // The longest loop and what leads to it must fit as well.
    while (units.length < length && words() < MOST_WORDS - 75) {
      const at = units.length;
      if (at === indirectAt) {
        units.push({ words: [indirectBranch(random)] });
      } else if (at >= loop && loop >= 0 && indirectAt < 0) {
        loop = -1;
        this.#loop(random, plan);
      } else if (random.once(10)) {
        units.push(forwardBranch(random, {
          links: indirectAt < 0,
          // Not into the loop, which would find any number in CTR.
          room: (loop > at ? loop : length) - at,
        }));
      } else units.push(this.#instruction(random, plan));
    }
    return plan;
  }

  #loop(random: Random, plan: Plan): void {
    const { units } = plan;
    const counter = 13 + random.below(19);
    units.push({
      words: [
        op("addi", { RT: counter, RA: 0, SI: 1 + random.below(7) }),
        op("mtspr", { RS: counter, SPR: 9 }),
      ],
    });
    const size = 1 + random.below(6);
    for (let i = 0; i < size; i++) {
      if (i + 2 < size && random.once(6)) {
        const BO = random.pick([4, 12]);
        units.push({
          words: [op("bc", { BO, BI: random.below(32) })],
          distance: 2,
        });
      } else units.push(this.#instruction(random, plan, { inLoop: true }));
    }
    units.push({ words: [op("bc", { BO: 16, BI: 0 })], distance: -size });
  }

  #instruction(
    random: Random,
    plan: Plan,
    { inLoop = false }: { inLoop?: boolean } = {},
  ): Unit {
    for (;;) {
      const group = this.#group(random);
      if (group.candidates.length === 0) {
        return forwardBranch(random, { links: false, room: 2 });
      }
      const candidate = random.pick(group.candidates);
      if (candidate.ending && this.#groups.length > 1 && !random.once(8)) {
        continue;
      }
      const { title } = group.chapter;
      const key = `${group.chapter.section} ${title}`;
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
      const { name } = candidate.insn;
      const word = instruction(random, candidate, { plan, inLoop });
      return {
        words: sequence(random, {
          name,
          word,
          pointer: random.pick(plan.pointers),
          version: this.#options.version,
        }),
      };
    }
  }

  #group(random: Random): Group {
    const total = this.#cumulative.at(-1) ?? 0;
    const at = random.word() / 2 ** 32 * total;
    const index = this.#cumulative.findIndex((sum) => at < sum);
    return this.#groups[index] ?? this.#groups[0] as Group;
  }
}

function shuffled(random: Random, count: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j] ?? 0, all[i] ?? 0];
  }
  return all;
}

/** BO of branches that count CTR down. */
const COUNTING = [0, 2, 8, 10, 16, 18];

function indirectBranch(random: Random): number {
  const name = random.pick(["bclr", "bcctr", "bctar"]);
  const counts = name !== "bcctr" && random.once(3);
  const BO = random.pick(counts ? COUNTING : [20, 4, 12]);
  return op(name, {
    BO,
    BI: random.below(32),
    BH: random.below(4),
    LK: random.below(2),
  });
}

function forwardBranch(
  random: Random,
  { links, room }: { links: boolean; room: number },
): Unit {
  const distance = 1 + random.below(Math.min(6, room));
  const LK = links ? random.below(2) : 0;
  if (random.once(4)) return { words: [op("b", { LK })], distance };
  // Counting down would change where an indirect branch leads.
  const counts = links && random.once(4);
  const BO = random.pick(counts ? COUNTING : [4, 12, 4, 12, 20]);
  return { words: [op("bc", { BO, BI: random.below(32), LK })], distance };
}

/** A program's words, with the distances of branches filled in. */
function wordsOf({ units }: Plan): number[] {
  const starts = startsOf(units);
  return units.flatMap(({ words, distance }, i) => {
    const [word = 0] = words;
    if (distance === undefined) return [...words];
    const to = Math.min(i + distance, units.length);
    const bytes = 4 * ((starts[to] ?? 0) - (starts[i] ?? 0));
    const mask = word >>> 26 === 16 ? 0xfffc : 0x03ff_fffc;
    return [(word | bytes & mask) >>> 0];
  });
}

/** Where each unit starts, and where the last one ends, in words. */
function startsOf(units: readonly Unit[]): number[] {
  let at = 0;
  return [0, ...units.map(({ words }) => at += words.length)];
}

function instruction(
  random: Random,
  candidate: Candidate,
  { plan, inLoop }: { plan: Plan; inLoop: boolean },
): number {
  const { insn } = candidate;
  let word = 0;
  for (const field of insn.fields.values()) {
    const value = operand(random, field, { candidate, plan, inLoop });
    word |= insertField(field, value);
  }
  return (insn.match | (word & ~insn.mask)) >>> 0;
}

interface Context {
  readonly candidate: Candidate;
  readonly plan: Plan;
  readonly inLoop: boolean;
}

const GPR = /^R[TSABC]p?$/;

function operand(
  random: Random,
  field: FieldLayout,
  context: Context,
): number {
  const { name, width, scale, signed } = field;
  const { storage } = context.candidate;
  if (GPR.test(name)) return generalRegister(random, name, context);
  if (name === "SPR") return specialRegister(random, context);
  if (storage && signed) {
    if (random.once(40)) return displacement(random, width) << scale;
    return (random.below(64) - 32) << scale;
  }
  // Several fields are undefined for mtocrf and mfocrf.
  const { insn } = context.candidate;
  if (name === "FC") {
    const valid = ATOMIC[insn.name] ?? [];
    return random.pick(random.once(12) ? INVALID_FUNCTIONS : valid);
  }
  // Clearing FX would show where QEMU sets it anew; it does not know of NI.
  if (name === "BTF") return random.pick(STATUS_BITS);
  if (name === "L" && context.candidate.insn.name === "dcbf") {
    return random.below(2);
  }
  if (name === "FXM" && !isMtcrf(context)) return 1 << random.below(8);
  const register = /^(FR|VR|X)[TSABC]p?$/.exec(name);
  if (register) {
    return vectorRegister(random, {
      row: context.candidate.insn.name,
      field: name,
      base: register[1] === "VR" ? 32 : 0,
      width: width + scale,
    });
  }
  return value(random, width) << scale;
}

/**
 * Functions of atomic memory operations (Book II 4.5) but for those that QEMU
 * does wrongly: signed comparisons of words, and bounds that are reached.
 */
const ATOMIC: Readonly<Record<string, readonly number[]>> = {
  lwat: [0, 1, 2, 3, 4, 6, 8, 16],
  ldat: [0, 1, 2, 3, 4, 5, 6, 7, 8, 16],
  stwat: [0, 1, 2, 3, 4, 6, 24],
  stdat: [0, 1, 2, 3, 4, 5, 6, 7, 24],
};

const STATUS_BITS = Array.from({ length: 31 }, (_, i) => i + 1)
  .filter((bit) => bit !== 61 - 32);

/** Functions that are not among those are invalid. */
const INVALID_FUNCTIONS = [9, 12, 15, 17, 20, 29, 31];

function isMtcrf({ candidate: { insn } }: Context): boolean {
  return insn.name === "mtcrf";
}

/** An immediate: zero, all ones, one bit, or any. */
function value(random: Random, width: number): number {
  if (width < 6) return random.below(1 << width);
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return (1 << width) - 1;
    case 2:
      return 1 << random.below(width);
    default:
      return random.word() & ((1 << width) - 1);
  }
}

function displacement(random: Random, width: number): number {
  return random.word() & ((1 << width) - 1);
}

function generalRegister(
  random: Random,
  name: string,
  { candidate, plan }: Context,
): number {
  const { insn, storage, targets } = candidate;
  const { pointers, indexes, length } = plan;
  if (storage) {
    const byLength = /xvll?$/.test(insn.name);
    if (name === "RA") {
      const zero = insn.fields.has("RB") && !byLength && random.once(12);
      return zero ? 0 : random.pick(pointers);
    }
    if (name === "RB") {
      if (byLength) return length;
      return random.once(6) ? random.pick(pointers) : random.pick(indexes);
    }
    if (insn.name === "lmw" || insn.name === "stmw") {
      return 20 + random.below(12);
    }
    if (/^ls/.test(insn.name)) return 13 + random.below(12);
  }
  const writes = targets.has(name) || name === "RT" || name === "RTp";
  return writes ? 13 + random.below(19) : random.below(32);
}

function specialRegister(
  random: Random,
  { candidate: { insn }, plan, inLoop }: Context,
): number {
  if (insn.name === "mfspr") {
    if (!random.once(50)) return random.pick(SPRS.read);
    const any = random.below(1024);
    return SPRS.unlike.includes(any) ? 1 : any;
  }
  const links = !inLoop && plan.indirect < 0 && random.once(3);
  return random.pick(links ? SPRS.links : SPRS.write);
}

function fillStorage(random: Random, words: Int32Array): void {
  for (let at = 0; at < words.length; at += 4) {
    // Around the boundary between the pages, which pointers are near to.
    const near = Math.abs(at - words.length / 2) < 128;
    if (near) vector(random, random.pick(KINDS), words, at);
    else {
      const pattern = Math.imul(at, 0x9e37_79b1);
      words[at] = pattern;
      words[at + 1] = pattern ^ 0x5555_5555;
      words[at + 2] = ~pattern;
      words[at + 3] = at;
    }
  }
}

interface StateContext {
  readonly plan: Plan;
  readonly index: number;
  readonly favourite: Kind;
  /** Otherwise the record holds the state before, of which half stays. */
  readonly first: boolean;
  readonly version: IsaVersion;
}

function fillState(
  random: Random,
  record: Uint8Array,
  { plan, index, favourite, first, version }: StateContext,
): void {
  const words = new Int32Array(
    record.buffer,
    record.byteOffset,
    record.length / 4,
  );
  const set = (at: number, lower: number, upper = 0) => {
    words[at / 4] = lower;
    words[at / 4 + 1] = upper;
  };
  for (let n = 0; n < 32; n++) {
    fixedPoint(random, (lower, upper) => set(RECORD.GPR + 8 * n, lower, upper));
  }
  for (const n of plan.pointers) {
    set(RECORD.GPR + 8 * n, pointer(random));
  }
  for (const n of plan.indexes) {
    const small = random.below(64) - 32;
    const index = random.once(2) ? small & ~15 : small;
    // Seldom somewhere else altogether.
    if (random.once(100)) set(RECORD.GPR + 8 * n, random.word(), random.word());
    else set(RECORD.GPR + 8 * n, index, index >> 31);
  }
  set(
    RECORD.GPR + 8 * plan.length,
    random.word(),
    random.below(20) << 24 | random.below(1 << 16),
  );
  let stays = 0;
  for (let n = 0; n < 64; n++) {
    if (!first && n % 32 === 0) stays = random.word();
    if (stays >>> (n & 31) & 1) continue;
    const kind = random.once(3) ? random.pick(KINDS) : favourite;
    vector(random, kind, words, RECORD.VSR / 4 + 4 * n);
  }
  for (const { registers, kind } of POOLS) {
    for (const n of registers) {
      vector(random, kind, words, RECORD.VSR / 4 + 4 * n);
    }
  }
  set(RECORD.CR, random.word());
  const count = random.once(3) ? random.below(128) : random.below(24);
  // POWER8 has no OV32 and CA32.
  const flags = version === "2.07" ? 0xe000_0000 : 0xe00c_0000;
  set(RECORD.XER, random.word() & flags | count);
  const leads = plan.indirect >= 0;
  const target = programAddress(index) +
    4 * (startsOf(plan.units)[plan.indirect] ?? 0);
  const link = () => {
    if (leads) set2(target | random.below(4));
    else fixedPoint(random, set2);
  };
  let at = 0;
  const set2 = (lower: number, upper = 0) => set(at, lower, upper);
  for (const place of [RECORD.LR, RECORD.TAR, RECORD.CTR]) {
    at = place;
    link();
  }
  if (!leads && random.once(2)) set(RECORD.CTR, random.below(3));
  set(RECORD.VSCR, random.pick([0, 0x1_0000, 1, 0]));
  const [upper, lower] = floatStatus(random);
  set(RECORD.FPSCR, lower, upper);
  set(RECORD.VRSAVE, random.word());
}

/** Mostly near the boundary between the pages, seldom at either end. */
function pointer(random: Random): number {
  const middle = PLACE.writable + STORAGE_BYTES / 2;
  const aligned = random.once(2);
  const near = random.below(256) - 128;
  const offset = aligned ? near & ~15 : near;
  switch (random.below(40)) {
    case 0:
      return PLACE.behind + (offset >> 2);
    case 1:
      return PLACE.writable + (offset >> 2);
    case 2:
      return PLACE.readable + 256 + offset;
    default:
      return middle + offset;
  }
}
