/**
 * The page in shared memory by which a vCPU's thread and the others deal with
 * each other, as `kvm_run` is between KVM and who uses it.
 *
 * @module
 */
import { RUN_PAGE_BYTES } from "../engine/layout.ts";
import { type ExitReason, EXITS } from "../exits.ts";

/** Places of words in the page. */
export const WORD = {
  /** `IN` while the thread may touch the vCPU's registers. */
  STATE: 0,
  /** How many others keep the vCPU out of the guest. */
  HOLDERS: 1,
  /** Taken by the one of them who touches the registers. */
  LOCK: 2,
  /** Counts what may let the thread go on; it sleeps here. */
  BELL: 3,
  /**
   * Whose turn it is: the machine's (0) or the vCPU's (`GO`); or what the vCPU
   * has left for (`EXIT` and the number of the reason, or `FAULT`), which ends
   * its turn. One word, so that a turn never ends without its exit.
   */
  TURN: 4,
  /** 1: the thread is to end; 2: it has. */
  STOP: 6,
  /** Rounds of comparing clocks: asked for, and answered. */
  CLOCK_ASKED: 7,
  CLOCK_ANSWERED: 8,
  /** How many words of unknown instructions are noted. */
  UNKNOWN_COUNT: 9,
} as const;

/** Values of `STATE`. */
export const OUT = 0;
export const IN = 1;

/** Values of `TURN`. */
export const GO = 1;
const EXIT = 2;
/** The thread has failed: what it says is in the page. */
const FAULT = -1;

/** Byte offsets of what is more than a word. */
const CLOCK = 64;
const TEXT = 128;
const TEXT_BYTES = 768;
const FIGURES = TEXT + TEXT_BYTES;
const UNKNOWN = 1024;
const UNKNOWN_ENTRIES = (RUN_PAGE_BYTES - UNKNOWN) / 8;

/** What a thread tells of itself, each a number, in this order. */
const FIGURE_NAMES = [
  /** Milliseconds in engines, and serving what the vCPU left for. */
  "guest",
  "machine",
  /** Of those, hypercalls. */
  "hypercalls",
  // Those of its compiler.
  "regions",
  "instructions",
  "wasmBytes",
  "emitTime",
  "compileTime",
  "regionTime",
  "helperTime",
  "unproductive",
] as const;

/** What a thread tells of itself. */
export type ThreadFigures = Record<typeof FIGURE_NAMES[number], number>;

/** One vCPU's page. */
export class RunPage {
  readonly #words: Int32Array;
  readonly #clock: Float64Array;
  readonly #text: Uint8Array;
  readonly #unknown: Uint32Array;
  readonly #figures: Float64Array;

  constructor(buffer: ArrayBufferLike, offset: number) {
    this.#words = new Int32Array(buffer, offset, RUN_PAGE_BYTES / 4);
    this.#clock = new Float64Array(buffer, offset + CLOCK, 2);
    this.#text = new Uint8Array(buffer, offset + TEXT, TEXT_BYTES);
    this.#figures = new Float64Array(
      buffer,
      offset + FIGURES,
      FIGURE_NAMES.length,
    );
    this.#unknown = new Uint32Array(
      buffer,
      offset + UNKNOWN,
      2 * UNKNOWN_ENTRIES,
    );
  }

  get(word: number): number {
    return Atomics.load(this.#words, word);
  }

  set(word: number, value: number): void {
    Atomics.store(this.#words, word, value);
  }

  add(word: number, value: number): number {
    return Atomics.add(this.#words, word, value);
  }

  exchange(word: number, value: number): number {
    return Atomics.exchange(this.#words, word, value);
  }

  compareExchange(word: number, expected: number, value: number): boolean {
    return Atomics.compareExchange(this.#words, word, expected, value) ===
      expected;
  }

  /** Sleeps while the word has the value, at most so many milliseconds. */
  wait(word: number, value: number, milliseconds?: number): void {
    Atomics.wait(this.#words, word, value, milliseconds);
  }

  notify(word: number): void {
    Atomics.notify(this.#words, word);
  }

  /** Lets the thread look at what has changed. */
  ring(): void {
    Atomics.add(this.#words, WORD.BELL, 1);
    Atomics.notify(this.#words, WORD.BELL);
  }

  /** The exit that waits, if one does. */
  get exit(): ExitReason | "fault" | undefined {
    const turn = this.get(WORD.TURN);
    return turn === FAULT ? "fault" : EXITS[turn - EXIT];
  }

  set exit(reason: ExitReason) {
    this.set(WORD.TURN, EXIT + EXITS.indexOf(reason));
  }

  /** What the thread's clock has shown in a round of comparing, and its lead. */
  get clock(): { shown: number; lead: number } {
    return { shown: this.#clock[0] ?? 0, lead: this.#clock[1] ?? 0 };
  }

  set shown(milliseconds: number) {
    this.#clock[0] = milliseconds;
  }

  set lead(milliseconds: number) {
    this.#clock[1] = milliseconds;
  }

  get fault(): string {
    const end = this.#text.indexOf(0);
    return new TextDecoder().decode(this.#text.slice(0, end));
  }

  set fault(text: string) {
    const bytes = new TextEncoder().encode(text).subarray(0, TEXT_BYTES - 1);
    this.#text.fill(0);
    this.#text.set(bytes);
    this.set(WORD.TURN, FAULT);
  }

  /** What the thread told when it last left the guest. */
  get figures(): ThreadFigures {
    return Object.fromEntries(
      FIGURE_NAMES.map((name, i) => [name, this.#figures[i] ?? 0]),
    ) as ThreadFigures;
  }

  set figures(figures: ThreadFigures) {
    FIGURE_NAMES.forEach((name, i) => this.#figures[i] = figures[name]);
  }

  /** Instructions that no row describes, by word, with their counts. */
  get unknown(): [word: number, count: number][] {
    const count = this.get(WORD.UNKNOWN_COUNT);
    return Array.from({ length: count }, (_, i) => [
      this.#unknown[2 * i] ?? 0,
      this.#unknown[2 * i + 1] ?? 0,
    ]);
  }

  set unknown(counts: Iterable<readonly [word: number, count: number]>) {
    let i = 0;
    for (const [word, count] of counts) {
      if (i === UNKNOWN_ENTRIES) break;
      this.#unknown[2 * i] = word;
      this.#unknown[2 * i + 1] = count;
      i++;
    }
    this.set(WORD.UNKNOWN_COUNT, i);
  }
}
