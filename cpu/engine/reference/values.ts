/**
 * How the reference engine represents the abstract machine's values: plain
 * BigInt and booleans behind the opaque types of `isa/ops.ts`.
 *
 * @module
 */
import type {
  Condition,
  Field,
  Value,
  Variable,
  Vector,
} from "../../isa/ops.ts";

/** A field as the reference knows it: its number, sign-extended and scaled. */
export interface KnownField {
  readonly name: string;
  readonly number: number;
}

/** The 64 bits of a value, unsigned. */
export function bits(value: Value): bigint {
  return value as unknown as bigint;
}

/** The 64 bits of a value as a signed number. */
export function signed(value: Value): bigint {
  return BigInt.asIntN(64, bits(value));
}

/** A value, cut to 64 bits. */
export function value(bits: bigint): Value {
  return BigInt.asUintN(64, bits) as unknown as Value;
}

/** Whether a condition holds. */
export function holds(condition: Condition): boolean {
  return condition as unknown as boolean;
}

/** A condition that holds or does not. */
export function condition(holds: boolean): Condition {
  return holds as unknown as Condition;
}

/** The 128 bits of a vector, element 0 uppermost. */
export function vectorBits(vector: Vector): bigint {
  return vector as unknown as bigint;
}

/** A vector, cut to 128 bits. */
export function vector(bits: bigint): Vector {
  return BigInt.asUintN(128, bits) as unknown as Vector;
}

/** What is known of a field. */
export function known(field: Field): KnownField {
  return field as unknown as KnownField;
}

/** A field whose number is known. */
export function knownField(name: string, number: number): Field {
  return { name, number } satisfies KnownField as unknown as Field;
}

/** A variable's cell. */
export function cell(variable: Variable): { value: Value } {
  return variable as unknown as { value: Value };
}

/** A fresh variable. */
export function variable(initial: Value): Variable {
  return { value: initial } as unknown as Variable;
}

/** Reverses the low `bytes` bytes of a number and drops the others. */
export function reverse(bytes: number, number: bigint): bigint {
  let out = 0n;
  for (let i = 0; i < bytes; i++) {
    out = (out << 8n) | ((number >> BigInt(8 * i)) & 0xffn);
  }
  return out;
}
