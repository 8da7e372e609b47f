/**
 * How many loops each block of a region is in, of those that call nothing:
 * what is deeper runs more often, with little in between.
 *
 * @module
 */
import { loopsOf } from "./components.ts";
import { type Block, callsOut, successorsOf } from "./blocks.ts";

/** Depths by block. */
export function loopDepths(blocks: readonly Block[]): number[] {
  const depths = blocks.map(() => 0);
  const next = (node: number) => successorsOf(blocks[node]);
  const visit = (nodes: ReadonlySet<number>): void => {
    for (const loop of loopsOf(nodes, next)) {
      if (![...loop].some((node) => callsOut(blocks[node]))) {
        for (const node of loop) depths[node] = (depths[node] ?? 0) + 1;
      }
      const inner = new Set(loop);
      inner.delete(headerOf(loop));
      visit(inner);
    }
  };
  /** Where the loop is come into; anywhere if only ways into the region do. */
  const headerOf = (loop: ReadonlySet<number>): number => {
    for (const from of blocks.keys()) {
      if (loop.has(from)) continue;
      for (const to of next(from)) if (loop.has(to)) return to;
    }
    return Math.min(...loop);
  };
  visit(new Set(blocks.keys()));
  return depths;
}
