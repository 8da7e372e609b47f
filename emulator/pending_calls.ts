interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Calls that wait for their answers. */
export class PendingCalls {
  readonly #pending = new Map<number, Pending>();
  #next = 1;

  /** Opens a call: a number for it, and a promise of the answer. */
  open(): { id: number; answer: Promise<unknown> } {
    const id = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject });
    return { id, answer: promise };
  }

  /** The call was answered. */
  resolve(id: number, result: unknown): void {
    this.#take(id)?.resolve(result);
  }

  /** The call was refused. */
  reject(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  /** No call will be answered any more. */
  rejectAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}
