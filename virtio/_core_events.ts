/**
 * The events of a device's core, made only where somebody listens.
 *
 * @module
 */
import type { Interface } from "./negotiation.ts";
import type { Breakage } from "./ring_error.ts";
import { statusNames } from "./status.ts";
import type { ByteOrder, VirtioEvent, VirtioWorld } from "./world.ts";

/** Sends events in a device's name. */
export class CoreEvents {
  readonly #device: string;
  readonly #world: VirtioWorld;

  constructor(device: string, world: VirtioWorld) {
    this.#device = device;
    this.#world = world;
  }

  notify(queue: number): void {
    this.#emit("VIRTIO_NOTIFY", () => ({ vcpu: this.#vcpu() }), queue);
  }

  /** `before` is the status that the reset ended, `order` what holds now. */
  reset(
    by: "guest" | "outside",
    { before, order }: { before: number; order: ByteOrder },
  ): void {
    this.#emit("VIRTIO_RESET", () => {
      const guest = by === "guest"
        ? this.#world.guestOrder({ running: true })
        : undefined;
      return { by, before: statusNames(before), ...guest, order };
    });
  }

  /** `refused` says why the device did not take FEATURES_OK. */
  status(
    after: number,
    { before, through, refused }: {
      before: number;
      through: Interface;
      refused: string | undefined;
    },
  ): void {
    this.#emit("VIRTIO_STATUS", () => ({
      before: statusNames(before),
      after: statusNames(after),
      through,
      refused,
      vcpu: this.#vcpu(),
    }));
  }

  broken({ fault, message, queue }: Breakage): void {
    this.#emit("VIRTIO_BROKEN", () => ({ fault, message }), queue);
  }

  #vcpu(): number | undefined {
    return this.#world.actor;
  }

  #emit(
    name: VirtioEvent["name"],
    data: () => VirtioEvent["data"],
    queue?: number,
  ): void {
    if (!this.#world.listens(name)) return;
    const about = queue === undefined ? {} : { queue };
    this.#world.emit({ name, device: this.#device, ...about, data: data() });
  }
}
