/**
 * The emitter for regions: operands are numbers, registers are locals, and
 * relative branches go to blocks of the same function.
 *
 * @module
 */
import type { Condition, Field, Value } from "../../isa/ops.ts";
import type { StateName } from "../../state.ts";
import type { Local } from "../../wasm/code.ts";
import type { Emitter } from "../emitter/mod.ts";
import type { Frame, Runtime } from "../emitter/frame.ts";
import { FloatEmitter } from "./float_emitter.ts";
import { NotInlinable } from "./not_inlinable.ts";
import {
  CACHED,
  type CachedName,
  type RegionRegisters,
  REGISTER,
} from "./registers.ts";

/** Where relative branches of a region go. */
export interface RegionControl {
  /** Goes on at CIA + displacement; ends the meaning. */
  branch(displacement: number): void;
}

const IS_CACHED: ReadonlySet<string> = new Set(CACHED);

/** Emits meanings into a region. */
export class RegionEmitter extends FloatEmitter {
  readonly #registers: RegionRegisters;
  readonly #control: RegionControl;
  /** Values of 32 bits, with or without sign. */
  readonly #narrow = new Set<Value>();

  constructor(
    frame: Frame,
    runtime: Runtime,
    { registers, control }: {
      registers: RegionRegisters;
      control: RegionControl;
    },
  ) {
    super(frame, runtime, registers);
    this.#registers = registers;
    this.#control = control;
  }

  #number(f: Field | number): number {
    return typeof f === "number" ? f : this.fixed(f);
  }

  #get(local: Local): Value {
    this.code.get(local);
    return this.take();
  }

  override gpr(f: Field): Value {
    return this.#get(this.#registers.read(REGISTER.gpr(this.fixed(f))));
  }

  override gprOrZero(f: Field): Value {
    return this.fixed(f) === 0 ? this.const(0) : this.gpr(f);
  }

  override setGpr(f: Field, value: Value): void {
    const local = this.#registers.write(REGISTER.gpr(this.fixed(f)));
    this.push(value);
    this.code.set(local);
  }

  override gprNumber(): Value {
    throw new NotInlinable();
  }

  override setGprNumber(): void {
    throw new NotInlinable();
  }

  override reg(name: StateName): Value {
    if (!IS_CACHED.has(name)) {
      if (name === "FPSCR") throw new NotInlinable();
      return super.reg(name);
    }
    return this.#get(
      this.#registers.read(REGISTER.cached(name as CachedName)),
    );
  }

  override setReg(name: StateName, value: Value): void {
    if (!IS_CACHED.has(name)) {
      if (name === "FPSCR") throw new NotInlinable();
      return super.setReg(name, value);
    }
    const local = this.#registers.write(REGISTER.cached(name as CachedName));
    this.push(value);
    this.code.set(local);
  }

  override crField(f: Field | number): Value {
    this.#pushField(this.#number(f));
    this.code.op("i64.extend_i32_u");
    return this.take();
  }

  #pushField(n: number): void {
    this.#registers.noteRead(REGISTER.crField(n));
    this.#registers.fields.push(n);
  }

  override setCrField(f: Field | number, value: Value): void {
    const n = this.#number(f);
    this.#registers.noteValue(n);
    this.pushLow(value);
    this.#registers.fields.set(n);
  }

  override crBit(f: Field): Condition {
    const bit = this.fixed(f);
    this.#registers.noteRead(REGISTER.crField(bit >> 2));
    this.#registers.fields.pushBit(bit >> 2, bit & 3);
    return this.takeCondition();
  }

  override setCrBit(f: Field, condition: Condition): void {
    const bit = this.fixed(f);
    const n = bit >> 2;
    // The other bits stay.
    this.#registers.noteRead(REGISTER.crField(n));
    this.#registers.noteValue(n);
    this.pushCondition(condition);
    this.#registers.fields.setBit(n, bit & 3);
  }

  override cr(): Value {
    const c = this.code;
    for (let n = 0; n < 8; n++) {
      this.#pushField(n);
      if (n < 7) {
        c.i32(28 - 4 * n);
        c.op("i32.shl");
      }
      if (n > 0) c.op("i32.or");
    }
    c.op("i64.extend_i32_u");
    return this.take();
  }

  override setCr(value: Value, mask: Value): void {
    const known = this.constantOf(mask);
    if (known === undefined) throw new NotInlinable();
    for (let n = 0; n < 8; n++) {
      if ((known & (0x80n >> BigInt(n))) === 0n) continue;
      this.#registers.noteValue(n);
      this.pushLow(value);
      this.code.i32(28 - 4 * n);
      this.code.op("i32.shr_u");
      this.code.i32(15);
      this.code.op("i32.and");
      this.#registers.fields.set(n);
    }
  }

  override compare(
    f: Field | number,
    a: Value,
    b: Value,
    signedness: "signed" | "unsigned",
  ): void {
    const n = this.#number(f);
    this.#registers.noteWrite(REGISTER.crField(n));
    // SO of a comparison is XER's when it is asked for.
    this.#registers.noteRead(REGISTER.cached("SO"));
    this.#registers.fields.compareIntegers(n, {
      signedness,
      a: () => this.push(a),
      b: this.constantOf(b) ?? (() => this.push(b)),
      narrow: this.#isNarrow(a) && this.#isNarrow(b),
      conditional: this.#registers.conditional,
    });
  }

  /** Whether a value has 33 bits at most, with its sign. */
  #isNarrow(value: Value): boolean {
    const constant = this.constantOf(value);
    return constant === undefined
      ? this.#narrow.has(value)
      : BigInt.asIntN(33, constant) === constant;
  }

  override signExtend(...args: Parameters<Emitter["signExtend"]>): Value {
    const value = super.signExtend(...args);
    this.#narrow.add(value);
    return value;
  }

  override zeroExtend(...args: Parameters<Emitter["zeroExtend"]>): Value {
    const value = super.zeroExtend(...args);
    this.#narrow.add(value);
    return value;
  }

  override if(
    ...[condition, then, otherwise]: Parameters<Emitter["if"]>
  ): void {
    if (this.known(condition) !== undefined) {
      super.if(condition, then, otherwise);
      return;
    }
    const before = this.#registers.conditional;
    this.#registers.conditional = true;
    super.if(condition, then, otherwise);
    this.#registers.conditional = before;
  }

  override while(...args: Parameters<Emitter["while"]>): void {
    const before = this.#registers.conditional;
    this.#registers.conditional = true;
    super.while(...args);
    this.#registers.conditional = before;
  }

  override jumpRelative(f: Field, absolute: boolean): void {
    if (absolute) this.jump(this.field(f));
    else this.#control.branch(this.fixed(f));
  }

  override storeConditionalQuadword(): Condition {
    throw new NotInlinable();
  }

  override exit(): void {
    throw new NotInlinable();
  }

  override setMsrAndJump(): void {
    throw new NotInlinable();
  }

  override timebase(): Value {
    throw new NotInlinable();
  }

  override setDecrementer(): void {
    throw new NotInlinable();
  }

  override clearPending(): void {
    throw new NotInlinable();
  }

  override dropTranslations(): void {
    throw new NotInlinable();
  }

  override random(): Value {
    throw new NotInlinable();
  }
}
