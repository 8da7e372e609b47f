/**
 * What queues need of the device that they are of, and what the driver and the
 * device agreed on about them.
 *
 * @module
 */
import type { OrderSource } from "./accessor.ts";
import type { GuestMemory, VirtioWorld } from "./world.ts";

/** A device's core, as its queues see it. */
export interface QueueHost {
  readonly name: string;
  readonly world: VirtioWorld;
  readonly order: OrderSource;
  /** Whether the device is broken: its queues stand still. */
  readonly broken: boolean;
  /** Changes with each piece of work of the device, which bounds it. */
  readonly work: number;
  /** A queue published something: an interrupt may be due. */
  published(index: number): void;
  /** The device took its share of a queue: it is to be called again. */
  callAgain(index: number): void;
  /** Does work as the device's own. */
  run(work: () => void): void;
}

/** Features as far as rings go, and the memory that they lie in. */
export interface RingAgreement {
  readonly memory: GuestMemory;
  /** Whether DMA addresses are translated, and so may change. */
  readonly translated: boolean;
  readonly packed: boolean;
  readonly indirect: boolean;
  readonly eventIndex: boolean;
  readonly inOrder: boolean;
}
