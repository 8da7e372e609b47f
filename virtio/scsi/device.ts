/**
 * The virtio SCSI host (virtio 1.3, 5.6) with one disk: target 0, LUN 0.
 *
 * @module
 */
import type { OrderedReader, OrderedWriter } from "../accessor.ts";
import type { BackendError, BlockBackend } from "../blk/backend.ts";
import { checkSerial, requestQueueNames } from "../blk/disk_options.ts";
import { SLICE_BYTES } from "../blk/limits.ts";
import type {
  ActiveDevice,
  QueueDescription,
  VirtioDevice,
} from "../device.ts";
import {
  DriverSizes,
  type DriverSizesState,
  writeScsiConfig,
} from "./config.ts";
import { answerControl, parseControl } from "./control.ts";
import { ScsiDisk } from "./disk.ts";
import { answerRequest } from "./executor.ts";
import { QUEUE_SIZE } from "./limits.ts";
import { SENSE, type Sense } from "./sense.ts";

/** What a SCSI host is made of. */
export interface ScsiOptions {
  readonly backend: BlockBackend;
  /** The disk's serial number: at most 20 printable ASCII characters. */
  readonly serial?: string;
  /** Request queues, 1 to 64. Default 1. */
  readonly queues?: number;
  /** Runs work on the machine's thread, soon: `VirtioWorld.defer`. */
  readonly defer: (work: () => void) => void;
  /** Told of what the host failed at; the guest sees a medium error. */
  readonly onFailure?: (error: BackendError) => void;
}

/** What `ScsiDevice` saves. The disk's bytes are not part of it. */
export interface ScsiState {
  /** Capacity, which must be the same where it is restored. */
  readonly sectors: number;
  readonly attention: Sense | undefined;
  readonly sizes: DriverSizesState;
}

/** Queues before those for commands. The event queue's stays as it is. */
const CONTROL_QUEUE = 0;
const FIRST_REQUEST_QUEUE = 2;

/** A SCSI host. Commands are carried out at once, one after the other. */
export class ScsiDevice implements VirtioDevice {
  readonly kind = "scsi";
  readonly features = 0n;
  readonly queues: readonly QueueDescription[];
  readonly #backend: BlockBackend;
  readonly #disk: ScsiDisk;
  readonly #defer: ScsiOptions["defer"];
  readonly #sizes = new DriverSizes();
  #active: ActiveDevice | undefined;

  /** Throws RangeError for a serial or a number of queues that cannot be. */
  constructor(options: ScsiOptions) {
    const { backend, serial = "", queues = 1, defer, onFailure } = options;
    checkSerial(serial);
    this.#backend = backend;
    this.#defer = defer;
    this.#disk = new ScsiDisk({
      backend,
      serial,
      onFailure: onFailure ?? (() => {}),
    });
    this.queues = ["control", "events", ...requestQueueNames(queues)]
      .map((name) => ({ name, maximum: QUEUE_SIZE }));
  }

  config(fields: OrderedWriter): void {
    writeScsiConfig(fields, {
      requestQueues: this.queues.length - FIRST_REQUEST_QUEUE,
      sizes: this.#sizes,
    });
  }

  writeConfig(offset: number, value: OrderedReader): void {
    this.#sizes.write(offset, value);
  }

  activate(active: ActiveDevice): void {
    this.#active = active;
  }

  notify(queue: number): void {
    if (queue === CONTROL_QUEUE) this.#takeControl();
    else if (queue >= FIRST_REQUEST_QUEUE) this.#takeCommands(queue);
  }

  reset(): void {
    this.#active = undefined;
    this.#sizes.reset();
    this.#disk.attention = SENSE.powerOn;
  }

  save(): ScsiState {
    return {
      sectors: this.#backend.sectors,
      attention: this.#disk.attention,
      sizes: this.#sizes.save(),
    };
  }

  restore(state: unknown, active: ActiveDevice | undefined): void {
    const { sectors, attention, sizes } = checkState(state);
    if (sectors !== this.#backend.sectors) {
      throw new RangeError(
        `Cannot restore a disk of ${sectors} sectors: this one has ${this.#backend.sectors}`,
      );
    }
    this.#sizes.restore(sizes);
    this.#disk.attention = attention;
    this.#active = active;
    if (active === undefined) return;
    // What was put off before the save has no kick.
    for (const { index } of active.queues) this.#notifyLater(active, index);
  }

  #takeControl(): void {
    const queue = this.#active?.queues[CONTROL_QUEUE];
    if (queue === undefined) return;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const request = parseControl(chain);
      answerControl(request, chain, () => {
        this.#disk.attention = SENSE.unitReset;
      });
      queue.push(chain, chain.writable.written);
    }
  }

  #takeCommands(index: number): void {
    const active = this.#active;
    const queue = active?.queues[index];
    if (active === undefined || queue === undefined) return;
    const sizes = this.#sizes.read(active.order);
    for (let left = SLICE_BYTES; left > 0;) {
      const chain = queue.pop();
      if (chain === undefined) return;
      const { written, work } = answerRequest(chain, sizes, this.#disk);
      queue.push(chain, written);
      left -= work;
    }
    this.#notifyLater(active, index);
  }

  /** Lets the rest of the machine run before the queue is taken further. */
  #notifyLater(active: ActiveDevice, queue: number): void {
    this.#defer(() => active.run(() => this.notify(queue)));
  }
}

function checkState(state: unknown): ScsiState {
  const { sectors, attention, sizes } = (state ?? {}) as Partial<ScsiState>;
  const well = typeof sectors === "number" &&
    (attention === undefined || typeof attention === "object") &&
    Array.isArray(sizes?.bytes) && Array.isArray(sizes.written);
  if (!well) throw new TypeError("Cannot restore a disk: not a disk's state");
  return { sectors, attention, sizes };
}
