/**
 * The graph of a region: its blocks, and what loads registers for those to
 * which control comes from outside. It is written down by its dominator tree.
 *
 * @module
 */
import type { Code, Label, Local } from "../../wasm/code.ts";
import type { Region } from "./region.ts";
import { type Dispatcher, type Structure, structure } from "./structure.ts";

/** A node of the graph: 0 is the way in. */
export type RegionNode =
  | { readonly kind: "root" }
  | { readonly kind: "block"; readonly number: number }
  /** Loads the registers that a block wants. */
  | { readonly kind: "load"; readonly number: number };

/** Writes what is in a node, up to where it goes along its edges. */
export type WriteNode = (what: RegionNode, node: number) => void;

/** Number of the node that is the way in. */
export const ROOT = 0;

/** Control between the nodes of one region. */
export class RegionGraph {
  /** Blocks to which control comes from outside, at entries and after calls. */
  readonly loaded: ReadonlySet<number>;
  readonly #code: Code;
  readonly #nodes: RegionNode[] = [{ kind: "root" }];
  readonly #nodeOfBlock = new Map<number, number>();
  readonly #nodeOfLoad = new Map<number, number>();
  readonly #structure: Structure;
  readonly #selector: Local;
  /** Of the nodes that can be gone to from where code is being written. */
  readonly #labels = new Map<number, Label>();

  constructor(code: Code, region: Region) {
    this.#code = code;
    const { blocks, entries } = region;
    this.loaded = new Set([
      ...entries,
      ...blocks.flatMap(({ back }) => back ?? []),
    ]);
    blocks.forEach((_, number) => {
      this.#nodeOfBlock.set(number, this.#nodes.length);
      this.#nodes.push({ kind: "block", number });
    });
    for (const number of this.loaded) {
      this.#nodeOfLoad.set(number, this.#nodes.length);
      this.#nodes.push({ kind: "load", number });
    }
    this.#structure = structure(
      this.#nodes.map((node) => this.#successors(node, region)),
    );
    this.#selector = code.local("i32");
  }

  #successors(node: RegionNode, { blocks, entries }: Region): number[] {
    if (node.kind === "root") return entries.map((n) => this.loadNode(n));
    if (node.kind === "load") return [this.blockNode(node.number)];
    const block = blocks[node.number];
    if (!block) return [];
    const { targets, next, back } = block;
    return [
      ...targets.map((n) => this.blockNode(n)),
      ...next === undefined ? [] : [this.blockNode(next)],
      ...back === undefined ? [] : [this.loadNode(back)],
    ];
  }

  /** The node of a block. */
  blockNode(number: number): number {
    return this.#nodeOfBlock.get(number) ?? -1;
  }

  /** The node that loads registers and goes to a block. */
  loadNode(number: number): number {
    return this.#nodeOfLoad.get(number) ?? -1;
  }

  /** Goes along an edge, with nothing to look at. */
  goTo(from: number, to: number): void {
    const { node, selector } = this.#structure.route(from, to);
    if (selector !== undefined) {
      this.#code.i32(selector);
      this.#code.set(this.#selector);
    }
    this.#code.br(this.#label(node));
  }

  /** Whether an edge goes round a loop. */
  goesBack(from: number, to: number): boolean {
    const { order } = this.#structure;
    const { node } = this.#structure.route(from, to);
    return (order[node] ?? 0) <= (order[from] ?? 0);
  }

  #label(node: number): Label {
    const label = this.#labels.get(node);
    if (!label) throw new RangeError(`Cannot branch: node ${node} is not open`);
    return label;
  }

  /** Writes all nodes. */
  emit(write: WriteNode): void {
    this.#tree(ROOT, write);
  }

  /** A node and all that it dominates. */
  #tree(node: number, write: WriteNode): void {
    const c = this.#code;
    const { children, headers } = this.#structure;
    const isHeader = headers.has(node);
    if (isHeader) this.#labels.set(node, c.loop());
    const dominated = children[node] ?? [];
    const opened = [...dominated].reverse();
    for (const child of opened) this.#labels.set(child, c.block());
    this.#node(node, write);
    for (const child of dominated) {
      c.end();
      this.#labels.delete(child);
      this.#tree(child, write);
    }
    if (!isHeader) return;
    c.unreachable();
    c.end();
    this.#labels.delete(node);
  }

  #node(node: number, write: WriteNode): void {
    const dispatcher = this.#structure.dispatchers.get(node);
    if (dispatcher) return this.#dispatch(dispatcher);
    const what = this.#nodes[node];
    if (!what) throw new RangeError(`Cannot write region: no node ${node}`);
    write(what, node);
  }

  #dispatch({ primary, arms }: Dispatcher): void {
    const c = this.#code;
    for (const { selector, node: to } of arms) {
      c.get(this.#selector);
      c.i32(selector);
      c.op("i32.eq");
      c.brIf(this.#label(to), false);
    }
    c.br(this.#label(primary.node));
  }
}
