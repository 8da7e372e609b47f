/**
 * Fixed-point arithmetic (Book I 3.3.9).
 *
 * @module
 */
import type { Condition, Field, Ops, Value } from "./ops.ts";
import { chapter, row } from "./row.ts";
import { subroutine } from "./subroutine.ts";
import { finish, setCarry, setOverflow, setOverflowIf } from "./fixed_xer.ts";

type Source = "RB" | "SI" | "-1" | "0";

interface AdditionColumns {
  /** Adds ¬(RA) instead of (RA). */
  readonly invert?: true;
  /** Adds 1 or a bit of XER besides. */
  readonly carryIn?: "1" | "CA";
  /** Sets CA and CA32. */
  readonly carryOut?: true;
  /** Sets CR0 without an Rc bit. */
  readonly record?: true;
}

interface AdditionOperands {
  readonly RT: Field;
  readonly RA: Field;
  readonly RB?: Field;
  readonly SI?: Field;
  readonly OE?: Field;
  readonly Rc?: Field;
}

/** RT ← [¬](RA) + source + carry: all of add, subtract and negate. */
function addition(source: Source, columns: AdditionColumns = {}) {
  const { invert = false, carryIn, carryOut = false, record = false } = columns;
  return (m: Ops, f: AdditionOperands) => {
    const a = m.gpr(f.RA);
    const b = addend(m, f, source);
    let result: Value;
    if (carryIn === "CA") {
      const x = invert ? m.not(a) : a;
      const sum = source === "0" ? x : m.add(x, b);
      result = m.add(sum, m.reg("CA"));
      let carry = m.ltUnsigned(result, sum);
      if (source !== "0") carry = m.either(carry, m.ltUnsigned(sum, x));
      setCarry(m, m.bit(carry), carryInto32(m, x, b, result));
    } else if (invert) {
      result = m.sub(b, a);
      if (carryOut) {
        setCarry(m, m.bit(m.leUnsigned(a, b)), m.bit(leWord(m, a, b)));
      }
    } else {
      result = m.add(a, b);
      if (carryOut) {
        const carry32 = m.negate(leWord(m, a, result));
        setCarry(m, m.bit(m.ltUnsigned(result, a)), m.bit(carry32));
      }
    }
    if (f.OE !== undefined) {
      m.when(f.OE, () => {
        // The operands' signs agree (differ, inverted) and the result's not.
        const first = m.xor(a, invert ? b : result);
        const signs = m.and(first, m.xor(b, result));
        const ov32 = m.and(m.shr(signs, 31), m.const(1));
        setOverflow(m, m.select(m.sixtyFour(), m.shr(signs, 63), ov32), ov32);
      });
    }
    finish(m, f.RT, result, f.Rc);
    if (record) m.record(result);
  };
}

function addend(m: Ops, f: AdditionOperands, source: Source): Value {
  if (source === "RB" && f.RB !== undefined) return m.gpr(f.RB);
  if (source === "SI" && f.SI !== undefined) return m.field(f.SI);
  return m.const(source === "-1" ? -1 : 0);
}

/** Whether the low word of a is not above that of b. */
function leWord(m: Ops, a: Value, b: Value): Condition {
  return m.leUnsigned(m.zeroExtend(4, a), m.zeroExtend(4, b));
}

/** Carry out of bit 32 of a sum: where bit 31 is not the operands' alone. */
function carryInto32(m: Ops, a: Value, b: Value, sum: Value): Value {
  return m.and(m.shr(m.xor(m.xor(a, b), sum), 32), m.const(1));
}

/** RT ← (RA|0) + (SI || `shift` zeros). */
function addImmediate(shift: 0 | 16) {
  return (m: Ops, f: Record<"RT" | "RA" | "SI", Field>) => {
    const si = m.field(f.SI);
    m.setGpr(f.RT, m.add(m.gprOrZero(f.RA), shift ? m.shl(si, shift) : si));
  };
}

type Signedness = "signed" | "unsigned";

function extendWord(m: Ops, signedness: Signedness, a: Value): Value {
  return signedness === "signed" ? m.signExtend(4, a) : m.zeroExtend(4, a);
}

interface BinaryOperands {
  readonly RT: Field;
  readonly RA: Field;
  readonly RB: Field;
  readonly OE?: Field;
  readonly Rc?: Field;
}

/** High word of a product. RT's upper word is undefined: as the lower one. */
function multiplyHighWord(signedness: Signedness) {
  return (m: Ops, f: BinaryOperands) => {
    const a = extendWord(m, signedness, m.gpr(f.RA));
    const b = extendWord(m, signedness, m.gpr(f.RB));
    const high = m.shr(m.mul(a, b), 32);
    finish(m, f.RT, m.or(m.shl(high, 32), high), f.Rc);
  };
}

function multiplyHigh(signedness: Signedness) {
  return (m: Ops, f: BinaryOperands) => {
    const a = m.gpr(f.RA);
    const b = m.gpr(f.RB);
    const high = signedness === "signed"
      ? m.mulHighSigned(a, b)
      : m.mulHighUnsigned(a, b);
    finish(m, f.RT, high, f.Rc);
  };
}

/** High doubleword of (RA) × (RB) + (RC). */
function multiplyAddHigh(signedness: Signedness) {
  return (m: Ops, f: Record<"RT" | "RA" | "RB" | "RC", Field>) => {
    const a = m.gpr(f.RA);
    const b = m.gpr(f.RB);
    const c = m.gpr(f.RC);
    const low = m.mul(a, b);
    const carry = m.bit(m.ltUnsigned(m.add(low, c), low));
    const high = signedness === "signed"
      ? m.add(m.mulHighSigned(a, b), m.sar(c, 63))
      : m.mulHighUnsigned(a, b);
    m.setGpr(f.RT, m.add(high, carry));
  };
}

/** Whether b cannot divide a because of 0 or −2^63 ÷ −1. */
function cannotDivide(m: Ops, s: Signedness, a: Value, b: Value): Condition {
  const zero = m.eq(b, m.const(0));
  if (s === "unsigned") return zero;
  const least = m.eq(a, m.const(-(1n << 63n)));
  return m.either(zero, m.both(least, m.eq(b, m.const(-1))));
}

function quotient(m: Ops, s: Signedness, a: Value, b: Value): Value {
  return s === "signed" ? m.divSigned(a, b) : m.divUnsigned(a, b);
}

/**
 * Where it cannot divide, RT is undefined: 0, as on POWER9. QEMU 7.2 gives
 * the dividend.
 */
function divideWord(signedness: Signedness) {
  return (m: Ops, f: BinaryOperands) => {
    const a = extendWord(m, signedness, m.gpr(f.RA));
    const b = extendWord(m, signedness, m.gpr(f.RB));
    let result = quotient(m, signedness, a, b);
    let bad = m.eq(b, m.const(0));
    if (signedness === "signed") {
      const over = m.eq(result, m.const(0x8000_0000));
      result = m.select(over, m.const(0), m.zeroExtend(4, result));
      bad = m.either(bad, over);
    }
    if (f.OE !== undefined) m.when(f.OE, () => setOverflowIf(m, bad));
    finish(m, f.RT, result, f.Rc);
  };
}

/** As above: 0 where it cannot divide. */
function divideDoubleword(signedness: Signedness) {
  return (m: Ops, f: BinaryOperands) => {
    const a = m.gpr(f.RA);
    const b = m.gpr(f.RB);
    if (f.OE !== undefined) {
      m.when(f.OE, () => {
        setOverflowIf(m, cannotDivide(m, signedness, a, b));
      });
    }
    finish(m, f.RT, quotient(m, signedness, a, b), f.Rc);
  };
}

/** (RA) || 32 zeros, divided by the word in RB; 0 where it does not fit. */
function divideWordExtended(signedness: Signedness) {
  return (m: Ops, f: BinaryOperands) => {
    const a = m.shl(m.gpr(f.RA), 32);
    const b = extendWord(m, signedness, m.gpr(f.RB));
    const result = quotient(m, signedness, a, b);
    const bad = m.either(
      cannotDivide(m, signedness, a, b),
      m.ne(result, extendWord(m, signedness, result)),
    );
    if (f.OE !== undefined) m.when(f.OE, () => setOverflowIf(m, bad));
    const low = m.select(bad, m.const(0), m.zeroExtend(4, result));
    finish(m, f.RT, low, f.Rc);
  };
}

/** (high || 64 zeros) ÷ divisor, unsigned, for high < divisor: bit by bit. */
const divideWide = subroutine("divideWide", 2, (m, high, divisor) => {
  const remainder = m.variable(high);
  const result = m.variable(m.const(0));
  const count = m.variable(m.const(64));
  m.while(() => m.nonZero(m.get(count)), () => {
    const before = m.get(remainder);
    const shifted = m.shl(before, 1);
    const goes = m.either(
      m.ltSigned(before, m.const(0)),
      m.leUnsigned(divisor, shifted),
    );
    m.set(remainder, m.select(goes, m.sub(shifted, divisor), shifted));
    m.set(result, m.or(m.shl(m.get(result), 1), m.bit(goes)));
    m.set(count, m.sub(m.get(count), m.const(1)));
  });
  return m.get(result);
});

/** (RA) || 64 zeros, divided by (RB); 0 where 64 bits cannot hold it. */
function divideDoublewordExtended(m: Ops, f: BinaryOperands, s: Signedness) {
  const a = m.gpr(f.RA);
  const b = m.gpr(f.RB);
  const result = m.variable(m.const(0));
  const overflow = m.variable(m.const(1));
  const x = s === "signed" ? magnitude(m, a) : a;
  const y = s === "signed" ? magnitude(m, b) : b;
  m.if(m.ltUnsigned(x, y), () => {
    const size = m.call(divideWide, x, y);
    if (s === "unsigned") {
      m.set(result, size);
      m.set(overflow, m.const(0));
      return;
    }
    const sign = m.sar(m.xor(a, b), 63);
    const signed = m.sub(m.xor(size, sign), sign);
    const wrongSign = m.ltSigned(m.xor(signed, sign), m.const(0));
    const over = m.both(m.nonZero(signed), wrongSign);
    m.set(result, m.select(over, m.const(0), signed));
    m.set(overflow, m.bit(over));
  });
  if (f.OE !== undefined) {
    m.when(f.OE, () => setOverflowIf(m, m.nonZero(m.get(overflow))));
  }
  finish(m, f.RT, m.get(result), f.Rc);
}

function magnitude(m: Ops, a: Value): Value {
  const sign = m.sar(a, 63);
  return m.sub(m.xor(a, sign), sign);
}

/** Remainder of words or doublewords; 0 where it cannot divide. */
function modulo(bytes: 4 | 8, signedness: Signedness) {
  return (m: Ops, f: BinaryOperands) => {
    let a = m.gpr(f.RA);
    let b = m.gpr(f.RB);
    if (bytes === 4) {
      a = extendWord(m, signedness, a);
      b = extendWord(m, signedness, b);
    }
    m.setGpr(
      f.RT,
      signedness === "signed" ? m.remSigned(a, b) : m.remUnsigned(a, b),
    );
  };
}

const since = "3.0";

/** Add, subtract, multiply, divide, random numbers. */
export const fixedArithmetic = chapter(
  "Book I 3.3.9",
  "Fixed-Point Arithmetic Instructions",
  [
    row("addi RT,RA,SI", "D", [14], addImmediate(0)),
    row("addis RT,RA,SI", "D", [15], addImmediate(16)),
    row("addpcis RT,D", "DX", [19, 2], (m, f) => {
      const next = m.add(m.cia(), m.const(4));
      m.setGpr(f.RT, m.add(next, m.shl(m.field(f.D), 16)));
    }, { since }),

    row("add[o][.] RT,RA,RB", "XO", [31, 266], addition("RB")),
    row(
      "addic RT,RA,SI",
      "D",
      [12],
      addition("SI", { carryOut: true }),
    ),
    row(
      "addic. RT,RA,SI",
      "D",
      [13],
      addition("SI", { carryOut: true, record: true }),
    ),
    row(
      "addc[o][.] RT,RA,RB",
      "XO",
      [31, 10],
      addition("RB", { carryOut: true }),
    ),
    row(
      "adde[o][.] RT,RA,RB",
      "XO",
      [31, 138],
      addition("RB", { carryIn: "CA", carryOut: true }),
    ),
    row(
      "addme[o][.] RT,RA",
      "XO_RA",
      [31, 234],
      addition("-1", { carryIn: "CA", carryOut: true }),
    ),
    row(
      "addze[o][.] RT,RA",
      "XO_RA",
      [31, 202],
      addition("0", { carryIn: "CA", carryOut: true }),
    ),
    row("addex RT,RA,RB,0", "Z23_CY0", [31, 170], (m, f) => {
      const a = m.gpr(f.RA);
      const b = m.gpr(f.RB);
      const sum = m.add(a, b);
      const result = m.add(sum, m.reg("OV"));
      const ov = m.bit(
        m.either(m.ltUnsigned(sum, a), m.ltUnsigned(result, sum)),
      );
      const ov32 = carryInto32(m, a, b, result);
      m.setReg("OV", m.select(m.sixtyFour(), ov, ov32));
      m.setReg("OV32", ov32);
      m.setGpr(f.RT, result);
    }, { since }),

    row(
      "subf[o][.] RT,RA,RB",
      "XO",
      [31, 40],
      addition("RB", { invert: true, carryIn: "1" }),
    ),
    row(
      "subfic RT,RA,SI",
      "D",
      [8],
      addition("SI", { invert: true, carryIn: "1", carryOut: true }),
    ),
    row(
      "subfc[o][.] RT,RA,RB",
      "XO",
      [31, 8],
      addition("RB", { invert: true, carryIn: "1", carryOut: true }),
    ),
    row(
      "subfe[o][.] RT,RA,RB",
      "XO",
      [31, 136],
      addition("RB", { invert: true, carryIn: "CA", carryOut: true }),
    ),
    row(
      "subfme[o][.] RT,RA",
      "XO_RA",
      [31, 232],
      addition("-1", { invert: true, carryIn: "CA", carryOut: true }),
    ),
    row(
      "subfze[o][.] RT,RA",
      "XO_RA",
      [31, 200],
      addition("0", { invert: true, carryIn: "CA", carryOut: true }),
    ),
    row(
      "neg[o][.] RT,RA",
      "XO_RA",
      [31, 104],
      addition("0", { invert: true, carryIn: "1" }),
    ),

    row("mulli RT,RA,SI", "D", [7], (m, f) => {
      m.setGpr(f.RT, m.mul(m.gpr(f.RA), m.field(f.SI)));
    }),
    row("mullw[o][.] RT,RA,RB", "XO", [31, 235], (m, f) => {
      const a = m.signExtend(4, m.gpr(f.RA));
      const product = m.mul(a, m.signExtend(4, m.gpr(f.RB)));
      m.when(f.OE, () => {
        setOverflowIf(m, m.ne(product, m.signExtend(4, product)));
      });
      finish(m, f.RT, product, f.Rc);
    }),
    row(
      "mulhw[.] RT,RA,RB",
      "XO_Rc",
      [31, 75],
      multiplyHighWord("signed"),
    ),
    row(
      "mulhwu[.] RT,RA,RB",
      "XO_Rc",
      [31, 11],
      multiplyHighWord("unsigned"),
    ),
    row("mulld[o][.] RT,RA,RB", "XO", [31, 233], (m, f) => {
      const a = m.gpr(f.RA);
      const b = m.gpr(f.RB);
      const product = m.mul(a, b);
      m.when(f.OE, () => {
        setOverflowIf(m, m.ne(m.mulHighSigned(a, b), m.sar(product, 63)));
      });
      finish(m, f.RT, product, f.Rc);
    }),
    row("mulhd[.] RT,RA,RB", "XO_Rc", [31, 73], multiplyHigh("signed")),
    row("mulhdu[.] RT,RA,RB", "XO_Rc", [31, 9], multiplyHigh("unsigned")),
    row(
      "maddhd RT,RA,RB,RC",
      "VA_RC",
      [4, 48],
      multiplyAddHigh("signed"),
      { since },
    ),
    row(
      "maddhdu RT,RA,RB,RC",
      "VA_RC",
      [4, 49],
      multiplyAddHigh("unsigned"),
      { since },
    ),
    row("maddld RT,RA,RB,RC", "VA_RC", [4, 51], (m, f) => {
      const product = m.mul(m.gpr(f.RA), m.gpr(f.RB));
      m.setGpr(f.RT, m.add(product, m.gpr(f.RC)));
    }, { since }),

    row("divw[o][.] RT,RA,RB", "XO", [31, 491], divideWord("signed")),
    row("divwu[o][.] RT,RA,RB", "XO", [31, 459], divideWord("unsigned")),
    row(
      "divwe[o][.] RT,RA,RB",
      "XO",
      [31, 427],
      divideWordExtended("signed"),
    ),
    row(
      "divweu[o][.] RT,RA,RB",
      "XO",
      [31, 395],
      divideWordExtended("unsigned"),
    ),
    row("divd[o][.] RT,RA,RB", "XO", [31, 489], divideDoubleword("signed")),
    row("divdu[o][.] RT,RA,RB", "XO", [31, 457], divideDoubleword("unsigned")),
    row("divde[o][.] RT,RA,RB", "XO", [31, 425], (m, f) => {
      divideDoublewordExtended(m, f, "signed");
    }),
    row("divdeu[o][.] RT,RA,RB", "XO", [31, 393], (m, f) => {
      divideDoublewordExtended(m, f, "unsigned");
    }),
    row("modsw RT,RA,RB", "X", [31, 779], modulo(4, "signed"), { since }),
    row("moduw RT,RA,RB", "X", [31, 267], modulo(4, "unsigned"), { since }),
    row("modsd RT,RA,RB", "X", [31, 777], modulo(8, "signed"), { since }),
    row("modud RT,RA,RB", "X", [31, 265], modulo(8, "unsigned"), { since }),

    row("darn RT,L", "X_L", [31, 755], (m, f) => {
      const l = m.field(f.L);
      const random = m.random();
      const word = m.select(m.nonZero(l), random, m.zeroExtend(4, random));
      // L = 3 is reserved and answers as when no number is to be had.
      const none = m.eq(l, m.const(3));
      m.setGpr(f.RT, m.select(none, m.const(-1), word));
    }, { since }),
  ],
);
