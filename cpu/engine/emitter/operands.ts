/**
 * Emits operand fields: numbers, or bits of the instruction word.
 *
 * @module
 */
import type { FieldLayout } from "../../isa/forms.ts";
import type { Field, Value } from "../../isa/ops.ts";
import { StackEmitter } from "./stack.ts";

/** An operand field: its number, or where its bits are. */
export type EmittedField = { readonly known: number } | FieldLayout;

/** Emits operands. */
export class OperandEmitter extends StackEmitter {
  field(f: Field): Value {
    const field = f as unknown as EmittedField;
    if ("known" in field) return this.const(field.known);
    this.pushField(f);
    this.code.op(field.signed ? "i64.extend_i32_s" : "i64.extend_i32_u");
    return this.take();
  }

  /** Pushes a field's value, sign-extended and scaled (i32). */
  pushField(f: Field): void {
    const field = f as unknown as EmittedField;
    const c = this.code;
    if ("known" in field) return c.i32(field.known);
    const [piece] = field.pieces;
    if (field.pieces.length === 1 && piece) {
      const { shift, width } = piece;
      if (field.signed) {
        this.#pushWord();
        if (shift === field.scale && shift + width === 16) {
          c.op("i32.extend16_s");
        } else {
          c.i32(32 - shift - width);
          c.op("i32.shl");
          c.i32(32 - width - field.scale);
          c.op("i32.shr_s");
        }
        if (field.scale > 0) this.mask(-(2 ** field.scale));
      } else {this.pushBits(
          shift - field.scale,
          (2 ** width - 1) << field.scale,
        );}
      return;
    }
    field.pieces.forEach(({ shift, width, to }, i) => {
      this.pushBits(shift - to, (2 ** width - 1) << to);
      if (i > 0) c.op("i32.or");
    });
    if (field.signed) {
      c.i32(32 - field.width);
      c.op("i32.shl");
      c.i32(32 - field.width);
      c.op("i32.shr_s");
    }
    if (field.scale > 0) {
      c.i32(field.scale);
      c.op("i32.shl");
    }
  }

  #pushWord(): void {
    if (this.frame.word === undefined) {
      throw new TypeError("Cannot read an operand field: in a subroutine");
    }
    this.code.get(this.frame.word);
  }

  /** Pushes (word >> right) & mask; a negative `right` shifts left. */
  protected pushBits(right: number, mask: number): void {
    this.#pushWord();
    if (right !== 0) {
      this.code.i32(Math.abs(right));
      this.code.op(right > 0 ? "i32.shr_u" : "i32.shl");
    }
    this.mask(mask);
  }

  /** Masks what is on the stack (i32). */
  protected mask(mask: number): void {
    this.code.i32(mask);
    this.code.op("i32.and");
  }

  fixed(f: Field): number {
    const field = f as unknown as EmittedField;
    if (!("known" in field)) {
      throw new TypeError(
        `Cannot emit instruction: field ${field.name} is not fixed`,
      );
    }
    return field.known;
  }

  when(f: Field, then: () => void, otherwise?: () => void): void {
    const field = f as unknown as EmittedField;
    if ("known" in field) {
      if (field.known !== 0) then();
      else otherwise?.();
      return;
    }
    this.pushField(f);
    this.code.if();
    then();
    if (otherwise) {
      this.code.else();
      otherwise();
    }
    this.code.end();
  }
}
