/**
 * Split rings for those who look on.
 *
 * @module
 */
import {
  ChainFollower,
  type ChainProgress,
  type ChainView,
} from "./_inspect_chain.ts";
import { describeDescriptor, RawValues } from "./_inspect_memory.ts";
import { chainProblems, places, type RingParts } from "./_inspect_parts.ts";
import type { SplitRingView } from "./ring_view.ts";
import { availableEventOffset, SPLIT, usedEventOffset } from "./split_ring.ts";

/** A split ring as people read it. */
export function splitView(parts: RingParts): SplitRingView {
  const { order, size, eventIndex, progress, raw } = parts;
  const table = new RawValues(raw[0].bytes, order);
  const driver = new RawValues(raw[1].bytes, order);
  const device = new RawValues(raw[2].bytes, order);
  const index = driver.u16(SPLIT.index);
  const waiting = index - progress.available & 0xffff;
  const entries = places(size).map((place) =>
    driver.u16(SPLIT.entries + place * SPLIT.availableEntry)
  );
  const problems: string[] = [];
  if (waiting > size) {
    problems.push(
      `available index ${index} is ${waiting} ahead of the device's, in a ring of ${size}`,
    );
  }
  const follower = new ChainFollower(
    { ...parts, form: "split", table },
    parts.shown,
  );
  const chains: ChainView[] = [];
  const taken = new Set(parts.queue.open.map(({ id }) => id));
  const shown = splitIndexes(progress.available, { waiting, size });
  for (const { at, progress: state } of shown) {
    if (follower.exhausted) break;
    const place = at % size;
    const head = entries[place] ?? 0;
    const isTaken = state === "done" && taken.delete(head);
    const { slots: _, ...chain } = follower.follow(head, {
      place,
      progress: isTaken ? "taken" : state,
    });
    chains.push(chain);
  }
  chains.reverse();
  return {
    form: "split",
    order,
    size,
    descriptors: places(size).map((place) =>
      describeDescriptor(table, place, "split")
    ),
    available: {
      flags: driver.u16(SPLIT.flags) & SPLIT.noNotify ? ["no-interrupt"] : [],
      index,
      deviceIndex: progress.available,
      waiting,
      entries,
      usedEvent: eventIndex ? driver.u16(usedEventOffset(size)) : undefined,
    },
    used: {
      flags: device.u16(SPLIT.flags) & SPLIT.noNotify ? ["no-notify"] : [],
      index: device.u16(SPLIT.index),
      deviceIndex: progress.used,
      entries: places(size).map((place) => {
        const at = SPLIT.entries + place * SPLIT.usedEntry;
        return { id: device.u32(at), length: device.u32(at + 4) };
      }),
      availableEvent: eventIndex
        ? device.u16(availableEventOffset(size))
        : undefined,
    },
    chains,
    truncated: chains.length < shown.length,
    raw,
    problems: [...problems, ...chainProblems(chains)],
  };
}

/**
 * Indexes of the available ring that are worth following, newest first: those
 * that wait, and as many before them as the ring still holds.
 */
function splitIndexes(
  seen: number,
  { waiting, size }: { waiting: number; size: number },
): { at: number; progress: ChainProgress }[] {
  // An index that is too far ahead says nothing: all places are shown as new.
  const ahead = Math.min(waiting, size);
  const indexes: { at: number; progress: ChainProgress }[] = [];
  for (let i = ahead - 1; i >= 0; i--) {
    indexes.push({ at: seen + i & 0xffff, progress: "waiting" });
  }
  for (let i = 1; i <= Math.min(size - ahead, seen); i++) {
    indexes.push({ at: seen - i & 0xffff, progress: "done" });
  }
  return indexes;
}
