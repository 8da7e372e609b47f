/** A virtio device, or one of its queues, whose events somebody wants. */
export interface VirtioPlace {
  /** Name of the device. */
  readonly device: string;
  /** Index of the queue; all of the device's if absent. */
  readonly queue?: number;
}

/**
 * Which virtio devices' events are wanted. An event of the whole device, such
 * as its reset, is wanted where any of its queues is.
 */
export class VirtioFilter {
  readonly #places = new Map<string, Set<number> | "all">();
  #size = 0;

  /** Wants what the places name. */
  constructor(places: Iterable<VirtioPlace> = []) {
    for (const place of places) this.add(place);
  }

  /** How many devices and queues are wanted. */
  get size(): number {
    return this.#size;
  }

  /** Wants a device, or one of its queues, too. */
  add({ device, queue }: VirtioPlace): void {
    const queues = this.#places.get(device);
    if (queues === "all") return;
    if (queue === undefined) {
      this.#size += 1 - (queues?.size ?? 0);
      this.#places.set(device, "all");
    } else if (queues === undefined) {
      this.#size++;
      this.#places.set(device, new Set([queue]));
    } else if (!queues.has(queue)) {
      this.#size++;
      queues.add(queue);
    }
  }

  /** Whether an event with this data is wanted. */
  wants({ device, queue }: Readonly<Record<string, unknown>>): boolean {
    const queues = this.#places.get(String(device));
    return queues !== undefined &&
      (queues === "all" || typeof queue !== "number" || queues.has(queue));
  }

  /** What is wanted, by device in alphabetical order. */
  places(): VirtioPlace[] {
    return [...this.#places.keys()].sort().flatMap((device): VirtioPlace[] => {
      const queues = this.#places.get(device);
      if (queues === "all" || queues === undefined) return [{ device }];
      return [...queues].sort((a, b) => a - b)
        .map((queue) => ({ device, queue }));
    });
  }
}
