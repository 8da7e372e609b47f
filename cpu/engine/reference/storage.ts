/**
 * Storage of the reference engine, in the order of `isa/ops.ts`.
 *
 * @module
 */
import type { Bytes, Condition, Value, Vector } from "../../isa/ops.ts";
import { ACCESS } from "../../mmu/mod.ts";
import type { Registers } from "../../registers.ts";
import { MSR } from "../../state.ts";
import type { Ram } from "./ram.ts";
import {
  bits,
  condition,
  reverse,
  value,
  vector,
  vectorBits,
} from "./values.ts";
import { ReferenceVectors } from "./vectors.ts";

const PAGE = 4096n;
const NO_RESERVATION = (1n << 64n) - 1n;

/** Loads and stores, effective and real. */
export abstract class ReferenceStorage extends ReferenceVectors {
  readonly ram: Ram;
  readonly #hashTable: BigUint64Array;
  /** Whether the current instruction has loaded, stored (for trace). */
  accessed = { load: false, store: false };

  constructor(registers: Registers, ram: Ram, hashTable: BigUint64Array) {
    super(registers);
    this.ram = ram;
    this.#hashTable = hashTable;
  }

  /** The real address of an effective one, or raises. */
  protected abstract translate(
    ea: bigint,
    access: (typeof ACCESS)[keyof typeof ACCESS],
  ): bigint;
  /** Raises an alignment interrupt. */
  protected abstract misaligned(ea: bigint): never;
  /** Raises a data storage interrupt for storage that is not memory. */
  protected abstract notMemory(ea: bigint, access: 0 | 1): never;
  /** Leaves for the machine to load; gives the bytes once it has. */
  protected abstract loadDevice(real: bigint, bytes: number): bigint;
  /** Leaves for the machine to store; comes back once it has. */
  protected abstract storeDevice(
    real: bigint,
    bytes: number,
    number: bigint,
  ): void;

  ea(address: Value): Value {
    return this.msrHas(MSR.SF)
      ? address
      : value(BigInt.asUintN(32, bits(address)));
  }

  load(bytes: Bytes, ea: Value): Value {
    return value(this.#load(bytes, ea, this.msrHas(MSR.LE)));
  }

  store(bytes: Bytes, ea: Value, to: Value): void {
    this.#store(bytes, ea, bits(to), this.msrHas(MSR.LE));
  }

  loadReversed(bytes: 2 | 4 | 8, ea: Value): Value {
    return value(this.#load(bytes, ea, !this.msrHas(MSR.LE)));
  }

  storeReversed(bytes: 2 | 4 | 8, ea: Value, to: Value): void {
    this.#store(bytes, ea, bits(to), !this.msrHas(MSR.LE));
  }

  loadQuadword(ea: Value): Vector {
    return vector(this.#load(16, ea, this.msrHas(MSR.LE)));
  }

  storeQuadword(ea: Value, to: Vector): void {
    this.#store(16, ea, vectorBits(to), this.msrHas(MSR.LE));
  }

  loadReserve(bytes: Bytes, ea: Value): Value {
    return value(this.#loadReserve(bytes, ea));
  }

  storeConditional(bytes: Bytes, ea: Value, to: Value): Condition {
    return this.#storeConditional(bytes, ea, bits(to));
  }

  loadReserveQuadword(ea: Value): Vector {
    return vector(this.#loadReserve(16, ea));
  }

  storeConditionalQuadword(ea: Value, to: Vector): Condition {
    return this.#storeConditional(16, ea, vectorBits(to));
  }

  readModifyWrite(
    bytes: 4 | 8,
    ea: Value,
    update: (old: Value) => Value,
  ): Value {
    this.#align(bytes, ea);
    this.#inMemory(ea, ACCESS.store);
    const old = this.load(bytes, ea);
    this.store(bytes, ea, update(old));
    return old;
  }

  probe(ea: Value, access: "load" | "store"): void {
    this.accessed[access] = true;
    this.translate(bits(ea), ACCESS[access]);
  }

  requireMemory(
    ea: Value,
    access: "load" | "store",
    interrupt: "alignment" | "dataStorage" = "alignment",
  ): void {
    this.accessed[access] = true;
    if (interrupt === "dataStorage") this.#inMemory(ea, ACCESS[access]);
    else this.#checkMemory(bits(ea), this.translate(bits(ea), ACCESS[access]));
  }

  zeroBlock(bytes: number, ea: Value): void {
    const start = bits(ea) & ~BigInt(bytes - 1);
    this.requireMemory(value(start), "store");
    for (let at = 0; at < bytes; at += 8) {
      this.#store(8, value(start + BigInt(at)), 0n, false);
    }
  }

  invalidateInstructions(ea: Value): void {
    // The reference decodes each instruction anew; only the checks are left.
    this.probe(ea, "load");
  }

  barrier(): void {
    // One instruction at a time on one thread: all storage is in order.
  }

  loadReal(bytes: Bytes, real: Value): Value {
    if (!this.ram.holds(bits(real), bytes)) return value(0n);
    return value(this.ram.load(bits(real), bytes));
  }

  storeReal(bytes: Bytes, real: Value, to: Value): void {
    if (this.ram.holds(bits(real), bytes)) {
      this.ram.store(bits(real), bytes, bits(to));
    }
  }

  compareAndSwapReal(real: Value, expected: Value, to: Value): Condition {
    if (!this.ram.holds(bits(real), 8)) return condition(false);
    return condition(
      this.ram.compareAndSwap(bits(real), bits(expected), bits(to)),
    );
  }

  inRam(real: Value, bytes: number): Condition {
    return condition(this.ram.holds(bits(real), bytes));
  }

  loadHashTable(index: Value): Value {
    return value(this.#hashTable[Number(bits(index))] ?? 0n);
  }

  compareAndSwapHashTable(
    index: Value,
    expected: Value,
    to: Value,
  ): Condition {
    if (bits(index) >= BigInt(this.#hashTable.length)) return condition(false);
    const old = Atomics.compareExchange(
      this.#hashTable,
      Number(bits(index)),
      bits(expected),
      bits(to),
    );
    return condition(old === bits(expected));
  }

  hashTableMask(): Value {
    // A group is 8 entries of 16 bytes: 16 doublewords.
    const groups = this.#hashTable.length / 16;
    return value(groups === 0 ? 0n : BigInt(groups - 1));
  }

  /** The real address; storage that is not memory raises. */
  #inMemory(ea: Value, access: 0 | 1): bigint {
    const real = this.translate(bits(ea), access);
    if (!this.ram.holds(real, 1)) this.notMemory(bits(ea), access);
    return real;
  }

  /**
   * Both pages are looked at before either is touched. A device serves only
   * what lies in one page and is no quadword.
   */
  #pieces(
    ea: bigint,
    bytes: number,
    access: 0 | 1,
  ): { real: bigint; bytes: number }[] {
    const end = bits(this.ea(value(ea + BigInt(bytes - 1))));
    const first = this.translate(ea, access);
    const onePage = ea / PAGE === end / PAGE;
    if (bytes === 16 || !onePage) this.#checkMemory(ea, first);
    if (onePage) return [{ real: first, bytes }];
    const start = end - end % PAGE;
    const tail = Number(end % PAGE) + 1;
    const second = this.translate(start, access);
    this.#checkMemory(start, second);
    return [{ real: first, bytes: bytes - tail }, {
      real: second,
      bytes: tail,
    }];
  }

  #checkMemory(ea: bigint, real: bigint): void {
    if (!this.ram.holds(real, 1)) this.misaligned(ea);
  }

  #load(bytes: number, ea: Value, littleEndian: boolean): bigint {
    this.accessed.load = true;
    let number = 0n;
    for (const piece of this.#pieces(bits(ea), bytes, ACCESS.load)) {
      const part = this.ram.holds(piece.real, piece.bytes)
        ? this.ram.load(piece.real, piece.bytes)
        : this.loadDevice(piece.real, piece.bytes);
      number = number << BigInt(8 * piece.bytes) | part;
    }
    return littleEndian ? reverse(bytes, number) : number;
  }

  #store(bytes: number, ea: Value, to: bigint, littleEndian: boolean): void {
    this.accessed.store = true;
    const number = littleEndian ? reverse(bytes, to) : to;
    let left = bytes;
    for (const piece of this.#pieces(bits(ea), bytes, ACCESS.store)) {
      left -= piece.bytes;
      const part = BigInt.asUintN(8 * piece.bytes, number >> BigInt(8 * left));
      if (this.ram.holds(piece.real, piece.bytes)) {
        this.ram.store(piece.real, piece.bytes, part);
      } else this.storeDevice(piece.real, piece.bytes, part);
    }
  }

  #align(bytes: number, ea: Value): void {
    if (bits(ea) % BigInt(bytes) !== 0n) this.misaligned(bits(ea));
  }

  #loadReserve(bytes: number, ea: Value): bigint {
    this.#align(bytes, ea);
    const real = this.#inMemory(ea, ACCESS.load);
    const loaded = this.#load(bytes, ea, this.msrHas(MSR.LE));
    this.registers.set("RESERVE_ADDRESS", real);
    this.registers.set("RESERVE_BYTES", BigInt(bytes));
    this.registers.set("RESERVE_VALUE", loaded, 0);
    this.registers.set("RESERVE_VALUE", loaded >> 64n, 1);
    return loaded;
  }

  #storeConditional(bytes: number, ea: Value, to: bigint): Condition {
    this.#align(bytes, ea);
    const real = this.#inMemory(ea, ACCESS.store);
    const { registers } = this;
    const reserved = registers.get("RESERVE_ADDRESS") === real &&
      registers.get("RESERVE_BYTES") === BigInt(bytes) &&
      this.#load(bytes, ea, this.msrHas(MSR.LE)) ===
        BigInt.asUintN(
          8 * bytes,
          registers.get("RESERVE_VALUE", 1) << 64n |
            registers.get("RESERVE_VALUE", 0),
        );
    if (reserved) this.#store(bytes, ea, to, this.msrHas(MSR.LE));
    registers.set("RESERVE_ADDRESS", NO_RESERVATION);
    return condition(reserved);
  }
}
