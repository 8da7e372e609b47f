/**
 * Which instructions are compiled together: what can be reached from an entry
 * by branches that say where they go, a function mostly, within the pages that
 * are at hand.
 *
 * @module
 */
import type { Instruction } from "../../isa/row.ts";
import { BRANCHES, isBranch } from "./branches.ts";
import { type Effects, fieldsOf } from "./effects.ts";
import { only, REGISTER } from "./registers.ts";

/** Instructions in a page. */
export const PLACES = 1024;

/**
 * Instructions that a region may have, so that compiling stays quick; fewer
 * than the part of the budget that is the interpreter's.
 */
const REGION_LIMIT = 400;

/** Instructions of a function without branches that replaces its call. */
const LEAF_LIMIT = 32;

/** Farthest branch, in pages, that is followed to anything but a leaf. */
const NEAR = 2;

/** Pages that a region may have code of. */
const PAGE_LIMIT = 8;

/** Ways that a computed branch may go, as a table behind it lists them. */
const TABLE_LIMIT = 256;

/** An instruction of the region. */
export interface Placed {
  /** In instructions from the start of the region's first page. */
  readonly place: number;
  readonly word: number;
  readonly instruction: Instruction;
  /** All operand fields by number. */
  readonly known: ReadonlyMap<string, number>;
  readonly effects: Effects;
}

/** Instructions that are carried out one after the other. */
export interface Block {
  /** Place of the first. */
  readonly start: number;
  readonly body: readonly Placed[];
  /** Blocks that its branch may go to, by number. */
  readonly targets: readonly number[];
  /** Block behind it, where control may go there other than by a return. */
  readonly next: number | undefined;
  /** Block behind it, where a call comes back to it. */
  readonly back: number | undefined;
  /** Of a leaf that stands here in place of a call: where it returns to. */
  readonly returnsTo: number | undefined;
}

/** What is compiled as one function. */
export interface Region {
  readonly blocks: readonly Block[];
  /** Numbers of the blocks at which it can be entered; the first matters. */
  readonly entries: readonly number[];
}

/** A page that a region has code of. */
export interface RegionPage {
  /** Address of its decoded form. */
  readonly decoded: number;
  readonly serial: number;
}

/** What the discovery asks of the engine. */
export interface RegionSource {
  /** Instruction word at a place; undefined where the page is not at hand. */
  word(place: number): number | undefined;
  /** The row of a word. */
  decode(word: number): Instruction | undefined;
  effects(instruction: Instruction, word: number): Effects;
  /** Whether the place has been seen to be jumped to. */
  isWanted(place: number): boolean;
}

/** Whether a branch is taken whatever the state (BO = 1z1zz). */
export function isUnconditional({ instruction, known }: Placed): boolean {
  return instruction.name === "b" || ((known.get("BO") ?? 0) & 0x14) === 0x14;
}

/** Place that a relative branch goes to. */
function targetOf({ place, instruction, known }: Placed): number | undefined {
  const field = BRANCHES[instruction.name];
  if (field === undefined || known.get("AA") === 1) return undefined;
  return place + ((known.get(field) ?? 0) >> 2);
}

/** Whether the branch means to come back: not where it only asks for CIA. */
export function isCall(placed: Placed): boolean {
  return placed.known.get("LK") === 1 && isBranch(placed.instruction) &&
    targetOf(placed) !== placed.place + 1;
}

/** After these the next place is not where the thread goes on. */
function endsFlow({ instruction: { name } }: Placed): boolean {
  return ["rfid", "hrfid", "rfscv", "sc", "scv"].includes(name);
}

function placeAt(source: RegionSource, place: number): Placed | undefined {
  const word = source.word(place);
  const instruction = word === undefined ? undefined : source.decode(word);
  if (word === undefined || !instruction) return undefined;
  return {
    place,
    word,
    instruction,
    known: fieldsOf(instruction, word),
    effects: source.effects(instruction, word),
  };
}

/**
 * Places in the table of distances that compilers put behind a computed
 * branch. A guess: the branch looks where it really goes.
 */
function tableBehind(source: RegionSource, branch: number): number[] {
  const start = branch + 1;
  const targets: number[] = [];
  for (let i = 0; i < TABLE_LIMIT; i++) {
    const distance = source.word(start + i);
    if (distance === undefined || (distance & 3) !== 0) break;
    const target = start + (distance >> 2);
    if (target <= start + i || target > start + 8 * PLACES) break;
    if (source.word(target) === undefined) break;
    targets.push(target);
  }
  return [...new Set(targets)];
}

/** Whether it is a plain `blr`. */
function isReturn(placed: Placed): boolean {
  return placed.instruction.name === "bclr" && isUnconditional(placed) &&
    placed.known.get("LK") === 0;
}

/** A call whose callee's only block takes its place. */
interface Inlined {
  readonly body: readonly Placed[];
  readonly returnsTo: number;
}

class Discovery {
  readonly #source: RegionSource;
  readonly #found = new Map<number, Placed>();
  readonly #leaders = new Set<number>();
  readonly #entries = new Set<number>();
  readonly #tables = new Map<number, readonly number[]>();
  /** By the place of the call. */
  readonly #inlined = new Map<number, Inlined>();
  readonly #pages = new Set<number>();
  readonly #work: number[] = [];
  #size = 0;

  constructor(source: RegionSource) {
    this.#source = source;
  }

  discover(entry: number): Region | undefined {
    this.#pages.add(Math.floor(entry / PLACES));
    this.#lead(entry);
    this.#entries.add(entry);
    for (;;) {
      const at = this.#work.shift();
      if (at === undefined) break;
      this.#follow(at);
    }
    if (!this.#found.has(entry)) return undefined;
    for (const at of this.#leaders) {
      if (this.#source.isWanted(at)) this.#entries.add(at);
    }
    return this.#cut();
  }

  #lead(at: number): void {
    if (this.#leaders.has(at)) return;
    this.#leaders.add(at);
    this.#work.push(at);
  }

  #placeAt(at: number): Placed | undefined {
    const page = Math.floor(at / PLACES);
    if (!this.#pages.has(page)) {
      if (this.#pages.size >= PAGE_LIMIT) return undefined;
      if (this.#source.word(at) === undefined) return undefined;
      this.#pages.add(page);
    }
    return placeAt(this.#source, at);
  }

  /** Takes instructions in until one that does not lead to the next. */
  #follow(start: number): void {
    for (let at = start; !this.#found.has(at); at++) {
      if (this.#size >= REGION_LIMIT) return;
      const placed = this.#placeAt(at);
      if (!placed) return;
      this.#found.set(at, placed);
      this.#size++;
      if (!this.#goesOn(placed)) return;
    }
    this.#leaders.add(start);
  }

  /** Whether the next instruction belongs to the same run. */
  #goesOn(placed: Placed): boolean {
    const next = placed.place + 1;
    if (endsFlow(placed)) {
      this.#entries.add(next);
      this.#lead(next);
      return false;
    }
    if (!isBranch(placed.instruction)) return true;
    const target = targetOf(placed);
    if (isCall(placed)) {
      if (!this.#inline(placed, target)) this.#entries.add(next);
      this.#lead(next);
      return false;
    }
    if (target !== undefined && this.#isNear(placed.place, target)) {
      this.#lead(target);
    }
    if (!isUnconditional(placed)) this.#lead(next);
    else if (placed.instruction.name === "bcctr") {
      const table = tableBehind(this.#source, placed.place);
      this.#tables.set(placed.place, table);
      for (const place of table) this.#lead(place);
    }
    return false;
  }

  #isNear(from: number, to: number): boolean {
    return Math.abs(to - from) <= NEAR * PLACES ||
      this.#leafAt(to) !== undefined;
  }

  /** The instructions of a function without branches, its return included. */
  #leafAt(start: number): Placed[] | undefined {
    const body: Placed[] = [];
    while (body.length < LEAF_LIMIT) {
      const placed = this.#placeAt(start + body.length);
      if (!placed || endsFlow(placed)) return undefined;
      body.push(placed);
      if (isReturn(placed)) return body;
      if (isBranch(placed.instruction)) return undefined;
    }
    return undefined;
  }

  /** Puts a leaf in the place of its call. */
  #inline(call: Placed, target: number | undefined): boolean {
    if (target === undefined || !isUnconditional(call)) return false;
    const body = this.#leafAt(target);
    if (!body || this.#size + body.length > REGION_LIMIT) return false;
    const lr = only(REGISTER.cached("LR"));
    if (body.some(({ effects }) => (effects.writes & lr) !== 0n)) return false;
    this.#inlined.set(call.place, { body, returnsTo: call.place + 1 });
    this.#size += body.length;
    return true;
  }

  /** Cuts the instructions found into blocks at their leaders. */
  #cut(): Region {
    const bodies: Placed[][] = [];
    let body: Placed[] = [];
    const places = [...this.#found.keys()].sort((a, b) => a - b);
    for (const at of places) {
      const previous = body.at(-1);
      const starts = !previous || previous.place + 1 !== at ||
        this.#leaders.has(at) || isBranch(previous.instruction) ||
        endsFlow(previous);
      if (starts) bodies.push(body = []);
      const placed = this.#found.get(at);
      if (placed) body.push(placed);
    }
    const numbers = new Map(bodies.map(([first], i) => [first?.place, i]));
    const leaves = new Map(
      [...this.#inlined.keys()].map((place, i) => [place, bodies.length + i]),
    );
    const blocks = bodies.map((body) => this.#block(body, numbers, leaves));
    for (const { body, returnsTo } of this.#inlined.values()) {
      const back = numbers.get(returnsTo);
      blocks.push({
        start: body[0]?.place ?? 0,
        body,
        targets: back === undefined ? [] : [back],
        next: undefined,
        back: undefined,
        returnsTo,
      });
    }
    const [first, ...others] = [...this.#entries]
      .flatMap((place) => numbers.get(place) ?? []);
    return { blocks, entries: [first ?? 0, ...others] };
  }

  #block(
    body: readonly Placed[],
    numbers: ReadonlyMap<number | undefined, number>,
    leaves: ReadonlyMap<number, number>,
  ): Block {
    const last = body.at(-1);
    if (!last) throw new RangeError("Cannot make block: it is empty");
    const block = {
      start: body[0]?.place ?? last.place,
      body,
      targets: [] as number[],
      next: undefined as number | undefined,
      back: undefined as number | undefined,
      returnsTo: undefined,
    };
    const behind = numbers.get(last.place + 1);
    if (endsFlow(last)) return block;
    if (!isBranch(last.instruction)) return { ...block, next: behind };
    const leaf = leaves.get(last.place);
    if (leaf !== undefined) return { ...block, targets: [leaf] };
    const next = isUnconditional(last) ? undefined : behind;
    if (isCall(last)) return { ...block, next, back: behind };
    const target = targetOf(last);
    const wanted = target === undefined
      ? this.#tables.get(last.place) ?? []
      : [target];
    const targets = wanted.flatMap((place) => numbers.get(place) ?? []);
    return { ...block, targets, next };
  }
}

/** Finds the region that begins at a place; nothing where no row is there. */
export function discoverRegion(
  source: RegionSource,
  entry: number,
): Region | undefined {
  return new Discovery(source).discover(entry);
}
