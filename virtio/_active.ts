/**
 * @module
 */
import type { OrderSource } from "./accessor.ts";
import type { ActiveDevice } from "./device.ts";
import { hasFeature } from "./features.ts";
import type { Queue } from "./queue.ts";

/** What stands behind it: the device's core. */
export interface ActiveHost {
  readonly agreed: bigint;
  readonly queues: readonly Queue[];
  readonly order: OrderSource;
  run(work: () => void): void;
}

/** What a device has between `activate()` and `reset()`. */
export class Active implements ActiveDevice {
  readonly features: bigint;
  readonly queues: readonly Queue[];
  readonly order: OrderSource;
  readonly #host: ActiveHost;
  #alive = true;

  constructor(host: ActiveHost) {
    this.features = host.agreed;
    this.queues = host.queues;
    this.order = host.order;
    this.#host = host;
  }

  get alive(): boolean {
    return this.#alive;
  }

  has(bit: number): boolean {
    return hasFeature(this.features, bit);
  }

  run(work: () => void): void {
    if (this.#alive) this.#host.run(work);
  }

  /** From now on it does nothing. */
  end(): void {
    this.#alive = false;
  }
}
