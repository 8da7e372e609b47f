/**
 * @module
 */
import type { OrderSource } from "./accessor.ts";

/** The device's order, or for the time of some work the other one. */
export class SwappableOrder implements OrderSource {
  readonly #order: OrderSource;
  #swapped = false;

  constructor(order: OrderSource) {
    this.#order = order;
  }

  get little(): boolean {
    return this.#order.little !== this.#swapped;
  }

  swapped<T>(work: () => T): T {
    this.#swapped = true;
    try {
      return work();
    } finally {
      this.#swapped = false;
    }
  }
}
