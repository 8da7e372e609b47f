/**
 * How many loops each block of a region is in, of those that call nothing:
 * what is deeper runs more often, with little in between.
 *
 * @module
 */
import { loopsOf } from "./components.ts";
import { type Block, hasCalls, successorsOf, waysInto } from "./blocks.ts";

/** Depths by block. */
export function loopDepths(blocks: readonly Block[]): number[] {
  const depths = blocks.map(() => 0);
  const next = (node: number) => successorsOf(blocks[node]);
  const visit = (nodes: ReadonlySet<number>): void => {
    for (const loop of loopsOf(nodes, next)) {
      if (!hasCalls(loop, blocks)) {
        for (const node of loop) depths[node] = (depths[node] ?? 0) + 1;
      }
      const inner = new Set(loop);
      // Where it is come into; anywhere if only ways into the region do.
      const [header = Math.min(...loop)] = waysInto(loop, blocks);
      inner.delete(header);
      visit(inner);
    }
  };
  visit(new Set(blocks.keys()));
  return depths;
}
