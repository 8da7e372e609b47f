/**
 * Emits accesses to CR, whose field n is byte n of the register block.
 *
 * @module
 */
import type { Condition, Field, Value } from "../../isa/ops.ts";
import { STATE } from "../../state.ts";
import type { EmittedField } from "./operands.ts";
import { RegisterEmitter } from "./registers.ts";

/** Emits accesses to CR. */
export class ConditionRegisterEmitter extends RegisterEmitter {
  #crElement(f: Field | number): number {
    if (typeof f !== "number") return this.pushElement("CR", f);
    this.code.get(this.frame.state);
    return STATE.CR.offset + f;
  }

  crField(f: Field | number): Value {
    this.code.memory("i64.load8_u", this.#crElement(f));
    return this.take();
  }

  setCrField(f: Field | number, value: Value): void {
    const offset = this.#crElement(f);
    this.push(value);
    this.code.memory("i64.store8", offset);
  }

  crBit(f: Field): Condition {
    const c = this.code;
    const field = f as unknown as EmittedField;
    c.get(this.frame.state);
    if ("known" in field) {
      c.memory("i32.load8_u", STATE.CR.offset + (field.known >> 2));
      c.i32(3 - (field.known & 3));
    } else {
      const shift = field.pieces[0]?.shift ?? 0;
      this.pushBits(shift + 2, 7);
      c.op("i32.add");
      c.memory("i32.load8_u", STATE.CR.offset);
      this.pushBits(shift, 3);
      c.i32(3);
      c.op("i32.xor");
    }
    c.op("i32.shr_u");
    this.mask(1);
    return this.takeCondition();
  }

  setCrBit(f: Field, condition: Condition): void {
    const c = this.code;
    const at = c.temporary("i32");
    const shift = c.temporary("i32");
    this.pushField(f);
    c.i32(2);
    c.op("i32.shr_u");
    c.get(this.frame.state);
    c.op("i32.add");
    c.set(at);
    this.pushField(f);
    this.mask(3);
    c.i32(3);
    c.op("i32.xor");
    c.set(shift);
    c.get(at);
    c.get(at);
    c.memory("i32.load8_u", STATE.CR.offset);
    c.i32(-2);
    c.get(shift);
    c.op("i32.rotl");
    c.op("i32.and");
    this.pushCondition(condition);
    c.get(shift);
    c.op("i32.shl");
    c.op("i32.or");
    c.memory("i32.store8", STATE.CR.offset);
  }

  cr(): Value {
    const c = this.code;
    c.get(this.frame.state);
    c.memory("i64.load", STATE.CR.offset);
    let v = this.take();
    // Byte n holds field n: gather eight nibbles, field 0 uppermost.
    v = this.reverseBytes(8, v);
    for (const [shift, mask] of GATHER) {
      v = this.and(this.or(v, this.shr(v, shift)), this.const(mask));
    }
    return v;
  }

  setCr(value: Value, mask: Value): void {
    for (let n = 0; n < 8; n++) {
      const bit = this.constantOf(mask);
      const set = () => {
        this.code.get(this.frame.state);
        this.push(value);
        this.code.i64(28 - 4 * n);
        this.code.op("i64.shr_u");
        this.code.i64(15);
        this.code.op("i64.and");
        this.code.memory("i64.store8", STATE.CR.offset + n);
      };
      if (bit !== undefined) {
        if (bit & (0x80n >> BigInt(n))) set();
        continue;
      }
      this.pushLow(mask);
      this.mask(0x80 >> n);
      this.code.if();
      set();
      this.code.end();
    }
  }

  record(value: Value): void {
    const v = this.runtime.mode.sixtyFour ? value : this.signExtend(4, value);
    this.compare(0, v, this.const(0), "signed");
  }

  compare(
    f: Field | number,
    a: Value,
    b: Value,
    signedness: "signed" | "unsigned",
  ): void {
    const c = this.code;
    const sign = signedness === "signed" ? "s" : "u";
    const offset = this.#crElement(f);
    c.i32(8);
    c.i32(4);
    c.i32(2);
    this.push(a);
    this.push(b);
    c.op(`i64.gt_${sign}`);
    c.select();
    this.push(a);
    this.push(b);
    c.op(`i64.lt_${sign}`);
    c.select();
    c.get(this.frame.state);
    c.memory("i32.load8_u", STATE.SO.offset);
    c.op("i32.or");
    c.memory("i32.store8", offset);
  }
}

/** Steps that press eight spread nibbles together. */
const GATHER: readonly (readonly [number, bigint])[] = [
  [4, 0x00ff00ff00ff00ffn],
  [8, 0x0000ffff0000ffffn],
  [16, 0x00000000ffffffffn],
];
