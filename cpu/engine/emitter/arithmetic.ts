/**
 * Emits 64-bit arithmetic.
 *
 * @module
 */
import type { Condition, Value } from "../../isa/ops.ts";
import type { OpName } from "../../wasm/opcodes.ts";
import { ConditionEmitter } from "./conditions.ts";

/** Emits arithmetic. */
export class ArithmeticEmitter extends ConditionEmitter {
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
        this.eq(a, this.const(1n << 63n)),
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

  /** Changes the sign of a number where it is; nothing else will do. */
  #sign(name: "f64.abs" | "f64.neg", a: Value): Value {
    this.pushFloat(a);
    this.code.op(name);
    return this.takeFloat();
  }

  and(a: Value, b: Value): Value {
    if (this.isFloat(a) && this.constantOf(b) === ~SIGN) {
      return this.#sign("f64.abs", a);
    }
    return this.#binary("i64.and", a, b);
  }

  or(a: Value, b: Value): Value {
    return this.#binary("i64.or", a, b);
  }

  xor(a: Value, b: Value): Value {
    if (this.isFloat(a) && this.constantOf(b) === SIGN) {
      return this.#sign("f64.neg", a);
    }
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
      this.mask(0xff);
      this.pushLow(a);
      c.i32(8);
      c.op("i32.shl");
      this.mask(0xff00);
      c.op("i32.or");
      c.op("i64.extend_i32_u");
    } else if (bytes === 4) {
      this.pushLow(a);
      c.i32(8);
      c.op("i32.rotl");
      this.mask(0x00ff00ff);
      this.pushLow(a);
      c.i32(8);
      c.op("i32.rotr");
      this.mask(0xff00ff00 | 0);
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
}

/** A number's sign, as constants are: signed. */
const SIGN = -(1n << 63n);

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
