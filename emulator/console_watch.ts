/** What to wait for on a console. */
export type Wanted = string | RegExp;

/** Text that a console keeps: what scrolled by longer ago is forgotten. */
const MAX_TEXT = 4 << 20;

interface Waiter {
  readonly wanted: Wanted;
  readonly resolve: (text: string) => void;
  readonly reject: (error: Error) => void;
}

/** What a guest printed, and who waits for more of it. */
export class ConsoleWatch {
  readonly #decoder = new TextDecoder();
  #waiters: Waiter[] = [];
  #text = "";
  /** Where the text begins that nobody has waited for yet. */
  #fresh = 0;
  #end: Error | undefined;

  /** All that was printed, as far as it is kept: the last four million characters. */
  get text(): string {
    return this.#text;
  }

  /** Adds output, however a character is cut in two. */
  add(bytes: Uint8Array): void {
    // A guest that prints after its end was reset.
    this.#end = undefined;
    this.#text += this.#decoder.decode(bytes, { stream: true });
    if (this.#text.length > 2 * MAX_TEXT) {
      const forgotten = this.#text.length - MAX_TEXT;
      this.#text = this.#text.slice(forgotten);
      this.#fresh = Math.max(0, this.#fresh - forgotten);
    }
    this.#serve();
  }

  /** There will be no more output; who waits is refused. */
  close(reason: Error): void {
    this.#end ??= reason;
    for (const waiter of this.#waiters.splice(0)) {
      waiter.reject(this.#notFound(waiter.wanted, reason.message));
    }
  }

  /**
   * Waits for a text behind the one that was waited for last.
   *
   * @returns What was printed from there up to its end
   * @throws {Error} If it does not come in time, or cannot come any more
   */
  async wait(
    wanted: Wanted,
    { milliseconds }: { milliseconds: number },
  ): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const waiter: Waiter = { wanted, resolve, reject };
    this.#waiters.push(waiter);
    this.#serve();
    if (this.#end !== undefined) this.close(this.#end);
    const timer = setTimeout(() => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      reject(this.#notFound(wanted, `not printed within ${milliseconds} ms`));
    }, milliseconds);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #serve(): void {
    for (
      let first = this.#waiters[0];
      first !== undefined;
      first = this.#waiters[0]
    ) {
      const end = find(this.#text.slice(this.#fresh), first.wanted);
      if (end === undefined) return;
      this.#waiters.shift();
      first.resolve(this.#text.slice(this.#fresh, this.#fresh + end));
      this.#fresh += end;
    }
  }

  #notFound(wanted: Wanted, reason: string): Error {
    const shown = typeof wanted === "string" ? JSON.stringify(wanted) : wanted;
    const last = JSON.stringify(this.#text.slice(this.#fresh).slice(-500));
    return new Error(
      `Cannot find ${shown} on the console: ${reason}; it ends with ${last}`,
    );
  }
}

/** Where a text ends for the first time. */
function find(text: string, wanted: Wanted): number | undefined {
  if (typeof wanted === "string") {
    const at = text.indexOf(wanted);
    return at < 0 ? undefined : at + wanted.length;
  }
  // Neither a sticky nor a global expression may remember where it was.
  const flags = wanted.flags.replace(/[gy]/g, "");
  const match = new RegExp(wanted.source, flags).exec(text);
  return match === null ? undefined : match.index + match[0].length;
}
