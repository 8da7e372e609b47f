interface Typed {
  bytes: number;
  readonly resolve: () => void;
}

/** What was typed at the guest and is on its way there. */
export class Typing {
  #waiting: Typed[] = [];

  /** Bytes that the guest's terminal has not taken yet. */
  get untaken(): number {
    return this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Adds bytes; resolves when they are taken, or given up. */
  add(bytes: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ bytes, resolve });
    return promise;
  }

  /** So many more bytes were taken. */
  take(bytes: number): void {
    let left = bytes;
    let first = this.#waiting[0];
    while (first !== undefined && left > 0) {
      const taken = Math.min(left, first.bytes);
      first.bytes -= taken;
      left -= taken;
      if (first.bytes > 0) return;
      this.#waiting.shift();
      first.resolve();
      first = this.#waiting[0];
    }
  }

  /** Nothing will be taken any more. */
  giveUp(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}
