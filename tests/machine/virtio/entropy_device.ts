/**
 * The smallest virtio device that a kernel has a driver for: it fills each
 * buffer with bytes that count up.
 *
 * @module
 */
import type { ActiveDevice, VirtioDevice } from "../../../virtio/device.ts";

/** Gives bytes 0, 1, 2 and so on. */
export class EntropyDevice implements VirtioDevice {
  readonly kind = "rng";
  readonly features = 0n;
  readonly queues = [{ name: "requests", maximum: 8 }];
  /** Requests that it has served. */
  served = 0;
  #active: ActiveDevice | undefined;
  #next = 0;

  config(): void {}

  activate(active: ActiveDevice): void {
    this.#active = active;
  }

  notify(queue: number): void {
    const requests = this.#active?.queues[queue];
    for (;;) {
      const chain = requests?.pop();
      if (!requests || !chain) return;
      const bytes = Uint8Array.from(
        { length: Math.min(chain.writableBytes, 4096) },
        () => this.#next++,
      );
      chain.writable.bytes(bytes);
      requests.push(chain, bytes.length);
      this.served++;
    }
  }

  reset(): void {
    this.#active = undefined;
  }

  save(): number {
    return this.#next;
  }

  restore(state: unknown, active: ActiveDevice | undefined): void {
    this.#next = Number(state);
    this.#active = active;
  }
}
