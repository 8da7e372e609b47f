/**
 * Emits accesses to real storage and to the machine's hash table.
 *
 * @module
 */
import type { Bytes, Condition, Value } from "../../isa/ops.ts";
import { LOADS, STORES } from "./memory.ts";
import { AtomicEmitter } from "./atomics.ts";

/** Emits what the MMU's walks need. */
export class RealStorageEmitter extends AtomicEmitter {
  loadReal(bytes: Bytes, real: Value): Value {
    const raw = this.variable(this.const(0));
    this.if(this.inRam(real, bytes), () => {
      this.pushLow(real);
      this.code.memory(LOADS[bytes], this.runtime.layout.ram, 0);
      this.set(raw, this.take());
    });
    const value = this.get(raw);
    return bytes === 1 ? value : this.reverseBytes(bytes, value);
  }

  storeReal(bytes: Bytes, real: Value, value: Value): void {
    this.if(this.inRam(real, bytes), () => {
      const ordered = bytes === 1 ? value : this.reverseBytes(bytes, value);
      this.pushLow(real);
      this.push(ordered);
      this.code.memory(STORES[bytes], this.runtime.layout.ram, 0);
    });
  }

  compareAndSwapReal(real: Value, expected: Value, value: Value): Condition {
    const old = this.reverseBytes(8, expected);
    const next = this.reverseBytes(8, value);
    const swapped = this.variable(this.const(0));
    this.if(this.inRam(real, 8), () => {
      this.pushLow(real);
      this.push(old);
      this.push(next);
      this.code.memory("i64.atomic.rmw.cmpxchg", this.runtime.layout.ram);
      this.push(old);
      this.code.op("i64.eq");
      this.set(swapped, this.bit(this.takeCondition()));
    });
    return this.nonZero(this.get(swapped));
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

  compareAndSwapHashTable(
    index: Value,
    expected: Value,
    value: Value,
  ): Condition {
    if (this.runtime.layout.hashTableBytes === 0) {
      return this.knownCondition(false);
    }
    this.#hashTableAddress(index);
    this.push(expected);
    this.push(value);
    this.code.memory(
      "i64.atomic.rmw.cmpxchg",
      this.runtime.layout.hashTable,
    );
    this.push(expected);
    this.code.op("i64.eq");
    return this.takeCondition();
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
