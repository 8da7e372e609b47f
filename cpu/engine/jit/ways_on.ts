/**
 * Where control goes on behind a block: in a block of the region, or, by a tail
 * call, at a place that is not in it.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import { CODE_ENTRY, pushCodeEntry } from "../code_tlb.ts";
import { DECODED_PAGE_SERIAL, RECORD_BYTES } from "../layout.ts";
import type { Block } from "./blocks.ts";
import { PLACES } from "./region.ts";
import type { RegionGraph } from "./region_graph.ts";
import { DEPTH, type RegionLocals, STATE_BLOCK } from "./region_locals.ts";
import type { RegionParts } from "./region_parts.ts";
import { pageOf } from "./seen_pages.ts";
import type { Unstored } from "./unstored.ts";

/** The block that is being written. */
export interface Here {
  /** Its node in the graph. */
  readonly node: number;
  readonly block: Block;
  /** Pages that are known to be mapped as they were. */
  readonly pages: ReadonlySet<number>;
}

/** What the ways are made of. */
export interface WayParts {
  readonly parts: RegionParts;
  readonly graph: RegionGraph;
  readonly locals: RegionLocals;
  readonly unstored: Unstored;
}

/** Ways on from the blocks of one region. */
export class WaysOn {
  readonly #code: Code;
  readonly #parts: RegionParts;
  readonly #graph: RegionGraph;
  readonly #locals: RegionLocals;
  readonly #unstored: Unstored;

  constructor(code: Code, { parts, graph, locals, unstored }: WayParts) {
    this.#code = code;
    this.#parts = parts;
    this.#graph = graph;
    this.#locals = locals;
    this.#unstored = unstored;
  }

  /** Place at which a block begins. */
  startOf(number: number): number {
    return this.#parts.region.blocks[number]?.start ?? 0;
  }

  /** Goes to a block, if its page is still there and so is the budget. */
  goTo(here: Here, number: number): void {
    const { node: from } = here;
    const to = this.#graph.blockNode(number);
    const place = this.startOf(number);
    if (!here.pages.has(pageOf(place))) this.#checkPage(here, place);
    if (this.#graph.goesBack(from, to)) this.#checkBudget(here, place);
    this.#graph.goTo(from, to);
  }

  /** The same behind a call, which has looked at the budget. */
  goBehindCall(here: Here, number: number): void {
    const place = this.startOf(number);
    if (!here.pages.has(pageOf(place))) this.#checkPage(here, place);
    this.#graph.goTo(here.node, this.#graph.loadNode(number));
  }

  /** The budget's end belongs to the interpreter. */
  #checkBudget(here: Here, place: number): void {
    const c = this.#code;
    this.#locals.pushIsSpent();
    if (this.#parts.runtime.layout.concurrent) {
      c.get(STATE_BLOCK);
      c.memory("i32.atomic.load", STATE.REQUEST.offset);
      c.op("i32.or");
    }
    c.if(false);
    this.leaveAt(here, place);
    c.end();
  }

  /** Leaves for a place whose page is not mapped as it was. */
  #checkPage(here: Here, place: number): void {
    const c = this.#code;
    const page = this.#parts.pages.get(pageOf(place));
    if (!page) throw new RangeError("Cannot go to a page that is not there");
    const entry = c.temporary("i32");
    pushCodeEntry(c, () => this.#locals.pushAddress(place));
    c.set(entry);
    c.get(entry);
    c.memory("i64.load", CODE_ENTRY.tag);
    this.#locals.pushAddress(pageOf(place) * PLACES);
    c.op("i64.ne");
    c.get(entry);
    c.memory("i32.load", CODE_ENTRY.decoded);
    c.i32(page.decoded);
    c.op("i32.ne");
    c.op("i32.or");
    c.i32(page.decoded);
    c.memory("i32.load", DECODED_PAGE_SERIAL);
    c.i32(page.serial);
    c.op("i32.ne");
    c.op("i32.or");
    c.if(false);
    this.leaveAt(here, place);
    c.end();
  }

  /** Goes on at a place that is not in the region. */
  leaveAt(here: Here, place: number): void {
    const c = this.#code;
    this.storeAll();
    c.get(STATE_BLOCK);
    c.get(DEPTH);
    c.returnCall(this.linkTo(here, place));
  }

  /** Stores what others must find: registers and what is left. */
  storeAll(): void {
    this.#unstored.storeAll();
    this.#locals.storeBudget();
  }

  /** Pushes what a link wants that goes to a place, and gives the link. */
  linkTo(here: Here, place: number): number {
    this.#locals.pushAddress(place);
    const { links, pages } = this.#parts;
    const page = here.pages.has(pageOf(place))
      ? pages.get(pageOf(place))
      : undefined;
    if (!page) return links.anywhere;
    this.#code.i32(page.decoded + (place & (PLACES - 1)) * RECORD_BYTES);
    return links.record;
  }

  /** The same of an address that is computed. */
  linkToComputed(target: Local): number {
    this.#code.get(target);
    return this.#parts.links.anywhere;
  }
}
