/**
 * Emits memory accesses: the software TLB's check inline, the rest by calls.
 *
 * @module
 */
import type { Bytes, Condition, Value, Vector } from "../../isa/ops.ts";
import { STATE } from "../../state.ts";
import type { MemoryOpName } from "../../wasm/opcodes.ts";
import { DATA_TLB } from "../layout.ts";
import { VectorEmitter } from "./vectors.ts";

/** Offsets within an entry of the data TLB. */
export const DATA_ENTRY = { read: 0, write: 8, addend: 16 } as const;

const LOADS = {
  1: "i64.load8_u",
  2: "i64.load16_u",
  4: "i64.load32_u",
  8: "i64.load",
} as const;
const STORES = {
  1: "i64.store8",
  2: "i64.store16",
  4: "i64.store32",
  8: "i64.store",
} as const;
const COMPARE_EXCHANGE = {
  1: "i64.atomic.rmw8.cmpxchg_u",
  2: "i64.atomic.rmw16.cmpxchg_u",
  4: "i64.atomic.rmw32.cmpxchg_u",
  8: "i64.atomic.rmw.cmpxchg",
} as const satisfies Record<number, MemoryOpName>;
const BYTE_REVERSAL = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

/** Third part of the emitter. */
export class MemoryEmitter extends VectorEmitter {
  ea(address: Value): Value {
    return this.runtime.mode.sixtyFour ? address : this.zeroExtend(4, address);
  }

  /**
   * Opens an if that is taken where the TLB has the page for this access;
   * leaves the entry's address in the local that it gives.
   */
  #ifTranslated(bytes: number, ea: Value, tag: number): number {
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
    c.memory("i64.load", tag);
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
    const entry = this.#ifTranslated(bytes, ea, DATA_ENTRY.read);
    this.#pushHost(ea, entry);
    c.memory(LOADS[bytes], 0, 0);
    if (reverse && bytes > 1) {
      this.push(this.reverseBytes(bytes as 2 | 4 | 8, this.take()));
    }
    c.set(result);
    c.else();
    this.#callSlow(this.runtime.loadSlow(bytes), ea);
    c.set(result);
    this.leaveIfRaised();
    c.end();
    c.get(result);
    return this.take();
  }

  store(bytes: Bytes, ea: Value, value: Value): void {
    const c = this.code;
    const reverse = !this.runtime.mode.littleEndian && bytes > 1;
    const entry = this.#ifTranslated(bytes, ea, DATA_ENTRY.write);
    const ordered = reverse
      ? this.reverseBytes(bytes as 2 | 4 | 8, value)
      : value;
    this.#pushHost(ea, entry);
    this.push(ordered);
    c.memory(STORES[bytes], 0, 0);
    c.else();
    this.#callSlow(this.runtime.storeSlow(bytes), ea, value);
    this.leaveIfRaised();
    c.end();
  }

  storeReversed(bytes: 2 | 4 | 8, ea: Value, value: Value): void {
    this.store(bytes, ea, this.reverseBytes(bytes, value));
  }

  loadQuadword(ea: Value): Vector {
    const c = this.code;
    const result = c.temporary("v128");
    const entry = this.#ifTranslated(16, ea, DATA_ENTRY.read);
    this.#pushHost(ea, entry);
    c.memory("v128.load", 0, 0);
    c.set(result);
    c.else();
    this.#callSlow(this.runtime.loadSlow(16), ea);
    this.leaveIfRaised();
    c.get(this.frame.state);
    c.memory("v128.load", STATE.SCRATCH.offset, 0);
    c.set(result);
    c.end();
    c.get(result);
    if (!this.runtime.mode.littleEndian) {
      c.get(result);
      c.shuffle(BYTE_REVERSAL);
    }
    return this.takeVector();
  }

  storeQuadword(ea: Value, value: Vector): void {
    const c = this.code;
    const entry = this.#ifTranslated(16, ea, DATA_ENTRY.write);
    this.#pushHost(ea, entry);
    this.pushVector(value);
    if (!this.runtime.mode.littleEndian) {
      this.pushVector(value);
      c.shuffle(BYTE_REVERSAL);
    }
    c.memory("v128.store", 0, 0);
    c.else();
    // Both pages must take the store before either is written.
    this.probe(ea, "store");
    this.probe(this.ea(this.add(ea, this.const(15))), "store");
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
    c.end();
  }

  /** Address in the shared memory of an access within one page. */
  #resolve(ea: Value, access: "load" | "store"): number {
    const c = this.code;
    const host = c.temporary("i32");
    c.get(this.frame.state);
    this.push(ea);
    c.i32(access === "store" ? 1 : 0);
    c.call(this.runtime.resolve);
    c.set(host);
    this.leaveIfRaised();
    return host;
  }

  #mustBeAligned(bytes: number, ea: Value): void {
    if (bytes === 1) return;
    this.if(
      this.nonZero(this.and(ea, this.const(bytes - 1))),
      () => this.raise("alignment", { dar: ea }),
    );
  }

  /** As the system part defines it. */
  raise(_interrupt: string, _details?: { dar?: Value }): void {
    throw new TypeError("Cannot raise an interrupt: emitter is incomplete");
  }

  #ordered(bytes: Bytes, value: Value): Value {
    return this.runtime.mode.littleEndian || bytes === 1
      ? value
      : this.reverseBytes(bytes as 2 | 4 | 8, value);
  }

  loadReserve(bytes: Bytes, ea: Value): Value {
    this.#mustBeAligned(bytes, ea);
    const c = this.code;
    const host = this.#resolve(ea, "load");
    c.get(host);
    c.memory(LOADS[bytes], 0, 0);
    const raw = this.take();
    this.#reserve(host, bytes);
    this.setRegAt("RESERVE_VALUE", this.const(0), raw);
    return this.#ordered(bytes, raw);
  }

  #reserve(host: number, bytes: number): void {
    this.code.get(host);
    this.code.op("i64.extend_i32_u");
    this.setReg("RESERVE_ADDRESS", this.take());
    this.setReg("RESERVE_BYTES", this.const(bytes));
  }

  /** True where the reservation is for this block; it is gone afterwards. */
  #claimReservation(host: number, bytes: number): Condition {
    this.code.get(host);
    this.code.op("i64.extend_i32_u");
    const held = this.both(
      this.eq(this.reg("RESERVE_ADDRESS"), this.take()),
      this.eq(this.reg("RESERVE_BYTES"), this.const(bytes)),
    );
    this.setReg("RESERVE_ADDRESS", this.const(-1));
    return held;
  }

  storeConditional(bytes: Bytes, ea: Value, value: Value): Condition {
    this.#mustBeAligned(bytes, ea);
    const c = this.code;
    const host = this.#resolve(ea, "store");
    const done = c.temporary("i32");
    const ordered = this.#ordered(bytes, value);
    const expected = this.regAt("RESERVE_VALUE", this.const(0));
    c.i32(0);
    c.set(done);
    this.pushCondition(this.#claimReservation(host, bytes));
    c.if();
    c.get(host);
    this.push(expected);
    this.push(ordered);
    c.memory(COMPARE_EXCHANGE[bytes]);
    this.push(expected);
    c.op("i64.eq");
    c.set(done);
    c.end();
    c.get(done);
    return this.takeCondition();
  }

  loadReserveQuadword(ea: Value): Vector {
    this.#mustBeAligned(16, ea);
    const c = this.code;
    const host = this.#resolve(ea, "load");
    this.#reserve(host, 16);
    c.get(host);
    c.memory("v128.load", 0, 0);
    const raw = this.takeVector();
    this.setRegAt("RESERVE_VALUE", this.const(0), this.lower(raw));
    this.setRegAt("RESERVE_VALUE", this.const(1), this.upper(raw));
    return this.#orderedVector(raw);
  }

  #orderedVector(x: Vector): Vector {
    if (this.runtime.mode.littleEndian) return x;
    this.pushVector(x);
    this.pushVector(x);
    this.code.shuffle(BYTE_REVERSAL);
    return this.takeVector();
  }

  /**
   * WebAssembly has no 16-byte compare and exchange: the first doubleword is
   * exchanged atomically, the second checked before and written after.
   */
  storeConditionalQuadword(ea: Value, value: Vector): Condition {
    this.#mustBeAligned(16, ea);
    const c = this.code;
    const host = this.#resolve(ea, "store");
    const done = c.temporary("i32");
    const ordered = this.#orderedVector(value);
    const low = this.regAt("RESERVE_VALUE", this.const(0));
    const high = this.regAt("RESERVE_VALUE", this.const(1));
    c.i32(0);
    c.set(done);
    this.pushCondition(this.#claimReservation(host, 16));
    c.get(host);
    c.memory("i64.load", 8);
    this.push(high);
    c.op("i64.eq");
    c.op("i32.and");
    c.if();
    c.get(host);
    this.push(low);
    this.push(this.lower(ordered));
    c.memory("i64.atomic.rmw.cmpxchg");
    this.push(low);
    c.op("i64.eq");
    c.set(done);
    c.get(done);
    c.if();
    c.get(host);
    this.push(this.upper(ordered));
    c.memory("i64.store", 8);
    c.end();
    c.end();
    c.get(done);
    return this.takeCondition();
  }

  readModifyWrite(
    bytes: 4 | 8,
    ea: Value,
    update: (old: Value) => Value,
  ): Value {
    this.#mustBeAligned(bytes, ea);
    const c = this.code;
    const host = this.#resolve(ea, "store");
    const old = c.temporary("i64");
    const out = c.block();
    const again = c.loop();
    c.get(host);
    c.memory(LOADS[bytes], 0, 0);
    c.set(old);
    c.get(old);
    const next = this.#ordered(
      bytes,
      update(this.#ordered(bytes, this.take())),
    );
    c.get(host);
    c.get(old);
    this.push(bytes === 4 ? this.zeroExtend(4, next) : next);
    c.memory(COMPARE_EXCHANGE[bytes]);
    c.get(old);
    c.op("i64.eq");
    c.brIf(out);
    c.br(again);
    c.end();
    c.end();
    c.get(old);
    return this.#ordered(bytes, this.take());
  }

  probe(ea: Value, access: "load" | "store"): void {
    this.#resolve(ea, access);
  }

  zeroBlock(bytes: number, ea: Value): void {
    const c = this.code;
    const host = this.#resolve(this.and(ea, this.const(-bytes)), "store");
    c.get(host);
    c.i32(0);
    c.i32(bytes);
    c.fill();
  }

  /** Stores to decoded pages are caught when they happen: only the access. */
  invalidateInstructions(ea: Value): void {
    this.probe(ea, "load");
  }

  // ------------------------------------------------------------ real storage
  loadReal(bytes: Bytes, real: Value): Value {
    this.pushLow(real);
    this.code.memory(LOADS[bytes], this.runtime.layout.ram, 0);
    const raw = this.take();
    return bytes === 1 ? raw : this.reverseBytes(bytes, raw);
  }

  storeReal(bytes: Bytes, real: Value, value: Value): void {
    const ordered = bytes === 1 ? value : this.reverseBytes(bytes, value);
    this.pushLow(real);
    this.push(ordered);
    this.code.memory(STORES[bytes], this.runtime.layout.ram, 0);
  }

  compareAndSwapReal(real: Value, expected: Value, value: Value): Condition {
    const old = this.reverseBytes(8, expected);
    const next = this.reverseBytes(8, value);
    this.pushLow(real);
    this.push(old);
    this.push(next);
    this.code.memory("i64.atomic.rmw.cmpxchg", this.runtime.layout.ram);
    this.push(old);
    this.code.op("i64.eq");
    return this.takeCondition();
  }

  inRam(real: Value, bytes: number): Condition {
    return this.leUnsigned(
      real,
      this.const(this.runtime.layout.ramBytes - bytes),
    );
  }

  loadHashTable(index: Value): Value {
    if (this.runtime.layout.hashTableBytes === 0) return this.const(0);
    this.#hashTableAddress(index);
    this.code.memory("i64.load", this.runtime.layout.hashTable);
    return this.take();
  }

  storeHashTable(index: Value, value: Value): void {
    if (this.runtime.layout.hashTableBytes === 0) return;
    this.#hashTableAddress(index);
    this.push(value);
    this.code.memory("i64.store", this.runtime.layout.hashTable);
  }

  #hashTableAddress(index: Value): void {
    this.pushLow(index);
    this.code.i32(3);
    this.code.op("i32.shl");
    this.code.i32(this.runtime.layout.hashTableBytes - 8);
    this.code.op("i32.and");
  }

  hashTableMask(): Value {
    const groups = this.runtime.layout.hashTableBytes / 128;
    return this.const(groups === 0 ? 0 : groups - 1);
  }
}
