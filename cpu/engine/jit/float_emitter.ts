/**
 * Emits operations on numbers into regions: what is easy as the host's, with
 * FPSCR left for later, the rest by the interpreter's handlers.
 *
 * @module
 */
import type {
  DeferredComparison,
  DeferredFloat,
  HostNumbers,
  MsrFacility,
  Value,
} from "../../isa/ops.ts";
import type { Subroutine } from "../../isa/subroutine.ts";
import type { Frame, Runtime } from "../emitter/frame.ts";
import { hostNumbers } from "../emitter/host_numbers.ts";
import { NotInlinable } from "./not_inlinable.ts";
import { type RegionRegisters, REGISTER } from "./registers.ts";
import { VsrEmitter } from "./vsr_emitter.ts";

/** Emits operations on numbers. */
export class FloatEmitter extends VsrEmitter {
  readonly #registers: RegionRegisters;
  readonly #host: HostNumbers = hostNumbers(this);

  constructor(frame: Frame, runtime: Runtime, registers: RegionRegisters) {
    super(frame, runtime, registers);
    this.#registers = registers;
  }

  override get host(): HostNumbers {
    return this.#host;
  }

  /** The quick way where it is right, else a call. */
  override call(subroutine: Subroutine, ...args: Value[]): Value {
    const { quick } = subroutine;
    if (!quick) return super.call(subroutine, ...args);
    const c = this.code;
    const { likely, result } = quick(this, this.#host, ...args);
    const isFloat = this.isFloat(result);
    const push = (value: Value) =>
      isFloat ? this.pushFloat(value) : this.push(value);
    const found = c.temporary(isFloat ? "f64" : "i64");
    this.pushCondition(likely);
    c.if(true);
    push(result);
    c.set(found);
    c.else();
    push(super.call(subroutine, ...args));
    c.set(found);
    c.end();
    c.get(found);
    return isFloat ? this.takeFloat() : this.take();
  }

  override require(facility: MsrFacility): void {
    const { facilities, conditional } = this.#registers;
    if (facilities.has(facility)) return;
    super.require(facility);
    if (!conditional) facilities.add(facility);
  }

  override deferFloat(
    { enter, operands, keepsClass, short }: DeferredFloat,
  ): void {
    const c = this.code;
    const { status } = this.#registers;
    this.#noteStatus(enter !== undefined);
    const isDone = enter && status.prepare(
      keepsClass ? "rounding" : "result",
      enter,
      operands.map((value) => () => this.pushFloat(value)),
    );
    const done = c.block();
    const slow = c.block();
    const quick = c.block();
    status.pushPatient();
    c.op("i32.eqz");
    c.brIf(slow, false);
    const { likely, otherwise, write } = short();
    this.pushCondition(likely);
    c.brIf(quick, true);
    if (otherwise) {
      this.pushCondition(otherwise());
      c.brIf(quick);
    }
    c.br(slow);
    c.end();
    write();
    c.br(done);
    c.end();
    this.#slowly();
    c.end();
    isDone?.();
  }

  override deferComparison({ field, a, b }: DeferredComparison): void {
    const c = this.code;
    const { status, fields } = this.#registers;
    const n = this.fixed(field);
    this.#noteStatus(true);
    this.#registers.noteNumbers(n);
    const push = [() => this.pushFloat(a), () => this.pushFloat(b)] as const;
    const isDone = status.prepare("comparison", undefined, push);
    const done = c.block();
    const slow = c.block();
    // A sum is a NaN where a term is, and where infinities cancel.
    const sum = c.temporary("f64");
    push.forEach((push) => push());
    c.op("f64.add");
    c.set(sum);
    c.get(sum);
    c.get(sum);
    c.op("f64.ne");
    c.brIf(slow, false);
    fields.compareNumbers(n, ...push);
    c.br(done);
    c.end();
    this.#slowly();
    c.end();
    isDone();
  }

  #noteStatus(isWritten: boolean): void {
    this.#registers.noteRead(REGISTER.fpscr);
    if (isWritten) this.#registers.noteWrite(REGISTER.fpscr);
  }

  #slowly(): void {
    if (!this.frame.slowly) throw new NotInlinable();
    this.frame.slowly();
  }
}
