/**
 * Which function answers to an address on the bus.
 *
 * @module
 */
import type { PciBar } from "../../virtio/pci_face.ts";
import { type WindowName, WINDOWS } from "./address_map.ts";
import type { PciFunction } from "./function.ts";

/** A BAR that is decoded, and where. */
export interface Claim {
  /** Offset in the window of the first byte. */
  readonly start: number;
  readonly end: number;
  readonly fn: PciFunction;
  readonly bar: PciBar;
}

/** The windows that a kind of BAR can lie in. */
const REACH: Readonly<Record<PciBar["kind"], readonly WindowName[]>> = {
  io: ["io"],
  mem32: ["memory32"],
  "mem64-prefetchable": ["memory32", "memory64"],
};

/** All that is decoded, by window, in the order of addresses. */
export class AddressDecoder {
  readonly #claims: Record<WindowName, Claim[]> = {
    io: [],
    memory32: [],
    memory64: [],
  };

  /** Works out anew which functions answer to what. */
  update(functions: Iterable<PciFunction>): void {
    for (const claims of Object.values(this.#claims)) claims.length = 0;
    for (const fn of functions) {
      for (const bar of fn.bars) {
        if (fn.decodes(bar)) this.#claim(fn, bar);
      }
    }
    for (const claims of Object.values(this.#claims)) {
      claims.sort((a, b) => a.start - b.start);
    }
  }

  /**
   * Who answers to an offset in a window. Where ranges overlap, which is a
   * guest's mistake, the one answers that begins last.
   */
  find(window: WindowName, offset: number): Claim | undefined {
    const claims = this.#claims[window];
    let low = 0;
    let high = claims.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((claims[middle]?.start ?? Infinity) <= offset) low = middle + 1;
      else high = middle;
    }
    const claim = claims[low - 1];
    return claim && offset < claim.end ? claim : undefined;
  }

  #claim(fn: PciFunction, bar: PciBar): void {
    const address = fn.barAddress(bar);
    // A register that has not been written decodes nothing.
    if (address === 0) return;
    for (const name of REACH[bar.kind]) {
      const window = WINDOWS[name];
      const start = address - window.bus;
      const end = start + bar.bytes;
      if (start >= 0 && end <= window.bytes) {
        this.#claims[name].push({ start, end, fn, bar });
      }
    }
  }
}
