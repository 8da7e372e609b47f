/**
 * Emits memory accesses: the software TLB's check inline, the rest by calls.
 *
 * @module
 */
import type { Bytes, Value, Vector } from "../../isa/ops.ts";
import { STATE } from "../../state.ts";
import { DATA_TLB } from "../layout.ts";
import { RESOLVE } from "./frame.ts";
import { VectorEmitter } from "./vectors.ts";

/**
 * Offsets within an entry of the data TLB; `shift` is log2 of the size of the
 * page that the entry's 4 KB belong to. `unnoted` belongs to the place: 0 where
 * the journal has it. `journalled` belongs to the page: 0 where the journal is
 * not for it. Whoever fills a TLB with ones has emptied its journal.
 */
export const DATA_ENTRY = {
  read: 0,
  write: 8,
  addend: 16,
  shift: 20,
  unnoted: 24,
  journalled: 28,
} as const;

/** Loads by width. */
export const LOADS = {
  1: "i64.load8_u",
  2: "i64.load16_u",
  4: "i64.load32_u",
  8: "i64.load",
} as const;
/** Stores by width. */
export const STORES = {
  1: "i64.store8",
  2: "i64.store16",
  4: "i64.store32",
  8: "i64.store",
} as const;
/** Lanes of a shuffle that reverses a quadword. */
export const BYTE_REVERSAL = [
  15,
  14,
  13,
  12,
  11,
  10,
  9,
  8,
  7,
  6,
  5,
  4,
  3,
  2,
  1,
  0,
];

/** An access to storage. */
export interface Access {
  readonly bytes: number;
  readonly ea: Value;
  readonly kind: "read" | "write";
}

/** Emits accesses to storage. */
export class MemoryEmitter extends VectorEmitter {
  ea(address: Value): Value {
    return this.runtime.mode.sixtyFour ? address : this.zeroExtend(4, address);
  }

  /**
   * Emits an access: `hit` where the page is known, with what pushes an address
   * in the shared memory and what is to be added to it, and `miss` where the
   * slow path is to go, by a function of the same signature if one is named.
   */
  protected access(
    what: Access,
    hit: (pushHost: () => void, offset: number) => void,
    miss: (slow?: number) => void,
  ): void {
    const entry = this.ifTranslated(what);
    hit(() => this.#pushHost(what.ea, entry), 0);
    this.code.else();
    miss();
    this.code.end();
  }

  /**
   * Opens an if that is taken where the TLB has the page for this access;
   * leaves the entry's address in the local that it gives.
   */
  protected ifTranslated({ bytes, ea, kind }: Access): number {
    const c = this.code;
    const entry = c.temporary("i32");
    this.push(ea);
    c.i64(12 - Math.log2(DATA_TLB.entryBytes));
    c.op("i64.shr_u");
    c.op("i32.wrap_i64");
    c.i32((DATA_TLB.entries - 1) * DATA_TLB.entryBytes);
    c.op("i32.and");
    if (this.frame.dataTlb !== undefined) c.get(this.frame.dataTlb);
    else {
      c.get(this.frame.state);
      c.memory("i32.load", STATE.TLB_DATA.offset);
    }
    c.op("i32.add");
    c.set(entry);
    this.push(ea);
    if (bytes > 1) {
      c.i64(bytes - 1);
      c.op("i64.add");
    }
    c.i64(-4096);
    c.op("i64.and");
    c.get(entry);
    c.memory("i64.load", DATA_ENTRY[kind]);
    c.op("i64.eq");
    c.if(true);
    return entry;
  }

  /** Pushes the address in the shared memory that an entry gives to ea. */
  #pushHost(ea: Value, entry: number): void {
    this.pushLow(ea);
    this.code.get(entry);
    this.code.memory("i32.load", DATA_ENTRY.addend);
    this.code.op("i32.add");
  }

  #callSlow(index: number, ...args: Value[]): void {
    this.code.get(this.frame.state);
    for (const arg of args) this.push(arg);
    this.code.call(index);
  }

  load(bytes: Bytes, ea: Value): Value {
    return this.#load(bytes, ea, !this.runtime.mode.littleEndian);
  }

  loadReversed(bytes: 2 | 4 | 8, ea: Value): Value {
    return this.reverseBytes(bytes, this.load(bytes, ea));
  }

  #load(bytes: Bytes, ea: Value, reverse: boolean): Value {
    const c = this.code;
    const result = c.temporary("i64");
    this.access({ bytes, ea, kind: "read" }, (pushHost, offset) => {
      pushHost();
      c.memory(LOADS[bytes], offset, 0);
      if (reverse && bytes > 1) {
        this.push(this.reverseBytes(bytes as 2 | 4 | 8, this.take()));
      }
      c.set(result);
    }, (slow = this.runtime.loadSlow(bytes)) => {
      this.#callSlow(slow, ea);
      c.set(result);
      this.leaveIfRaised();
    });
    c.get(result);
    return this.take();
  }

  store(bytes: Bytes, ea: Value, value: Value): void {
    const c = this.code;
    const reverse = !this.runtime.mode.littleEndian && bytes > 1;
    this.access({ bytes, ea, kind: "write" }, (pushHost, offset) => {
      const ordered = reverse
        ? this.reverseBytes(bytes as 2 | 4 | 8, value)
        : value;
      pushHost();
      this.push(ordered);
      c.memory(STORES[bytes], offset, 0);
    }, (slow = this.runtime.storeSlow(bytes)) => {
      this.#callSlow(slow, ea, value);
      this.leaveIfRaised();
      this.frame.storedSlowly?.();
    });
  }

  storeReversed(bytes: 2 | 4 | 8, ea: Value, value: Value): void {
    this.store(bytes, ea, this.reverseBytes(bytes, value));
  }

  loadQuadword(ea: Value): Vector {
    const c = this.code;
    const result = c.temporary("v128");
    this.access({ bytes: 16, ea, kind: "read" }, (pushHost) => {
      pushHost();
      c.memory("v128.load", 0, 0);
      c.set(result);
    }, () => {
      this.#callSlow(this.runtime.loadSlow(16), ea);
      this.leaveIfRaised();
      c.get(this.frame.state);
      c.memory("v128.load", STATE.SCRATCH.offset, 0);
      c.set(result);
    });
    c.get(result);
    if (!this.runtime.mode.littleEndian) {
      c.get(result);
      c.shuffle(BYTE_REVERSAL);
    }
    return this.takeVector();
  }

  storeQuadword(ea: Value, value: Vector): void {
    const c = this.code;
    this.access({ bytes: 16, ea, kind: "write" }, (pushHost) => {
      pushHost();
      this.pushVector(value);
      if (!this.runtime.mode.littleEndian) {
        this.pushVector(value);
        c.shuffle(BYTE_REVERSAL);
      }
      c.memory("v128.store", 0, 0);
    }, () => {
      // Both pages must take the store before either is written.
      this.requireMemory(ea, "store");
      const last = this.ea(this.add(ea, this.const(15)));
      this.requireMemory(this.and(last, this.const(-4096)), "store");
      const [first, second] = this.runtime.mode.littleEndian
        ? [this.lower(value), this.upper(value)]
        : [this.upper(value), this.lower(value)];
      this.#callSlow(this.runtime.storeSlow(8), ea, first);
      this.leaveIfRaised();
      this.#callSlow(
        this.runtime.storeSlow(8),
        this.ea(this.add(ea, this.const(8))),
        second,
      );
      this.leaveIfRaised();
      this.frame.storedSlowly?.();
    });
  }

  /** Address in the shared memory of an access within one page. */
  protected resolve(
    ea: Value,
    access: "load" | "store",
    how: "alignment" | "anyStorage" | "dataStorage" = "dataStorage",
  ): number {
    const c = this.code;
    const host = c.temporary("i32");
    c.get(this.frame.state);
    this.push(ea);
    c.i32(
      (access === "store" ? RESOLVE.store : 0) |
        (how === "dataStorage" ? 0 : RESOLVE[how]),
    );
    c.call(this.runtime.resolve);
    c.set(host);
    this.leaveIfRaised();
    return host;
  }

  probe(ea: Value, access: "load" | "store"): void {
    this.resolve(ea, access, "anyStorage");
  }

  requireMemory(
    ea: Value,
    access: "load" | "store",
    interrupt: "alignment" | "dataStorage" = "alignment",
  ): void {
    this.resolve(ea, access, interrupt);
  }

  zeroBlock(bytes: number, ea: Value): void {
    const c = this.code;
    const host = this.resolve(
      this.and(ea, this.const(-bytes)),
      "store",
      "alignment",
    );
    c.get(host);
    c.i32(0);
    c.i32(bytes);
    c.fill();
    this.frame.storedSlowly?.();
  }

  /** Stores to decoded pages are caught when they happen: only the access. */
  invalidateInstructions(ea: Value): void {
    this.probe(ea, "load");
  }
}
