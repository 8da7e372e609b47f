/**
 * The source layer of XICS (ICS): what each source is set to, and whether it
 * waits to be presented. The presentation layer is `presentation.ts`.
 *
 * @module
 */
import { isLevelSensitive } from "../sources.ts";
import {
  FIRST_SOURCE,
  FLAG,
  MASKED,
  SERVER,
  SOURCES,
  VECTOR,
  XICS_LAYOUT,
} from "./layout.ts";

/** State of the sources in shared memory. The caller holds the lock. */
export class SourceController {
  readonly #vectors: Uint32Array;
  /** One bit for each source that waits; they are searched often. */
  readonly #waiting: Uint32Array;

  constructor(
    buffer: ArrayBufferLike,
    { offset, vcpus }: { offset: number; vcpus: number },
  ) {
    this.#waiting = new Uint32Array(
      buffer,
      offset + XICS_LAYOUT.waiting,
      SOURCES / 32,
    );
    this.#vectors = new Uint32Array(
      buffer,
      offset + XICS_LAYOUT.servers + 4 * vcpus * SERVER.WORDS,
      SOURCES * VECTOR.WORDS,
    );
  }

  reset(): void {
    this.#vectors.fill(0);
    this.#waiting.fill(0);
    for (let source = FIRST_SOURCE; source < FIRST_SOURCE + SOURCES; source++) {
      // LoPAPR R1-6.2-13: the firmware hands sources over masked.
      this.configure(source, { server: 0, priority: MASKED, saved: MASKED });
    }
  }

  #at(source: number, word: number): number {
    return (source - FIRST_SOURCE) * VECTOR.WORDS + word;
  }

  server(source: number): number {
    return this.#vectors[this.#at(source, VECTOR.SERVER)] ?? 0;
  }

  priority(source: number): number {
    return (this.#vectors[this.#at(source, VECTOR.PRIORITY)] ?? 0) & 0xff;
  }

  savedPriority(source: number): number {
    return (this.#vectors[this.#at(source, VECTOR.PRIORITY)] ?? 0) >>> 8;
  }

  flags(source: number): number {
    return this.#vectors[this.#at(source, VECTOR.FLAGS)] ?? 0;
  }

  count(source: number): number {
    return this.#vectors[this.#at(source, VECTOR.COUNT)] ?? 0;
  }

  configure(
    source: number,
    { server, priority, saved }: {
      server: number;
      priority: number;
      saved: number;
    },
  ): void {
    this.#vectors[this.#at(source, VECTOR.SERVER)] = server;
    this.#vectors[this.#at(source, VECTOR.PRIORITY)] = priority | (saved << 8);
    this.#note(source);
  }

  /** Replaces flags and count. */
  load(source: number, flags: number, count: number): void {
    this.#vectors[this.#at(source, VECTOR.FLAGS)] = flags;
    this.#vectors[this.#at(source, VECTOR.COUNT)] = count;
    this.#note(source);
  }

  #flag(source: number, set: number, clear: number): void {
    const at = this.#at(source, VECTOR.FLAGS);
    this.#vectors[at] = ((this.#vectors[at] ?? 0) & ~clear) | set;
    this.#note(source);
  }

  /** An edge: it waits, even behind one that is being handled. */
  latch(source: number): void {
    this.#flag(source, FLAG.LATCHED, 0);
    this.#countUp(source);
  }

  setLevel(source: number, on: boolean): void {
    const was = (this.flags(source) & FLAG.ASSERTED) !== 0;
    if (on && !was) this.#countUp(source);
    if (on) this.#flag(source, FLAG.ASSERTED, 0);
    else this.#flag(source, 0, FLAG.ASSERTED);
  }

  #countUp(source: number): void {
    const at = this.#at(source, VECTOR.COUNT);
    this.#vectors[at] = (this.#vectors[at] ?? 0) + 1;
  }

  /** A vCPU is shown the source. */
  sent(source: number): void {
    this.#flag(source, FLAG.SENT, FLAG.LATCHED);
  }

  /** A vCPU is shown another source instead, before it took this one. */
  rejected(source: number): void {
    const edge = isLevelSensitive(source) ? 0 : FLAG.LATCHED;
    this.#flag(source, edge, FLAG.SENT);
  }

  /** A vCPU has handled the source. */
  endOfInterrupt(source: number): void {
    this.#flag(source, 0, FLAG.SENT);
  }

  /** Whether a source is unmasked and has something that nobody has got. */
  waits(source: number): boolean {
    const index = source - FIRST_SOURCE;
    return (((this.#waiting[index >> 5] ?? 0) >>> (index & 31)) & 1) !== 0;
  }

  /** Keeps the bit of a source as its record says. */
  #note(source: number): void {
    const flags = this.flags(source);
    const due = isLevelSensitive(source) ? FLAG.ASSERTED : FLAG.LATCHED;
    const waits = (flags & (due | FLAG.SENT)) === due &&
      this.priority(source) !== MASKED;
    const index = source - FIRST_SOURCE;
    const word = this.#waiting[index >> 5] ?? 0;
    const bit = 1 << (index & 31);
    this.#waiting[index >> 5] = waits ? word | bit : word & ~bit;
  }

  /** The most favoured waiting source of a server, or 0. */
  best(server: number): number {
    let best = 0;
    let favoured = MASKED;
    for (let i = 0; i < SOURCES / 32; i++) {
      let word = this.#waiting[i] ?? 0;
      while (word !== 0) {
        const source = FIRST_SOURCE + 32 * i + 31 - Math.clz32(word & -word);
        word &= word - 1;
        const priority = this.priority(source);
        if (priority < favoured && this.server(source) === server) {
          best = source;
          favoured = priority;
        }
      }
    }
    return best;
  }
}
