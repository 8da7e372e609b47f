/**
 * Control flow as WebAssembly can say it: loops that are entered at their top
 * only. A loop with several entries gets a dispatcher in front, which knows
 * from a selector where to go; edges that enter the loop elsewhere go there
 * instead. What comes out is reducible, and can be written down by its
 * dominator tree (Ramsey, "Beyond Relooper", ICFP 2022).
 *
 * @module
 */
import { loopsOf } from "./components.ts";

/** A directed graph: successors by node. Node 0 is where control comes from. */
export type Graph = readonly (readonly number[])[];

/** Where an edge really goes. */
export interface Route {
  readonly node: number;
  /** What to set the selector to, where the edge goes to a dispatcher. */
  readonly selector?: number;
}

/** A node in front of a loop with several entries. */
export interface Dispatcher {
  /** The entry that is wanted most, and where to go for it. */
  readonly primary: Arm;
  /** The others. */
  readonly arms: readonly Arm[];
}

/** The selector is the entry that is wanted; `node` is on the way there. */
export interface Arm {
  readonly selector: number;
  node: number;
}

/** A graph made reducible. Dispatchers are the nodes from `graph.length` up. */
export interface Structure {
  route(from: number, to: number): Route;
  readonly dispatchers: ReadonlyMap<number, Dispatcher>;
  /** Nodes that each node dominates directly, by ascending order. */
  readonly children: readonly (readonly number[])[];
  /** Place in reverse postorder; edges to the same or lower places go back. */
  readonly order: readonly number[];
  /** Nodes that an edge goes back to. */
  readonly headers: ReadonlySet<number>;
}

class Structurer {
  /** By node: the wanted successor → the one that it is reached through. */
  readonly #out: Map<number, number>[];
  readonly #dispatchers = new Map<number, Dispatcher>();

  constructor(graph: Graph) {
    this.#out = graph.map((to) => new Map(to.map((node) => [node, node])));
  }

  structure(): Structure {
    const all = new Set(this.#out.keys());
    this.#decompose(all, new Set());
    return this.#finish();
  }

  #successors(node: number): number[] {
    return [...new Set(this.#out[node]?.values())];
  }

  /** Makes all loops of a set of nodes single-entry; ignores edges to headers. */
  #decompose(nodes: ReadonlySet<number>, headers: ReadonlySet<number>): void {
    const open = nodes.difference(headers);
    for (const loop of loopsOf(open, (node) => this.#successors(node))) {
      const header = this.#headerOf(loop);
      const inner = new Set(loop);
      inner.add(header);
      this.#decompose(inner, new Set([...headers, header]));
    }
  }

  #headerOf(loop: ReadonlySet<number>): number {
    const entries = new Set<number>();
    this.#out.forEach((out, from) => {
      if (loop.has(from)) return;
      for (const to of out.values()) if (loop.has(to)) entries.add(to);
    });
    const [first] = entries;
    if (first === undefined) {
      throw new RangeError("Cannot structure: dead loop");
    }
    if (entries.size === 1) return first;
    // The one that most edges of the loop go back to.
    let [primary, most] = [first, -1];
    for (const entry of entries) {
      let count = 0;
      for (const from of loop) {
        if (this.#successors(from).includes(entry)) count++;
      }
      if (count > most) [primary, most] = [entry, count];
    }
    return this.#dispatch(loop, { entries, primary });
  }

  #dispatch(
    loop: ReadonlySet<number>,
    { entries, primary }: { entries: ReadonlySet<number>; primary: number },
  ): number {
    const dispatcher = this.#out.length;
    for (const [from, out] of this.#out.entries()) {
      for (const [wanted, to] of out) {
        if (!entries.has(to)) continue;
        if (!loop.has(from) || to === primary) out.set(wanted, dispatcher);
      }
      const outer = this.#dispatchers.get(from);
      for (const arm of outer ? [outer.primary, ...outer.arms] : []) {
        if (entries.has(arm.node)) arm.node = dispatcher;
      }
    }
    this.#out.push(new Map([...entries].map((entry) => [entry, entry])));
    const arm = (node: number): Arm => ({ selector: node, node });
    this.#dispatchers.set(dispatcher, {
      primary: arm(primary),
      arms: [...entries].filter((entry) => entry !== primary).map(arm),
    });
    return dispatcher;
  }

  #finish(): Structure {
    const postorder: number[] = [];
    const seen = new Set<number>();
    const walk = (node: number) => {
      seen.add(node);
      for (const to of this.#successors(node).reverse()) {
        if (!seen.has(to)) walk(to);
      }
      postorder.push(node);
    };
    walk(0);
    const ordered = postorder.reverse();
    const order = new Array<number>(this.#out.length).fill(-1);
    ordered.forEach((node, i) => order[node] = i);
    const at = (node: number) => order[node] ?? -1;
    const predecessors = this.#out.map((): number[] => []);
    for (const node of ordered) {
      for (const to of this.#successors(node)) predecessors[to]?.push(node);
    }
    const dominator = dominators(ordered, { at, predecessors });
    const children = this.#out.map((): number[] => []);
    for (const node of ordered.slice(1)) {
      children[dominator.get(node) ?? 0]?.push(node);
    }
    const headers = new Set<number>();
    for (const node of ordered) {
      for (const to of this.#successors(node)) {
        if (at(to) <= at(node)) headers.add(to);
      }
    }
    return {
      route: (from, to) => this.#route(from, to),
      dispatchers: this.#dispatchers,
      children,
      order,
      headers,
    };
  }

  #route(from: number, to: number): Route {
    const node = this.#out[from]?.get(to);
    if (node === undefined) {
      throw new RangeError(`Cannot find way from block ${from} to ${to}`);
    }
    return this.#dispatchers.has(node) ? { node, selector: to } : { node };
  }
}

/** Immediate dominators (Cooper, Harvey, Kennedy). */
function dominators(
  ordered: readonly number[],
  { at, predecessors }: {
    at: (node: number) => number;
    predecessors: readonly (readonly number[])[];
  },
): Map<number, number> {
  const dominator = new Map([[0, 0]]);
  const meet = (a: number, b: number) => {
    while (a !== b) {
      while (at(a) > at(b)) a = dominator.get(a) ?? 0;
      while (at(b) > at(a)) b = dominator.get(b) ?? 0;
    }
    return a;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const node of ordered.slice(1)) {
      let best: number | undefined;
      for (const from of predecessors[node] ?? []) {
        if (!dominator.has(from)) continue;
        best = best === undefined ? from : meet(best, from);
      }
      if (best !== undefined && dominator.get(node) !== best) {
        dominator.set(node, best);
        changed = true;
      }
    }
  }
  return dominator;
}

/** Makes a graph reducible. Every node must be reachable from node 0. */
export function structure(graph: Graph): Structure {
  return new Structurer(graph).structure();
}
