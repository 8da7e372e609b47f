/**
 * What a device is to the core, and what the core gives it. A device holds no
 * memory and no queue before the driver has set it up: `activate()` brings
 * both, and `reset()` takes them away.
 *
 * @module
 */
import type { OrderedReader, OrderedWriter, OrderSource } from "./accessor.ts";
import type { Chain, SavedChain } from "./chain.ts";
import type { DeviceKind } from "./device_kinds.ts";

/** A queue that a device has. */
export interface QueueDescription {
  /** For people: "requests", "receive 0", … */
  readonly name: string;
  /** Most entries that it can have: a power of 2, at most 32768. */
  readonly maximum: number;
}

/** A device of any kind, without transport. */
export interface VirtioDevice {
  readonly kind: DeviceKind;
  /**
   * Feature bits of the device's kind that it offers (bits 0 to 23, and 50 on),
   * as a mask. Bits of rings and transport are the core's.
   */
  readonly features: bigint;
  /** All queues that it can ever have, in their order. */
  readonly queues: readonly QueueDescription[];

  /** Called once, before anything else. */
  attach?(host: DeviceHost): void;

  /**
   * Writes the device's configuration, always of the same length. It is called
   * for each of the guest's reads, so it gives what holds now.
   */
  config(fields: OrderedWriter): void;

  /**
   * The guest wrote 1, 2 or 4 bytes at an offset, which need not be a field's.
   * A wider field comes in parts. Absent where no field can be written.
   */
  writeConfig?(offset: number, value: OrderedReader): void;

  /**
   * Why a set of features cannot be had together, which is the device's
   * refusal of FEATURES_OK; undefined where it can.
   */
  refusesFeatures?(features: bigint): string | undefined;

  /** The driver is ready: DRIVER_OK, or a legacy driver's first kick. */
  activate(active: ActiveDevice): void;

  /**
   * The driver kicked a queue. The device takes chains until `pop()` gives
   * none, or else comes back to the queue by itself (`ActiveDevice.run()`):
   * there is no further kick before it has seen the queue empty.
   * It is only called between `activate()` and `reset()`; what it throws of
   * RingError breaks the device.
   */
  notify(queue: number): void;

  /** One queue was reset (VIRTIO_F_RING_RESET): its chains are gone. */
  resetQueue?(queue: number): void;

  /** Back to how it was made; queues, and chains that it held, are gone. */
  reset(): void;

  /** Plain data, structured-clonable. */
  save(): unknown;

  /**
   * Takes back what `save()` gave. With `active`, the device was active when
   * it was saved, and this stands in for `activate()`. Throws RangeError or
   * TypeError for what `save()` cannot have given.
   */
  restore(state: unknown, active: ActiveDevice | undefined): void;
}

/** What a device can tell its transport at any time. */
export interface DeviceHost {
  /** The device's name in the monitor. */
  readonly name: string;
  /** The configuration changed, and not by the guest. */
  configChanged(): void;
}

/** What an active device works with. After a reset it does nothing more. */
export interface ActiveDevice {
  /** Whether this is still how the device is set up. */
  readonly alive: boolean;
  /** Features that driver and device agreed on, as a mask. */
  readonly features: bigint;
  /** Whether a feature was agreed on, by its bit's number. */
  has(bit: number): boolean;
  /** One for each of the device's descriptions. */
  readonly queues: readonly VirtQueue[];
  /** The device's order, for structures that lie in no chain. */
  readonly order: OrderSource;
  /**
   * Does work that does not come from `notify()`, such as a completion of the
   * backend: a RingError breaks the device, and interrupts go out at the end,
   * once. Nothing is done where the device is no longer alive.
   */
  run(work: () => void): void;
}

/** A chain that the device is done with. */
export interface UsedChain {
  readonly chain: Chain;
  /** Bytes that the device wrote, from the first writable one on. */
  readonly written: number;
}

/** A queue as a device sees it, split or packed. */
export interface VirtQueue {
  readonly index: number;
  readonly name: string;
  /** Entries; 0 where the driver did not set the queue up. */
  readonly size: number;
  /**
   * Takes the next chain; undefined where there is none (also where the queue
   * is not set up, or the device is broken): from then on the driver kicks
   * again. Throws RingError where the ring is not as it must be.
   */
  pop(): Chain | undefined;
  /**
   * Gives the chain back that was popped last: the next `pop()` takes it. So
   * can those before it be given back, one by one.
   */
  unpop(chain: Chain): void;
  /**
   * Gives a chain to the driver. Throws RangeError for more bytes than the
   * chain has room for.
   */
  push(chain: Chain, written: number): void;
  /** Gives several chains in such a way that the driver sees all or none. */
  pushAll(used: readonly UsedChain[]): void;
  /**
   * Whether `pop()` would give a chain. Where not, the driver kicks once it
   * has one.
   */
  ready(): boolean;
  /**
   * A chain that the device held when it was saved, with its streams at their
   * beginnings. Throws RingError where its buffers are not there any more, and
   * RangeError for what `save()` cannot have given.
   */
  reopen(saved: SavedChain): Chain;
}
