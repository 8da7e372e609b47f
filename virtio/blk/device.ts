/**
 * The virtio block device (virtio 1.3, 5.2).
 *
 * @module
 */
import type { OrderedReader, OrderedWriter } from "../accessor.ts";
import type { Chain } from "../chain.ts";
import type {
  ActiveDevice,
  QueueDescription,
  VirtioDevice,
} from "../device.ts";
import { FEATURE } from "../features.ts";
import type { BackendError, BlockBackend } from "./backend.ts";
import { WRITEBACK_OFFSET, writeBlkConfig } from "./config.ts";
import { checkSerial, MAX_SERIAL, requestQueueNames } from "./disk_options.ts";
import { execute, type ExecutionContext } from "./executor.ts";
import { BLK_FEATURE, blkFeatures } from "./features.ts";
import { QUEUE_SIZE, SLICE_BYTES } from "./limits.ts";
import { parseRequest } from "./request.ts";

/** What a block device is made of. */
export interface BlkOptions {
  readonly backend: BlockBackend;
  /** Id string: at most 20 printable ASCII characters. Default none. */
  readonly serial?: string;
  /** Request queues, 1 to 64. Default 1. */
  readonly queues?: number;
  /** Runs work on the machine's thread, soon: `VirtioWorld.defer`. */
  readonly defer: (work: () => void) => void;
  /** Told of what the host failed at; the guest sees an I/O error. */
  readonly onFailure?: (error: BackendError) => void;
}

/** What `BlkDevice` saves. The disk's bytes are not part of it. */
export interface BlkState {
  /** Capacity, which must be the same where it is restored. */
  readonly sectors: number;
  /** Cache mode; undefined where the driver has not decided it yet. */
  readonly writeback: boolean | undefined;
}

/** A disk. Requests are carried out at once, one after the other. */
export class BlkDevice implements VirtioDevice {
  readonly kind = "blk";
  readonly features: bigint;
  readonly queues: readonly QueueDescription[];
  readonly #backend: BlockBackend;
  readonly #id: Uint8Array;
  readonly #defer: BlkOptions["defer"];
  readonly #onFailure: (error: BackendError) => void;
  #active: ActiveDevice | undefined;
  #writeback: boolean | undefined;

  /** Throws RangeError for a serial or a number of queues that cannot be. */
  constructor(options: BlkOptions) {
    const { backend, serial = "", queues = 1, defer, onFailure } = options;
    this.#backend = backend;
    this.#id = idString(serial);
    this.#defer = defer;
    this.#onFailure = onFailure ?? (() => {});
    this.features = blkFeatures({ readonly: backend.readonly, queues });
    this.queues = requestQueueNames(queues)
      .map((name) => ({ name, maximum: QUEUE_SIZE }));
  }

  config(fields: OrderedWriter): void {
    writeBlkConfig(fields, {
      sectors: this.#backend.sectors,
      queues: this.queues.length,
      writeback: this.#writeback ?? true,
    });
  }

  /** A legacy driver may write before it says which features it has. */
  writeConfig(offset: number, value: OrderedReader): void {
    if (offset !== WRITEBACK_OFFSET) return;
    if (this.#active?.has(BLK_FEATURE.configWriteCache) === false) return;
    this.#writeback = value.u8() !== 0;
  }

  activate(active: ActiveDevice): void {
    this.#active = active;
    const flushes = active.has(BLK_FEATURE.flush);
    if (!active.has(BLK_FEATURE.configWriteCache)) this.#writeback = flushes;
    // Legacy drivers do not move the mode by what they negotiate (5.2.5.3).
    this.#writeback ??= flushes || !active.has(FEATURE.version1);
  }

  notify(queue: number): void {
    const active = this.#active;
    const requests = active?.queues[queue];
    if (active === undefined || requests === undefined) return;
    const context = this.#context();
    for (let left = SLICE_BYTES; left > 0;) {
      const chain = requests.pop();
      if (chain === undefined) return;
      const { written, transferred } = answer(chain, context);
      requests.push(chain, written);
      left -= transferred;
    }
    this.#notifyLater(active, queue);
  }

  reset(): void {
    this.#active = undefined;
    this.#writeback = undefined;
  }

  save(): BlkState {
    return { sectors: this.#backend.sectors, writeback: this.#writeback };
  }

  restore(state: unknown, active: ActiveDevice | undefined): void {
    const { sectors, writeback } = checkState(state);
    if (sectors !== this.#backend.sectors) {
      throw new RangeError(
        `Cannot restore a disk of ${sectors} sectors: this one has ${this.#backend.sectors}`,
      );
    }
    this.#writeback = writeback;
    this.#active = active;
    if (active === undefined) return;
    // What was put off before the save has no kick.
    for (const { index } of active.queues) this.#notifyLater(active, index);
  }

  /** Lets the rest of the machine run before the queue is taken further. */
  #notifyLater(active: ActiveDevice, queue: number): void {
    this.#defer(() => active.run(() => this.notify(queue)));
  }

  #context(): ExecutionContext {
    return {
      backend: this.#backend,
      id: this.#id,
      writeThrough: this.#writeback === false,
      onFailure: this.#onFailure,
    };
  }
}

/**
 * Carries a request out and writes its status. The used length counts what was
 * written without a gap from the first byte on (virtio 1.3, 2.7.8.2): where
 * there is no data, the status, which comes last, is not among it.
 */
function answer(
  chain: Chain,
  context: ExecutionContext,
): { written: number; transferred: number } {
  const { operation, status: place } = parseRequest(chain);
  const { status, bytesIn, transferred } = execute(operation, context);
  place.u8(status);
  const whole = bytesIn === chain.writableBytes - 1;
  return { written: whole ? chain.writableBytes : bytesIn, transferred };
}

/** Bytes of an id string, padded with zeros (5.2.6). Throws RangeError. */
function idString(serial: string): Uint8Array {
  checkSerial(serial);
  const id = new Uint8Array(MAX_SERIAL);
  id.set(new TextEncoder().encode(serial));
  return id;
}

function checkState(state: unknown): BlkState {
  const { sectors, writeback } = (state ?? {}) as Partial<BlkState>;
  const known = writeback === undefined || typeof writeback === "boolean";
  if (typeof sectors !== "number" || !known) {
    throw new TypeError("Cannot restore a disk: not a disk's state");
  }
  return { sectors, writeback };
}
