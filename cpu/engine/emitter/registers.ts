/**
 * Emits accesses to the register block.
 *
 * @module
 */
import type { Field, Value, Vector } from "../../isa/ops.ts";
import { STATE, type StateName } from "../../state.ts";
import { ArithmeticEmitter } from "./arithmetic.ts";
import type { EmittedField } from "./operands.ts";

/** Emits register accesses. */
export class RegisterEmitter extends ArithmeticEmitter {
  /** Pushes the base of an array element; gives the static offset to add. */
  protected pushElement(name: StateName, f: Field): number {
    const { offset, bytes } = STATE[name];
    const field = f as unknown as EmittedField;
    const c = this.code;
    c.get(this.frame.state);
    if ("known" in field) return offset + field.known * bytes;
    const [piece] = field.pieces;
    const log = Math.log2(bytes);
    if (field.pieces.length === 1 && piece && piece.shift >= log) {
      this.pushBits(piece.shift - log, (2 ** piece.width - 1) << log);
    } else {
      this.pushField(f);
      if (log > 0) {
        c.i32(log);
        c.op("i32.shl");
      }
    }
    c.op("i32.add");
    return offset;
  }

  /** Pushes the base of an element whose number is a value. */
  #numbered(name: StateName, index: Value): number {
    const { offset, bytes, count } = STATE[name];
    const c = this.code;
    c.get(this.frame.state);
    this.pushLow(index);
    this.mask(count - 1);
    if (bytes > 1) {
      c.i32(Math.log2(bytes));
      c.op("i32.shl");
    }
    c.op("i32.add");
    return offset;
  }

  gpr(f: Field): Value {
    this.code.memory("i64.load", this.pushElement("GPR", f));
    return this.take();
  }

  gprOrZero(f: Field): Value {
    const field = f as unknown as EmittedField;
    if ("known" in field) {
      return field.known === 0 ? this.const(0) : this.gpr(f);
    }
    this.code.memory("i64.load", this.pushElement("GPR", f));
    this.code.i64(0);
    this.pushField(f);
    this.code.select();
    return this.take();
  }

  setGpr(f: Field, value: Value): void {
    const offset = this.pushElement("GPR", f);
    this.push(value);
    this.code.memory("i64.store", offset);
  }

  gprNumber(number: Value): Value {
    this.code.memory("i64.load", this.#numbered("GPR", number));
    return this.take();
  }

  setGprNumber(number: Value, value: Value): void {
    const offset = this.#numbered("GPR", number);
    this.push(value);
    this.code.memory("i64.store", offset);
  }

  fpr(f: Field): Value {
    this.code.memory("i64.load", this.pushElement("VSR", f) + 8);
    return this.take();
  }

  setFpr(f: Field, value: Value): void {
    let offset = this.pushElement("VSR", f);
    this.push(value);
    this.code.memory("i64.store", offset + 8);
    offset = this.pushElement("VSR", f);
    this.code.i64(0);
    this.code.memory("i64.store", offset);
  }

  setUpper(f: Field, value: Value): void {
    const offset = this.pushElement("VSR", f);
    this.push(value);
    this.code.memory("i64.store", offset + 8);
  }

  fprNumber(number: Value): Value {
    this.code.memory(
      "i64.load",
      this.#numbered("VSR", this.#modulo(number, 32)) + 8,
    );
    return this.take();
  }

  setFprNumber(number: Value, value: Value): void {
    const at = this.#modulo(number, 32);
    let offset = this.#numbered("VSR", at);
    this.push(value);
    this.code.memory("i64.store", offset + 8);
    offset = this.#numbered("VSR", at);
    this.code.i64(0);
    this.code.memory("i64.store", offset);
  }

  #modulo(number: Value, count: number): Value {
    return this.and(number, this.const(count - 1));
  }

  vsr(f: Field): Vector {
    this.code.memory("v128.load", this.pushElement("VSR", f));
    return this.takeVector();
  }

  setVsr(f: Field, value: Vector): void {
    const offset = this.pushElement("VSR", f);
    this.pushVector(value);
    this.code.memory("v128.store", offset);
  }

  vr(f: Field): Vector {
    this.code.memory("v128.load", this.pushElement("VSR", f) + 32 * 16);
    return this.takeVector();
  }

  setVr(f: Field, value: Vector): void {
    const offset = this.pushElement("VSR", f) + 32 * 16;
    this.pushVector(value);
    this.code.memory("v128.store", offset);
  }

  vsrNumber(number: Value): Vector {
    this.code.memory("v128.load", this.#numbered("VSR", number));
    return this.takeVector();
  }

  setVsrNumber(number: Value, value: Vector): void {
    const offset = this.#numbered("VSR", number);
    this.pushVector(value);
    this.code.memory("v128.store", offset);
  }

  reg(name: StateName): Value {
    this.code.get(this.frame.state);
    this.#load(name, STATE[name].offset);
    return this.take();
  }

  setReg(name: StateName, value: Value): void {
    this.code.get(this.frame.state);
    this.push(value);
    this.#store(name, STATE[name].offset);
  }

  regAt(name: StateName, index: Value): Value {
    this.#load(name, this.#numbered(name, index));
    return this.take();
  }

  setRegAt(name: StateName, index: Value, value: Value): void {
    const offset = this.#numbered(name, index);
    this.push(value);
    this.#store(name, offset);
  }

  #load(name: StateName, offset: number): void {
    const { bytes } = STATE[name];
    this.code.memory(
      bytes === 1 ? "i64.load8_u" : bytes === 4 ? "i64.load32_u" : "i64.load",
      offset,
    );
  }

  #store(name: StateName, offset: number): void {
    const { bytes } = STATE[name];
    this.code.memory(
      bytes === 1 ? "i64.store8" : bytes === 4 ? "i64.store32" : "i64.store",
      offset,
    );
  }
}
