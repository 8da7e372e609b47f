/**
 * Guest memory as the functions of the bus reach it: straight, or through the
 * windows' translation control entries.
 *
 * @module
 */
import type { GuestMemory } from "../../virtio/world.ts";
import type { GuestRam } from "../ram.ts";
import type { DmaWindows } from "./dma_windows.ts";
import type { DmaAccess } from "./tce_table.ts";

/** What DMA needs of guest RAM, and who has to learn of writes. */
export interface DmaTarget {
  readonly ram: Pick<GuestRam, "contains" | "view">;
  /** Told of real addresses that a device has written to. */
  written(address: number, bytes: number): void;
}

/** DMA addresses are real addresses. */
export class DirectMemory implements GuestMemory {
  readonly #target: DmaTarget;

  constructor(target: DmaTarget) {
    this.#target = target;
  }

  view(address: number, bytes: number): Uint8Array {
    return this.#target.ram.view(address, bytes);
  }

  written(address: number, bytes: number): void {
    this.#target.written(address, bytes);
  }
}

/**
 * DMA addresses are looked up in the windows, page by page, with the
 * permissions there. Views are the guest's memory itself, never copies, so a
 * view ends where the next page is not the neighbour in memory: `span()` tells
 * where. What an entry meant when a view was taken holds for that view.
 */
export class TranslatedMemory implements GuestMemory {
  readonly #target: DmaTarget;
  readonly #windows: DmaWindows;

  constructor(windows: DmaWindows, target: DmaTarget) {
    this.#windows = windows;
    this.#target = target;
  }

  view(address: number, bytes: number, access: DmaAccess): Uint8Array {
    const { real, span } = this.#reach(address, { bytes, access });
    if (span < bytes) {
      throw new RangeError(
        `Cannot access memory by DMA: not ${bytes} bytes in one piece at: 0x${
          address.toString(16)
        }`,
      );
    }
    return this.#target.ram.view(real, bytes);
  }

  span(address: number, bytes: number, access: DmaAccess): number {
    return this.#reach(address, { bytes, access }).span;
  }

  written(address: number, bytes: number): void {
    for (let done = 0; done < bytes;) {
      const at = address + done;
      const table = this.#windows.at(at);
      if (!table) return;
      const left = table.pageBytes - (at - table.bus) % table.pageBytes;
      const length = Math.min(bytes - done, left);
      const real = table.translate(at, "device-writes");
      // The guest took the page away meanwhile: then it looks after its code.
      if (real >= 0) this.#target.written(real, length);
      done += length;
    }
  }

  /** The real address, and how many bytes on from there are neighbours. */
  #reach(
    address: number,
    { bytes, access }: { bytes: number; access: DmaAccess },
  ): { real: number; span: number } {
    const table = this.#windows.at(address);
    const real = table ? table.translate(address, access) : -1;
    if (!table || real < 0) {
      throw new RangeError(
        `Cannot access memory by DMA: no ${
          access === "device-reads" ? "read" : "write"
        } permission at: 0x${address.toString(16)}`,
      );
    }
    let span = table.pageBytes - (address - table.bus) % table.pageBytes;
    while (span < bytes) {
      const next = address + span;
      if (!table.covers(next)) break;
      if (table.translate(next, access) !== real + span) break;
      span += table.pageBytes;
    }
    return { real, span: Math.min(span, bytes) };
  }
}
