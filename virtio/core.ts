/**
 * A device without its transport: status, features, queues, byte order, and
 * what becomes of the device when its ring is malformed (virtio 1.3, 2 and 3).
 *
 * @module
 */
import { Active } from "./_active.ts";
import { CoreEvents } from "./_core_events.ts";
import { BytesReader, BytesWriter, type OrderSource } from "./accessor.ts";
import {
  type ByteOrderPolicy,
  type ByteOrderState,
  DeviceByteOrder,
} from "./byte_order.ts";
import type { DeviceHost, VirtioDevice } from "./device.ts";
import type { Fault } from "./faults.ts";
import { FEATURE, type RingOptions } from "./features.ts";
import {
  type Interface,
  Negotiation,
  type NegotiationState,
} from "./negotiation.ts";
import { Queue, type QueueState } from "./queue.ts";
import type { QueueHost, RingAgreement } from "./queue_host.ts";
import { type Breakage, RingError } from "./ring_error.ts";
import { STATUS } from "./status.ts";
import type { ByteOrder, VirtioWorld } from "./world.ts";

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

/** What `DeviceCore` saves. */
export interface CoreState {
  readonly negotiation: NegotiationState;
  readonly generation: number;
  readonly breakage: Breakage | undefined;
  readonly active: boolean;
  readonly order: ByteOrderState;
  readonly queues: readonly QueueState[];
  readonly device: unknown;
}

/** A device, from its driver's view. */
export class DeviceCore implements QueueHost, DeviceHost {
  readonly name: string;
  readonly world: VirtioWorld;
  readonly device: VirtioDevice;
  readonly order: DeviceByteOrder;
  readonly queues: readonly Queue[];
  readonly #transport: CoreTransport;
  readonly #events: CoreEvents;
  readonly #negotiation: Negotiation;
  readonly #modernOrder: OrderSource;
  /** Queues that published something for which no interrupt was decided. */
  readonly #published = new Set<number>();
  #generation = 0;
  #breakage: Breakage | undefined;
  #active: Active | undefined;
  /** Pieces of work that are being done, one in the other. */
  #depth = 0;
  #work = 0;

  constructor(device: VirtioDevice, options: CoreOptions) {
    const { name, world, policy, transport, rings, legacy, modern } = options;
    this.name = name;
    this.world = world;
    this.device = device;
    this.#transport = transport;
    this.#events = new CoreEvents(name, world);
    this.#negotiation = new Negotiation(device, { rings, legacy, modern });
    const order = new DeviceByteOrder(name, { policy, world });
    this.order = order;
    this.#modernOrder = {
      get little() {
        return order.modernConfigLittle;
      },
    };
    const queues = device.queues.map((description, index) =>
      new Queue(this, index, description)
    );
    this.queues = queues;
    order.onChange = () => queues.forEach((queue) => queue.orderChanged());
    device.attach?.(this);
  }

  /** All features that are offered, whatever the interface. */
  get offered(): bigint {
    return this.#negotiation.offered;
  }

  /** Features that the driver has written. */
  get driverFeatures(): bigint {
    return this.#negotiation.driverFeatures;
  }

  /** Features that hold. */
  get agreed(): bigint {
    return this.#negotiation.agreed;
  }

  /** Counts changes of the configuration, modulo 256. */
  get generation(): number {
    return this.#generation;
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

  /** The status, as the registers of an interface show it. */
  status(through: Interface): number {
    const { status } = this.#negotiation;
    return through === "legacy" ? status & ~STATUS.needsReset : status;
  }

  /** The driver writes 32 bits of its features. Words above 1 have none. */
  writeFeatures(word: number, value: number, through: Interface): void {
    this.#negotiation.write(word, value);
    if (through === "legacy" && !this.active) this.#negotiation.agreeAsLegacy();
  }

  /** The driver writes the status: 0 resets, and else bits are only added. */
  writeStatus(value: number, through: Interface): void {
    if (value === 0) {
      this.reset("guest");
      return;
    }
    const before = this.#negotiation.status;
    let added = value & ~before & ~STATUS.needsReset;
    let refused: string | undefined;
    if ((added & STATUS.featuresOk) !== 0) {
      refused = this.#negotiation.agree();
      if (refused !== undefined) added &= ~STATUS.featuresOk;
      else this.order.setVersion1(this.#negotiation.has(FEATURE.version1));
    }
    this.#setStatus(before | added, { through, refused });
    const ready = (added & STATUS.driverOk) !== 0;
    if (ready && this.#negotiation.mayRun) this.#activate();
  }

  /** The driver has finished writing a queue's registers. */
  enableQueue(queue: Queue): void {
    queue.configure({ enabled: true });
    if (!this.active) return;
    const agreement = this.#agreement();
    this.run(() => queue.start(agreement));
  }

  /** The driver resets one queue (virtio 1.3, 2.6.1). */
  resetQueue(queue: Queue): void {
    queue.reset();
    if (this.active) this.run(() => this.device.resetQueue?.(queue.index));
  }

  /** The driver kicks a queue. */
  notify(index: number, through: Interface): void {
    const queue = this.queues[index];
    if (queue === undefined || !queue.settings.enabled) return;
    this.#events.notify(index);
    if (through === "legacy") this.#activateEarly();
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
    this.#interruptConfig();
  }

  /** Back to the beginning. A forced byte order stays. */
  reset(by: "guest" | "outside"): void {
    const before = this.#negotiation.status;
    this.#clear();
    if (by === "guest") this.order.resetByGuest();
    else this.order.resetFromOutside();
    this.device.reset();
    this.#transport.reset();
    this.#events.reset(by, { before, order: this.order.current });
  }

  /**
   * Forces the device's byte order from its next access on; undefined lifts
   * the force. A broken device is mended, and looks at its rings again.
   */
  forceOrder(order: ByteOrder | undefined): void {
    this.order.force(order);
    if (order !== undefined && !this.broken) return;
    this.#mend();
    this.#defer(() => {
      for (const queue of this.queues) {
        queue.release();
        this.#serve(queue);
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
    const message = "The monitor broke the device";
    this.#break(new RingError("injected", message), index);
  }

  published(index: number): void {
    this.#published.add(index);
    if (this.#depth === 0) this.#interrupt();
  }

  callAgain(index: number): void {
    const queue = this.queues[index];
    if (queue !== undefined) this.#defer(() => this.#serve(queue));
  }

  run(work: () => void): void {
    this.#run(work, undefined);
  }

  save(): CoreState {
    return {
      negotiation: this.#negotiation.save(),
      generation: this.#generation,
      breakage: this.#breakage,
      active: this.active,
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
    this.#negotiation.restore(state.negotiation);
    this.#generation = state.generation;
    this.#breakage = state.breakage;
    this.order.restore(state.order);
    for (const queue of this.queues) {
      const saved = state.queues[queue.index];
      if (saved === undefined) continue;
      queue.restore(saved);
      if (state.active) queue.resume(saved, this.#agreement());
    }
    if (state.active) this.#active = new Active(this);
    this.device.restore(state.device, this.#active);
    this.#defer(() => this.queues.forEach((queue) => queue.release()));
  }

  /**
   * Legacy drivers may use queues before DRIVER_OK (virtio 1.3, 3.1.2 "Legacy
   * Interface").
   */
  #activateEarly(): void {
    const { status, mayRun } = this.#negotiation;
    const early = (status & STATUS.driver) !== 0 && mayRun;
    if (early && !this.active && !this.broken) this.#activate();
  }

  #activate(): void {
    if (this.active) return;
    this.run(() => {
      const agreement = this.#agreement();
      for (const queue of this.queues) {
        if (queue.settings.enabled) queue.start(agreement);
      }
      this.#active = new Active(this);
      this.device.activate(this.#active);
    });
  }

  #agreement(): RingAgreement {
    const negotiation = this.#negotiation;
    const translated = negotiation.has(FEATURE.accessPlatform);
    return {
      memory: this.world.memory(translated),
      translated,
      packed: negotiation.has(FEATURE.packedRing),
      indirect: negotiation.has(FEATURE.indirectDescriptors),
      eventIndex: negotiation.has(FEATURE.eventIndex),
      inOrder: negotiation.has(FEATURE.inOrder),
    };
  }

  #serve(queue: Queue): void {
    if (!this.active || this.broken || queue.size === 0) return;
    this.#run(() => this.device.notify(queue.index), queue.index);
  }

  /** Does something later, unless the device is reset until then. */
  #defer(work: () => void): void {
    const active = this.#active;
    if (active === undefined) return;
    this.world.defer(() => {
      if (active.alive) work();
    });
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
    const published = [...this.#published];
    this.#published.clear();
    for (const index of published) {
      const queue = this.queues[index];
      try {
        if (queue?.takeInterrupt()) this.#transport.interruptQueue(queue);
      } catch (error) {
        if (!(error instanceof RingError)) throw error;
        this.#break(error, index);
      }
    }
  }

  #interruptConfig(): void {
    const runs = (this.#negotiation.status & STATUS.driverOk) !== 0;
    if (runs) this.#transport.interruptConfig();
  }

  #break({ fault, message }: RingError, queue: number | undefined): void {
    for (const each of this.queues) each.flush();
    if (queue !== undefined) this.queues[queue]?.rewind();
    if (this.broken) return;
    this.#breakage = { fault, message, queue };
    this.#events.broken(this.#breakage);
    // Without VERSION_1 the driver knows of no such bit.
    const { status } = this.#negotiation;
    if (!this.#negotiation.has(FEATURE.version1)) return;
    this.#setStatus(status | STATUS.needsReset, { through: "modern" });
    this.#interruptConfig();
  }

  #mend(): void {
    this.#breakage = undefined;
    const { status } = this.#negotiation;
    this.#setStatus(status & ~STATUS.needsReset, { through: "modern" });
  }

  #clear(): void {
    this.#active?.end();
    this.#active = undefined;
    this.#negotiation.clear();
    this.#breakage = undefined;
    this.#published.clear();
    for (const queue of this.queues) queue.reset();
  }

  #setStatus(
    status: number,
    { through, refused }: { through: Interface; refused?: string | undefined },
  ): void {
    const before = this.#negotiation.status;
    this.#negotiation.status = status;
    if (before === status && refused === undefined) return;
    this.#events.status(status, { before, through, refused });
  }

  #configOrder(through: Interface): OrderSource {
    return through === "legacy" ? this.order : this.#modernOrder;
  }
}
