/**
 * Emits reservations and atomic updates.
 *
 * @module
 */
import type { Bytes, Condition, Value, Vector } from "../../isa/ops.ts";
import type { MemoryOpName } from "../../wasm/opcodes.ts";
import { LOCKS } from "../layout.ts";
import { BYTE_REVERSAL, LOADS, MemoryEmitter } from "./memory.ts";

const COMPARE_EXCHANGE = {
  1: "i64.atomic.rmw8.cmpxchg_u",
  2: "i64.atomic.rmw16.cmpxchg_u",
  4: "i64.atomic.rmw32.cmpxchg_u",
  8: "i64.atomic.rmw.cmpxchg",
} as const satisfies Record<number, MemoryOpName>;

/** Emits atomic accesses. */
export class AtomicEmitter extends MemoryEmitter {
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
    const host = this.resolve(ea, "load");
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
    const host = this.resolve(ea, "store");
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
    this.frame.storedSlowly?.();
    c.get(done);
    return this.takeCondition();
  }

  loadReserveQuadword(ea: Value): Vector {
    this.#mustBeAligned(16, ea);
    const c = this.code;
    const host = this.resolve(ea, "load");
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
   * exchanged atomically, the second checked before and written after. A lock
   * makes that one step for other vCPUs' stqcx.; their plain loads and stores
   * may come in between.
   */
  storeConditionalQuadword(ea: Value, value: Vector): Condition {
    this.#mustBeAligned(16, ea);
    const c = this.code;
    const host = this.resolve(ea, "store");
    const done = c.temporary("i32");
    const ordered = this.#orderedVector(value);
    const low = this.regAt("RESERVE_VALUE", this.const(0));
    const high = this.regAt("RESERVE_VALUE", this.const(1));
    c.i32(0);
    c.set(done);
    this.#lockQuadwords();
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
    this.#unlockQuadwords();
    c.get(done);
    return this.takeCondition();
  }

  /** Held for some instructions, none of which can raise. */
  #lockQuadwords(): void {
    const { concurrent, pageUse } = this.runtime.layout;
    if (!concurrent) return;
    const c = this.code;
    const again = c.loop();
    c.i32(pageUse + LOCKS.quadwords);
    c.i32(1);
    c.memory("i32.atomic.rmw.xchg");
    c.brIf(again, false);
    c.end();
  }

  #unlockQuadwords(): void {
    const { concurrent, pageUse } = this.runtime.layout;
    if (!concurrent) return;
    this.code.i32(pageUse + LOCKS.quadwords);
    this.code.i32(0);
    this.code.memory("i32.atomic.store");
  }

  readModifyWrite(
    bytes: 4 | 8,
    ea: Value,
    update: (old: Value) => Value,
  ): Value {
    this.#mustBeAligned(bytes, ea);
    const c = this.code;
    const host = this.resolve(ea, "store");
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
    this.frame.storedSlowly?.();
    c.get(old);
    return this.#ordered(bytes, this.take());
  }
}
