/**
 * What the engines keep of RAM and of tables, and how the machine makes them
 * forget it.
 *
 * @module
 */
import {
  CODE_CONTEXTS,
  CODE_TLB_BYTES,
  CONTEXTS,
  DATA_TLB_BYTES,
  DECODED_PAGE_BYTES,
  JOURNAL,
  LOCKS,
  type MemoryLayout,
  PAGE_USE,
  type VcpuLayout,
} from "../engine/layout.ts";
import { STATE } from "../state.ts";
import type { Interpreter, Interpreters } from "./interpreters.ts";

/** Decoded code and translations of all vCPUs. */
export class Kept {
  readonly #buffer: ArrayBufferLike;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #layout: MemoryLayout;
  readonly #interpreters: Interpreters;

  constructor(
    { buffer }: { readonly buffer: ArrayBufferLike },
    layout: MemoryLayout,
    interpreters: Interpreters,
  ) {
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#layout = layout;
    this.#interpreters = interpreters;
  }

  /** Gives all decoded pages back: the register block forgot them. */
  forgetCode({ codeMap }: VcpuLayout): void {
    const pages = this.#layout.ramBytes / 4096;
    // Untouched pages stay untouched: only what is mapped is cleared.
    for (const map of codeMap) {
      const entries = new Uint32Array(this.#buffer, map, pages);
      entries.forEach((page, i) => {
        if (page === 0) return;
        entries[i] = 0;
        this.#bytes.fill(0, page, page + DECODED_PAGE_BYTES);
      });
    }
  }

  /** Forgets a vCPU's translations. */
  dropTranslations({ codeTlb, dataTlb, journals, state }: VcpuLayout): void {
    const bytes = this.#bytes;
    bytes.fill(0xff, codeTlb, codeTlb + CODE_CONTEXTS * CODE_TLB_BYTES);
    bytes.fill(0xff, dataTlb, dataTlb + CONTEXTS * DATA_TLB_BYTES);
    bytes.fill(0, journals, journals + 2 * JOURNAL.bytes);
    this.#words[(state + STATE.TLB_USER_CODE.offset) >>> 2] = 0;
  }

  /** Forgets all translations that lead to a range of real storage. */
  dropTranslationsTo(address: number, bytes: number): void {
    const { ramBytes, vcpus, concurrent } = this.#layout;
    const end = Math.min(address + bytes, ramBytes);
    const interpreter = this.#interpreters.any;
    // Without an interpreter nothing has been translated yet.
    if (address >= end || !interpreter) return;
    const page = Math.floor(address / 4096);
    if (concurrent) return interpreter.dropReal(0, page, end - address);
    for (const { state } of vcpus) {
      interpreter.dropReal(state, page, end - address);
    }
  }

  /**
   * The same where vCPUs have threads. Whoever decodes a page says so before
   * it reads it, and this thread has written before it looks.
   */
  #purge(
    { dropCode }: Interpreter,
    { first, last }: { first: number; last: number },
  ): void {
    const words = this.#words;
    const uses = (this.#layout.pageUse + LOCKS.bytes) >>> 2;
    // A read-modify-write keeps the host from looking early.
    Atomics.or(words, uses + first, 0);
    for (let page = first; page <= last; page++) {
      const use = Atomics.load(words, uses + page);
      if (use >>> PAGE_USE.decoders !== 0) dropCode(0, page);
    }
  }

  /** Forgets what has been decoded from a range of RAM. */
  ramWritten(address: number, bytes: number): void {
    const interpreter = this.#interpreters.any;
    // Without an interpreter nothing has been decoded yet.
    if (bytes <= 0 || !interpreter) return;
    const first = Math.floor(address / 4096);
    const last = Math.floor((address + bytes - 1) / 4096);
    if (this.#layout.concurrent) {
      return this.#purge(interpreter, { first, last });
    }
    for (const { state, codeMap: [big, little] } of this.#layout.vcpus) {
      for (let page = first; page <= last; page++) {
        const used = this.#words[(big >>> 2) + page] !== 0 ||
          this.#words[(little >>> 2) + page] !== 0;
        if (used) interpreter.dropCode(state, page);
      }
    }
  }
}
