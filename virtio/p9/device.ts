/**
 * The virtio 9p transport: a share by its mount tag. The 9p transport has
 * device number 9 and is described by Linux's driver (`net/9p/trans_virtio.c`)
 * and by virtio 1.3's list of devices only.
 *
 * @module
 */
import type { OrderedWriter } from "../accessor.ts";
import type { Chain } from "../chain.ts";
import type {
  ActiveDevice,
  QueueDescription,
  VirtioDevice,
} from "../device.ts";
import { featureMask } from "../features.ts";
import { RingError } from "../ring_error.ts";
import { HEADER_BYTES, SHORT_REPLY_BYTES } from "./codec.ts";
import { type Exchange, P9Server, type ServerOptions } from "./server.ts";
import type { ServerState } from "./state.ts";

/** VIRTIO_9P_MOUNT_TAG: the configuration has the tag. */
const MOUNT_TAG = 0;

/** Entries of the queue: no request of Linux's driver has more buffers. */
const QUEUE_SIZE = 128;

/** Longest tag in bytes. */
const TAG_BYTES = 255;

/** Requests after which the rest of the machine has its turn. */
const REQUESTS_AT_ONCE = 32;

/** What a share's device is made of. */
export interface P9Options extends ServerOptions {
  /** What the guest mounts the share by: 1 to 255 bytes. */
  readonly tag: string;
  /** Runs work on the machine's thread, soon: `VirtioWorld.defer`. */
  readonly defer: (work: () => void) => void;
}

/** What `P9Device` saves. The folder's files are not part of it. */
export interface P9State {
  readonly tag: string;
  readonly server: ServerState;
}

/** A share of the host's. Requests are carried out at once, one by one. */
export class P9Device implements VirtioDevice {
  readonly kind = "p9";
  readonly features: bigint = featureMask(MOUNT_TAG);
  readonly queues: readonly QueueDescription[] = [
    { name: "requests", maximum: QUEUE_SIZE },
  ];
  readonly #tag: string;
  readonly #tagBytes: Uint8Array;
  readonly #server: P9Server;
  readonly #defer: P9Options["defer"];
  #active: ActiveDevice | undefined;

  /** Throws RangeError for the tag, TypeError for what is no folder. */
  constructor(options: P9Options) {
    const { tag, defer } = options;
    this.#tag = tag;
    this.#tagBytes = new TextEncoder().encode(tag);
    if (this.#tagBytes.length === 0 || this.#tagBytes.length > TAG_BYTES) {
      throw new RangeError(
        `Cannot make a share: tag is not 1 to ${TAG_BYTES} bytes: "${tag}"`,
      );
    }
    this.#server = new P9Server(options);
    this.#defer = defer;
  }

  /** struct virtio_9p_config. */
  config(fields: OrderedWriter): void {
    fields.u16(this.#tagBytes.length);
    fields.bytes(this.#tagBytes);
  }

  activate(active: ActiveDevice): void {
    this.#active = active;
  }

  notify(): void {
    const active = this.#active;
    const requests = active?.queues[0];
    if (active === undefined || requests === undefined) return;
    for (let left = REQUESTS_AT_ONCE; left > 0; left--) {
      const chain = requests.pop();
      if (chain === undefined) return;
      requests.push(chain, this.#server.answer(new ChainExchange(chain)));
    }
    this.#notifyLater(active);
  }

  /** What the guest had open is closed: it cannot close it any more. */
  reset(): void {
    this.#active = undefined;
    this.#server.reset();
  }

  save(): P9State {
    return { tag: this.#tag, server: this.#server.save() };
  }

  restore(state: unknown, active: ActiveDevice | undefined): void {
    const { tag, server } = (state ?? {}) as Partial<P9State>;
    if (tag !== this.#tag) {
      throw new RangeError(
        `Cannot restore a share: tag is ${this.#tag}, saved was ${tag}`,
      );
    }
    this.#server.restore(server);
    this.#active = active;
    // What was put off before the save has no kick.
    if (active !== undefined) this.#notifyLater(active);
  }

  #notifyLater(active: ActiveDevice): void {
    this.#defer(() => active.run(() => this.notify()));
  }
}

/** A request and its reply in one chain. */
class ChainExchange implements Exchange {
  readonly room: number;
  readonly #chain: Chain;
  #head: Chain["writable"];

  /** Throws RingError for a chain that has no room for a refusal. */
  constructor(chain: Chain) {
    const { readableBytes, writableBytes } = chain;
    if (readableBytes < HEADER_BYTES || writableBytes < SHORT_REPLY_BYTES) {
      throw new RingError(
        "request",
        `Cannot take request: ${readableBytes} bytes, ${writableBytes} of room`,
      );
    }
    this.#chain = chain;
    this.#head = chain.writable;
    this.room = writableBytes;
  }

  get remaining(): number {
    return this.#chain.readable.remaining;
  }

  take(bytes: number): Uint8Array {
    return this.#chain.readable.bytes(bytes);
  }

  takeViews(bytes: number): readonly Uint8Array[] {
    return this.#chain.readable.views(bytes);
  }

  place(bytes: number): readonly Uint8Array[] {
    const { writable } = this.#chain;
    this.#head = writable.split(SHORT_REPLY_BYTES);
    return writable.views(bytes);
  }

  put(bytes: Uint8Array): void {
    this.#head.bytes(bytes);
  }
}
