/**
 * The function of a region: the way in, then what is in each node of its graph,
 * then the ways out that are rare.
 *
 * @module
 */
import type { Code, Label } from "../../wasm/code.ts";
import { BlockAccesses } from "./block_accesses.ts";
import { BlockEmitter } from "./block_emitter.ts";
import { type BlockStart, liveness } from "./liveness.ts";
import { MidBlockExits } from "./mid_block_exits.ts";
import { RegionGraph, type RegionNode, ROOT } from "./region_graph.ts";
import { ENTRY, RegionLocals, STATE_BLOCK } from "./region_locals.ts";
import type { RegionParts } from "./region_parts.ts";
import { usesOf } from "./region_uses.ts";
import { RegionRegisters } from "./registers.ts";
import { seenPages } from "./seen_pages.ts";
import { Unstored } from "./unstored.ts";
import { WaysOn } from "./ways_on.ts";
import { writtenThrough } from "./write_through.ts";

/** Writes the function. */
export class RegionFunction {
  readonly #code: Code;
  readonly #parts: RegionParts;
  readonly #graph: RegionGraph;
  readonly #starts: readonly BlockStart[];
  readonly #pages: readonly ReadonlySet<number>[];
  readonly #registers: RegionRegisters;
  readonly #locals: RegionLocals;
  readonly #unstored: Unstored;
  readonly #accesses: BlockAccesses;
  readonly #exits: MidBlockExits;
  readonly #blocks: BlockEmitter;

  constructor(code: Code, parts: RegionParts) {
    this.#code = code;
    this.#parts = parts;
    const { region, enterStatus } = parts;
    const { uses, written } = usesOf(region.blocks);
    const through = writtenThrough(region.blocks);
    const registers = new RegionRegisters(code, uses, enterStatus);
    const accesses = new BlockAccesses(code, parts);
    const locals = new RegionLocals(code);
    const graph = new RegionGraph(code, region);
    const unstored = new Unstored(registers, through);
    const exits = new MidBlockExits(code, {
      locals,
      registers,
      unstored,
      written: written & ~through,
    });
    const common = { parts, locals, registers, unstored, accesses, exits };
    const ways = new WaysOn(code, { ...common, graph });
    this.#blocks = new BlockEmitter(code, { ...common, ways });
    this.#registers = registers;
    this.#accesses = accesses;
    this.#locals = locals;
    this.#graph = graph;
    this.#unstored = unstored;
    this.#exits = exits;
    this.#starts = liveness(region.blocks, graph.loaded, through);
    this.#pages = seenPages(region);
  }

  emit(): void {
    this.#locals.load();
    this.#exits.around(() =>
      this.#graph.emit((what, node) => this.#node(what, node))
    );
  }

  #node(what: RegionNode, node: number): void {
    if (what.kind === "root") return this.#wayIn();
    const { number } = what;
    const start = this.#starts[number];
    if (!start) throw new RangeError(`Cannot write region: no block ${number}`);
    if (what.kind === "block") return this.#block(node, number, start);
    this.#registers.load(start.live, STATE_BLOCK);
    this.#accesses.forget();
    this.#graph.goTo(node, this.#graph.blockNode(number));
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
    for (const number of entries) {
      if (last > 0) c.end();
      this.#graph.goTo(ROOT, this.#graph.loadNode(number));
    }
  }

  #block(node: number, number: number, { dirty, fields }: BlockStart): void {
    const block = this.#parts.region.blocks[number];
    if (!block) throw new RangeError(`Cannot write region: no block ${number}`);
    this.#accesses.startBlock(number, block);
    this.#unstored.startBlock(dirty);
    this.#registers.fields.startBlock(fields);
    this.#registers.facilities.clear();
    this.#registers.status.startBlock();
    const pages = this.#pages[number] ?? new Set();
    this.#blocks.emit({ node, block, pages });
  }
}
