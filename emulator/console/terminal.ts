/**
 * The terminal in raw mode: every key goes to the guest. Restored by whatever
 * way the process ends, short of being killed outright; then the launcher does
 * it.
 */
export class RawTerminal implements Disposable {
  readonly #restore = () => {
    Deno.stdin.setRaw(false);
  };

  /** Puts standard input, which must be a terminal, into raw mode. */
  constructor() {
    Deno.stdin.setRaw(true);
    globalThis.addEventListener("unload", this.#restore);
  }

  /** Gives the terminal back as it was. */
  [Symbol.dispose](): void {
    globalThis.removeEventListener("unload", this.#restore);
    this.#restore();
  }
}
