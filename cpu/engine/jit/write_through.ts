/**
 * Which registers a region stores whenever it writes them.
 *
 * What is written in a loop is kept in its local, and stored on the ways out.
 * That is quick, but each way out, and nearly every access to memory has one,
 * then has to bring along all such registers, which the optimising compiler
 * spends much of its time on. What is written outside of loops is stored at
 * once instead: ways out have nothing to do with it, and nor have calls.
 *
 * @module
 */
import { type Block, hasCalls, successorsOf } from "./blocks.ts";
import { loopsOf } from "./components.ts";
import { GPRS, type RegisterSet, VSRS } from "./registers.ts";

/** Loops without calls, and without loops in them. */
function innermostLoops(blocks: readonly Block[]): ReadonlySet<number>[] {
  const found: ReadonlySet<number>[] = [];
  const next = (node: number) => successorsOf(blocks[node]);
  const visit = (nodes: ReadonlySet<number>): boolean => {
    const loops = loopsOf(nodes, next);
    for (const loop of loops) {
      const inner = new Set(loop);
      inner.delete(Math.min(...loop));
      if (!visit(inner) && !hasCalls(loop, blocks)) found.push(loop);
    }
    return loops.length > 0;
  };
  visit(new Set(blocks.keys()));
  return found;
}

/** The registers, of all that there are. */
export function writtenThrough(blocks: readonly Block[]): RegisterSet {
  let kept = 0n;
  for (const loop of innermostLoops(blocks)) {
    for (const number of loop) {
      for (const { effects } of blocks[number]?.body ?? []) {
        kept |= effects.writes;
      }
    }
  }
  return (GPRS | VSRS) & ~kept;
}
