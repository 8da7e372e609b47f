/**
 * The virtio entropy device (virtio 1.3, 5.4).
 *
 * @module
 */
import type { OrderedWriter } from "../accessor.ts";
import type {
  ActiveDevice,
  QueueDescription,
  VirtioDevice,
} from "../device.ts";
import { parseRequest } from "./request.ts";

/** Where random bytes come from. */
export interface EntropySource {
  /** Fills all of the bytes, which are in ordinary, not in shared memory. */
  fill(bytes: Uint8Array<ArrayBuffer>): void;
}

/** The host's random numbers. */
export const HOST_ENTROPY: EntropySource = {
  fill(bytes) {
    crypto.getRandomValues(bytes);
  },
};

/**
 * Most bytes for one request, which is what the host gives at a time. A driver
 * looks at the used length and asks again. Without a bound, overlapping buffers
 * would make a request of 4 GiB.
 */
export const MAX_ENTROPY_BYTES = 65536;

/** Linux has one request under way. */
const QUEUE_SIZE = 8;

/** A source of random bytes for the guest. It has no state of its own. */
export class RngDevice implements VirtioDevice {
  readonly kind = "rng";
  readonly features = 0n;
  readonly queues: readonly QueueDescription[] = [
    { name: "requests", maximum: QUEUE_SIZE },
  ];
  readonly #source: EntropySource;
  readonly #buffer = new Uint8Array(MAX_ENTROPY_BYTES);
  #active: ActiveDevice | undefined;

  constructor(source: EntropySource = HOST_ENTROPY) {
    this.#source = source;
  }

  /** There is none (virtio 1.3, 5.4.4). */
  config(_fields: OrderedWriter): void {}

  activate(active: ActiveDevice): void {
    this.#active = active;
  }

  notify(queue: number): void {
    const requests = this.#active?.queues[queue];
    if (requests === undefined) return;
    for (
      let chain = requests.pop();
      chain !== undefined;
      chain = requests.pop()
    ) {
      const { room } = parseRequest(chain);
      const length = Math.min(room.remaining, MAX_ENTROPY_BYTES);
      const bytes = this.#buffer.subarray(0, length);
      this.#source.fill(bytes);
      room.bytes(bytes);
      requests.push(chain, length);
    }
    // What the guest got is nobody else's.
    this.#buffer.fill(0);
  }

  reset(): void {
    this.#active = undefined;
  }

  /** The source's state is the source's own. */
  save(): null {
    return null;
  }

  restore(_state: unknown, active: ActiveDevice | undefined): void {
    this.#active = active;
  }
}
