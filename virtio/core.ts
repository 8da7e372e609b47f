/**
 * A device without its transport: status, features, queues, byte order, and
 * what becomes of the device when its ring is malformed (virtio 1.3, 2 and 3).
 *
 * @module
 */
import { BytesReader, BytesWriter, type OrderSource } from "./accessor.ts";
import {
  type ByteOrderPolicy,
  type ByteOrderState,
  DeviceByteOrder,
} from "./byte_order.ts";
import type { ActiveDevice, DeviceHost, VirtioDevice } from "./device.ts";
import type { Fault } from "./faults.ts";
import {
  FEATURE,
  featuresRefusal,
  hasFeature,
  offeredFeatures,
  type RingOptions,
} from "./features.ts";
import {
  Queue,
  type QueueHost,
  type QueueState,
  type RingAgreement,
} from "./queue.ts";
import { RingError, type RingFault } from "./ring_error.ts";
import { STATUS, statusNames } from "./status.ts";
import type { ByteOrder, VirtioEvent, VirtioWorld } from "./world.ts";

/** Which registers an access came through. */
export type Interface = "legacy" | "modern";

/** How the core gets the driver's attention. */
export interface CoreTransport {
  interruptQueue(queue: Queue): void;
  interruptConfig(): void;
  /** The device was reset, and so are its interrupts. */
  reset(): void;
}

/** What a core is made of, besides its device. */
export interface CoreOptions {
  /** The device's name in the monitor. */
  readonly name: string;
  readonly world: VirtioWorld;
  readonly policy: ByteOrderPolicy;
  /** Which interfaces the transport has. */
  readonly legacy: boolean;
  readonly modern: boolean;
  readonly transport: CoreTransport;
  readonly rings?: RingOptions;
}

/** Why a device is broken. */
export interface Breakage {
  readonly fault: RingFault;
  readonly message: string;
  readonly queue: number | undefined;
}

/** What `DeviceCore` saves. */
export interface CoreState {
  readonly status: number;
  readonly driverFeatures: bigint;
  readonly agreed: bigint;
  readonly generation: number;
  readonly breakage: Breakage | undefined;
  readonly active: boolean;
  readonly order: ByteOrderState;
  readonly queues: readonly QueueState[];
  readonly device: unknown;
}

/** Low 32 bits: all that a legacy driver sees of features. */
const LEGACY_FEATURES = 0xffff_ffffn;

/** A device, from its driver's view. */
export class DeviceCore implements QueueHost, DeviceHost {
  readonly name: string;
  readonly world: VirtioWorld;
  readonly device: VirtioDevice;
  readonly order: DeviceByteOrder;
  readonly queues: readonly Queue[];
  /** All features that are offered, whatever the interface. */
  readonly offered: bigint;
  readonly #options: CoreOptions;
  readonly #modernOrder: OrderSource;
  readonly #published = new Set<Queue>();
  #status = 0;
  #driverFeatures = 0n;
  #agreed = 0n;
  #generation = 0;
  #breakage: Breakage | undefined;
  #active: Active | undefined;
  #depth = 0;
  #work = 0;

  constructor(device: VirtioDevice, options: CoreOptions) {
    const { name, world, policy } = options;
    this.name = name;
    this.world = world;
    this.device = device;
    this.#options = options;
    const order = new DeviceByteOrder(name, { policy, world });
    this.order = order;
    this.#modernOrder = {
      get little() {
        return order.modernConfigLittle;
      },
    };
    this.offered = offeredFeatures(
      device.features,
      options.rings ?? {},
      options,
    );
    this.queues = device.queues.map((description, index) =>
      new Queue(this, index, description)
    );
    this.order.onChange = () => {
      for (const queue of this.queues) queue.orderChanged();
    };
    device.attach?.(this);
  }

  /** The status, as the registers of an interface show it. */
  status(through: Interface): number {
    return through === "legacy"
      ? this.#status & ~STATUS.needsReset
      : this.#status;
  }

  /** Counts changes of the configuration, modulo 256. */
  get generation(): number {
    return this.#generation;
  }

  /** Features that the driver has written. */
  get driverFeatures(): bigint {
    return this.#driverFeatures;
  }

  /** Features that hold. */
  get agreed(): bigint {
    return this.#agreed;
  }

  get broken(): boolean {
    return this.#breakage !== undefined;
  }

  /** Why the device is broken; undefined where it is not. */
  get breakage(): Breakage | undefined {
    return this.#breakage;
  }

  /** Whether the driver has set the device up. */
  get active(): boolean {
    return this.#active !== undefined;
  }

  get work(): number {
    return this.#work;
  }

  /** The driver writes 32 bits of its features. Words above 1 have none. */
  writeFeatures(word: number, value: number, through: Interface): void {
    if (word > 1 || (this.#status & STATUS.featuresOk) !== 0) return;
    const shift = BigInt(32 * word);
    this.#driverFeatures = this.#driverFeatures & ~(LEGACY_FEATURES << shift) |
      BigInt(value) << shift;
    if (through === "legacy" && this.#active === undefined) {
      this.#agreed = this.#driverFeatures & this.offered & LEGACY_FEATURES;
    }
  }

  /** The driver writes the status: 0 resets, and else bits are only added. */
  writeStatus(value: number, through: Interface): void {
    if (value === 0) {
      this.reset("guest");
      return;
    }
    const before = this.#status;
    let added = value & ~before & ~STATUS.needsReset;
    let refused: string | undefined;
    if ((added & STATUS.featuresOk) !== 0) {
      refused = this.#agree();
      if (refused !== undefined) added &= ~STATUS.featuresOk;
    }
    this.#setStatus(before | added, { through, refused });
    if ((added & STATUS.driverOk) !== 0 && this.#mayRun()) this.#activate();
  }

  /** The driver has finished writing a queue's registers. */
  enableQueue(queue: Queue): void {
    queue.configure({ enabled: true });
    if (this.#active === undefined) return;
    const agreement = this.#agreement();
    this.run(() => queue.start(agreement));
  }

  /** The driver resets one queue (virtio 1.3, 2.6.1). */
  resetQueue(queue: Queue): void {
    queue.reset();
    if (this.#active === undefined) return;
    this.run(() => this.device.resetQueue?.(queue.index));
  }

  /** The driver kicks a queue. */
  notify(index: number, through: Interface): void {
    const queue = this.queues[index];
    if (queue === undefined || !queue.settings.enabled) return;
    if (this.world.listens("VIRTIO_NOTIFY")) {
      this.#emit("VIRTIO_NOTIFY", { vcpu: this.#vcpu() }, index);
    }
    // Legacy drivers may use queues before DRIVER_OK (virtio 1.3, 3.1.2).
    const early = through === "legacy" && this.#active === undefined &&
      (this.#status & STATUS.driver) !== 0;
    if (early && this.#mayRun() && !this.broken) this.#activate();
    this.#serve(queue);
  }

  /** The configuration's bytes, as an interface shows them. */
  config(through: Interface): Uint8Array {
    const writer = new BytesWriter(this.#configOrder(through));
    this.device.config(writer);
    return writer.written;
  }

  /** The guest writes into the configuration. */
  writeConfig(offset: number, bytes: Uint8Array, through: Interface): void {
    const reader = new BytesReader(bytes, this.#configOrder(through));
    this.run(() => this.device.writeConfig?.(offset, reader));
  }

  configChanged(): void {
    this.#generation = this.#generation + 1 & 0xff;
    if ((this.#status & STATUS.driverOk) !== 0) {
      this.#options.transport.interruptConfig();
    }
  }

  /** Back to the beginning. A forced byte order stays. */
  reset(by: "guest" | "outside"): void {
    const before = this.#status;
    this.#clear();
    if (by === "guest") this.order.resetByGuest();
    else this.order.resetFromOutside();
    this.device.reset();
    this.#options.transport.reset();
    if (!this.world.listens("VIRTIO_RESET")) return;
    this.#emit("VIRTIO_RESET", {
      by,
      before: statusNames(before),
      vcpu: by === "guest" ? this.#vcpu() : undefined,
      order: this.order.current,
    });
  }

  /**
   * Forces the device's byte order from its next access on; undefined lifts
   * the force. A broken device is mended, and looks at its rings again.
   */
  forceOrder(order: ByteOrder | undefined): void {
    this.order.force(order);
    if (order !== undefined && !this.broken) return;
    this.#mend();
    const active = this.#active;
    if (active === undefined) return;
    this.world.defer(() => {
      if (!active.alive) return;
      for (const queue of this.queues) {
        this.run(() => queue.release());
        if (queue.size > 0) this.#serve(queue);
      }
    });
  }

  /** Injects a fault into a queue. Throws RangeError. */
  inject(index: number, fault: Fault): void {
    const queue = this.queues[index];
    if (queue === undefined) {
      throw new RangeError(`Cannot inject a fault: no such queue: ${index}`);
    }
    const timed = fault.kind === "delay-completions" &&
      fault.nanoseconds !== undefined;
    if (timed && this.world.later === undefined) {
      throw new RangeError("Cannot inject a fault: there is no clock");
    }
    if (fault.kind !== "break") {
      queue.inject(fault);
      return;
    }
    const error = new RingError("injected", "The monitor broke the device");
    error.queue = index;
    this.#break(error, index);
  }

  published(queue: Queue): void {
    this.#published.add(queue);
    if (this.#depth === 0) this.#interrupt();
  }

  callAgain(queue: Queue): void {
    const active = this.#active;
    this.world.defer(() => {
      if (active?.alive) this.#serve(queue);
    });
  }

  run(work: () => void): void {
    this.#run(work, undefined);
  }

  save(): CoreState {
    return {
      status: this.#status,
      driverFeatures: this.#driverFeatures,
      agreed: this.#agreed,
      generation: this.#generation,
      breakage: this.#breakage,
      active: this.#active !== undefined,
      order: this.order.save(),
      queues: this.queues.map((queue) => queue.save()),
      device: this.device.save(),
    };
  }

  /**
   * Throws RangeError, TypeError or RingError for what `save()` cannot have
   * given, or where guest memory is not what it was. What an injected fault
   * held back is sent.
   */
  restore(state: CoreState): void {
    if (state.queues.length !== this.queues.length) {
      throw new RangeError(
        `Cannot restore ${this.name}: saved with ${state.queues.length} queues`,
      );
    }
    this.#clear();
    this.#status = state.status;
    this.#driverFeatures = state.driverFeatures;
    this.#agreed = state.agreed;
    this.#generation = state.generation;
    this.#breakage = state.breakage;
    this.order.restore(state.order);
    for (const queue of this.queues) {
      const saved = state.queues[queue.index];
      if (saved === undefined) continue;
      queue.restore(saved);
      if (state.active) queue.resume(saved, this.#agreement());
    }
    if (state.active) this.#active = this.#newActive();
    this.device.restore(state.device, this.#active);
    this.world.defer(() => {
      for (const queue of this.queues) this.run(() => queue.release());
    });
  }

  /** Takes the driver's features, or says why not. */
  #agree(): string | undefined {
    const { legacy } = this.#options;
    const chosen = this.#driverFeatures;
    const refused =
      featuresRefusal(chosen, { offered: this.offered, legacy }) ??
        this.device.refusesFeatures?.(chosen);
    if (refused !== undefined) return refused;
    this.#agreed = chosen;
    this.order.setVersion1(hasFeature(chosen, FEATURE.version1));
    return undefined;
  }

  /** Whether features are as they must be before the device is used. */
  #mayRun(): boolean {
    return (this.#status & STATUS.featuresOk) !== 0 ||
      this.#options.legacy &&
        !hasFeature(this.#driverFeatures, FEATURE.version1);
  }

  #activate(): void {
    if (this.#active !== undefined) return;
    this.run(() => {
      const agreement = this.#agreement();
      for (const queue of this.queues) {
        if (queue.settings.enabled) queue.start(agreement);
      }
      this.#active = this.#newActive();
      this.device.activate(this.#active);
    });
  }

  #newActive(): Active {
    const active: Active = new Active(this, () => this.#active === active);
    return active;
  }

  #agreement(): RingAgreement {
    const has = (bit: number) => hasFeature(this.#agreed, bit);
    const translated = has(FEATURE.accessPlatform);
    return {
      memory: this.world.memory(translated),
      translated,
      packed: has(FEATURE.packedRing),
      indirect: has(FEATURE.indirectDescriptors),
      eventIndex: has(FEATURE.eventIndex),
      inOrder: has(FEATURE.inOrder),
    };
  }

  #serve(queue: Queue): void {
    if (this.#active === undefined || this.broken || queue.size === 0) return;
    this.#run(() => this.device.notify(queue.index), queue.index);
  }

  #run(work: () => void, queue: number | undefined): void {
    if (this.#depth++ === 0) this.#work++;
    try {
      work();
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      this.#break(error, error.queue ?? queue);
    } finally {
      if (--this.#depth === 0 && this.#published.size > 0) this.#interrupt();
    }
  }

  #interrupt(): void {
    const queues = [...this.#published];
    this.#published.clear();
    for (const queue of queues) {
      try {
        if (queue.takeInterrupt()) {
          this.#options.transport.interruptQueue(queue);
        }
      } catch (error) {
        if (!(error instanceof RingError)) throw error;
        this.#break(error, queue.index);
      }
    }
  }

  #break(error: RingError, queue: number | undefined): void {
    for (const each of this.queues) each.rewind();
    if (this.broken) return;
    const { fault, message } = error;
    this.#breakage = { fault, message, queue };
    if (this.world.listens("VIRTIO_BROKEN")) {
      this.#emit("VIRTIO_BROKEN", { fault, message }, queue);
    }
    // Without VERSION_1 the driver knows of no such bit.
    if (!hasFeature(this.#agreed, FEATURE.version1)) return;
    this.#setStatus(this.#status | STATUS.needsReset, { through: "modern" });
    if ((this.#status & STATUS.driverOk) !== 0) {
      this.#options.transport.interruptConfig();
    }
  }

  #mend(): void {
    this.#breakage = undefined;
    this.#setStatus(this.#status & ~STATUS.needsReset, { through: "modern" });
  }

  #clear(): void {
    this.#active = undefined;
    this.#status = 0;
    this.#driverFeatures = 0n;
    this.#agreed = 0n;
    this.#breakage = undefined;
    this.#published.clear();
    for (const queue of this.queues) queue.reset();
  }

  #setStatus(
    status: number,
    { through, refused }: { through: Interface; refused?: string | undefined },
  ): void {
    const before = this.#status;
    this.#status = status;
    if (before === status && refused === undefined) return;
    if (!this.world.listens("VIRTIO_STATUS")) return;
    this.#emit("VIRTIO_STATUS", {
      before: statusNames(before),
      after: statusNames(status),
      through,
      refused,
      vcpu: this.#vcpu(),
    });
  }

  #configOrder(through: Interface): OrderSource {
    return through === "legacy" ? this.order : this.#modernOrder;
  }

  #vcpu(): number | undefined {
    return this.world.guestOrder()?.vcpu;
  }

  #emit(
    name: VirtioEvent["name"],
    data: Readonly<Record<string, unknown>>,
    queue?: number,
  ): void {
    const about = queue === undefined ? {} : { queue };
    this.world.emit({ name, device: this.name, ...about, data });
  }
}

/** What a device has between `activate()` and `reset()`. */
class Active implements ActiveDevice {
  readonly features: bigint;
  readonly queues: readonly Queue[];
  readonly order: OrderSource;
  readonly #core: DeviceCore;
  readonly #isAlive: () => boolean;

  constructor(core: DeviceCore, isAlive: () => boolean) {
    this.features = core.agreed;
    this.queues = core.queues;
    this.order = core.order;
    this.#core = core;
    this.#isAlive = isAlive;
  }

  get alive(): boolean {
    return this.#isAlive();
  }

  has(bit: number): boolean {
    return hasFeature(this.features, bit);
  }

  run(work: () => void): void {
    if (this.alive) this.#core.run(work);
  }
}
