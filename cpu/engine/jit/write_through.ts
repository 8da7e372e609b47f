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
import type { Block } from "./blocks.ts";
import { loopsWithoutCalls } from "./loop_nest.ts";
import { GPRS, type RegisterSet, VSRS } from "./registers.ts";

/** The registers, of all that there are. */
export function writtenThrough(blocks: readonly Block[]): RegisterSet {
  let kept = 0n;
  for (const loop of loopsWithoutCalls(blocks)) {
    if (!loop.isInnermost) continue;
    for (const number of loop.blocks) {
      for (const { effects } of blocks[number]?.body ?? []) {
        kept |= effects.writes;
      }
    }
  }
  return (GPRS | VSRS) & ~kept;
}
