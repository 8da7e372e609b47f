/**
 * Which instructions of a page are compiled together: what can be reached from
 * the page's entries without leaving it.
 *
 * @module
 */
import type { Instruction } from "../../isa/row.ts";
import { extractField } from "../../isa/forms.ts";

/** Instructions in a page. */
export const PLACES = 1024;

/** Instructions that a region may have, so that compiling stays quick. */
const REGION_LIMIT = 600;

/** An instruction of the page. */
export interface Placed {
  readonly place: number;
  readonly word: number;
  readonly instruction: Instruction;
  /** All operand fields by number. */
  readonly known: ReadonlyMap<string, number>;
}

/** Instructions that are carried out one after the other. */
export interface Block {
  /** Place of the first. */
  readonly start: number;
  readonly body: readonly Placed[];
  /** Place of a relative branch's target within the region. */
  readonly target: number | undefined;
  /** Whether the place after the last instruction may come next. */
  readonly fallsThrough: boolean;
}

/** What is compiled as one function. */
export interface Region {
  /** By ascending start. */
  readonly blocks: readonly Block[];
  /** Places at which it can be entered, ascending. */
  readonly entries: readonly number[];
}

/** What the discovery asks of the engine. */
export interface RegionSource {
  /** Instruction word at a place, as the guest's order makes it. */
  word(place: number): number;
  /** The row of a word. */
  decode(word: number): Instruction | undefined;
  /** Whether a row's meaning can stand in a region. */
  isInlinable(placed: Placed): boolean;
}

const BRANCHES: Readonly<Record<string, string | undefined>> = {
  b: "LI",
  bc: "BD",
  bclr: undefined,
  bcctr: undefined,
};

function isBranch({ name }: Instruction): boolean {
  return name in BRANCHES;
}

/** Whether a branch is taken whatever the state (BO = 1z1zz). */
function isUnconditional({ instruction, known }: Placed): boolean {
  return instruction.name === "b" || ((known.get("BO") ?? 0) & 0x14) === 0x14;
}

/** Place of a relative branch's target, if it lies in the page. */
function targetOf({ place, instruction, known }: Placed): number | undefined {
  const field = BRANCHES[instruction.name];
  if (field === undefined || known.get("AA") === 1) return undefined;
  // A call goes elsewhere, to come back to the place after it.
  if (known.get("LK") === 1) return undefined;
  const target = place + ((known.get(field) ?? 0) >> 2);
  return target >= 0 && target < PLACES ? target : undefined;
}

/** Place of a function of this page that an instruction calls. */
function calledPlace({ place, instruction, known }: Placed) {
  const field = BRANCHES[instruction.name];
  if (field === undefined || known.get("AA") === 1) return undefined;
  if (known.get("LK") !== 1) return undefined;
  const target = place + ((known.get(field) ?? 0) >> 2);
  return target >= 0 && target < PLACES ? target : undefined;
}

function place(source: RegionSource, at: number): Placed | undefined {
  const word = source.word(at);
  const instruction = source.decode(word);
  if (!instruction) return undefined;
  const known = new Map<string, number>();
  for (const [name, field] of instruction.fields) {
    known.set(name, extractField(field, word));
  }
  return { place: at, word, instruction, known };
}

/**
 * Finds the regions of a page from the places where it is entered: functions,
 * mostly, because what no branch connects is compiled apart.
 */
export function discoverRegions(
  source: RegionSource,
  wanted: readonly number[],
): Region[] {
  const found = new Map<number, Placed>();
  const leaders = new Set<number>();
  const entries = new Set<number>();
  const work = [...wanted];
  for (const entry of wanted) entries.add(entry);
  while (work.length > 0) {
    let at = work.shift() ?? PLACES;
    leaders.add(at);
    while (at < PLACES && !found.has(at) && found.size < REGION_LIMIT) {
      const placed = place(source, at);
      if (!placed || !source.isInlinable(placed)) {
        // The interpreter carries this one out, and may then come back.
        if (placed && at + 1 < PLACES && !endsFlow(placed)) {
          entries.add(at + 1);
          work.push(at + 1);
        }
        break;
      }
      found.set(at, placed);
      at++;
      if (!isBranch(placed.instruction)) continue;
      const target = targetOf(placed);
      if (target !== undefined) work.push(target);
      const called = calledPlace(placed);
      if (called !== undefined) {
        entries.add(called);
        work.push(called);
      }
      if (at < PLACES) {
        if (placed.known.get("LK") === 1) {
          entries.add(at);
          work.push(at);
        } else if (!isUnconditional(placed)) work.push(at);
      }
      break;
    }
    if (found.has(at)) leaders.add(at);
  }
  return connected(cut(found, leaders)).flatMap((blocks) => {
    const reached = blocks.map(({ start }) => start)
      .filter((at) => entries.has(at));
    return reached.length === 0 ? [] : [{ blocks, entries: reached }];
  });
}

/**
 * Sorts blocks into groups that belong together: by a branch, by following
 * each other, or by standing before and after a call or an instruction that
 * the interpreter carries out.
 */
function connected(blocks: readonly Block[]): Block[][] {
  const group = blocks.map((_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (group[root] !== root) root = group[root] ?? root;
    return group[i] = root;
  };
  const at = new Map(blocks.map(({ start }, i) => [start, i]));
  const join = (i: number, place: number | undefined) => {
    const other = place === undefined ? undefined : at.get(place);
    if (other !== undefined) group[find(i)] = find(other);
  };
  blocks.forEach(({ body, target, fallsThrough }, i) => {
    const last = body.at(-1);
    join(i, target);
    if (!last) return;
    const calls = last.known.get("LK") === 1 && isBranch(last.instruction);
    if (fallsThrough || calls) join(i, last.place + 1);
    if (!isBranch(last.instruction)) join(i, last.place + 2);
  });
  const groups = Map.groupBy(blocks, (_, i) => find(i));
  return [...groups.values()];
}

/** After these the next place is not where the thread goes on. */
function endsFlow({ instruction: { name } }: Placed): boolean {
  return ["rfid", "hrfid", "rfscv", "scv"].includes(name);
}

/** Cuts the instructions found into blocks at their leaders. */
function cut(
  found: ReadonlyMap<number, Placed>,
  leaders: ReadonlySet<number>,
): Block[] {
  const blocks: Block[] = [];
  const places = [...found.keys()].sort((a, b) => a - b);
  let body: Placed[] = [];
  const close = () => {
    const [first, last] = [body[0], body.at(-1)];
    if (!first || !last) return;
    const target = targetOf(last);
    blocks.push({
      start: first.place,
      body,
      target: target !== undefined && found.has(target) ? target : undefined,
      fallsThrough: !isBranch(last.instruction) || !isUnconditional(last),
    });
    body = [];
  };
  for (const at of places) {
    const previous = body.at(-1);
    if (
      previous &&
      (previous.place + 1 !== at || leaders.has(at) ||
        isBranch(previous.instruction))
    ) close();
    const placed = found.get(at);
    if (placed) body.push(placed);
  }
  close();
  return blocks;
}
