/**
 * Hypercalls about one event queue of XIVE.
 *
 * @module
 */
import { H } from "../../hcall/codes.ts";
import type { HypercallContext } from "../../hcall/table.ts";
import { QUEUE_SHIFTS } from "./event_queues.ts";
import { PQ } from "./event_state.ts";
import {
  END_ESB,
  MINUS_ONE,
  PAGE_SHIFT,
  PRIORITIES,
  RESERVED_PRIORITY,
} from "./layout.ts";
import type { XiveParts } from "./parts.ts";

/** Flag of H_INT_SET_QUEUE_CONFIG and of what ..GET.. gives: bit 63. */
const ALWAYS_NOTIFY = 1n;

/** Flag of H_INT_GET_QUEUE_CONFIG: bit 63. */
const DEBUG = 1n;

/** Where H_INT_GET_QUEUE_CONFIG gives the generation: bit 62. */
const GENERATION_SHIFT = 1n;

/** What carries the calls out; the caller holds the lock. */
export function queueActions({ queues, threads, ram }: XiveParts) {
  /** The END of arguments 2 and 3, or a return code below 0. */
  function endOf(call: HypercallContext, flags: bigint): number {
    if ((call.arg(1) & ~flags) !== 0n) return H.PARAMETER;
    const target = call.number(2);
    const priority = call.number(3);
    if (target >= threads.vcpus) return H.P2;
    if (priority >= RESERVED_PRIORITY) return H.P3;
    return target * PRIORITIES + priority;
  }

  function getInfo(call: HypercallContext): number {
    const end = endOf(call, 0n);
    if (end < 0) return end;
    call.result(1, END_ESB.base + end * END_ESB.stride);
    call.result(2, PAGE_SHIFT);
    return H.SUCCESS;
  }

  function setConfig(call: HypercallContext): number {
    const end = endOf(call, ALWAYS_NOTIFY);
    if (end < 0) return end;
    const address = call.number(4);
    const shift = call.number(5);
    if (shift === 0) {
      queues.setQueue(end, undefined);
      return H.SUCCESS;
    }
    if (!QUEUE_SHIFTS.includes(shift)) return H.P5;
    const bytes = 2 ** shift;
    if (address % bytes !== 0 || !ram.contains(address, bytes)) return H.P4;
    queues.setQueue(end, {
      address,
      shift,
      alwaysNotify: (call.arg(1) & ALWAYS_NOTIFY) !== 0n,
      index: 0,
      generation: 1,
      pq: PQ.RESET,
    });
    return H.SUCCESS;
  }

  function getConfig(call: HypercallContext): number {
    const end = endOf(call, DEBUG);
    if (end < 0) return end;
    const debug = (call.arg(1) & DEBUG) !== 0n;
    const queue = queues.queue(end);
    const notify = queue?.alwaysNotify ? ALWAYS_NOTIFY : 0n;
    const generation = debug ? BigInt(queue?.generation ?? 0) : 0n;
    call.result(1, notify | (generation << GENERATION_SHIFT));
    call.result(2, queue?.address ?? MINUS_ONE);
    call.result(3, queue?.shift ?? 0);
    call.result(4, debug ? queue?.index ?? 0 : 0);
    return H.SUCCESS;
  }

  return { getInfo, setConfig, getConfig };
}
