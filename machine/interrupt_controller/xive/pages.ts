/**
 * Pages of the event state buffers: those of the sources, and those by which
 * the notification of a queue is managed.
 *
 * @module
 */
import { allOnes, type MmioRegion } from "../mmio_region.ts";
import type { EventQueues } from "./event_queues.ts";
import type { EventSources } from "./event_sources.ts";
import { loadOperation } from "./event_state.ts";
import { END_ESB, ESB, PAGE_SHIFT } from "./layout.ts";

/** Whether an offset is in the second page of its pair. */
function isSecondPage(offset: number): boolean {
  return ((offset >>> PAGE_SHIFT) & 1) !== 0;
}

/** The sources' pages: first to trigger, second to manage. */
export function esbRegion(sources: EventSources): MmioRegion {
  return {
    name: "xive-esb",
    base: ESB.base,
    bytes: ESB.bytes,
    load(_vcpu, offset, bytes) {
      // Trigger pages cannot be read, and P and Q take doublewords.
      if (!isSecondPage(offset) || bytes !== 8) return allOnes(bytes);
      const source = Math.floor(offset / ESB.stride);
      return BigInt(sources.loadFrom(source, offset));
    },
    store(_vcpu, offset) {
      const source = Math.floor(offset / ESB.stride);
      if (isSecondPage(offset)) sources.storeTo(source, offset);
      else sources.trigger(source);
    },
  };
}

/**
 * The queues' pages: the first manages notification. The second would manage
 * escalation, which a partition cannot set up; nothing answers there.
 */
export function notificationRegion(queues: EventQueues): MmioRegion {
  return {
    name: "xive-end-esb",
    base: END_ESB.base,
    bytes: queues.length * END_ESB.stride,
    load(_vcpu, offset, bytes) {
      const end = Math.floor(offset / END_ESB.stride);
      const queue = queues.queue(end);
      if (isSecondPage(offset) || bytes !== 8 || !queue) return allOnes(bytes);
      switch (loadOperation(offset)) {
        case "eoi":
          return BigInt(queues.endOfInterrupt(end));
        case "set":
          return BigInt(queues.exchange(end, (offset >> 8) & 3));
        default:
          return BigInt(queue.pq);
      }
    },
    // Stores are not architected here.
    store() {},
  };
}
