/**
 * INTx: four level-sensitive sources for all functions. The slots' pins are
 * spread over them as a PCI bridge does it (PCI-to-PCI Bridge 1.2, 9.1), and a
 * source is asserted as long as any function asserts it.
 *
 * @module
 */
import type { InterruptLines } from "../partition.ts";
import { SOURCE } from "../source_numbers.ts";

/** Sources that there are for pins. */
export const PIN_SOURCES = 4;

/** The interrupt source of a slot's pin. */
export function pinSource(slot: number, pin: number): number {
  return SOURCE.pciLsi + (slot + pin - 1) % PIN_SOURCES;
}

/** Which slots assert each of the sources. */
export class InterruptPins {
  readonly #lines: Pick<InterruptLines, "setLevel">;
  /** A bit for each slot. */
  readonly #slots = new Uint32Array(PIN_SOURCES);

  constructor(lines: Pick<InterruptLines, "setLevel">) {
    this.#lines = lines;
  }

  /** A slot asserts its pin, or no longer does. */
  set({ slot, pin }: { slot: number; pin: number }, on: boolean): void {
    const source = pinSource(slot, pin);
    const before = this.#slots[source - SOURCE.pciLsi] !== 0;
    const after = this.#note(source, { slot, on });
    if (before !== after) this.#lines.setLevel(source, after);
  }

  /**
   * Takes levels that the interrupt controller knows already, from its own
   * saved state.
   */
  adopt(
    pins: readonly { slot: number; pin: number; line: boolean }[],
  ): void {
    this.#slots.fill(0);
    for (const { slot, pin, line } of pins) {
      this.#note(pinSource(slot, pin), { slot, on: line });
    }
  }

  #note(source: number, { slot, on }: { slot: number; on: boolean }): boolean {
    const index = source - SOURCE.pciLsi;
    const slots = this.#slots[index] ?? 0;
    const bit = 1 << slot;
    this.#slots[index] = on ? slots | bit : slots & ~bit;
    return this.#slots[index] !== 0;
  }
}
