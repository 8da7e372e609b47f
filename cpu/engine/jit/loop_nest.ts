/**
 * The loops of a region, and how they lie in each other: what is deeper runs
 * more often, with little in between.
 *
 * @module
 */
import { type Block, hasCalls, successorsOf, waysInto } from "./blocks.ts";
import { loopsOf } from "./components.ts";

/** A loop of a region. */
export interface Loop {
  /** Blocks in it, by number. */
  readonly blocks: ReadonlySet<number>;
  readonly isInnermost: boolean;
}

/** Loops in which nothing is called, outer ones before those in them. */
export function loopsWithoutCalls(blocks: readonly Block[]): Loop[] {
  const found: Loop[] = [];
  const next = (node: number) => successorsOf(blocks[node]);
  const visit = (nodes: ReadonlySet<number>): boolean => {
    const loops = loopsOf(nodes, next);
    for (const loop of loops) {
      const inner = new Set(loop);
      // Where it is come into; anywhere if only ways into the region do.
      const [header = Math.min(...loop)] = waysInto(loop, blocks);
      inner.delete(header);
      const at = found.length;
      const isInnermost = !visit(inner);
      if (hasCalls(loop, blocks)) continue;
      found.splice(at, 0, { blocks: loop, isInnermost });
    }
    return loops.length > 0;
  };
  visit(new Set(blocks.keys()));
  return found;
}

/** In how many such loops each block is. */
export function loopDepths(blocks: readonly Block[]): number[] {
  const depths = blocks.map(() => 0);
  for (const loop of loopsWithoutCalls(blocks)) {
    for (const block of loop.blocks) depths[block] = (depths[block] ?? 0) + 1;
  }
  return depths;
}
