/**
 * Virtio devices on the machine's PCI bus.
 *
 * @module
 */
import type { VirtioDevice } from "../../virtio/device.ts";
import { NetDevice } from "../../virtio/net/device.ts";
import { VirtioPci } from "../../virtio/transport_pci.ts";
import type { PciFunction } from "../pci/function.ts";
import type { CommonDeviceOptions } from "./options.ts";
import { PartitionWorld, type VirtioPartition } from "./world.ts";

/** A device with its transport and its place. */
export interface AttachedDevice {
  readonly name: string;
  readonly device: VirtioDevice;
  readonly transport: VirtioPci;
  readonly fn: PciFunction;
}

/** All virtio devices of a machine, by name. */
export class VirtioDevices {
  readonly world: PartitionWorld;
  readonly #partition: VirtioPartition;
  readonly #devices = new Map<string, AttachedDevice>();
  readonly #networks: NetDevice[] = [];
  readonly #closers: (() => void)[] = [];

  constructor(partition: VirtioPartition) {
    this.#partition = partition;
    this.world = new PartitionWorld(partition);
  }

  /** In the order in which they were added. */
  get all(): readonly AttachedDevice[] {
    return [...this.#devices.values()];
  }

  /** Whether a device waits for something of the host's. */
  get expectant(): boolean {
    return this.#networks.some(({ backend }) => backend.expectant);
  }

  find(name: string): AttachedDevice | undefined {
    return this.#devices.get(name);
  }

  /** Hands over what `close()` does. */
  onClose(close: () => void): void {
    this.#closers.push(close);
  }

  /** Gives back what devices hold of the host. The machine is not used after. */
  close(): void {
    for (const close of this.#closers.splice(0)) close();
  }

  /**
   * Puts a device on the bus, which the machine must then reset.
   *
   * @throws {RangeError} If its name or slot is taken, or it does not fit.
   */
  add(
    device: VirtioDevice,
    options: CommonDeviceOptions & { readonly name: string },
  ): AttachedDevice {
    const { name, slot, form, byteOrder, rings, msixVectors } = options;
    if (this.#devices.has(name)) {
      throw new RangeError(`Cannot add device: name is taken: "${name}"`);
    }
    const transport = new VirtioPci(device, {
      name,
      world: this.world,
      ...form && { form },
      ...byteOrder && { policy: byteOrder },
      ...rings && { rings },
      ...msixVectors !== undefined && { msixVectors },
    });
    const fn = this.#partition.pci.add({
      name,
      face: transport,
      ...slot !== undefined && { slot },
    });
    const attached = { name, device, transport, fn };
    this.#devices.set(name, attached);
    if (device instanceof NetDevice) this.#networks.push(device);
    return attached;
  }
}
