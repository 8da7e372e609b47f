/**
 * Event notification descriptors: a queue in guest memory for each vCPU and
 * priority, and when its vCPU is notified. The routing engine of XIVE (IVRE).
 *
 * @module
 */
import type { InterruptControllerOptions } from "../options.ts";
import { afterEoi, afterTrigger, NOTIFY } from "./event_state.ts";
import { END, END_FLAG, PRIORITIES, THREAD, XIVE_LAYOUT } from "./layout.ts";
import type { ThreadContexts } from "./thread_contexts.ts";

/** Log2 of the sizes that a queue can have: 4 KiB, 64 KiB, 2 MiB, 16 MiB. */
export const QUEUE_SHIFTS: readonly number[] = [12, 16, 21, 24];

/** A configured queue. */
export interface EventQueue {
  readonly address: number;
  readonly shift: number;
  readonly alwaysNotify: boolean;
  readonly index: number;
  readonly generation: number;
  readonly pq: number;
}

/** State of the ENDs in shared memory. The caller holds the lock. */
export class EventQueues {
  /** Number of ENDs: one for each vCPU and priority. */
  readonly length: number;
  readonly #words: Uint32Array;
  readonly #ram: InterruptControllerOptions["ram"];
  readonly #threads: ThreadContexts;

  constructor(
    threads: ThreadContexts,
    { buffer, offset, ram, vcpus }: InterruptControllerOptions,
  ) {
    this.length = vcpus * PRIORITIES;
    this.#ram = ram;
    this.#threads = threads;
    this.#words = new Uint32Array(
      buffer,
      offset + XIVE_LAYOUT.threads + vcpus * THREAD.BYTES,
      this.length * END.WORDS,
    );
  }

  reset(): void {
    this.#words.fill(0);
  }

  #get(end: number, word: number): number {
    return this.#words[end * END.WORDS + word] ?? 0;
  }

  #set(end: number, word: number, value: number): void {
    this.#words[end * END.WORDS + word] = value;
  }

  /** The queue of an END, if it has one. */
  queue(end: number): EventQueue | undefined {
    const flags = this.#get(end, END.FLAGS);
    if ((flags & END_FLAG.VALID) === 0) return undefined;
    return {
      address: this.#address(end),
      shift: this.#get(end, END.SHIFT),
      alwaysNotify: (flags & END_FLAG.ALWAYS_NOTIFY) !== 0,
      index: this.#get(end, END.INDEX),
      generation: this.#get(end, END.GENERATION),
      pq: this.#get(end, END.PQ),
    };
  }

  #address(end: number): number {
    return this.#get(end, END.ADDRESS_HIGH) * 2 ** 32 +
      this.#get(end, END.ADDRESS_LOW);
  }

  /** Gives an END a queue, or takes it away: events are dropped then. */
  setQueue(end: number, queue: EventQueue | undefined): void {
    const at = end * END.WORDS;
    this.#words.fill(0, at, at + END.WORDS);
    if (!queue) return;
    this.#set(end, END.SHIFT, queue.shift);
    this.#set(end, END.ADDRESS_HIGH, Math.floor(queue.address / 2 ** 32));
    this.#set(end, END.ADDRESS_LOW, queue.address);
    this.#set(end, END.INDEX, queue.index);
    this.#set(end, END.GENERATION, queue.generation);
    this.#set(end, END.PQ, queue.pq);
    const notify = queue.alwaysNotify ? END_FLAG.ALWAYS_NOTIFY : 0;
    this.#set(end, END.FLAGS, END_FLAG.VALID | notify);
  }

  /** Puts an event into a queue and notifies the vCPU. */
  push(end: number, data: number): void {
    const flags = this.#get(end, END.FLAGS);
    if ((flags & END_FLAG.VALID) === 0) return;
    const index = this.#get(end, END.INDEX);
    const generation = this.#get(end, END.GENERATION);
    const entry = ((generation << 31) | (data & 0x7fff_ffff)) >>> 0;
    this.#ram.setU32(this.#address(end) + 4 * index, entry);
    const last = index + 1 === 2 ** (this.#get(end, END.SHIFT) - 2);
    this.#set(end, END.INDEX, last ? 0 : index + 1);
    if (last) this.#set(end, END.GENERATION, generation ^ 1);
    if ((flags & END_FLAG.ALWAYS_NOTIFY) === 0) {
      const next = afterTrigger(this.#get(end, END.PQ));
      this.#set(end, END.PQ, next & 3);
      if ((next & NOTIFY) === 0) return;
    }
    this.#notify(end);
  }

  #notify(end: number): void {
    this.#threads.notify(Math.floor(end / PRIORITIES), end % PRIORITIES);
  }

  /** Replaces P and Q of the notification; gives what they were. */
  exchange(end: number, pq: number): number {
    const was = this.#get(end, END.PQ);
    this.#set(end, END.PQ, pq);
    return was;
  }

  /** Ends a notification; gives 1 where another was due and has been made. */
  endOfInterrupt(end: number): number {
    const next = afterEoi(this.#get(end, END.PQ));
    this.#set(end, END.PQ, next & 3);
    if ((next & NOTIFY) === 0) return 0;
    this.#notify(end);
    return 1;
  }
}
