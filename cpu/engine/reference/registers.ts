/**
 * Operands and registers of the reference engine, in the order of
 * `isa/ops.ts`.
 *
 * @module
 */
import type { Condition, Field, Value, Vector } from "../../isa/ops.ts";
import type { Registers } from "../../registers.ts";
import { MSR, STATE, type StateName } from "../../state.ts";
import {
  bits,
  condition,
  holds,
  known,
  signed,
  value,
  vector,
  vectorBits,
} from "./values.ts";

/** Reads a CR field number: from an operand, or as it is. */
function crNumber(f: Field | number): number {
  return typeof f === "number" ? f : known(f).number & 7;
}

/** Registers by field and by name. */
export class ReferenceRegisters {
  /** The registers that this engine works on. */
  readonly registers: Registers;

  constructor(registers: Registers) {
    this.registers = registers;
  }

  const(number: number | bigint): Value {
    return value(BigInt(number));
  }

  field(f: Field): Value {
    return value(BigInt(known(f).number));
  }

  when(f: Field, then: () => void, otherwise?: () => void): void {
    if (known(f).number !== 0) then();
    else otherwise?.();
  }

  fixed(f: Field): number {
    return known(f).number;
  }

  gpr(f: Field): Value {
    return value(this.registers.get("GPR", known(f).number));
  }

  gprOrZero(f: Field): Value {
    return known(f).number === 0 ? value(0n) : this.gpr(f);
  }

  setGpr(f: Field, to: Value): void {
    this.registers.set("GPR", bits(to), known(f).number);
  }

  gprNumber(number: Value): Value {
    return value(this.registers.get("GPR", Number(bits(number) & 31n)));
  }

  setGprNumber(number: Value, to: Value): void {
    this.registers.set("GPR", bits(to), Number(bits(number) & 31n));
  }

  fpr(f: Field): Value {
    return value(this.registers.get("VSR", known(f).number) >> 64n);
  }

  setFpr(f: Field, to: Value): void {
    this.registers.set("VSR", bits(to) << 64n, known(f).number);
  }

  setUpper(f: Field, to: Value): void {
    const { number } = known(f);
    const lower = BigInt.asUintN(64, this.registers.get("VSR", number));
    this.registers.set("VSR", bits(to) << 64n | lower, number);
  }

  fprNumber(number: Value): Value {
    return value(this.registers.get("VSR", Number(bits(number) & 31n)) >> 64n);
  }

  setFprNumber(number: Value, to: Value): void {
    this.registers.set("VSR", bits(to) << 64n, Number(bits(number) & 31n));
  }

  vsr(f: Field): Vector {
    return vector(this.registers.get("VSR", known(f).number));
  }

  setVsr(f: Field, to: Vector): void {
    this.registers.set("VSR", vectorBits(to), known(f).number);
  }

  vr(f: Field): Vector {
    return vector(this.registers.get("VSR", 32 + known(f).number));
  }

  setVr(f: Field, to: Vector): void {
    this.registers.set("VSR", vectorBits(to), 32 + known(f).number);
  }

  vsrNumber(number: Value): Vector {
    return vector(this.registers.get("VSR", Number(bits(number) & 63n)));
  }

  setVsrNumber(number: Value, to: Vector): void {
    this.registers.set("VSR", vectorBits(to), Number(bits(number) & 63n));
  }

  reg(name: StateName): Value {
    return value(this.registers.get(name));
  }

  setReg(name: StateName, to: Value): void {
    this.registers.set(name, bits(to));
  }

  regAt(name: StateName, index: Value): Value {
    const count = BigInt(STATE[name].count);
    return value(this.registers.get(name, Number(bits(index) % count)));
  }

  setRegAt(name: StateName, index: Value, to: Value): void {
    const count = BigInt(STATE[name].count);
    this.registers.set(name, bits(to), Number(bits(index) % count));
  }

  crField(f: Field | number): Value {
    return value(this.registers.get("CR", crNumber(f)));
  }

  setCrField(f: Field | number, to: Value): void {
    this.registers.set("CR", bits(to) & 15n, crNumber(f));
  }

  crBit(f: Field): Condition {
    const number = known(f).number;
    const field = this.registers.get("CR", number >> 2);
    return condition((field & (8n >> BigInt(number & 3))) !== 0n);
  }

  setCrBit(f: Field, to: Condition): void {
    const number = known(f).number;
    const bit = 8n >> BigInt(number & 3);
    const field = this.registers.get("CR", number >> 2);
    const next = holds(to) ? field | bit : field & ~bit;
    this.registers.set("CR", next, number >> 2);
  }

  cr(): Value {
    let all = 0n;
    for (let i = 0; i < 8; i++) all = all << 4n | this.registers.get("CR", i);
    return value(all);
  }

  setCr(to: Value, mask: Value): void {
    for (let i = 0; i < 8; i++) {
      if ((bits(mask) & (0x80n >> BigInt(i))) === 0n) continue;
      this.registers.set("CR", (bits(to) >> BigInt(28 - 4 * i)) & 15n, i);
    }
  }

  record(result: Value): void {
    const width = this.msrHas(MSR.SF) ? 64 : 32;
    this.#setComparison(0, BigInt.asIntN(width, bits(result)), 0n);
  }

  compare(
    f: Field | number,
    a: Value,
    b: Value,
    signedness: "signed" | "unsigned",
  ): void {
    const read = signedness === "signed" ? signed : bits;
    this.#setComparison(crNumber(f), read(a), read(b));
  }

  littleEndian(): Condition {
    return condition(this.msrHas(MSR.LE));
  }

  sixtyFour(): Condition {
    return condition(this.msrHas(MSR.SF));
  }

  problemState(): Condition {
    return condition(this.msrHas(MSR.PR));
  }

  hypervisorState(): Condition {
    return condition(this.msrHas(MSR.HV));
  }

  /** Whether any of the bits is set in MSR. */
  protected msrHas(mask: bigint): boolean {
    return (this.registers.get("MSR") & mask) !== 0n;
  }

  #setComparison(cr: number, a: bigint, b: bigint): void {
    const order = a < b ? 8n : a > b ? 4n : 2n;
    this.registers.set("CR", order | this.registers.get("SO"), cr);
  }
}
