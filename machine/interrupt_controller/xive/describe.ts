/**
 * The state of XIVE to look at.
 *
 * @module
 */
import {
  isLevelSensitive,
  type SourceDescription,
  sourceName,
} from "../sources.ts";
import { MASKED, RING } from "./layout.ts";
import type { XiveParts } from "./parts.ts";
import { queuesOf, touched, vcpusOf } from "./state.ts";

/** What people and the monitor see of XIVE. */
export interface XiveDescription {
  readonly controller: "xive";
  readonly servers: readonly {
    readonly vcpu: number;
    readonly server: number;
    /** Hex: 0x80 while an exception is signalled. */
    readonly nsr: string;
    readonly cppr: number;
    /** Hex: one bit for each priority, 0 at the left. */
    readonly ipb: string;
    readonly pipr: number;
    readonly queues: readonly {
      readonly priority: number;
      /** Hex: real address. */
      readonly address: string;
      readonly entries: number;
      readonly index: number;
      readonly toggle: number;
    }[];
  }[];
  readonly sources: readonly (SourceDescription & {
    readonly esb: XiveEventState;
    /** Hex: what the queue's entries carry. */
    readonly eventData: string;
  })[];
}

/** P and Q of a source in words. */
export type XiveEventState = "reset" | "off" | "pending" | "queued";

const EVENT_STATES: readonly XiveEventState[] = [
  "reset",
  "off",
  "pending",
  "queued",
];

/** Describes sources in use and all vCPUs. */
export function describeXive(parts: XiveParts): XiveDescription {
  const { sources, threads } = parts;
  return {
    controller: "xive",
    servers: vcpusOf(parts).map((vcpu) => ({
      vcpu,
      server: vcpu,
      nsr: hex(threads.register(vcpu, RING.NSR)),
      cppr: threads.register(vcpu, RING.CPPR),
      ipb: hex(threads.register(vcpu, RING.IPB)),
      pipr: threads.register(vcpu, RING.PIPR),
      queues: queuesOf(parts, vcpu).map((queue) => ({
        priority: queue.priority,
        address: hex(queue.address),
        entries: 2 ** (queue.shift - 2),
        index: queue.index,
        toggle: queue.generation,
      })),
    })),
    sources: touched(parts).map((number) => {
      const to = sources.assignment(number);
      return {
        number,
        name: sourceName(number),
        trigger: isLevelSensitive(number) ? "level" : "edge",
        server: to?.server ?? 0,
        priority: to && !to.masked ? to.priority : MASKED,
        asserted: sources.asserted(number),
        count: sources.count(number),
        esb: EVENT_STATES[sources.pq(number)] ?? "off",
        eventData: hex(sources.eisn(number)),
      };
    }),
  };
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
