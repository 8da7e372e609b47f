/**
 * Which queue of a console is whose (virtio 1.3, 5.3.2).
 *
 * @module
 */
import type { QueueDescription } from "../device.ts";

/** Control queues are where port 1's would be. */
export const CONTROL_QUEUE = { toDriver: 2, fromDriver: 3 } as const;

/** Entries of a port's queue. */
const QUEUE_SIZE = 128;

/** Entries of a control queue: Linux fills it with a page for each. */
const CONTROL_QUEUE_SIZE = 32;

/** Where a port's input goes (virtio 1.3, 5.3.2). */
export function inputQueue({ index }: { index: number }): number {
  return index === 0 ? 0 : 2 * index + 2;
}

/** Where a port's output comes from. */
export function outputQueue(port: { index: number }): number {
  return inputQueue(port) + 1;
}

/** The port that a queue, not a control queue, belongs to. */
export function portOf(queue: number): number {
  return queue < 2 ? 0 : (queue >> 1) - 1;
}

/** All queues of a console with that many named ports. */
export function describeQueues(named: number): QueueDescription[] {
  const pair = (what: string, maximum: number) => [
    { name: `${what} input`, maximum },
    { name: `${what} output`, maximum },
  ];
  if (named === 0) return pair("port 0", QUEUE_SIZE);
  return [
    ...pair("port 0", QUEUE_SIZE),
    ...pair("control", CONTROL_QUEUE_SIZE),
    ...Array.from(
      { length: named },
      (_, index) => pair(`port ${index + 1}`, QUEUE_SIZE),
    ).flat(),
  ];
}
