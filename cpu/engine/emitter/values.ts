/**
 * Emits operands, registers, arithmetic, conditions and control flow.
 *
 * @module
 */
import type { FieldLayout } from "../../isa/forms.ts";
import type {
  Condition,
  Field,
  Value,
  Variable,
  Vector,
} from "../../isa/ops.ts";
import type { Subroutine } from "../../isa/subroutine.ts";
import { STATE, type StateName } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import type { OpName, TypeName } from "../../wasm/opcodes.ts";
import type { Frame, Runtime } from "./frame.ts";

/** A value of the emitter: a local, or a constant that is pushed when used. */
type Emitted = { readonly local: Local } | { readonly constant: bigint };
/** A condition: an i32 local that is 0 or 1, or known. */
type EmittedCondition = { readonly local: Local } | { readonly known: boolean };
/** An operand field: its number, or where its bits are. */
export type EmittedField = { readonly known: number } | FieldLayout;

const SIXTY_THREE = 63n;

/** First part of the emitter. */
export class ValueEmitter {
  readonly frame: Frame;
  readonly runtime: Runtime;
  readonly code: Code;

  constructor(frame: Frame, runtime: Runtime) {
    this.frame = frame;
    this.runtime = runtime;
    this.code = frame.code;
  }

  // ------------------------------------------------- between the two worlds
  /** Takes what is on the stack (i64) as a value. */
  take(): Value {
    return this.#keep("i64") as unknown as Value;
  }

  takeCondition(): Condition {
    return this.#keep("i32") as unknown as Condition;
  }

  takeVector(): Vector {
    return this.#keep("v128") as unknown as Vector;
  }

  #keep(type: TypeName): Emitted {
    const local = this.code.temporary(type);
    this.code.set(local);
    return { local };
  }

  push(value: Value): void {
    const v = value as unknown as Emitted;
    if ("constant" in v) this.code.i64(v.constant);
    else this.code.get(v.local);
  }

  /** Pushes the low word of a value (i32). */
  pushLow(value: Value): void {
    const v = value as unknown as Emitted;
    if ("constant" in v) this.code.i32(Number(BigInt.asIntN(32, v.constant)));
    else {
      this.code.get(v.local);
      this.code.op("i32.wrap_i64");
    }
  }

  pushCondition(c: Condition): void {
    const v = c as unknown as EmittedCondition;
    if ("known" in v) this.code.i32(v.known ? 1 : 0);
    else this.code.get(v.local);
  }

  pushVector(x: Vector): void {
    this.code.get((x as unknown as { local: Local }).local);
  }

  /** What is known of a condition while emitting. */
  known(c: Condition): boolean | undefined {
    const v = c as unknown as EmittedCondition;
    return "known" in v ? v.known : undefined;
  }

  constantOf(value: Value): bigint | undefined {
    const v = value as unknown as Emitted;
    return "constant" in v ? v.constant : undefined;
  }

  knownCondition(known: boolean): Condition {
    return { known } as unknown as Condition;
  }

  // --------------------------------------------------------------- operands
  const(value: number | bigint): Value {
    return {
      constant: BigInt.asIntN(64, BigInt(value)),
    } as unknown as Value;
  }

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
        if (field.scale > 0) this.#and(-(2 ** field.scale));
      } else {this.#pushBits(
          shift - field.scale,
          (2 ** width - 1) << field.scale,
        );}
      return;
    }
    field.pieces.forEach(({ shift, width, to }, i) => {
      this.#pushBits(shift - to, (2 ** width - 1) << to);
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
  #pushBits(right: number, mask: number): void {
    this.#pushWord();
    if (right !== 0) {
      this.code.i32(Math.abs(right));
      this.code.op(right > 0 ? "i32.shr_u" : "i32.shl");
    }
    this.#and(mask);
  }

  #and(mask: number): void {
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

  // -------------------------------------------------------------- registers
  /** Pushes the base of an array element; gives the static offset to add. */
  #element(name: StateName, f: Field): number {
    const { offset, bytes } = STATE[name];
    const field = f as unknown as EmittedField;
    const c = this.code;
    c.get(this.frame.state);
    if ("known" in field) return offset + field.known * bytes;
    const [piece] = field.pieces;
    const log = Math.log2(bytes);
    if (field.pieces.length === 1 && piece && piece.shift >= log) {
      this.#pushBits(piece.shift - log, (2 ** piece.width - 1) << log);
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
    this.#and(count - 1);
    if (bytes > 1) {
      c.i32(Math.log2(bytes));
      c.op("i32.shl");
    }
    c.op("i32.add");
    return offset;
  }

  gpr(f: Field): Value {
    this.code.memory("i64.load", this.#element("GPR", f));
    return this.take();
  }

  gprOrZero(f: Field): Value {
    const field = f as unknown as EmittedField;
    if ("known" in field) {
      return field.known === 0 ? this.const(0) : this.gpr(f);
    }
    this.code.memory("i64.load", this.#element("GPR", f));
    this.code.i64(0);
    this.pushField(f);
    this.code.select();
    return this.take();
  }

  setGpr(f: Field, value: Value): void {
    const offset = this.#element("GPR", f);
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
    this.code.memory("i64.load", this.#element("VSR", f) + 8);
    return this.take();
  }

  setFpr(f: Field, value: Value): void {
    let offset = this.#element("VSR", f);
    this.push(value);
    this.code.memory("i64.store", offset + 8);
    offset = this.#element("VSR", f);
    this.code.i64(0);
    this.code.memory("i64.store", offset);
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
    this.code.memory("v128.load", this.#element("VSR", f));
    return this.takeVector();
  }

  setVsr(f: Field, value: Vector): void {
    const offset = this.#element("VSR", f);
    this.pushVector(value);
    this.code.memory("v128.store", offset);
  }

  vr(f: Field): Vector {
    this.code.memory("v128.load", this.#element("VSR", f) + 32 * 16);
    return this.takeVector();
  }

  setVr(f: Field, value: Vector): void {
    const offset = this.#element("VSR", f) + 32 * 16;
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

  // ----------------------------------------------------------------- CR
  #crElement(f: Field | number): number {
    if (typeof f !== "number") return this.#element("CR", f);
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
      this.#pushBits(shift + 2, 7);
      c.op("i32.add");
      c.memory("i32.load8_u", STATE.CR.offset);
      this.#pushBits(shift, 3);
      c.i32(3);
      c.op("i32.xor");
    }
    c.op("i32.shr_u");
    this.#and(1);
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
    this.#and(3);
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
      this.#and(0x80 >> n);
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

  // ------------------------------------------------------------- arithmetic
  #binary(name: OpName, a: Value, b: Value): Value {
    const [x, y] = [this.constantOf(a), this.constantOf(b)];
    const fold = FOLD[name];
    if (x !== undefined && y !== undefined && fold) {
      return this.const(fold(x, y));
    }
    this.push(a);
    this.push(b);
    this.code.op(name);
    return this.take();
  }

  #unary(name: OpName, a: Value): Value {
    const known = this.constantOf(a);
    if (known !== undefined && name === "i64.clz") {
      const text = BigInt.asUintN(64, known).toString(2);
      return this.const(known === 0n ? 64 : 64 - text.length);
    }
    this.push(a);
    this.code.op(name);
    return this.take();
  }

  add(a: Value, b: Value): Value {
    const x = this.constantOf(a);
    const y = this.constantOf(b);
    if (x !== undefined && y !== undefined) return this.const(x + y);
    if (x === 0n) return b;
    if (y === 0n) return a;
    return this.#binary("i64.add", a, b);
  }

  sub(a: Value, b: Value): Value {
    return this.#binary("i64.sub", a, b);
  }

  mul(a: Value, b: Value): Value {
    return this.#binary("i64.mul", a, b);
  }

  mulHighUnsigned(a: Value, b: Value): Value {
    // Knuth 4.3.1 M on 32-bit halves.
    const low = this.const(0xffffffffn);
    const [a0, a1] = [this.and(a, low), this.shr(a, 32)];
    const [b0, b1] = [this.and(b, low), this.shr(b, 32)];
    const t = this.add(this.mul(a1, b0), this.shr(this.mul(a0, b0), 32));
    const w = this.add(this.and(t, low), this.mul(a0, b1));
    return this.add(
      this.add(this.mul(a1, b1), this.shr(t, 32)),
      this.shr(w, 32),
    );
  }

  mulHighSigned(a: Value, b: Value): Value {
    const high = this.mulHighUnsigned(a, b);
    return this.sub(
      this.sub(high, this.and(this.sar(a, 63), b)),
      this.and(this.sar(b, 63), a),
    );
  }

  /** Division that gives 0 where WebAssembly's would trap. */
  #divide(name: OpName, a: Value, b: Value, trap: Condition): Value {
    const c = this.code;
    const result = c.temporary("i64");
    c.i64(0);
    c.set(result);
    this.pushCondition(trap);
    c.op("i32.eqz");
    c.if();
    this.push(a);
    this.push(b);
    c.op(name);
    c.set(result);
    c.end();
    return { local: result } as unknown as Value;
  }

  #overflows(a: Value, b: Value): Condition {
    return this.either(
      this.eq(b, this.const(0)),
      this.both(
        this.eq(b, this.const(-1)),
        this.eq(a, this.const(1n << SIXTY_THREE)),
      ),
    );
  }

  divSigned(a: Value, b: Value): Value {
    return this.#divide("i64.div_s", a, b, this.#overflows(a, b));
  }

  divUnsigned(a: Value, b: Value): Value {
    return this.#divide("i64.div_u", a, b, this.eq(b, this.const(0)));
  }

  remSigned(a: Value, b: Value): Value {
    return this.#divide("i64.rem_s", a, b, this.#overflows(a, b));
  }

  remUnsigned(a: Value, b: Value): Value {
    return this.#divide("i64.rem_u", a, b, this.eq(b, this.const(0)));
  }

  and(a: Value, b: Value): Value {
    return this.#binary("i64.and", a, b);
  }

  or(a: Value, b: Value): Value {
    return this.#binary("i64.or", a, b);
  }

  xor(a: Value, b: Value): Value {
    return this.#binary("i64.xor", a, b);
  }

  not(a: Value): Value {
    return this.#binary("i64.xor", a, this.const(-1));
  }

  #count(n: Value | number): Value {
    return typeof n === "number" ? this.const(n) : n;
  }

  shl(a: Value, n: Value | number): Value {
    return n === 0 ? a : this.#binary("i64.shl", a, this.#count(n));
  }

  shr(a: Value, n: Value | number): Value {
    return n === 0 ? a : this.#binary("i64.shr_u", a, this.#count(n));
  }

  sar(a: Value, n: Value | number): Value {
    return n === 0 ? a : this.#binary("i64.shr_s", a, this.#count(n));
  }

  rotl(a: Value, n: Value | number): Value {
    return n === 0 ? a : this.#binary("i64.rotl", a, this.#count(n));
  }

  rotl32(a: Value, n: Value | number): Value {
    const c = this.code;
    this.pushLow(a);
    this.pushLow(this.#count(n));
    c.op("i32.rotl");
    c.op("i64.extend_i32_u");
    const low = this.take();
    return this.or(low, this.shl(low, 32));
  }

  clz(a: Value): Value {
    return this.#unary("i64.clz", a);
  }

  ctz(a: Value): Value {
    return this.#unary("i64.ctz", a);
  }

  popcnt(a: Value): Value {
    return this.#unary("i64.popcnt", a);
  }

  signExtend(bytes: 1 | 2 | 4, a: Value): Value {
    const known = this.constantOf(a);
    if (known !== undefined) return this.const(BigInt.asIntN(bytes * 8, known));
    return this.#unary(
      bytes === 1
        ? "i64.extend8_s"
        : bytes === 2
        ? "i64.extend16_s"
        : "i64.extend32_s",
      a,
    );
  }

  zeroExtend(bytes: 1 | 2 | 4, a: Value): Value {
    const known = this.constantOf(a);
    if (known !== undefined) {
      return this.const(BigInt.asUintN(bytes * 8, known));
    }
    return this.#binary(
      "i64.and",
      a,
      this.const((1n << BigInt(8 * bytes)) - 1n),
    );
  }

  reverseBytes(bytes: 2 | 4 | 8, a: Value): Value {
    const c = this.code;
    if (bytes === 2) {
      this.pushLow(a);
      c.i32(8);
      c.op("i32.shr_u");
      this.#and(0xff);
      this.pushLow(a);
      c.i32(8);
      c.op("i32.shl");
      this.#and(0xff00);
      c.op("i32.or");
      c.op("i64.extend_i32_u");
    } else if (bytes === 4) {
      this.pushLow(a);
      c.i32(8);
      c.op("i32.rotl");
      this.#and(0x00ff00ff);
      this.pushLow(a);
      c.i32(8);
      c.op("i32.rotr");
      this.#and(0xff00ff00 | 0);
      c.op("i32.or");
      c.op("i64.extend_i32_u");
    } else {
      this.push(a);
      c.op("i64x2.splat");
      const twice = c.temporary("v128");
      c.set(twice);
      c.get(twice);
      c.get(twice);
      c.shuffle([7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0]);
      c.extractLane(8, 0);
    }
    return this.take();
  }

  // ------------------------------------------------------------- conditions
  #compare(name: OpName, a: Value, b: Value): Condition {
    this.push(a);
    this.push(b);
    this.code.op(name);
    return this.takeCondition();
  }

  eq(a: Value, b: Value): Condition {
    const [x, y] = [this.constantOf(a), this.constantOf(b)];
    if (x !== undefined && y !== undefined) return this.knownCondition(x === y);
    return this.#compare("i64.eq", a, b);
  }

  ne(a: Value, b: Value): Condition {
    const [x, y] = [this.constantOf(a), this.constantOf(b)];
    if (x !== undefined && y !== undefined) return this.knownCondition(x !== y);
    return this.#compare("i64.ne", a, b);
  }

  ltSigned(a: Value, b: Value): Condition {
    return this.#compare("i64.lt_s", a, b);
  }

  leSigned(a: Value, b: Value): Condition {
    return this.#compare("i64.le_s", a, b);
  }

  ltUnsigned(a: Value, b: Value): Condition {
    return this.#compare("i64.lt_u", a, b);
  }

  leUnsigned(a: Value, b: Value): Condition {
    return this.#compare("i64.le_u", a, b);
  }

  nonZero(a: Value): Condition {
    return this.ne(a, this.const(0));
  }

  both(a: Condition, b: Condition): Condition {
    const [x, y] = [this.known(a), this.known(b)];
    if (x === false || y === false) return this.knownCondition(false);
    if (x === true) return b;
    if (y === true) return a;
    this.pushCondition(a);
    this.pushCondition(b);
    this.code.op("i32.and");
    return this.takeCondition();
  }

  either(a: Condition, b: Condition): Condition {
    const [x, y] = [this.known(a), this.known(b)];
    if (x === true || y === true) return this.knownCondition(true);
    if (x === false) return b;
    if (y === false) return a;
    this.pushCondition(a);
    this.pushCondition(b);
    this.code.op("i32.or");
    return this.takeCondition();
  }

  negate(a: Condition): Condition {
    const known = this.known(a);
    if (known !== undefined) return this.knownCondition(!known);
    this.pushCondition(a);
    this.code.op("i32.eqz");
    return this.takeCondition();
  }

  bit(condition: Condition): Value {
    const known = this.known(condition);
    if (known !== undefined) return this.const(known ? 1 : 0);
    this.pushCondition(condition);
    this.code.op("i64.extend_i32_u");
    return this.take();
  }

  select(condition: Condition, a: Value, b: Value): Value {
    const known = this.known(condition);
    if (known !== undefined) return known ? a : b;
    this.push(a);
    this.push(b);
    this.pushCondition(condition);
    this.code.select();
    return this.take();
  }

  littleEndian(): Condition {
    return this.knownCondition(this.runtime.mode.littleEndian);
  }

  sixtyFour(): Condition {
    return this.knownCondition(this.runtime.mode.sixtyFour);
  }

  #msrBit(bit: number): Condition {
    const c = this.code;
    c.get(this.frame.state);
    c.memory("i64.load", STATE.MSR.offset);
    c.i64(bit);
    c.op("i64.shr_u");
    c.op("i32.wrap_i64");
    this.#and(1);
    return this.takeCondition();
  }

  problemState(): Condition {
    return this.#msrBit(14);
  }

  hypervisorState(): Condition {
    return this.#msrBit(60);
  }

  // ----------------------------------------------------------- control flow
  if(condition: Condition, then: () => void, otherwise?: () => void): void {
    const known = this.known(condition);
    if (known !== undefined) {
      if (known) then();
      else otherwise?.();
      return;
    }
    this.pushCondition(condition);
    this.code.if();
    then();
    if (otherwise) {
      this.code.else();
      otherwise();
    }
    this.code.end();
  }

  variable(initial: Value): Variable {
    const local = this.code.temporary("i64");
    this.push(initial);
    this.code.set(local);
    return { local } as unknown as Variable;
  }

  get(v: Variable): Value {
    this.code.get((v as unknown as { local: Local }).local);
    return this.take();
  }

  set(v: Variable, value: Value): void {
    this.push(value);
    this.code.set((v as unknown as { local: Local }).local);
  }

  while(test: () => Condition, body: () => void): void {
    const out = this.code.block();
    const again = this.code.loop();
    this.pushCondition(test());
    this.code.op("i32.eqz");
    this.code.brIf(out);
    body();
    this.code.br(again);
    this.code.end();
    this.code.end();
  }

  call(subroutine: Subroutine, ...args: Value[]): Value {
    this.code.get(this.frame.state);
    for (const arg of args) this.push(arg);
    this.code.call(this.runtime.subroutine(subroutine));
    const result = this.take();
    if (subroutine.raises) this.leaveIfRaised();
    return result;
  }

  /** Leaves the meaning where a call has raised an interrupt. */
  leaveIfRaised(): void {
    this.code.get(this.frame.state);
    this.code.memory("i32.load", STATE.EXCEPTION.offset);
    this.code.if(false);
    this.frame.leave("raised");
    this.code.end();
  }
}

/** Operations on constants, done while emitting. */
const FOLD: Partial<Record<OpName, (a: bigint, b: bigint) => bigint>> = {
  "i64.sub": (a, b) => a - b,
  "i64.and": (a, b) => a & b,
  "i64.or": (a, b) => a | b,
  "i64.xor": (a, b) => a ^ b,
  "i64.shl": (a, b) => a << (b & 63n),
  "i64.shr_u": (a, b) => BigInt.asUintN(64, a) >> (b & 63n),
  "i64.shr_s": (a, b) => a >> (b & 63n),
};

/** Steps that press eight spread nibbles together. */
const GATHER: readonly (readonly [number, bigint])[] = [
  [4, 0x00ff00ff00ff00ffn],
  [8, 0x0000ffff0000ffffn],
  [16, 0x00000000ffffffffn],
];
