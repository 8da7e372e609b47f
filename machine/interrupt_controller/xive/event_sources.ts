/**
 * Sources of XIVE: the event state buffer of each, and the queue that its
 * events are assigned to (the source engine, IVSE, with the event assignment
 * structures of the routing engine).
 *
 * @module
 */
import { SOURCE } from "../../source_numbers.ts";
import { isLevelSensitive } from "../sources.ts";
import type { EventQueues } from "./event_queues.ts";
import {
  afterEoi,
  afterTrigger,
  loadOperation,
  NOTIFY,
  PQ,
  storeOperation,
} from "./event_state.ts";
import {
  ASSERTED,
  END,
  PRIORITIES,
  ROUTE,
  SOURCE_WORD,
  THREAD,
  XIVE_LAYOUT,
} from "./layout.ts";

/** Where the events of a source go. */
export interface Assignment {
  readonly server: number;
  readonly priority: number;
  /** Events are dropped for now. */
  readonly masked: boolean;
}

/** State of the sources in shared memory. The caller holds the lock. */
export class EventSources {
  readonly #words: Uint32Array;
  readonly #queues: EventQueues;

  constructor(
    queues: EventQueues,
    { buffer, offset, vcpus }: {
      buffer: ArrayBufferLike;
      offset: number;
      vcpus: number;
    },
  ) {
    this.#queues = queues;
    this.#words = new Uint32Array(
      buffer,
      offset + XIVE_LAYOUT.threads + vcpus * THREAD.BYTES +
        4 * vcpus * PRIORITIES * END.WORDS,
      SOURCE.end * SOURCE_WORD.WORDS,
    );
  }

  /** Switches all sources off. Devices keep their lines raised if asked to. */
  reset({ keepLines }: { keepLines: boolean }): void {
    for (let source = 0; source < SOURCE.end; source++) {
      const line = keepLines ? this.#get(source, SOURCE_WORD.STATUS) : 0;
      this.#set(source, SOURCE_WORD.STATUS, PQ.OFF | (line & ASSERTED));
      this.assign(source, undefined);
      this.setEisn(source, source);
      if (!keepLines) this.#set(source, SOURCE_WORD.COUNT, 0);
    }
  }

  #get(source: number, word: number): number {
    return this.#words[source * SOURCE_WORD.WORDS + word] ?? 0;
  }

  #set(source: number, word: number, value: number): void {
    this.#words[source * SOURCE_WORD.WORDS + word] = value;
  }

  /** P and Q of a source. */
  pq(source: number): number {
    return this.#get(source, SOURCE_WORD.STATUS) & 3;
  }

  #setPq(source: number, pq: number): void {
    const line = this.#get(source, SOURCE_WORD.STATUS) & ASSERTED;
    this.#set(source, SOURCE_WORD.STATUS, line | (pq & 3));
  }

  asserted(source: number): boolean {
    return (this.#get(source, SOURCE_WORD.STATUS) & ASSERTED) !== 0;
  }

  count(source: number): number {
    return this.#get(source, SOURCE_WORD.COUNT);
  }

  /** What the queue's entries carry: the effective source number. */
  eisn(source: number): number {
    return this.#get(source, SOURCE_WORD.EISN);
  }

  setEisn(source: number, eisn: number): void {
    this.#set(source, SOURCE_WORD.EISN, eisn & 0x7fff_ffff);
  }

  /** Where events go; undefined if that was never said. */
  assignment(source: number): Assignment | undefined {
    const route = this.#get(source, SOURCE_WORD.ROUTE);
    if ((route & ROUTE.ASSIGNED) === 0) return undefined;
    const end = route & ROUTE.END;
    return {
      server: Math.floor(end / PRIORITIES),
      priority: end % PRIORITIES,
      masked: (route & ROUTE.MASKED) !== 0,
    };
  }

  assign(source: number, to: Assignment | undefined): void {
    const route = to
      ? ROUTE.ASSIGNED | (to.masked ? ROUTE.MASKED : 0) |
        (to.server * PRIORITIES + to.priority)
      : 0;
    this.#set(source, SOURCE_WORD.ROUTE, route);
  }

  /** Replaces what events leave behind. */
  load(
    source: number,
    { pq, asserted, count }: { pq: number; asserted: boolean; count: number },
  ): void {
    this.#set(source, SOURCE_WORD.STATUS, pq | (asserted ? ASSERTED : 0));
    this.#set(source, SOURCE_WORD.COUNT, count);
  }

  /** An edge, or a store to the trigger page. */
  trigger(source: number): void {
    this.#countUp(source);
    this.#step(source, afterTrigger(this.pq(source)));
  }

  #countUp(source: number): void {
    this.#set(source, SOURCE_WORD.COUNT, this.count(source) + 1);
  }

  setLevel(source: number, on: boolean): void {
    if (on && !this.asserted(source)) this.#countUp(source);
    const line = on ? ASSERTED : 0;
    this.#set(source, SOURCE_WORD.STATUS, this.pq(source) | line);
    this.#sample(source);
  }

  /** Takes a step of P and Q; gives 1 where it sent an event on. */
  #step(source: number, next: number): number {
    this.#setPq(source, next);
    if ((next & NOTIFY) === 0) return 0;
    const route = this.#get(source, SOURCE_WORD.ROUTE);
    if ((route & (ROUTE.ASSIGNED | ROUTE.MASKED)) === ROUTE.ASSIGNED) {
      this.#queues.push(route & ROUTE.END, this.eisn(source));
    }
    return 1;
  }

  /** A raised level sends an event whenever P and Q allow it. */
  #sample(source: number): number {
    const due = isLevelSensitive(source) && this.asserted(source) &&
      this.pq(source) === PQ.RESET;
    return due ? this.#step(source, afterTrigger(PQ.RESET)) : 0;
  }

  #endOfInterrupt(source: number): number {
    const again = this.#step(source, afterEoi(this.pq(source)));
    return again | this.#sample(source);
  }

  #exchange(source: number, pq: number): number {
    const was = this.pq(source);
    this.#setPq(source, pq);
    this.#sample(source);
    return was;
  }

  /**
   * A load from the management page. Gives P and Q as they were, or for an
   * end of interrupt whether another event followed.
   */
  loadFrom(source: number, offset: number): number {
    switch (loadOperation(offset)) {
      case "eoi":
        return this.#endOfInterrupt(source);
      case "set":
        return this.#exchange(source, (offset >> 8) & 3);
      default:
        return this.pq(source);
    }
  }

  /** A store to the management page; what is stored does not matter. */
  storeTo(source: number, offset: number): void {
    switch (storeOperation(offset)) {
      case "trigger":
        return this.trigger(source);
      case "eoi":
        this.#endOfInterrupt(source);
        return;
      case "set":
        this.#exchange(source, (offset >> 8) & 3);
        return;
      default:
        return;
    }
  }
}
