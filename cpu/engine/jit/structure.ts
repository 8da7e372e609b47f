/**
 * Control flow of a region as WebAssembly can say it: blocks in the order of
 * their addresses, forward branches out of nested blocks, and loops where the
 * blocks from a branch's target to the branch are entered at the top only. All
 * other backward branches go through the dispatcher at the region's top.
 *
 * @module
 */
import type { Block, Region } from "./region.ts";

/** A loop: block numbers of its header and its last block. */
export interface Loop {
  readonly header: number;
  readonly last: number;
}

/** Where control can go in a region. */
export interface Structure {
  /** Loops that nest properly, by header; outer ones first. */
  readonly loops: readonly Loop[];
  /** Blocks that the dispatcher must reach: entries and odd targets. */
  readonly dispatched: ReadonlySet<number>;
  /** Number of the block that starts at a place. */
  readonly blockAt: ReadonlyMap<number, number>;
}

interface Edge {
  readonly from: number;
  readonly to: number;
}

/** Edges between blocks, but for the one to the next block in order. */
function edgesOf(
  blocks: readonly Block[],
  blockAt: ReadonlyMap<number, number>,
): Edge[] {
  return blocks.flatMap(({ target }, from) => {
    const to = target === undefined ? undefined : blockAt.get(target);
    return to === undefined ? [] : [{ from, to }];
  });
}

function inside({ header, last }: Loop, block: number): boolean {
  return block > header && block <= last;
}

/** Whether a loop is entered below its header, or cuts through another. */
function isBroken(
  loop: Loop,
  { loops, edges, dispatched }: {
    loops: readonly Loop[];
    edges: readonly Edge[];
    dispatched: ReadonlySet<number>;
  },
): boolean {
  for (const block of dispatched) if (inside(loop, block)) return true;
  for (const { from, to } of edges) {
    const within = from >= loop.header && from <= loop.last;
    if (inside(loop, to) && !within) return true;
  }
  return loops.some((other) =>
    other.header < loop.header && other.last >= loop.header &&
    other.last < loop.last
  );
}

/** Finds the loops of a region. */
export function structureRegion({ blocks, entries }: Region): Structure {
  const blockAt = new Map(blocks.map(({ start }, i) => [start, i]));
  const edges = edgesOf(blocks, blockAt);
  const dispatched = new Set(
    entries.flatMap((place) => blockAt.get(place) ?? []),
  );
  const last = new Map<number, number>();
  for (const { from, to } of edges) {
    if (to <= from) last.set(to, Math.max(last.get(to) ?? to, from));
  }
  let loops = [...last].map(([header, last]) => ({ header, last }))
    .sort((a, b) => a.header - b.header || b.last - a.last);
  // Giving one up makes its header a dispatched block, which may break others.
  for (;;) {
    const broken = loops.find((loop) =>
      isBroken(loop, { loops, edges, dispatched })
    );
    if (!broken) break;
    loops = loops.filter((loop) => loop !== broken);
    dispatched.add(broken.header);
  }
  return { loops, dispatched, blockAt };
}
