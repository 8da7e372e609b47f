/**
 * Which pages a region need not look at again before it goes there.
 *
 * @module
 */
import { successorsOf } from "./blocks.ts";
import { PLACES, type Region } from "./region.ts";

/** The page that a place is in, by number. */
export function pageOf(place: number): number {
  return Math.floor(place / PLACES);
}

/**
 * Pages that are known, where a block begins, to be mapped as they were: its
 * own, and those of all ways to it. A call comes back only where no way to any
 * code has been dropped meanwhile.
 */
export function seenPages(
  { blocks, entries }: Region,
): readonly ReadonlySet<number>[] {
  const own = blocks.map(({ start }) => pageOf(start));
  const seen: (Set<number> | undefined)[] = blocks.map((_, i) =>
    entries.includes(i) ? new Set([own[i] ?? 0]) : undefined
  );
  for (let changed = true; changed;) {
    changed = false;
    blocks.forEach((block, i) => {
      const here = seen[i];
      if (!here) return;
      for (const to of successorsOf(block)) {
        const there = seen[to];
        const both = new Set(
          [...here].filter((page) => !there || there.has(page)),
        ).add(own[to] ?? 0);
        if (there?.size === both.size) continue;
        seen[to] = both;
        changed = true;
      }
    });
  }
  return seen.map((pages, i) => pages ?? new Set([own[i] ?? 0]));
}
