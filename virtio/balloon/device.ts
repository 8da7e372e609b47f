/**
 * The virtio memory balloon (virtio 1.3, 5.5).
 *
 * @module
 */
import type { OrderedReader, OrderedWriter } from "../accessor.ts";
import type { Chain, SavedChain } from "../chain.ts";
import type {
  ActiveDevice,
  DeviceHost,
  QueueDescription,
  VirtioDevice,
  VirtQueue,
} from "../device.ts";
import { FEATURE, featureMask } from "../features.ts";
import type { GuestMemory } from "../world.ts";
import { ActualField, writeBalloonConfig } from "./config.ts";
import { checkPage, PAGE_BYTES, parsePages, releasePage } from "./pages.ts";
import { readStatistics, type Statistics } from "./statistics.ts";

/** VIRTIO_BALLOON_F_*, those that are offered here. */
export const BALLOON_FEATURE = { statistics: 1, deflateOnOom: 2 } as const;

/** What a balloon is made of. */
export interface BalloonOptions {
  /** The guest's memory by its real addresses, which nothing translates. */
  readonly memory: GuestMemory;
  /** Bytes of memory that the guest has. */
  readonly memoryBytes: number;
  /** Whether a guest may take pages back before it kills. Default true. */
  readonly deflateOnOom?: boolean;
  /** The driver says how many pages are in the balloon. */
  readonly onActual?: (pages: number) => void;
  /** The driver answered `requestStatistics()`, or came with its first ones. */
  readonly onStatistics?: (statistics: Statistics) => void;
}

/** What `BalloonDevice` saves. */
export interface BalloonState {
  readonly target: number;
  readonly actual: number;
  /** Bytes of the field that the driver may be in the middle of. */
  readonly actualBytes: readonly number[];
  readonly statistics: Statistics | undefined;
  /** The driver's buffer for statistics, which the device keeps. */
  readonly held: SavedChain | undefined;
  /** Whether the next statistics are from nowhere. */
  readonly ignoreNext: boolean;
}

const QUEUE = { inflate: 0, deflate: 1, statistics: 2 } as const;

const QUEUE_SIZE = 128;

/** A balloon: the host asks for pages, and the driver gives or takes them. */
export class BalloonDevice implements VirtioDevice {
  readonly kind = "balloon";
  readonly features: bigint;
  readonly queues: readonly QueueDescription[] = [
    { name: "inflate", maximum: QUEUE_SIZE },
    { name: "deflate", maximum: QUEUE_SIZE },
    { name: "statistics", maximum: QUEUE_SIZE },
  ];
  readonly #options: BalloonOptions;
  readonly #actualField = new ActualField();
  #host: DeviceHost | undefined;
  #active: ActiveDevice | undefined;
  #target = 0;
  #actual = 0;
  #statistics: Statistics | undefined;
  #held: Chain | undefined;
  #ignoreNext = false;

  constructor(options: BalloonOptions) {
    this.#options = options;
    const { deflateOnOom = true } = options;
    this.features = featureMask(BALLOON_FEATURE.statistics) |
      (deflateOnOom ? featureMask(BALLOON_FEATURE.deflateOnOom) : 0n);
  }

  attach(host: DeviceHost): void {
    this.#host = host;
  }

  /** Pages of 4096 bytes that the host wants to be in the balloon. */
  get target(): number {
    return this.#target;
  }

  /** Throws RangeError for more than the guest's memory has. */
  set target(pages: number) {
    const most = Math.floor(this.#options.memoryBytes / PAGE_BYTES);
    if (!Number.isInteger(pages) || pages < 0 || pages > most) {
      throw new RangeError(
        `Cannot set the balloon's size: not 0 to ${most} pages: ${pages}`,
      );
    }
    if (pages === this.#target) return;
    this.#target = pages;
    this.#host?.configChanged();
  }

  /** Pages in the balloon, as the driver says. */
  get actual(): number {
    return this.#actual;
  }

  /** What the guest reported last; undefined where it never has. */
  get statistics(): Statistics | undefined {
    return this.#statistics;
  }

  /** Whether the driver was asked for statistics and has not answered yet. */
  get awaitsStatistics(): boolean {
    return this.#held === undefined &&
      (this.#active?.has(BALLOON_FEATURE.statistics) ?? false);
  }

  /**
   * Asks the driver for new statistics. False where it has none to give, or
   * has not answered the last time yet.
   */
  requestStatistics(): boolean {
    const chain = this.#held;
    if (chain === undefined || this.#active === undefined) return false;
    this.#held = undefined;
    this.#active.run(() => this.#queue(QUEUE.statistics)?.push(chain, 0));
    return true;
  }

  config(fields: OrderedWriter): void {
    writeBalloonConfig(fields, { target: this.#target, actual: this.#actual });
  }

  writeConfig(offset: number, value: OrderedReader): void {
    const actual = this.#actualField.write(offset, value);
    if (actual === undefined) return;
    this.#actual = actual;
    this.#options.onActual?.(actual);
  }

  activate(active: ActiveDevice): void {
    this.#active = active;
    // Old legacy drivers come with a buffer that they never filled (5.5.6.3.2).
    this.#ignoreNext = !active.has(FEATURE.version1);
    // Linux kicks for its first buffer before there is anybody to hear it.
    this.#takeStatistics();
  }

  notify(queue: number): void {
    const { memory } = this.#options;
    switch (queue) {
      case QUEUE.inflate:
        this.#takePages(queue, (page) => releasePage(memory, page));
        break;
      case QUEUE.deflate:
        // The guest may use its pages again: they were never taken from it.
        this.#takePages(queue, (page) => checkPage(memory, page));
        break;
      case QUEUE.statistics:
        this.#takeStatistics();
    }
  }

  resetQueue(queue: number): void {
    if (queue === QUEUE.statistics) this.#held = undefined;
  }

  reset(): void {
    this.#active = undefined;
    this.#held = undefined;
    this.#statistics = undefined;
    this.#ignoreNext = false;
    this.#actual = 0;
  }

  save(): BalloonState {
    return {
      target: this.#target,
      actual: this.#actual,
      actualBytes: this.#actualField.save(),
      statistics: this.#statistics,
      held: this.#held?.save(),
      ignoreNext: this.#ignoreNext,
    };
  }

  restore(state: unknown, active: ActiveDevice | undefined): void {
    const saved = checkState(state);
    this.#target = saved.target;
    this.#actual = saved.actual;
    this.#actualField.restore(saved.actualBytes);
    this.#statistics = saved.statistics;
    this.#ignoreNext = saved.ignoreNext;
    this.#active = active;
    this.#held = saved.held &&
      this.#queue(QUEUE.statistics)?.reopen(saved.held);
  }

  #queue(index: number): VirtQueue | undefined {
    return this.#active?.queues[index];
  }

  #takePages(index: number, take: (page: number) => void): void {
    const queue = this.#queue(index);
    if (queue === undefined) return;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      for (const page of parsePages(chain)) take(page);
      queue.push(chain, 0);
    }
  }

  /** Keeps the buffer: giving it back is how statistics are asked for. */
  #takeStatistics(): void {
    const queue = this.#queue(QUEUE.statistics);
    if (queue === undefined || !this.#active?.has(BALLOON_FEATURE.statistics)) {
      return;
    }
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      // A driver has one buffer there. With a second one the first is stale.
      if (this.#held !== undefined) queue.push(this.#held, 0);
      this.#held = chain;
      const statistics = readStatistics(chain.readable);
      if (this.#ignoreNext) {
        this.#ignoreNext = false;
        continue;
      }
      this.#statistics = statistics;
      this.#options.onStatistics?.(statistics);
    }
  }
}

function checkState(state: unknown): BalloonState {
  const saved = (state ?? {}) as Partial<BalloonState>;
  const { target, actual, actualBytes, statistics, held, ignoreNext } = saved;
  const well = isCount(target) && isCount(actual) &&
    Array.isArray(actualBytes) && typeof ignoreNext === "boolean" &&
    (statistics === undefined || typeof statistics === "object") &&
    (held === undefined || typeof held === "object");
  if (!well) throw new TypeError("Cannot restore a balloon: not its state");
  return { target, actual, actualBytes, statistics, held, ignoreNext };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}
