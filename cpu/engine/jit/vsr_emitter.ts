/**
 * Emits accesses of regions to VSRs. Some have a local for doubleword 0, which
 * is a number mostly, and doubleword 1 in the vCPU's block; others, of which
 * something wants all, a local for both.
 *
 * @module
 */
import type { Field, SimdBinary, Value, Vector } from "../../isa/ops.ts";
import { STATE } from "../../state.ts";
import type { Local } from "../../wasm/code.ts";
import type { Frame, Runtime } from "../emitter/frame.ts";
import { Emitter } from "../emitter/mod.ts";
import { NotInlinable } from "./not_inlinable.ts";
import { type RegionRegisters, REGISTER } from "./registers.ts";

/** A vector that has not been taken apart or put together yet. */
type Lazy =
  /** That of a register, as it was when so much had been written. */
  | { readonly vsr: number; readonly written: number }
  | { readonly upper: Value; readonly lower: Value }
  | { readonly local: Local };

/** Offset of a VSR's doubleword 1; doubleword 0 is behind it. */
function lowerOf(n: number): number {
  return STATE.VSR.offset + 16 * n;
}

/** Emits accesses to VSRs. */
export class VsrEmitter extends Emitter {
  readonly #registers: RegionRegisters;
  /** How many VSRs the meaning has written. */
  #written = 0;

  constructor(frame: Frame, runtime: Runtime, registers: RegionRegisters) {
    super(frame, runtime);
    this.#registers = registers;
  }

  #lazy(x: Vector): Lazy {
    return x as unknown as Lazy;
  }

  /** The register that a vector is, if it is one. */
  #register(x: Vector): number | undefined {
    const lazy = this.#lazy(x);
    if (!("vsr" in lazy)) return undefined;
    if (lazy.written !== this.#written) {
      throw new TypeError("Cannot read VSR: the meaning has written one");
    }
    return lazy.vsr;
  }

  #local(n: number): Local {
    return this.#registers.local(REGISTER.vsr(n));
  }

  #pushLower(n: number): void {
    this.code.get(this.frame.state);
    this.code.memory("i64.load", lowerOf(n));
  }

  // ---------------------------------------------------------- doubleword 0

  override fpr(f: Field): Value {
    return this.#upperOf(this.fixed(f));
  }

  #upperOf(n: number): Value {
    this.#registers.noteRead(REGISTER.vsr(n));
    const c = this.code;
    switch (this.#registers.kindOf(n)) {
      case "memory":
        c.get(this.frame.state);
        c.memory("f64.load", lowerOf(n) + 8);
        break;
      case "number":
        c.get(this.#local(n));
        break;
      case "vector":
        c.get(this.#local(n));
        c.extractFloat(1);
    }
    return this.takeFloat();
  }

  override setFpr(f: Field, value: Value): void {
    this.#setDoublewords(this.fixed(f), value, this.const(0));
  }

  override setUpper(f: Field, value: Value): void {
    const n = this.fixed(f);
    const c = this.code;
    this.#written++;
    // Doubleword 1 stays.
    this.#registers.noteRead(REGISTER.vsr(n));
    this.#registers.noteWrite(REGISTER.vsr(n));
    switch (this.#registers.kindOf(n)) {
      case "memory":
        c.get(this.frame.state);
        this.pushFloat(value);
        return c.memory("f64.store", lowerOf(n) + 8);
      case "number":
        this.pushFloat(value);
        break;
      case "vector":
        c.get(this.#local(n));
        this.pushFloat(value);
        c.replaceFloat(1);
    }
    c.set(this.#local(n));
  }

  // --------------------------------------------------------------- vectors

  override vsr(f: Field): Vector {
    return { vsr: this.fixed(f), written: this.#written } as unknown as Vector;
  }

  override vr(f: Field): Vector {
    const vsr = 32 + this.fixed(f);
    return { vsr, written: this.#written } as unknown as Vector;
  }

  override setVsr(f: Field, value: Vector): void {
    this.#set(this.fixed(f), value);
  }

  override setVr(f: Field, value: Vector): void {
    this.#set(32 + this.fixed(f), value);
  }

  override pushVector(x: Vector): void {
    const n = this.#register(x);
    const lazy = this.#lazy(x);
    const c = this.code;
    if (n === undefined) {
      if (!("upper" in lazy)) return super.pushVector(x);
      return super.pushVector(super.vector(lazy.upper, lazy.lower));
    }
    this.#registers.noteRead(REGISTER.vsr(n));
    this.#registers.noteVector(n);
    if (this.#registers.kindOf(n) === "vector") return c.get(this.#local(n));
    // In the vCPU's block, or for notes only.
    c.get(this.frame.state);
    c.memory("v128.load", lowerOf(n));
  }

  override vector(upper: Value, lower: Value): Vector {
    return { upper, lower } as unknown as Vector;
  }

  override upper(x: Vector): Value {
    const n = this.#register(x);
    const lazy = this.#lazy(x);
    if (n !== undefined) return this.#upperOf(n);
    return "upper" in lazy ? lazy.upper : super.upper(x);
  }

  override lower(x: Vector): Value {
    const n = this.#register(x);
    const lazy = this.#lazy(x);
    if (n === undefined) return "upper" in lazy ? lazy.lower : super.lower(x);
    return this.#lowerOf(n);
  }

  #lowerOf(n: number): Value {
    this.#registers.noteRead(REGISTER.vsr(n));
    if (this.#registers.kindOf(n) === "vector") {
      this.code.get(this.#local(n));
      this.code.extractLane(8, 0);
    } else this.#pushLower(n);
    return this.take();
  }

  /** What both sides being the same register makes of them. */
  override simd(name: SimdBinary, a: Vector, b: Vector): Vector {
    const n = this.#register(a);
    if (n !== undefined && n === this.#register(b)) {
      if (name === "v128.or" || name === "v128.and") return a;
      if (name === "v128.xor" || name === "v128.andnot") {
        return this.vector(this.const(0), this.const(0));
      }
    }
    return super.simd(name, a, b);
  }

  #set(n: number, value: Vector): void {
    const from = this.#register(value);
    const lazy = this.#lazy(value);
    if (from !== undefined) {
      const bothVectors = this.#registers.kindOf(n) === "vector" &&
        this.#registers.kindOf(from) === "vector";
      if (!bothVectors) {
        return this.#setDoublewords(
          n,
          this.#upperOf(from),
          this.#lowerOf(from),
        );
      }
      this.#registers.noteRead(REGISTER.vsr(from));
    } else if ("upper" in lazy) {
      return this.#setDoublewords(n, lazy.upper, lazy.lower);
    } else this.#registers.noteVector(n);
    this.#registers.noteWrite(REGISTER.vsr(n));
    this.#written++;
    const c = this.code;
    if (this.#registers.kindOf(n) === "vector") {
      if (from === undefined) super.pushVector(value);
      else c.get(this.#local(from));
      return c.set(this.#local(n));
    }
    c.get(this.frame.state);
    super.pushVector(value);
    c.memory("v128.store", lowerOf(n));
  }

  #setDoublewords(n: number, upper: Value, lower: Value): void {
    this.#registers.noteWrite(REGISTER.vsr(n));
    this.#written++;
    const c = this.code;
    switch (this.#registers.kindOf(n)) {
      case "vector":
        super.pushVector(super.vector(upper, lower));
        return c.set(this.#local(n));
      case "number":
        this.pushFloat(upper);
        c.set(this.#local(n));
        break;
      case "memory":
        c.get(this.frame.state);
        this.pushFloat(upper);
        c.memory("f64.store", lowerOf(n) + 8);
    }
    c.get(this.frame.state);
    this.push(lower);
    c.memory("i64.store", lowerOf(n));
  }

  // -------------------------------------------------- by computed numbers

  override fprNumber(): Value {
    throw new NotInlinable();
  }

  override setFprNumber(): void {
    throw new NotInlinable();
  }

  override vsrNumber(): Vector {
    throw new NotInlinable();
  }

  override setVsrNumber(): void {
    throw new NotInlinable();
  }
}
