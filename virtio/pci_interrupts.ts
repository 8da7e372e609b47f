/**
 * Interrupts of a virtio PCI function: ISR status, the line, and MSI-X vectors
 * (virtio 1.3, 4.1.4.5 and 4.1.5.1).
 *
 * @module
 */
import { NO_VECTOR } from "./queue.ts";
import type { InterruptWires } from "./world.ts";

/** Bits of the ISR status. */
export const ISR = { queue: 1, config: 2 } as const;

const UNCONNECTED: InterruptWires = {
  setLine() {},
  sendVector() {},
  messagesEnabled: false,
};

/** ISR status and vectors of a function. */
export class PciInterrupts {
  readonly #vectors: number;
  #wires = UNCONNECTED;
  #isr = 0;
  #configVector = NO_VECTOR;

  constructor(vectors: number) {
    this.#vectors = vectors;
  }

  /** The ISR status, without reading it as the guest does. */
  get isr(): number {
    return this.#isr;
  }

  get messagesEnabled(): boolean {
    return this.#wires.messagesEnabled;
  }

  get configVector(): number {
    return this.#configVector;
  }

  set configVector(vector: number) {
    this.#configVector = this.validVector(vector);
  }

  connect(wires: InterruptWires): void {
    this.#wires = wires;
  }

  /** What a vector register holds after a write: none for one not there. */
  validVector(vector: number): number {
    return vector < this.#vectors ? vector : NO_VECTOR;
  }

  /** The guest reads the ISR status, which acknowledges the line. */
  readIsr(): number {
    const isr = this.#isr;
    this.#isr = 0;
    this.#wires.setLine(false);
    return isr;
  }

  raise(cause: number, vector: number): void {
    this.#isr |= cause;
    if (!this.#wires.messagesEnabled) this.#wires.setLine(true);
    else if (vector !== NO_VECTOR) this.#wires.sendVector(vector);
  }

  raiseConfig(): void {
    this.raise(ISR.config, this.#configVector);
  }

  reset(): void {
    this.#isr = 0;
    this.#configVector = NO_VECTOR;
    this.#wires.setLine(false);
  }

  save(): { isr: number; configVector: number } {
    return { isr: this.#isr, configVector: this.#configVector };
  }

  restore({ isr, configVector }: { isr: number; configVector: number }): void {
    this.#isr = isr & (ISR.queue | ISR.config);
    this.configVector = configVector;
    this.#wires.setLine(this.#isr !== 0 && !this.#wires.messagesEnabled);
  }
}
