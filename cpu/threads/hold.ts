/**
 * Keeping a vCPU out of the guest, to get at its registers.
 *
 * Who holds a vCPU first says so, then waits until its thread is out. The
 * thread goes in only where nobody holds it, and looks again once it is in; so
 * one of the two always sees the other. A thread that holds another is itself
 * out, whatever it waits for, so that two that hold each other both come on.
 *
 * @module
 */
import { REQUEST } from "../engine/layout.ts";
import { IN, OUT, type RunPage, WORD } from "./run_page.ts";

/** Milliseconds after which a waiter looks again by itself. */
const NAP = 10;

/** Who may be held, seen from another thread. */
export class Hold {
  readonly #page: RunPage;
  readonly #words: Int32Array;
  readonly #request: number;

  /** `request` is the index of the vCPU's REQUEST among `words`. */
  constructor(page: RunPage, words: Int32Array, request: number) {
    this.#page = page;
    this.#words = words;
    this.#request = request;
  }

  /** Keeps the vCPU out until {@linkcode release}, and waits until it is. */
  acquire(): void {
    this.ask();
    while (!this.isOut) this.#page.wait(WORD.STATE, IN, NAP);
  }

  /** The same without waiting. */
  ask(): void {
    this.#page.add(WORD.HOLDERS, 1);
    if (!this.isOut) Atomics.or(this.#words, this.#request, REQUEST.kick);
  }

  get isOut(): boolean {
    return this.#page.get(WORD.STATE) === OUT;
  }

  release(): void {
    if (this.#page.add(WORD.HOLDERS, -1) === 1) this.#page.ring();
  }

  /** Carries something out on the vCPU's registers, alone. */
  do<T>(action: () => T): T {
    const page = this.#page;
    this.acquire();
    try {
      while (page.exchange(WORD.LOCK, 1) !== 0) page.wait(WORD.LOCK, 1, NAP);
      try {
        return action();
      } finally {
        page.set(WORD.LOCK, 0);
        page.notify(WORD.LOCK);
      }
    } finally {
      this.release();
    }
  }
}
