/**
 * VSX conversions between formats and rounding to integers (Book I 7.6.3,
 * summaries in 7.6.1.5 and 7.6.1.6).
 *
 * @module
 */
import type { Bytes, Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  carryOut,
  conclude,
  convertToInteger,
  elementFromInteger,
  enterScalar,
  enterSticky,
  FORMAT,
  type Format,
  type IntegerFormat,
  type IntegerMode,
  type IntegerName,
  INTEGERS,
  narrow,
  roundIntoInteger,
  roundTo,
  roundToInteger,
  SCALAR_FROM_INTEGER,
  toInteger,
  widen,
} from "./softfloat/mod.ts";
import { POWER9 } from "./vector_families.ts";
import {
  DOUBLES,
  type Elements,
  numberAt,
  numbers,
  SINGLES,
} from "./vsx_families.ts";
import { narrowHalf, widenHalf } from "./vsx_half.ts";

/** A word twice, as the first doubleword of a vector takes it. */
function twice(m: Ops, word: Value): Value {
  return m.or(m.shl(word, 32), m.zeroExtend(4, word));
}

// ------------------------------------------------------------------ scalar

/** Doubleword 0 from that of XB, and FPSCR as `format` says. */
function scalar(
  name: string,
  xo: number,
  compute: (m: Ops, b: Value) => Value,
  format: Format,
): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    const result = compute(m, m.fpr(f.XB));
    enterScalar(m, result, format);
    conclude(m, () => m.setFpr(f.XT, result));
  });
}

function scalarRounding(
  name: string,
  xo: number,
  mode: IntegerMode,
  exact = false,
): Instruction {
  if (exact) {
    return scalar(
      name,
      xo,
      (m, b) => roundToInteger(m, b, { mode, exact }),
      FORMAT.double,
    );
  }
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    roundIntoInteger(m, { b: m.fpr(f.XB), mode }, {
      write: (result) => m.setFpr(f.XT, result),
    });
  });
}

function scalarToInteger(
  name: string,
  xo: number,
  to: IntegerName,
): Instruction {
  const { bytes } = INTEGERS[to];
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    convertToInteger(m, {
      b: m.fpr(f.XB),
      to,
      mode: "zero",
      misfit: "FPRF stays",
      shape: (integer) => bytes === 4 ? twice(m, integer) : integer,
    }, { write: (result) => m.setFpr(f.XT, result) });
  });
}

const {
  doubleword: LONG,
  unsignedDoubleword: UNSIGNED_LONG,
  word: WORD,
  unsignedWord: UNSIGNED_WORD,
} = INTEGERS;

function integerToScalar(
  name: string,
  xo: number,
  { signed }: IntegerFormat,
  precision: "double" | "single",
): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    const b = m.fpr(f.XB);
    const sign = signed ? "signed" : "unsigned";
    carryOut(m, SCALAR_FROM_INTEGER[sign][precision], {
      operands: [b],
      write: (result) => m.setFpr(f.XT, result),
    });
  });
}

// ------------------------------------------------------------------ vector

/** XT from XB with nothing but exceptions in FPSCR. */
function vector(
  name: string,
  xo: number,
  compute: (m: Ops, b: Vector) => Vector,
): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    const result = compute(m, m.vsr(f.XB));
    enterSticky(m);
    conclude(m, () => m.setVsr(f.XT, result));
  });
}

function vectorRounding(
  name: string,
  xo: number,
  elements: Elements,
  { mode, exact = false }: { mode: IntegerMode; exact?: boolean },
): Instruction {
  return vector(
    name,
    xo,
    (m, b) =>
      numbers(
        m,
        elements,
        (i) => roundToInteger(m, numberAt(m, elements, b, i), { mode, exact }),
      ),
  );
}

/**
 * The source of element `index` of `count`: where the source has more, it
 * counts words 0 and 2 only.
 */
function sourceIndex(elements: Bytes, count: number, index: number): number {
  return 16 / elements > count ? 2 * index : index;
}

/** Elements to integers; four words of two doubles hold each result twice. */
function vectorToInteger(
  name: string,
  xo: number,
  from: Elements,
  to: IntegerFormat,
): Instruction {
  const mode = "zero";
  return vector(name, xo, (m, b) => {
    function integer(index: number): Value {
      return toInteger(m, numberAt(m, from, b, index), { ...to, mode });
    }
    if (from.bytes === to.bytes) return m.elements(from.bytes, integer);
    return m.elements(8, (i) => {
      const value = integer(sourceIndex(from.bytes, 2, i));
      return to.bytes === 4 ? twice(m, value) : value;
    });
  });
}

function vectorFromInteger(
  name: string,
  xo: number,
  { bytes, signed }: IntegerFormat & { bytes: 4 | 8 },
  to: Elements,
): Instruction {
  const { format } = to;
  return vector(name, xo, (m, b) => {
    function number(index: number): Value {
      const element = m.element(bytes, b, index);
      const integer = signed && bytes === 4
        ? m.signExtend(4, element)
        : element;
      return elementFromInteger(m, integer, { signed, format });
    }
    if (bytes === to.bytes) return numbers(m, to, number);
    return m.elements(8, (i) => {
      const value = number(sourceIndex(bytes, 2, i));
      return to.bytes === 4 ? twice(m, narrow(m, value)) : value;
    });
  });
}

/** A signaling NaN made quiet; the number fits any wider format. */
function quieted(m: Ops, x: Value): Value {
  return roundTo(m, x, FORMAT.double);
}

/** Rounding to integers: a row an instruction. */
export const vsxRounding = chapter(
  "Book I 7.6.3",
  "VSX Round to Floating-Point Integer Instructions",
  [
    scalarRounding("xsrdpi", 73, "nearestAway"),
    scalarRounding("xsrdpic", 107, "RN", true),
    scalarRounding("xsrdpim", 121, "down"),
    scalarRounding("xsrdpip", 105, "up"),
    scalarRounding("xsrdpiz", 89, "zero"),
    vectorRounding("xvrdpi", 201, DOUBLES, { mode: "nearestAway" }),
    vectorRounding("xvrdpic", 235, DOUBLES, { mode: "RN", exact: true }),
    vectorRounding("xvrdpim", 249, DOUBLES, { mode: "down" }),
    vectorRounding("xvrdpip", 233, DOUBLES, { mode: "up" }),
    vectorRounding("xvrdpiz", 217, DOUBLES, { mode: "zero" }),
    vectorRounding("xvrspi", 137, SINGLES, { mode: "nearestAway" }),
    vectorRounding("xvrspic", 171, SINGLES, { mode: "RN", exact: true }),
    vectorRounding("xvrspim", 185, SINGLES, { mode: "down" }),
    vectorRounding("xvrspip", 169, SINGLES, { mode: "up" }),
    vectorRounding("xvrspiz", 153, SINGLES, { mode: "zero" }),
  ],
);

/** Conversions: a row an instruction. */
export const vsxConvert = chapter(
  "Book I 7.6.3",
  "VSX Floating-Point Convert Instructions",
  [
    row("xscvdphp XT,XB", "XX2_EO", [60, 17, 347], (m, f) => {
      m.require("VSX");
      const number = roundTo(m, m.fpr(f.XB), FORMAT.half);
      enterScalar(m, number, FORMAT.half);
      const result = m.vector(narrowHalf(m, number), m.const(0));
      conclude(m, () => m.setVsr(f.XT, result));
    }, POWER9),
    row("xscvdpsp XT,XB", "XX2", [60, 265], (m, f) => {
      m.require("VSX");
      const number = roundTo(m, m.fpr(f.XB), FORMAT.single);
      enterScalar(m, number, FORMAT.single);
      const result = m.vector(twice(m, narrow(m, number)), m.const(0));
      conclude(m, () => m.setVsr(f.XT, result));
    }),
    row("xscvdpspn XT,XB", "XX2", [60, 267], (m, f) => {
      m.require("VSX");
      const word = narrow(m, m.fpr(f.XB));
      m.setFpr(f.XT, twice(m, word));
    }),
    scalarToInteger("xscvdpsxds", 344, "doubleword"),
    scalarToInteger("xscvdpsxws", 88, "word"),
    scalarToInteger("xscvdpuxds", 328, "unsignedDoubleword"),
    scalarToInteger("xscvdpuxws", 72, "unsignedWord"),
    row("xscvhpdp XT,XB", "XX2_EO", [60, 16, 347], (m, f) => {
      m.require("VSX");
      const half = m.zeroExtend(2, m.fpr(f.XB));
      const result = quieted(m, widenHalf(m, half));
      enterScalar(m, result, FORMAT.double);
      conclude(m, () => m.setFpr(f.XT, result));
    }, POWER9),
    row("xscvspdp XT,XB", "XX2", [60, 329], (m, f) => {
      m.require("VSX");
      const result = quieted(m, widen(m, m.element(4, m.vsr(f.XB), 0)));
      enterScalar(m, result, FORMAT.double);
      conclude(m, () => m.setFpr(f.XT, result));
    }),
    row("xscvspdpn XT,XB", "XX2", [60, 331], (m, f) => {
      m.require("VSX");
      const number = widen(m, m.element(4, m.vsr(f.XB), 0));
      m.setFpr(f.XT, number);
    }),
    integerToScalar("xscvsxddp", 376, LONG, "double"),
    integerToScalar("xscvsxdsp", 312, LONG, "single"),
    integerToScalar("xscvuxddp", 360, UNSIGNED_LONG, "double"),
    integerToScalar("xscvuxdsp", 296, UNSIGNED_LONG, "single"),
    vector("xvcvdpsp", 393, (m, b) =>
      m.elements(8, (i) => {
        const number = roundTo(m, m.element(8, b, i), FORMAT.single);
        return twice(m, narrow(m, number));
      })),
    vectorToInteger("xvcvdpsxds", 472, DOUBLES, LONG),
    vectorToInteger("xvcvdpsxws", 216, DOUBLES, WORD),
    vectorToInteger("xvcvdpuxds", 456, DOUBLES, UNSIGNED_LONG),
    vectorToInteger("xvcvdpuxws", 200, DOUBLES, UNSIGNED_WORD),
    row("xvcvhpsp XT,XB", "XX2_EO", [60, 24, 475], (m, f) => {
      m.require("VSX");
      const b = m.vsr(f.XB);
      const result = numbers(
        m,
        SINGLES,
        (i) => quieted(m, widenHalf(m, m.element(2, b, 2 * i + 1))),
      );
      enterSticky(m);
      conclude(m, () => m.setVsr(f.XT, result));
    }, POWER9),
    vector(
      "xvcvspdp",
      457,
      (m, b) =>
        m.elements(8, (i) => quieted(m, widen(m, m.element(4, b, 2 * i)))),
    ),
    row("xvcvsphp XT,XB", "XX2_EO", [60, 25, 475], (m, f) => {
      m.require("VSX");
      const b = m.vsr(f.XB);
      const result = m.elements(4, (i) => {
        const number = numberAt(m, SINGLES, b, i);
        return narrowHalf(m, roundTo(m, number, FORMAT.half));
      });
      enterSticky(m);
      conclude(m, () => m.setVsr(f.XT, result));
    }, POWER9),
    vectorToInteger("xvcvspsxds", 408, SINGLES, LONG),
    vectorToInteger("xvcvspsxws", 152, SINGLES, WORD),
    vectorToInteger("xvcvspuxds", 392, SINGLES, UNSIGNED_LONG),
    vectorToInteger("xvcvspuxws", 136, SINGLES, UNSIGNED_WORD),
    vectorFromInteger("xvcvsxddp", 504, { bytes: 8, signed: true }, DOUBLES),
    vectorFromInteger("xvcvsxdsp", 440, { bytes: 8, signed: true }, SINGLES),
    vectorFromInteger("xvcvsxwdp", 248, { bytes: 4, signed: true }, DOUBLES),
    vectorFromInteger("xvcvsxwsp", 184, { bytes: 4, signed: true }, SINGLES),
    vectorFromInteger("xvcvuxddp", 488, { bytes: 8, signed: false }, DOUBLES),
    vectorFromInteger("xvcvuxdsp", 424, { bytes: 8, signed: false }, SINGLES),
    vectorFromInteger("xvcvuxwdp", 232, { bytes: 4, signed: false }, DOUBLES),
    vectorFromInteger("xvcvuxwsp", 168, { bytes: 4, signed: false }, SINGLES),
  ],
);
