/**
 * Emits conditions, selections and control flow.
 *
 * @module
 */
import type { Condition, Value, Variable } from "../../isa/ops.ts";
import type { Subroutine } from "../../isa/subroutine.ts";
import { STATE } from "../../state.ts";
import type { Local } from "../../wasm/code.ts";
import type { OpName } from "../../wasm/opcodes.ts";
import { OperandEmitter } from "./operands.ts";

/** Emits conditions and what depends on them. */
export class ConditionEmitter extends OperandEmitter {
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
    this.mask(1);
    return this.takeCondition();
  }

  problemState(): Condition {
    return this.#msrBit(14);
  }

  hypervisorState(): Condition {
    return this.#msrBit(60);
  }

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
