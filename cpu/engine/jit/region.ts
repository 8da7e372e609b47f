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
import type { Block, Placed } from "./blocks.ts";
import { chooseEntries } from "./entries.ts";

/** Instructions in a page. */
export const PLACES = 1024;

/**
 * Instructions that a region may have, so that compiling stays quick; fewer
 * than the part of the budget that is the interpreter's.
 */
const REGION_LIMIT = 480;

/** Instructions of a function that replaces its call. */
const INLINE_LIMIT = 64;

/** How deep such functions may call such. */
const DEEPEST = 4;

/** Instructions of a function that is followed to from far away. */
const TAIL_LIMIT = 64;

/** Farthest branch, in pages, that is followed to anything but little. */
const NEAR = 2;

/** Pages that a region may have code of. */
const PAGE_LIMIT = 8;

/** Ways that a computed branch may go, as a table behind it lists them. */
const TABLE_LIMIT = 256;

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
  /** Whether the place has been carried out, so that it may be again. */
  isSeen(place: number): boolean;
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

/** A function that stands in place of a call; 0 is the region's own. */
interface Instance {
  readonly parent: number;
  /** Where it begins, and where it returns to in its parent. */
  readonly start: number;
  readonly returnsTo: number;
  readonly depth: number;
}

/** An instruction of an instance, as one number. */
type Spot = number;

const SPOTS = 2 ** 24;

function spotOf(instance: number, place: number): Spot {
  return instance * SPOTS + place + SPOTS / 2;
}

class Discovery {
  readonly #source: RegionSource;
  readonly #limit: number;
  readonly #instances: Instance[] = [
    { parent: 0, start: 0, returnsTo: 0, depth: 0 },
  ];
  readonly #found = new Map<Spot, Placed>();
  readonly #leaders = new Set<Spot>();
  readonly #entries = new Set<Spot>();
  readonly #tables = new Map<Spot, readonly number[]>();
  /** The instance that takes the place of a call. */
  readonly #inlined = new Map<Spot, number>();
  readonly #pages = new Set<number>();
  readonly #work: { instance: number; place: number }[] = [];
  #size = 0;

  constructor(source: RegionSource, limit: number) {
    this.#source = source;
    this.#limit = limit;
  }

  discover(entry: number): Region | undefined {
    this.#pages.add(Math.floor(entry / PLACES));
    this.#lead(0, entry);
    this.#entries.add(spotOf(0, entry));
    for (let next = this.#work.shift(); next; next = this.#work.shift()) {
      this.#follow(next.instance, next.place);
    }
    if (!this.#found.has(spotOf(0, entry))) return undefined;
    for (const spot of this.#leaders) {
      const place = spot - SPOTS / 2;
      if (spot < SPOTS && this.#source.isWanted(place)) this.#entries.add(spot);
    }
    return this.#cut();
  }

  #lead(instance: number, place: number): void {
    const spot = spotOf(instance, place);
    if (this.#leaders.has(spot)) return;
    this.#leaders.add(spot);
    this.#work.push({ instance, place });
  }

  #placeAt(at: number): Placed | undefined {
    const page = Math.floor(at / PLACES);
    if (!this.#pages.has(page)) {
      if (this.#pages.size >= PAGE_LIMIT) return undefined;
      if (this.#source.word(at) === undefined) return undefined;
      this.#pages.add(page);
    }
    return this.#source.isSeen(at) ? placeAt(this.#source, at) : undefined;
  }

  /** Takes instructions in until one that does not lead to the next. */
  #follow(instance: number, start: number): void {
    for (let at = start;; at++) {
      const spot = spotOf(instance, at);
      if (this.#found.has(spot)) {
        this.#leaders.add(spot);
        return;
      }
      if (this.#size >= this.#limit) return;
      const placed = this.#placeAt(at);
      if (!placed) return;
      // A block is of one page: whether that is mapped is looked at before it.
      if (at % PLACES === 0) this.#leaders.add(spot);
      this.#found.set(spot, placed);
      this.#size++;
      if (!this.#goesOn(instance, placed)) return;
    }
  }

  /** Whether the next instruction belongs to the same run. */
  #goesOn(instance: number, placed: Placed): boolean {
    const next = placed.place + 1;
    const spot = spotOf(instance, placed.place);
    if (endsFlow(placed)) {
      if (instance === 0) {
        this.#entries.add(spotOf(0, next));
        this.#lead(0, next);
      }
      return false;
    }
    if (!isBranch(placed.instruction)) return true;
    const target = targetOf(placed);
    if (isCall(placed)) {
      const isInlined = this.#inline(instance, placed, target);
      if (!isInlined && instance === 0) this.#entries.add(spotOf(0, next));
      this.#lead(instance, next);
      return false;
    }
    if (target !== undefined && this.#isNear(placed.place, target)) {
      this.#lead(instance, target);
    }
    if (!isUnconditional(placed)) this.#lead(instance, next);
    else if (placed.instruction.name === "bcctr") {
      const table = tableBehind(this.#source, placed.place);
      this.#tables.set(spot, table);
      for (const place of table) this.#lead(instance, place);
    }
    return false;
  }

  #isNear(from: number, to: number): boolean {
    return Math.abs(to - from) <= NEAR * PLACES ||
      this.#sizeOf(to, TAIL_LIMIT) !== undefined;
  }

  /** Instructions of the function at a place; nothing where they are too many. */
  #sizeOf(start: number, limit: number): number | undefined {
    const seen = new Set<number>();
    const work = [start];
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      for (; !seen.has(at); at++) {
        const placed = this.#placeAt(at);
        if (!placed) {
          if (at === start) return undefined;
          break;
        }
        seen.add(at);
        if (seen.size > limit) return undefined;
        if (endsFlow(placed)) break;
        if (!isBranch(placed.instruction) || isCall(placed)) continue;
        const target = targetOf(placed);
        if (target !== undefined && Math.abs(target - at) <= PLACES) {
          work.push(target);
        }
        if (isUnconditional(placed)) break;
      }
    }
    return seen.size;
  }

  /** Puts a small function in the place of its call. */
  #inline(
    instance: number,
    call: Placed,
    target: number | undefined,
  ): boolean {
    const depth = (this.#instances[instance]?.depth ?? 0) + 1;
    if (target === undefined || !isUnconditional(call) || depth > DEEPEST) {
      return false;
    }
    for (let at = instance; at !== 0; at = this.#instances[at]?.parent ?? 0) {
      if (this.#instances[at]?.start === target) return false;
    }
    const size = this.#sizeOf(target, INLINE_LIMIT);
    if (size === undefined || this.#size + size > this.#limit) return false;
    const returnsTo = call.place + 1;
    const callee = this.#instances.push({
      parent: instance,
      start: target,
      returnsTo,
      depth,
    }) - 1;
    this.#inlined.set(spotOf(instance, call.place), callee);
    this.#lead(callee, target);
    return true;
  }

  /** Cuts the instructions found into blocks at their leaders. */
  #cut(): Region {
    const bodies: { instance: number; spot: Spot; body: Placed[] }[] = [];
    let previous: { spot: Spot; placed: Placed } | undefined;
    for (const spot of [...this.#found.keys()].sort((a, b) => a - b)) {
      const placed = this.#found.get(spot);
      if (!placed) continue;
      const starts = !previous || previous.spot + 1 !== spot ||
        this.#leaders.has(spot) || isBranch(previous.placed.instruction) ||
        endsFlow(previous.placed);
      if (starts) {
        const instance = Math.floor(spot / SPOTS);
        bodies.push({ instance, spot, body: [] });
      }
      bodies.at(-1)?.body.push(placed);
      previous = { spot, placed };
    }
    const numbers = new Map(bodies.map(({ spot }, i) => [spot, i]));
    const blocks = bodies.map(({ instance, body }) =>
      this.#block(instance, body, numbers)
    );
    const wanted = [...this.#entries].flatMap((spot) =>
      numbers.get(spot) ?? []
    );
    const entries = chooseEntries(blocks, wanted);
    return { blocks, entries: entries.length > 0 ? entries : [0] };
  }

  #block(
    instance: number,
    body: readonly Placed[],
    numbers: ReadonlyMap<Spot, number>,
  ): Block {
    const last = body.at(-1);
    if (!last) throw new RangeError("Cannot make block: it is empty");
    const at = (place: number) => numbers.get(spotOf(instance, place));
    const block = {
      start: body[0]?.place ?? last.place,
      body,
      targets: [] as readonly number[],
      next: undefined as number | undefined,
      back: undefined as number | undefined,
      returnsTo: undefined,
    };
    const behind = at(last.place + 1);
    if (endsFlow(last)) return block;
    if (!isBranch(last.instruction)) return { ...block, next: behind };
    const spot = spotOf(instance, last.place);
    const callee = this.#inlined.get(spot);
    if (callee !== undefined) {
      const start = this.#instances[callee]?.start ?? 0;
      const first = numbers.get(spotOf(callee, start));
      if (first !== undefined) return { ...block, targets: [first] };
    }
    const next = isUnconditional(last) ? undefined : behind;
    if (isCall(last)) return { ...block, next, back: behind };
    const { parent, returnsTo } = this.#instances[instance] as Instance;
    const caller = instance === 0
      ? undefined
      : numbers.get(spotOf(parent, returnsTo));
    if (last.instruction.name === "bclr" && instance !== 0) {
      const targets = caller === undefined ? [] : [caller];
      return { ...block, targets, next, returnsTo };
    }
    const target = targetOf(last);
    const wanted = target === undefined
      ? this.#tables.get(spot) ?? []
      : [target];
    const targets = wanted.flatMap((place) => at(place) ?? []);
    const leaves = target === undefined || targets.length === 0;
    return { ...block, targets, next, back: leaves ? caller : undefined };
  }
}

/**
 * Finds the region that begins at a place; nothing where no row is there.
 *
 * @param limit Instructions that it may have
 */
export function discoverRegion(
  source: RegionSource,
  entry: number,
  limit = REGION_LIMIT,
): Region | undefined {
  return new Discovery(source, Math.min(limit, REGION_LIMIT)).discover(entry);
}
