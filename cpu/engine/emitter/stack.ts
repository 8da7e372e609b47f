/**
 * Values, conditions and vectors between locals and the stack.
 *
 * @module
 */
import type { Condition, Value, Vector } from "../../isa/ops.ts";
import type { Code, Local } from "../../wasm/code.ts";
import type { TypeName } from "../../wasm/opcodes.ts";
import type { Frame, Runtime } from "./frame.ts";

/**
 * A value of the emitter: a local, or a constant that is pushed when used. The
 * local is an f64 where the value is a number on its way to another.
 */
type Emitted =
  | { readonly local: Local; readonly float?: true }
  | { readonly constant: bigint };
/** A condition: an i32 local that is 0 or 1, or known. */
type EmittedCondition = { readonly local: Local } | { readonly known: boolean };

/** The emitter's ground floor. */
export class StackEmitter {
  readonly frame: Frame;
  readonly runtime: Runtime;
  readonly code: Code;

  constructor(frame: Frame, runtime: Runtime) {
    this.frame = frame;
    this.runtime = runtime;
    this.code = frame.code;
  }

  /** Takes what is on the stack (i64) as a value. */
  take(): Value {
    return this.#keep("i64") as unknown as Value;
  }

  /** Takes what is on the stack (f64) as a value. */
  takeFloat(): Value {
    return { ...this.#keep("f64"), float: true } as unknown as Value;
  }

  takeCondition(): Condition {
    return this.#keep("i32") as unknown as Condition;
  }

  takeVector(): Vector {
    return this.#keep("v128") as unknown as Vector;
  }

  #keep(type: TypeName): { readonly local: Local } {
    const local = this.code.temporary(type);
    this.code.set(local);
    return { local };
  }

  push(value: Value): void {
    const v = value as unknown as Emitted;
    if ("constant" in v) return this.code.i64(v.constant);
    this.code.get(v.local);
    if (v.float) this.code.op("i64.reinterpret_f64");
  }

  /** Pushes a value as the number (f64) that its bits are. */
  pushFloat(value: Value): void {
    if (this.isFloat(value)) {
      return this.code.get((value as unknown as { local: Local }).local);
    }
    this.push(value);
    this.code.op("f64.reinterpret_i64");
  }

  /** Whether the value is at hand as an f64. */
  isFloat(value: Value): boolean {
    const v = value as unknown as Emitted;
    return "local" in v && v.float === true;
  }

  /** Pushes the low word of a value (i32). */
  pushLow(value: Value): void {
    const v = value as unknown as Emitted;
    if ("constant" in v) {
      return this.code.i32(Number(BigInt.asIntN(32, v.constant)));
    }
    this.push(value);
    this.code.op("i32.wrap_i64");
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

  const(value: number | bigint): Value {
    return {
      constant: BigInt.asIntN(64, BigInt(value)),
    } as unknown as Value;
  }
}
