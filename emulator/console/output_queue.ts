/** Writes a part of the bytes, at least one; returns how many. */
export type WriteSome = (bytes: Uint8Array) => Promise<number>;

interface Entry {
  readonly bytes: Uint8Array;
  /** Told when the bytes are written, or never will be. */
  readonly written: () => void;
}

const LINE_FEED = 0x0a;

/**
 * What waits to be written, in order. The guest's part of it can be held back
 * while somebody else has the screen.
 */
export class OutputQueue {
  readonly #write: WriteSome;
  readonly #onFailure: (error: unknown) => void;
  #queue: Entry[] = [];
  #held: Entry[] | undefined;
  #pumping = false;
  #pumped: Promise<void> = Promise.resolve();
  #failed = false;
  #lastByte = LINE_FEED;

  /** Makes an empty queue; `onFailure` is called once, when writing fails. */
  constructor(write: WriteSome, onFailure: (error: unknown) => void) {
    this.#write = write;
    this.#onFailure = onFailure;
  }

  /** Queues output of the guest. */
  push(bytes: Uint8Array, written: () => void): void {
    if (this.#held !== undefined) this.#held.push({ bytes, written });
    else this.#enqueue({ bytes, written });
  }

  /** Queues a text of our own, held back or not. */
  say(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#enqueue({ bytes, written: () => {} });
  }

  /** Whether the guest's output is held back. */
  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** Whether what was queued last ends a line. */
  get endsLine(): boolean {
    return this.#lastByte === LINE_FEED;
  }

  /** Holds the guest's output back. */
  hold(): void {
    this.#held ??= [];
  }

  /** Writes what was held back, and holds no more. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const entry of held) this.#enqueue(entry);
  }

  /** Waits until all that is not held back is written. */
  async flush(): Promise<void> {
    while (this.#pumping) await this.#pumped;
  }

  #enqueue(entry: Entry): void {
    if (this.#failed) return entry.written();
    this.#lastByte = entry.bytes.at(-1) ?? this.#lastByte;
    this.#queue.push(entry);
    if (this.#pumping) return;
    this.#pumping = true;
    this.#pumped = this.#pump();
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0) {
      const entries = this.#queue;
      this.#queue = [];
      for (const { bytes, written } of entries) {
        if (!this.#failed) await this.#writeAll(bytes);
        written();
      }
    }
    this.#pumping = false;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    try {
      for (let rest = bytes; rest.length > 0;) {
        rest = rest.subarray(await this.#write(rest));
      }
    } catch (error) {
      this.#failed = true;
      this.#onFailure(error);
    }
  }
}
