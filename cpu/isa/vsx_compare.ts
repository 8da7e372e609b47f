/**
 * VSX comparisons, maximum and minimum (Book I 7.6.3, summaries in 7.6.1.4).
 *
 * @module
 */
import type { Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row, type RowOptions } from "./row.ts";
import {
  compare,
  compareInto,
  conclude,
  enterSticky,
  flag,
  FPSCR,
  isNan,
  isSignaling,
} from "./softfloat/mod.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import { POWER9, summary } from "./vector_families.ts";
import {
  DOUBLES,
  type Elements,
  numberAt,
  numbers,
  SINGLES,
} from "./vsx_families.ts";

// ------------------------------------------------------------- comparisons

type Kind = "ordered" | "unordered";

/** To a CR field and FPSCR[FPCC]. */
function toField(name: string, xo: number, kind: Kind): Instruction {
  return row(`${name} BF,XA,XB`, "XX3_BF", [60, xo], (m, f) => {
    m.require("VSX");
    compareInto(m, f.BF, { a: m.fpr(f.XA), b: m.fpr(f.XB), kind });
  });
}

/** Which of LT GT EQ make a relation true. */
const RELATION = { eq: 2, gt: 4, ge: 6 } as const;
type Relation = keyof typeof RELATION;

/** All ones where the relation holds; equality does not mind quiet NaNs. */
function holds(m: Ops, a: Value, b: Value, relation: Relation): Value {
  const result = compare(m, a, b, relation === "eq" ? "unordered" : "ordered");
  const bits = m.and(result, m.const(RELATION[relation]));
  return m.sub(m.const(0), m.bit(m.nonZero(bits)));
}

function toScalarMask(
  name: string,
  xo: number,
  relation: Relation,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const [a, b] = [m.fpr(f.XA), m.fpr(f.XB)];
    const mask = holds(m, a, b, relation);
    enterSticky(m);
    conclude(m, () => m.setFpr(f.XT, mask));
  }, POWER9);
}

function toVectorMask(
  name: string,
  xo: number,
  relation: Relation,
  elements: Elements,
): Instruction {
  return row(`${name}[.] XT,XA,XB`, "XX3_Rc", [60, xo], (m, f) => {
    m.require("VSX");
    const [a, b] = [m.vsr(f.XA), m.vsr(f.XB)];
    const mask = m.elements(elements.bytes, (i) => {
      const x = numberAt(m, elements, a, i);
      return holds(m, x, numberAt(m, elements, b, i), relation);
    });
    enterSticky(m);
    conclude(m, () => {
      m.setVsr(f.XT, mask);
      m.when(f.Rc, () => m.setCrField(6, summary(m, mask)));
    });
  });
}

// ------------------------------------------------------- maximum, minimum

type Which = "max" | "min";
type Choice = (m: Ops, a: Value, b: Value) => Value;

/** An integer of the same order, in which -0 comes before +0. */
function keyOf(m: Ops, x: Value): Value {
  return m.xor(x, m.shr(m.sar(x, 63), 1));
}

/** The same with both zeros equal. */
function numericKeyOf(m: Ops, x: Value): Value {
  const key = keyOf(m, x);
  return m.add(key, m.shr(key, 63));
}

function flagSignaling(m: Ops, a: Value, b: Value): void {
  m.if(
    m.either(isSignaling(m, a), isSignaling(m, b)),
    () => flag(m, FPSCR.VXSNAN),
  );
}

const QUIET = 1n << 51n;

/** A number rather than a quiet NaN, but a NaN where one is signaling. */
function betterNumber(which: Which): Subroutine {
  return subroutine(`vsx_${which}`, 2, (m, a, b) => {
    flagSignaling(m, a, b);
    const [x, y] = [keyOf(m, a), keyOf(m, b)];
    const first = which === "max" ? m.ltSigned(y, x) : m.ltSigned(x, y);
    const signaling = m.either(isSignaling(m, a), isSignaling(m, b));
    const number = m.select(
      isNan(m, a),
      b,
      m.select(isNan(m, b), a, m.select(first, a, b)),
    );
    const nan = m.or(m.select(isNan(m, a), a, b), m.const(QUIET));
    const both = m.both(isNan(m, a), isNan(m, b));
    return m.select(m.either(signaling, both), nan, number);
  });
}

/**
 * XB's where one is a NaN (type C). Of equal numbers, zeros that is, the
 * maximum is XA's and the minimum XB's.
 */
function likeConditional(which: Which): Choice {
  return (m, a, b) => {
    flagSignaling(m, a, b);
    const [x, y] = [numericKeyOf(m, a), numericKeyOf(m, b)];
    const beyond = which === "max" ? m.leSigned(y, x) : m.ltSigned(x, y);
    const nan = m.either(isNan(m, a), isNan(m, b));
    return m.select(m.both(beyond, m.negate(nan)), a, b);
  };
}

/** The first NaN as it is, else by order, -0 before +0 (type J). */
function likeJava(which: Which): Choice {
  return (m, a, b) => {
    flagSignaling(m, a, b);
    const [x, y] = [keyOf(m, a), keyOf(m, b)];
    const beyond = which === "max" ? m.ltSigned(y, x) : m.ltSigned(x, y);
    const number = m.select(beyond, a, b);
    return m.select(isNan(m, a), a, m.select(isNan(m, b), b, number));
  };
}

function calling(shared: Subroutine): Choice {
  return (m, a, b) => m.call(shared, a, b);
}

const maximum = calling(betterNumber("max"));
const minimum = calling(betterNumber("min"));

function scalarChoice(
  name: string,
  xo: number,
  choose: Choice,
  options?: RowOptions,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const result = choose(m, m.fpr(f.XA), m.fpr(f.XB));
    enterSticky(m);
    conclude(m, () => m.setFpr(f.XT, result));
  }, options);
}

function vectorChoice(
  name: string,
  xo: number,
  choose: Choice,
  elements: Elements,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const [a, b] = [m.vsr(f.XA), m.vsr(f.XB)];
    const result = numbers(m, elements, (i) => {
      const x = numberAt(m, elements, a, i);
      return choose(m, x, numberAt(m, elements, b, i));
    });
    enterSticky(m);
    conclude(m, () => m.setVsr(f.XT, result));
  });
}

/** Comparisons: a row an instruction. */
export const vsxCompare = chapter(
  "Book I 7.6.3",
  "VSX Floating-Point Compare Instructions",
  [
    toScalarMask("xscmpeqdp", 3, "eq"),
    toScalarMask("xscmpgedp", 19, "ge"),
    toScalarMask("xscmpgtdp", 11, "gt"),
    toField("xscmpodp", 43, "ordered"),
    toField("xscmpudp", 35, "unordered"),
    toVectorMask("xvcmpeqdp", 99, "eq", DOUBLES),
    toVectorMask("xvcmpeqsp", 67, "eq", SINGLES),
    toVectorMask("xvcmpgedp", 115, "ge", DOUBLES),
    toVectorMask("xvcmpgesp", 83, "ge", SINGLES),
    toVectorMask("xvcmpgtdp", 107, "gt", DOUBLES),
    toVectorMask("xvcmpgtsp", 75, "gt", SINGLES),
  ],
);

/** Maximum and minimum: a row an instruction. */
export const vsxExtremes = chapter(
  "Book I 7.6.3",
  "VSX Floating-Point Maximum and Minimum Instructions",
  [
    scalarChoice("xsmaxcdp", 128, likeConditional("max"), POWER9),
    scalarChoice("xsmaxdp", 160, maximum),
    scalarChoice("xsmaxjdp", 144, likeJava("max"), POWER9),
    scalarChoice("xsmincdp", 136, likeConditional("min"), POWER9),
    scalarChoice("xsmindp", 168, minimum),
    scalarChoice("xsminjdp", 152, likeJava("min"), POWER9),
    vectorChoice("xvmaxdp", 224, maximum, DOUBLES),
    vectorChoice("xvmaxsp", 192, maximum, SINGLES),
    vectorChoice("xvmindp", 232, minimum, DOUBLES),
    vectorChoice("xvminsp", 200, minimum, SINGLES),
  ],
);
