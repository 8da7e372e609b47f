/**
 * Arithmetic, conditions and control flow of the reference engine, in the
 * order of `isa/ops.ts`.
 *
 * @module
 */
import type { Condition, Value, Variable } from "../../isa/ops.ts";
import { ReferenceRegisters } from "./registers.ts";
import {
  bits,
  cell,
  condition,
  holds,
  reverse,
  signed,
  value,
  variable,
} from "./values.ts";

function count(n: Value | number): bigint {
  return (typeof n === "number" ? BigInt(n) : bits(n)) & 63n;
}

const MOST_NEGATIVE = -(1n << 63n);

/** What is computed without touching the machine. */
export class ReferenceArithmetic extends ReferenceRegisters {
  add(a: Value, b: Value): Value {
    return value(bits(a) + bits(b));
  }

  sub(a: Value, b: Value): Value {
    return value(bits(a) - bits(b));
  }

  mul(a: Value, b: Value): Value {
    return value(bits(a) * bits(b));
  }

  mulHighSigned(a: Value, b: Value): Value {
    return value((signed(a) * signed(b)) >> 64n);
  }

  mulHighUnsigned(a: Value, b: Value): Value {
    return value((bits(a) * bits(b)) >> 64n);
  }

  divSigned(a: Value, b: Value): Value {
    const [x, y] = [signed(a), signed(b)];
    if (y === 0n || (x === MOST_NEGATIVE && y === -1n)) return value(0n);
    return value(x / y);
  }

  divUnsigned(a: Value, b: Value): Value {
    return bits(b) === 0n ? value(0n) : value(bits(a) / bits(b));
  }

  remSigned(a: Value, b: Value): Value {
    const [x, y] = [signed(a), signed(b)];
    if (y === 0n || (x === MOST_NEGATIVE && y === -1n)) return value(0n);
    return value(x % y);
  }

  remUnsigned(a: Value, b: Value): Value {
    return bits(b) === 0n ? value(0n) : value(bits(a) % bits(b));
  }

  and(a: Value, b: Value): Value {
    return value(bits(a) & bits(b));
  }

  or(a: Value, b: Value): Value {
    return value(bits(a) | bits(b));
  }

  xor(a: Value, b: Value): Value {
    return value(bits(a) ^ bits(b));
  }

  not(a: Value): Value {
    return value(~bits(a));
  }

  shl(a: Value, n: Value | number): Value {
    return value(bits(a) << count(n));
  }

  shr(a: Value, n: Value | number): Value {
    return value(bits(a) >> count(n));
  }

  sar(a: Value, n: Value | number): Value {
    return value(signed(a) >> count(n));
  }

  rotl(a: Value, n: Value | number): Value {
    return value(bits(a) << count(n) | bits(a) >> (64n - count(n)));
  }

  rotl32(a: Value, n: Value | number): Value {
    const word = bits(a) & 0xffff_ffffn;
    return this.rotl(
      value(word << 32n | word),
      Number(count(n) & 31n),
    );
  }

  clz(a: Value): Value {
    return value(
      BigInt(64 - (bits(a) === 0n ? 0 : bits(a).toString(2).length)),
    );
  }

  ctz(a: Value): Value {
    let zeros = 0n;
    while (zeros < 64n && (bits(a) >> zeros & 1n) === 0n) zeros++;
    return value(zeros);
  }

  popcnt(a: Value): Value {
    return value(BigInt(bits(a).toString(2).replaceAll("0", "").length));
  }

  signExtend(bytes: 1 | 2 | 4, a: Value): Value {
    return value(BigInt.asIntN(8 * bytes, bits(a)));
  }

  zeroExtend(bytes: 1 | 2 | 4, a: Value): Value {
    return value(BigInt.asUintN(8 * bytes, bits(a)));
  }

  reverseBytes(bytes: 2 | 4 | 8, a: Value): Value {
    return value(reverse(bytes, bits(a)));
  }

  eq(a: Value, b: Value): Condition {
    return condition(bits(a) === bits(b));
  }

  ne(a: Value, b: Value): Condition {
    return condition(bits(a) !== bits(b));
  }

  ltSigned(a: Value, b: Value): Condition {
    return condition(signed(a) < signed(b));
  }

  leSigned(a: Value, b: Value): Condition {
    return condition(signed(a) <= signed(b));
  }

  ltUnsigned(a: Value, b: Value): Condition {
    return condition(bits(a) < bits(b));
  }

  leUnsigned(a: Value, b: Value): Condition {
    return condition(bits(a) <= bits(b));
  }

  nonZero(a: Value): Condition {
    return condition(bits(a) !== 0n);
  }

  both(a: Condition, b: Condition): Condition {
    return condition(holds(a) && holds(b));
  }

  either(a: Condition, b: Condition): Condition {
    return condition(holds(a) || holds(b));
  }

  negate(a: Condition): Condition {
    return condition(!holds(a));
  }

  bit(c: Condition): Value {
    return value(holds(c) ? 1n : 0n);
  }

  select(c: Condition, a: Value, b: Value): Value {
    return holds(c) ? a : b;
  }

  if(c: Condition, then: () => void, otherwise?: () => void): void {
    if (holds(c)) then();
    else otherwise?.();
  }

  variable(initial: Value): Variable {
    return variable(initial);
  }

  get(v: Variable): Value {
    return cell(v).value;
  }

  set(v: Variable, to: Value): void {
    cell(v).value = to;
  }

  while(test: () => Condition, body: () => void): void {
    // Every meaning's loop is bounded by the book; a million rounds is a bug.
    for (let round = 0; holds(test()); round++) {
      if (round === 1_000_000) {
        throw new RangeError("Cannot carry out instruction: loop has no end");
      }
      body();
    }
  }
}
