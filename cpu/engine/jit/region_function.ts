/**
 * The function of a region: blocks by their dominator tree, ways in and out,
 * and calls.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Label, Local } from "../../wasm/code.ts";
import type { Signature } from "../../wasm/module.ts";
import { pushCodeEntry } from "../code_tlb.ts";
import { type Frame, STATUS, type Status } from "../emitter/frame.ts";
import { emittedFields } from "../emitter/mod.ts";
import {
  DECODED_PAGE_SERIAL,
  RECORD_BYTES,
  REGION_RESERVE,
} from "../layout.ts";
import { isBranch } from "./branches.ts";
import { accessGroups } from "./access_groups.ts";
import type { AccessGroup } from "./based_access.ts";
import type { CheckedAccess } from "./checked_access.ts";
import { type LocatedGroup, RegionEmitter } from "./emitter.ts";
import type { Links } from "./links.ts";
import { type BlockStart, liveness } from "./liveness.ts";
import { PageCaches } from "./page_cache.ts";
import { type Block, type Placed, successorsOf } from "./blocks.ts";
import { type RareExit, RareExits } from "./rare_exits.ts";
import {
  isCall,
  isUnconditional,
  PLACES,
  type Region,
  type RegionPage,
} from "./region.ts";
import {
  FIELDS,
  NO_USES,
  only,
  RegionRegisters,
  REGISTER,
  type RegisterSet,
} from "./registers.ts";
import type { RegionRuntime } from "./runtime.ts";
import { type Structure, structure } from "./structure.ts";
import { writtenThrough } from "./write_through.ts";

/** (state, entry, depth of calls, address of the region's page) → status. */
export const REGION: Signature = {
  parameters: ["i32", "i32", "i32", "i64"],
  results: ["i32"],
};

/** SO of comparisons is XER's when it is asked for. */
const SUMMARY_OVERFLOW = only(REGISTER.cached("SO"));

/** Parameters. */
const [STATE_BLOCK, ENTRY, DEPTH, BASE] = [0, 1, 2, 3];

/** What a region's function is made of. */
export interface RegionParts {
  readonly region: Region;
  readonly links: Links;
  /** The function (state) that enters what waits into FPSCR. */
  readonly enterStatus: number;
  readonly checked: CheckedAccess;
  readonly widePages: boolean;
  /** The function (state, word, CIA, number of the handler) → its status. */
  readonly callHandler: () => number;
  readonly pages: ReadonlyMap<number, RegionPage>;
  readonly handler: (word: number, place: number) => number;
}

/** A node of the region's graph: 0 is the way in. */
type Node =
  | { readonly kind: "root" }
  | { readonly kind: "block"; readonly number: number }
  /** Loads the registers that a block wants. */
  | { readonly kind: "load"; readonly number: number };

function pageOf(place: number): number {
  return Math.floor(place / PLACES);
}

/** Branches are counted before they are carried out, with their block. */
function isCounted({ instruction }: Placed): boolean {
  return isBranch(instruction);
}

/**
 * Pages that are known, where a block begins, to be mapped as they were: its
 * own, and those of all ways to it. A call comes back only where no way to any
 * code has been dropped meanwhile.
 */
function seenPages(
  blocks: readonly Block[],
  entries: readonly number[],
): ReadonlySet<number>[] {
  const own = blocks.map(({ start }) => pageOf(start));
  const seen: (Set<number> | undefined)[] = blocks.map((_, i) =>
    entries.includes(i) ? new Set([own[i] ?? 0]) : undefined
  );
  for (let changed = true; changed;) {
    changed = false;
    blocks.forEach((block, i) => {
      const here = seen[i];
      if (!here) return;
      for (const to of successorsOf(block)) {
        const there = seen[to];
        const both = new Set(
          [...here].filter((page) => !there || there.has(page)),
        ).add(own[to] ?? 0);
        if (there?.size === both.size) continue;
        seen[to] = both;
        changed = true;
      }
    });
  }
  return seen.map((pages, i) => pages ?? new Set([own[i] ?? 0]));
}

/** Writes the function. */
export class RegionFunction {
  readonly #code: Code;
  readonly #runtime: RegionRuntime;
  readonly #parts: RegionParts;
  readonly #blocks: readonly Block[];
  readonly #registers: RegionRegisters;
  readonly #caches: PageCaches;
  /** Registers that are stored as soon as they are written. */
  readonly #through: RegisterSet;
  readonly #starts: readonly BlockStart[];
  readonly #pages: readonly ReadonlySet<number>[];
  readonly #nodes: Node[] = [];
  readonly #nodeOfBlock = new Map<number, number>();
  readonly #nodeOfLoad = new Map<number, number>();
  readonly #structure: Structure;
  readonly #left: Local;
  readonly #nia: Local;
  readonly #status: Local;
  readonly #dataTlb: Local;
  readonly #drops: Local;
  readonly #selector: Local;
  readonly #exits: RareExits;
  readonly #labels = new Map<number, Label>();
  #out!: Label;
  #handlerOut!: Label;
  #usesHandlers = false;
  /** The block that is being written, and what of it is dirty so far. */
  #current!: {
    readonly node: number;
    readonly number: number;
    readonly block: Block;
    readonly groups: ReadonlyMap<number, AccessGroup>;
    /** Pages that are known to be mapped as they were. */
    readonly pages: ReadonlySet<number>;
  };
  #dirty: RegisterSet = 0n;
  /** Addresses in the shared memory of groups of accesses in this block. */
  readonly #hosts = new Map<AccessGroup, Local>();

  constructor(code: Code, runtime: RegionRuntime, parts: RegionParts) {
    this.#code = code;
    this.#runtime = runtime;
    this.#parts = parts;
    const { blocks, entries } = parts.region;
    this.#blocks = blocks;
    const uses = { ...NO_USES };
    let written = 0n;
    for (const { body } of blocks) {
      for (const { effects } of body) {
        written |= effects.writes;
        uses.values |= effects.values;
        if ((effects.writes & SUMMARY_OVERFLOW) !== 0n) uses.values |= FIELDS;
        uses.numbers |= effects.numbers;
        uses.vectors |= effects.vectors;
        uses.computed ||= effects.computed;
      }
    }
    this.#registers = new RegionRegisters(code, uses, parts.enterStatus);
    const loaded = new Set([
      ...entries,
      ...blocks.flatMap(({ back }) => back ?? []),
    ]);
    this.#caches = new PageCaches(code, blocks, parts);
    this.#through = writtenThrough(blocks);
    this.#starts = liveness(blocks, loaded, this.#through);
    this.#pages = seenPages(blocks, parts.region.entries);
    this.#structure = structure(this.#graph(loaded));
    this.#left = code.local("i32");
    this.#status = code.local("i32");
    this.#dataTlb = code.local("i32");
    this.#drops = code.local("i32");
    this.#selector = code.local("i32");
    this.#exits = new RareExits(code, written & ~this.#through);
    this.#nia = code.local("i64");
  }

  #graph(loaded: ReadonlySet<number>): number[][] {
    this.#nodes.push({ kind: "root" });
    this.#blocks.forEach((_, number) => {
      this.#nodeOfBlock.set(number, this.#nodes.length);
      this.#nodes.push({ kind: "block", number });
    });
    for (const number of loaded) {
      this.#nodeOfLoad.set(number, this.#nodes.length);
      this.#nodes.push({ kind: "load", number });
    }
    return this.#nodes.map((node) => {
      if (node.kind === "root") {
        return this.#parts.region.entries.map((n) => this.#loadNode(n));
      }
      if (node.kind === "load") return [this.#blockNode(node.number)];
      const block = this.#blocks[node.number];
      if (!block) return [];
      const { targets, next, back } = block;
      return [
        ...targets.map((n) => this.#blockNode(n)),
        ...next === undefined ? [] : [this.#blockNode(next)],
        ...back === undefined ? [] : [this.#loadNode(back)],
      ];
    });
  }

  #blockNode(number: number): number {
    return this.#nodeOfBlock.get(number) ?? -1;
  }

  #loadNode(number: number): number {
    return this.#nodeOfLoad.get(number) ?? -1;
  }

  emit(): void {
    const c = this.#code;
    this.#prologue();
    const left = c.block();
    this.#out = c.block();
    this.#handlerOut = c.block();
    this.#tree(0);
    c.unreachable();
    c.end();
    this.#handlerLeft();
    c.br(left);
    c.end();
    this.#earlyLeft();
    c.end();
    this.#leaveRarely();
  }

  #load(name: "BUDGET" | "TLB_DATA" | "CODE_DROPS", into: Local): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE[name].offset);
    c.set(into);
  }

  #prologue(): void {
    this.#load("BUDGET", this.#left);
    this.#load("TLB_DATA", this.#dataTlb);
    this.#load("CODE_DROPS", this.#drops);
  }

  // ------------------------------------------------------------ structure

  /** A node and all that it dominates. */
  #tree(node: number): void {
    const c = this.#code;
    const { children, headers } = this.#structure;
    const isHeader = headers.has(node);
    if (isHeader) this.#labels.set(node, c.loop());
    const dominated = children[node] ?? [];
    const opened = [...dominated].reverse();
    for (const child of opened) this.#labels.set(child, c.block());
    this.#node(node);
    for (const child of dominated) {
      c.end();
      this.#labels.delete(child);
      this.#tree(child);
    }
    if (!isHeader) return;
    c.unreachable();
    c.end();
    this.#labels.delete(node);
  }

  #node(node: number): void {
    const dispatcher = this.#structure.dispatchers.get(node);
    if (dispatcher) {
      const c = this.#code;
      for (const { selector, node: to } of dispatcher.arms) {
        c.get(this.#selector);
        c.i32(selector);
        c.op("i32.eq");
        c.brIf(this.#label(to), false);
      }
      return c.br(this.#label(dispatcher.primary.node));
    }
    const what = this.#nodes[node];
    if (what?.kind === "root") return this.#wayIn();
    const number = what?.number ?? -1;
    const block = this.#blocks[number];
    const start = this.#starts[number];
    if (!what || !block || !start) {
      throw new RangeError(`Cannot write region: no block ${number}`);
    }
    if (what.kind === "load") {
      this.#registers.load(start.live, STATE_BLOCK);
      this.#caches.reset();
      return this.#goTo(node, this.#blockNode(number));
    }
    const pages = this.#pages[number] ?? new Set();
    const groups = accessGroups(block.body);
    this.#hosts.clear();
    this.#current = { node, number, block, pages, groups };
    this.#dirty = start.dirty;
    const { fields, facilities } = this.#registers;
    fields.startBlock(start.fields);
    facilities.clear();
    this.#registers.status.startBlock();
    this.#block(block);
  }

  #label(node: number): Label {
    const label = this.#labels.get(node);
    if (!label) throw new RangeError(`Cannot branch: node ${node} is not open`);
    return label;
  }

  #wayIn(): void {
    const c = this.#code;
    const { entries } = this.#parts.region;
    const last = entries.length - 1;
    if (last > 0) {
      const labels = entries.map(() => c.block()).reverse();
      c.get(ENTRY);
      c.brTable(labels.slice(0, last), labels[last] as Label);
    }
    for (const [i, number] of entries.entries()) {
      if (last > 0) c.end();
      this.#goTo(0, this.#loadNode(number));
      if (i === last) break;
    }
  }

  /** Goes along an edge of the graph, with nothing to look at. */
  #goTo(from: number, to: number): void {
    const { node, selector } = this.#structure.route(from, to);
    if (selector !== undefined) {
      this.#code.i32(selector);
      this.#code.set(this.#selector);
    }
    this.#code.br(this.#label(node));
  }

  /** Goes to a block: the other page is still there, and so is the budget. */
  #goToBlock(number: number, kind: "block" | "load" = "block"): void {
    const c = this.#code;
    const { node: from } = this.#current;
    const to = kind === "load"
      ? this.#loadNode(number)
      : this.#blockNode(number);
    const place = this.#blocks[number]?.start ?? 0;
    if (!this.#current.pages.has(pageOf(place))) this.#checkPage(place);
    const { order } = this.#structure;
    const { node } = this.#structure.route(from, to);
    if (kind === "block" && (order[node] ?? 0) <= (order[from] ?? 0)) {
      // The budget's end belongs to the interpreter.
      c.get(this.#left);
      c.i32(REGION_RESERVE);
      c.op("i32.le_s");
      if (this.#runtime.layout.concurrent) {
        c.get(STATE_BLOCK);
        c.memory("i32.atomic.load", STATE.REQUEST.offset);
        c.op("i32.or");
      }
      c.if(false);
      this.#leaveAt(place);
      c.end();
    }
    this.#goTo(from, to);
  }

  /** Leaves for a place whose page is not mapped as it was. */
  #checkPage(place: number): void {
    const c = this.#code;
    const page = this.#parts.pages.get(pageOf(place));
    if (!page) throw new RangeError("Cannot go to a page that is not there");
    const entry = c.temporary("i32");
    pushCodeEntry(c, () => this.#pushAddress(place));
    c.set(entry);
    c.get(entry);
    c.memory("i64.load", 0);
    this.#pushAddress(pageOf(place) * PLACES);
    c.op("i64.ne");
    c.get(entry);
    c.memory("i32.load", 8);
    c.i32(page.decoded);
    c.op("i32.ne");
    c.op("i32.or");
    c.i32(page.decoded);
    c.memory("i32.load", DECODED_PAGE_SERIAL);
    c.i32(page.serial);
    c.op("i32.ne");
    c.op("i32.or");
    c.if(false);
    this.#leaveAt(place);
    c.end();
  }

  // --------------------------------------------------------------- blocks

  #block(block: Block): void {
    const last = block.body.at(-1);
    block.body.forEach((placed, done) => {
      this.#code.reuse();
      if (placed === last && isCounted(last)) this.#endStatus();
      this.#instruction(placed, done);
    });
    if (!last) return;
    this.#endStatus();
    if (!isCounted(last)) this.#count(block.body.length);
    if (block.next !== undefined) return this.#goToBlock(block.next);
    if (isCounted(last) && isUnconditional(last)) {
      return this.#code.unreachable();
    }
    this.#leaveAt(last.place + 1);
  }

  /** What waits for FPSCR waits in the vCPU's block, between blocks. */
  #endStatus(): void {
    const { status } = this.#registers;
    status.flush(STATE_BLOCK);
    status.startBlock();
  }

  #count(instructions: number): void {
    if (instructions === 0) return;
    const c = this.#code;
    c.get(this.#left);
    c.i32(instructions);
    c.op("i32.sub");
    c.set(this.#left);
  }

  #pushAddress(place: number): void {
    const c = this.#code;
    c.get(BASE);
    if (place === 0) return;
    c.i64(4 * place);
    c.op("i64.add");
  }

  #instruction(placed: Placed, done: number): void {
    const { effects, instruction, known } = placed;
    if (!effects.inline) {
      this.#callHandler(placed, done);
      this.#dirty |= effects.writes & ~this.#through;
      return;
    }
    const c = this.#code;
    if (isCounted(placed)) {
      this.#count(this.#current.block.body.length);
      this.#dirty |= effects.writes;
    }
    let lookLater = false;
    const frame: Frame = {
      code: c,
      state: STATE_BLOCK,
      word: undefined,
      knownWord: placed.word,
      dataTlb: this.#dataTlb,
      pushCia: () => this.#pushAddress(placed.place),
      leave: (status) => {
        if (status !== "raised") {
          throw new TypeError(`Cannot leave region: ${status}`);
        }
        this.#leaveEarly("regionRaised", { done, place: placed.place });
      },
      jump: (target) => this.#jump(placed, target),
      slowly: () => this.#slowly(placed, done),
      storedSlowly: () => {
        if (effects.writes !== 0n) lookLater = true;
        else this.#ifDropped(placed, done);
      },
    };
    const emitter = new RegionEmitter(frame, this.#runtime, {
      registers: this.#registers,
      caches: {
        located: this.#located(done),
        checked: (kind, bytes) => this.#parts.checked.get(kind, bytes),
        page: (access) => this.#caches.get(access, this.#current.number),
        slow: () => this.#forgetPages(),
      },
      control: {
        branch: (displacement) =>
          this.#branch(placed, placed.place + (displacement >> 2)),
      },
    });
    instruction.execute(
      emitter,
      emittedFields(instruction.fields, known),
    );
    this.#registers.store(effects.writes & this.#through, STATE_BLOCK);
    this.#dirty |= effects.writes & ~this.#through;
    if (lookLater) this.#ifDropped(placed, done);
  }

  /** The group that the access of an instruction of this block is of. */
  #located(at: number): LocatedGroup | undefined {
    const group = this.#current.groups.get(at);
    if (!group) return undefined;
    let host = this.#hosts.get(group);
    const isFirst = host === undefined;
    host ??= this.#code.local("i32");
    this.#hosts.set(group, host);
    return { group, host, isFirst };
  }

  /** Behind a slow path, where other vCPUs may have been let through. */
  #forgetPages(): void {
    if (!this.#runtime.layout.concurrent) return;
    this.#caches.reset("write");
    for (const [{ kind }, host] of this.#hosts) {
      if (kind === "read") continue;
      this.#code.i32(0);
      this.#code.set(host);
    }
  }

  /** Code may have been written to: nothing decoded is trusted any more. */
  #ifDropped({ place }: Placed, done: number): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE.CODE_DROPS.offset);
    c.get(this.#drops);
    c.op("i32.ne");
    c.if(false);
    this.#leaveEarly("region", { done: done + 1, place: place + 1 });
    c.end();
  }

  // ------------------------------------------------------------- branches

  /** A relative branch that is taken. */
  #branch(placed: Placed, place: number): void {
    const { targets } = this.#current.block;
    if (isCall(placed) && targets[0] !== undefined) {
      // A leaf stands here in place of the call.
      return this.#goToBlock(targets[0]);
    }
    const linkTo = () => this.#linkTo(place);
    if (isCall(placed)) return this.#call(placed, linkTo);
    const target = targets.find((n) => this.#blocks[n]?.start === place) ??
      (this.#current.block.next !== undefined &&
          this.#blocks[this.#current.block.next]?.start === place
        ? this.#current.block.next
        : undefined);
    if (target !== undefined) return this.#goToBlock(target);
    if (this.#current.block.back !== undefined) {
      return this.#call(placed, linkTo);
    }
    this.#leaveAt(place);
  }

  /** Pushes what a link wants that goes to a place, and gives the link. */
  #linkTo(place: number): number {
    this.#pushAddress(place);
    const { links, pages } = this.#parts;
    const page = this.#current.pages.has(pageOf(place))
      ? pages.get(pageOf(place))
      : undefined;
    if (!page) return links.anywhere;
    this.#code.i32(page.decoded + (place & (PLACES - 1)) * RECORD_BYTES);
    return links.record;
  }

  #linkToComputed(target: Local): number {
    this.#code.get(target);
    return this.#parts.links.anywhere;
  }

  /** Stores what others must find: registers and what is left. */
  #storeAll(): void {
    this.#registers.store(this.#dirty, STATE_BLOCK);
    this.#storeBudget(0);
  }

  #storeBudget(done: number): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.get(this.#left);
    if (done > 0) {
      c.i32(done);
      c.op("i32.sub");
    }
    c.memory("i32.store", STATE.BUDGET.offset);
  }

  /** A call, which comes back where its block says unless something happens. */
  #call(placed: Placed, linkToTarget: () => number): void {
    const c = this.#code;
    const { back: behind } = this.#current.block;
    const back = behind === undefined
      ? placed.place + 1
      : this.#blocks[behind]?.start ?? 0;
    this.#storeAll();
    c.get(STATE_BLOCK);
    c.get(DEPTH);
    c.i32(1);
    c.op("i32.add");
    c.call(linkToTarget());
    c.set(this.#status);
    c.get(this.#status);
    c.i32(STATUS.region);
    c.op("i32.ne");
    c.get(STATE_BLOCK);
    c.memory("i64.load", STATE.NIA.offset);
    this.#pushAddress(back);
    c.op("i64.ne");
    c.op("i32.or");
    c.if(false);
    this.#return();
    c.end();
    this.#load("BUDGET", this.#left);
    c.get(this.#left);
    c.i32(REGION_RESERVE);
    c.op("i32.le_s");
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE.CODE_DROPS.offset);
    c.get(this.#drops);
    c.op("i32.ne");
    c.op("i32.or");
    c.if(false);
    this.#return();
    c.end();
    if (behind === undefined) return this.#return();
    const before = this.#dirty;
    this.#dirty = 0n;
    this.#goToBlock(behind, "load");
    this.#dirty = before;
  }

  #return(): void {
    this.#code.get(this.#status);
    this.#code.return();
  }

  /** A branch to a computed address. */
  #jump(placed: Placed, target: Local): void {
    const c = this.#code;
    const linkTo = () => this.#linkToComputed(target);
    if (isCall(placed)) return this.#call(placed, linkTo);
    const { returnsTo, targets, back } = this.#current.block;
    if (returnsTo !== undefined) {
      c.get(target);
      this.#pushAddress(returnsTo);
      c.op("i64.eq");
      c.if(true);
      if (targets[0] === undefined) this.#leaveAt(returnsTo);
      else this.#goToBlock(targets[0]);
      c.end();
    } else this.#jumpByTable(target);
    if (back !== undefined) return this.#call(placed, linkTo);
    this.#storeAll();
    if (placed.instruction.name === "bclr") {
      // To the caller, if it is a region.
      c.get(DEPTH);
      c.if(true);
      c.get(STATE_BLOCK);
      c.get(target);
      c.memory("i64.store", STATE.NIA.offset);
      c.i32(STATUS.region);
      c.return();
      c.end();
    }
    c.get(STATE_BLOCK);
    c.get(DEPTH);
    c.returnCall(linkTo());
  }

  #jumpByTable(target: Local): void {
    const c = this.#code;
    const { targets } = this.#current.block;
    if (targets.length === 0) return;
    const starts = targets.map((n) => this.#blocks[n]?.start ?? 0);
    const [least, most] = [Math.min(...starts), Math.max(...starts)];
    const distance = c.temporary("i64");
    const elsewhere = c.block();
    const labels = targets.map(() => c.block()).reverse();
    c.get(target);
    this.#pushAddress(least);
    c.op("i64.sub");
    c.set(distance);
    c.get(distance);
    c.i64(4 * (most - least));
    c.op("i64.gt_u");
    c.brIf(elsewhere, false);
    c.get(distance);
    c.op("i32.wrap_i64");
    c.i32(2);
    c.op("i32.shr_u");
    const table: Label[] = [];
    for (let place = least; place <= most; place++) {
      const i = starts.indexOf(place);
      table.push(i < 0 ? elsewhere : labels[i] as Label);
    }
    c.brTable(table, elsewhere);
    for (const target of targets) {
      c.end();
      this.#goToBlock(target);
    }
    c.end();
  }

  // ------------------------------------------------------------- ways out

  /** Goes on at a place that is not in the region. */
  #leaveAt(place: number): void {
    const c = this.#code;
    this.#storeAll();
    c.get(STATE_BLOCK);
    c.get(DEPTH);
    c.returnCall(this.#linkTo(place));
  }

  /** Leaves in mid-block, which is rare: all such ways share their code. */
  #leaveEarly(
    status: Status,
    { done, place }: { done: number; place: number },
  ): void {
    this.#noteExit({ place, done, status: STATUS[status], store: this.#dirty });
    this.#code.br(this.#out);
  }

  #noteExit(exit: RareExit): void {
    if (exit.store & only(REGISTER.fpscr)) {
      this.#registers.status.flush(STATE_BLOCK);
    }
    this.#exits.note(exit);
  }

  /** NIA and status of what has left in mid-block. */
  #earlyLeft(): void {
    const c = this.#code;
    this.#takePlace();
    this.#exits.pushStatus();
    c.set(this.#status);
  }

  #takePlace(): void {
    const c = this.#code;
    c.get(BASE);
    this.#exits.pushDistance();
    c.op("i64.add");
    c.set(this.#nia);
  }

  #leaveRarely(): void {
    const c = this.#code;
    this.#registers.fields.startBlock(new Array(8).fill("either"));
    this.#registers.status.startBlock();
    this.#exits.store((register) => {
      this.#registers.storeOne(register, STATE_BLOCK);
    });
    c.get(STATE_BLOCK);
    c.get(this.#nia);
    c.memory("i64.store", STATE.NIA.offset);
    c.get(STATE_BLOCK);
    c.get(this.#left);
    this.#exits.pushDone();
    c.op("i32.sub");
    c.memory("i32.store", STATE.BUDGET.offset);
    this.#return();
  }

  // ------------------------------------------------------------- handlers

  /** Has the interpreter's handler carry an instruction out. */
  #callHandler(placed: Placed, done: number): void {
    const { effects: { reads, writes } } = placed;
    this.#registers.store(reads & this.#dirty, STATE_BLOCK);
    this.#storeBudget(done);
    this.#handle(placed, done);
    this.#registers.load(writes, STATE_BLOCK);
    this.#caches.reset();
    this.#registers.facilities.clear();
    const before = this.#dirty;
    this.#dirty |= writes & ~this.#through;
    this.#ifDropped(placed, done);
    this.#dirty = before;
  }

  /**
   * The same of an operation on numbers that stands in the region, where it is
   * not as easy as usual.
   */
  #slowly(placed: Placed, done: number): void {
    const { effects: { reads, writes } } = placed;
    // A target keeps its value where an exception says so; a CR field never.
    const wanted = (reads | writes) & ~(FIELDS & writes);
    this.#registers.store(wanted & this.#dirty, STATE_BLOCK);
    this.#handle(placed, done);
    this.#registers.reload(writes, STATE_BLOCK);
    this.#forgetPages();
  }

  /** Calls a handler, and leaves where it does not go on behind itself. */
  #handle({ effects: { writes }, word, place }: Placed, done: number): void {
    const c = this.#code;
    this.#usesHandlers = true;
    c.get(STATE_BLOCK);
    c.i32(word);
    this.#pushAddress(place);
    c.i32(this.#parts.handler(word, place & (PLACES - 1)));
    c.call(this.#parts.callHandler());
    c.set(this.#status);
    c.get(this.#status);
    c.if(false);
    // What it has written is not to be undone.
    const store = this.#dirty & ~writes;
    this.#noteExit({ place, done, status: 0, store });
    c.br(this.#handlerOut);
    c.end();
  }

  /** Status and NIA that a handler's answer makes; count it where it is done. */
  #handlerLeft(): void {
    const c = this.#code;
    if (!this.#usesHandlers) return c.unreachable();
    this.#takePlace();
    c.get(this.#status);
    c.i32(STATUS.raised);
    c.op("i32.eq");
    c.if();
    c.i32(STATUS.regionRaised);
    c.set(this.#status);
    c.else();
    this.#count(1);
    c.get(STATE_BLOCK);
    c.memory("i64.load", STATE.NIA.offset);
    c.set(this.#nia);
    // jump, exit and synchronize have neighbours of the same order.
    c.get(this.#status);
    c.i32(STATUS.exit);
    c.op("i32.eq");
    c.if();
    c.i32(STATUS.regionExit);
    c.set(this.#status);
    c.else();
    c.i32(STATUS.region);
    c.i32(STATUS.regionSynchronize);
    c.get(this.#status);
    c.i32(STATUS.jump);
    c.op("i32.eq");
    c.select();
    c.set(this.#status);
    c.end();
    c.end();
  }
}
