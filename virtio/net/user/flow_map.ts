/**
 * What belongs to a pair of ports and an address.
 *
 * @module
 */
import type { Address } from "./address.ts";

/** A flow, as a packet of the guest's names it. */
export interface FlowKey {
  /** The far end, as the guest sees it. */
  readonly address: Address;
  readonly port: number;
  readonly guestPort: number;
}

/** Values by flow, in the order in which they came. */
export class FlowMap<T> {
  // An address and two ports are more bits than a number has.
  readonly #byAddress = new Map<Address, Map<number, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get({ address, port, guestPort }: FlowKey): T | undefined {
    return this.#byAddress.get(address)?.get(port * 65536 + guestPort);
  }

  set({ address, port, guestPort }: FlowKey, value: T): void {
    let ports = this.#byAddress.get(address);
    if (ports === undefined) {
      ports = new Map();
      this.#byAddress.set(address, ports);
    }
    const before = ports.size;
    ports.set(port * 65536 + guestPort, value);
    this.#size += ports.size - before;
  }

  delete({ address, port, guestPort }: FlowKey): void {
    const ports = this.#byAddress.get(address);
    if (ports?.delete(port * 65536 + guestPort) !== true) return;
    this.#size--;
    if (ports.size === 0) this.#byAddress.delete(address);
  }

  /** All values; what is done to the map meanwhile does not change them. */
  values(): T[] {
    return [...this.#byAddress.values()].flatMap((ports) => [
      ...ports.values(),
    ]);
  }

  clear(): void {
    this.#byAddress.clear();
    this.#size = 0;
  }
}
