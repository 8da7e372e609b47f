/**
 * The emitter for regions: operands are numbers, registers are locals, and
 * relative branches go to blocks of the same function.
 *
 * @module
 */
import type { Condition, Field, Value } from "../../isa/ops.ts";
import type { StateName } from "../../state.ts";
import type { Local } from "../../wasm/code.ts";
import { Emitter } from "../emitter/mod.ts";
import type { Frame, Runtime } from "../emitter/frame.ts";
import {
  CACHED,
  type CachedName,
  type RegionRegisters,
  REGISTER,
} from "./registers.ts";

/** A meaning asks for something that a region does not do by itself. */
export class NotInlinable extends Error {
  override readonly name = "NotInlinable";
}

/** Where relative branches of a region go. */
export interface RegionControl {
  /** Goes on at CIA + displacement; ends the meaning. */
  branch(displacement: number): void;
}

const IS_CACHED: ReadonlySet<string> = new Set(CACHED);

/** Emits meanings into a region. */
export class RegionEmitter extends Emitter {
  readonly #registers: RegionRegisters;
  readonly #control: RegionControl;

  constructor(
    frame: Frame,
    runtime: Runtime,
    { registers, control }: {
      registers: RegionRegisters;
      control: RegionControl;
    },
  ) {
    super(frame, runtime);
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
    if (!IS_CACHED.has(name)) return super.reg(name);
    return this.#get(
      this.#registers.read(REGISTER.cached(name as CachedName)),
    );
  }

  override setReg(name: StateName, value: Value): void {
    if (!IS_CACHED.has(name)) return super.setReg(name, value);
    const local = this.#registers.write(REGISTER.cached(name as CachedName));
    this.push(value);
    this.code.set(local);
  }

  override crField(f: Field | number): Value {
    this.#registers.pushField(this.#number(f));
    this.code.op("i64.extend_i32_u");
    return this.take();
  }

  override setCrField(f: Field | number, value: Value): void {
    const local = this.#registers.writeField(this.#number(f));
    this.pushLow(value);
    this.code.set(local);
  }

  override crBit(f: Field): Condition {
    const bit = this.fixed(f);
    this.#registers.pushBit(bit >> 2, bit & 3);
    return this.takeCondition();
  }

  override setCrBit(f: Field, condition: Condition): void {
    const bit = this.fixed(f);
    const c = this.code;
    const shift = 3 - (bit & 3);
    this.#registers.pushField(bit >> 2);
    const local = this.#registers.writeField(bit >> 2);
    c.i32(~(1 << shift));
    c.op("i32.and");
    this.pushCondition(condition);
    c.i32(shift);
    c.op("i32.shl");
    c.op("i32.or");
    c.set(local);
  }

  override cr(): Value {
    const c = this.code;
    for (let n = 0; n < 8; n++) {
      this.#registers.pushField(n);
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
      const local = this.#registers.writeField(n);
      this.pushLow(value);
      this.code.i32(28 - 4 * n);
      this.code.op("i32.shr_u");
      this.code.i32(15);
      this.code.op("i32.and");
      this.code.set(local);
    }
  }

  override compare(
    f: Field | number,
    a: Value,
    b: Value,
    signedness: "signed" | "unsigned",
  ): void {
    const so = this.#registers.read(REGISTER.cached("SO"));
    const cell = this.#registers.compareField(this.#number(f));
    const c = this.code;
    if (cell.kind === "value") {
      const sign = signedness === "signed" ? "s" : "u";
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
      c.get(so);
      c.op("i32.wrap_i64");
      c.op("i32.or");
      c.set(cell.local);
      return;
    }
    // An unsigned compare is a signed one with both signs turned.
    for (const [value, local] of [[a, cell.a], [b, cell.b]] as const) {
      this.push(value);
      if (signedness === "unsigned") {
        c.i64(1n << 63n);
        c.op("i64.xor");
      }
      c.set(local);
    }
    c.get(so);
    c.op("i32.wrap_i64");
    c.set(cell.so);
    c.i32(-1);
    c.set(cell.whole);
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

  override call(): Value {
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
