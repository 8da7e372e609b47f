/**
 * Virtual terminals, `hvterm1` (LoPAPR 16.4): bytes to and from the console.
 *
 * @module
 */

/** Unit address of the first terminal, its `reg` in the device tree. */
export const VTY_UNIT = 0x71000000;

/** Bytes of typed input that may wait for the guest. */
const INPUT_LIMIT = 64 * 1024;

/** One terminal: what the guest writes goes out, what is typed waits. */
export class VirtualTerminal {
  readonly #output: (bytes: Uint8Array) => void;
  /** Triggers the terminal's interrupt, an edge. */
  readonly #interrupt: () => void;
  #input: number[] = [];
  /**
   * VIO signalling mode, set by H_VIO_SIGNAL: 1 enables interrupts. Enabled
   * from the start, since Linux waits for interrupts of a terminal but has
   * never made the call for one.
   */
  #signals = 1;

  constructor(
    output: (bytes: Uint8Array) => void,
    interrupt: () => void,
  ) {
    this.#output = output;
    this.#interrupt = interrupt;
  }

  /** Bytes from the guest. */
  put(bytes: Uint8Array): void {
    this.#output(bytes);
  }

  /** Up to `limit` bytes for the guest. */
  get(limit: number): Uint8Array {
    return Uint8Array.from(this.#input.splice(0, limit));
  }

  /** Bytes that were typed; gives how many found room. */
  type(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, INPUT_LIMIT - this.#input.length);
    const wasEmpty = this.#input.length === 0;
    for (let i = 0; i < taken; i++) this.#input.push(bytes[i] ?? 0);
    // The guest reads until nothing is left, so one edge is enough.
    if (wasEmpty) this.#signal();
    return taken;
  }

  /** Sets the signalling mode: 0 or 1. */
  set signals(mode: number) {
    const enabled = mode === 1 && this.#signals === 0;
    this.#signals = mode;
    if (enabled) this.#signal();
  }

  #signal(): void {
    if (this.#signals === 1 && this.#input.length > 0) this.#interrupt();
  }

  /** As after power-on: nothing waits. */
  reset(): void {
    this.#input = [];
    this.#signals = 1;
  }

  save(): { input: number[]; signals: number } {
    return { input: [...this.#input], signals: this.#signals };
  }

  restore({ input, signals }: { input: number[]; signals: number }): void {
    this.#input = [...input];
    this.#signals = signals;
  }
}

/** The terminals of a partition by unit address. */
export class VirtualTerminals {
  readonly #terminals: ReadonlyMap<number, VirtualTerminal>;

  constructor(terminals: ReadonlyMap<number, VirtualTerminal>) {
    this.#terminals = terminals;
  }

  /** The terminal of a unit; unit 0 is the first, as PAPR's console is. */
  find(unit: number): VirtualTerminal | undefined {
    if (unit === 0) return this.#terminals.values().next().value;
    return this.#terminals.get(unit);
  }
}
