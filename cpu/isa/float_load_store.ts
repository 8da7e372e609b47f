/**
 * Floating-point loads and stores (Book I 4.6.2 to 4.6.4).
 *
 * @module
 */
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, row } from "./row.ts";
import { narrow, widen } from "./softfloat/mod.ts";

interface Displaced {
  readonly RA: Field;
  readonly D: Field;
}

interface Indexed {
  readonly RA: Field;
  readonly RB: Field;
}

/** EA of a D-form or X-form, with (RA|0) or, where it is updated, RA. */
function address(m: Ops, f: Displaced | Indexed, update: boolean): Value {
  const offset = "D" in f ? m.field(f.D) : m.gpr(f.RB);
  if (!update) return m.ea(m.add(m.gprOrZero(f.RA), offset));
  // RA = 0 is an invalid form.
  m.if(
    m.eq(m.field(f.RA), m.const(0)),
    () => m.program("illegal"),
  );
  return m.ea(m.add(m.gpr(f.RA), offset));
}

/** FRT from storage; the access may fault, so it comes first. */
function load(get: (m: Ops, ea: Value) => Value, update = false) {
  return (m: Ops, f: (Displaced | Indexed) & { readonly FRT: Field }) => {
    m.require("FP");
    const ea = address(m, f, update);
    m.setFpr(f.FRT, get(m, ea));
    if (update) m.setGpr(f.RA, ea);
  };
}

function store(
  put: (m: Ops, ea: Value, frs: Value) => void,
  update = false,
) {
  return (m: Ops, f: (Displaced | Indexed) & { readonly FRS: Field }) => {
    m.require("FP");
    const ea = address(m, f, update);
    put(m, ea, m.fpr(f.FRS));
    if (update) m.setGpr(f.RA, ea);
  };
}

function loadSingle(m: Ops, ea: Value): Value {
  return widen(m, m.load(4, ea));
}

function loadDouble(m: Ops, ea: Value): Value {
  return m.load(8, ea);
}

function storeSingle(m: Ops, ea: Value, frs: Value): void {
  m.store(4, ea, narrow(m, frs));
}

function storeDouble(m: Ops, ea: Value, frs: Value): void {
  m.store(8, ea, frs);
}

/** Loads of FPRs (Book I 4.6.2). */
export const floatLoads = chapter(
  "Book I 4.6.2",
  "Floating-Point Load Instructions",
  [
    row("lfs FRT,D(RA)", "D_FRT", [48], load(loadSingle)),
    row("lfsu FRT,D(RA)", "D_FRT", [49], load(loadSingle, true)),
    row("lfsx FRT,RA,RB", "X_FRT", [31, 535], load(loadSingle)),
    row("lfsux FRT,RA,RB", "X_FRT", [31, 567], load(loadSingle, true)),
    row("lfd FRT,D(RA)", "D_FRT", [50], load(loadDouble)),
    row("lfdu FRT,D(RA)", "D_FRT", [51], load(loadDouble, true)),
    row("lfdx FRT,RA,RB", "X_FRT", [31, 599], load(loadDouble)),
    row("lfdux FRT,RA,RB", "X_FRT", [31, 631], load(loadDouble, true)),
    row(
      "lfiwax FRT,RA,RB",
      "X_FRT",
      [31, 855],
      load((m, ea) => m.signExtend(4, m.load(4, ea))),
    ),
    row("lfiwzx FRT,RA,RB", "X_FRT", [31, 887], load((m, ea) => m.load(4, ea))),
  ],
);

/** Stores of FPRs (Book I 4.6.3). */
export const floatStores = chapter(
  "Book I 4.6.3",
  "Floating-Point Store Instructions",
  [
    row("stfs FRS,D(RA)", "D_FRS", [52], store(storeSingle)),
    row("stfsu FRS,D(RA)", "D_FRS", [53], store(storeSingle, true)),
    row("stfsx FRS,RA,RB", "X_FRS", [31, 663], store(storeSingle)),
    row("stfsux FRS,RA,RB", "X_FRS", [31, 695], store(storeSingle, true)),
    row("stfd FRS,D(RA)", "D_FRS", [54], store(storeDouble)),
    row("stfdu FRS,D(RA)", "D_FRS", [55], store(storeDouble, true)),
    row("stfdx FRS,RA,RB", "X_FRS", [31, 727], store(storeDouble)),
    row("stfdux FRS,RA,RB", "X_FRS", [31, 759], store(storeDouble, true)),
    row(
      "stfiwx FRS,RA,RB",
      "X_FRS",
      [31, 983],
      store((m, ea, frs) => m.store(4, ea, frs)),
    ),
  ],
);

/** The even register of a pair and the odd one, in storage order. */
function pair(m: Ops, f: Field) {
  const even = m.and(m.field(f), m.const(0b11110));
  const odd = m.or(even, m.const(1));
  // The pair is one quadword, so its order turns with the byte order.
  return {
    first: m.select(m.littleEndian(), odd, even),
    second: m.select(m.littleEndian(), even, odd),
  };
}

function loadPair(m: Ops, at: Value, FRTp: Field): void {
  const { first, second } = pair(m, FRTp);
  m.requireMemory(m.ea(at), "load");
  const a = m.load(8, m.ea(at));
  const b = m.load(8, m.ea(m.add(at, m.const(8))));
  m.setFprNumber(first, a);
  m.setFprNumber(second, b);
}

function storePair(m: Ops, at: Value, FRSp: Field): void {
  const { first, second } = pair(m, FRSp);
  const last = m.ea(m.add(at, m.const(15)));
  m.requireMemory(m.ea(at), "store");
  m.requireMemory(m.and(last, m.const(-4096)), "store");
  m.store(8, m.ea(at), m.fprNumber(first));
  m.store(8, m.ea(m.add(at, m.const(8))), m.fprNumber(second));
}

/** Loads and stores of pairs of FPRs (Book I 4.6.4). */
export const floatPairs = chapter(
  "Book I 4.6.4",
  "Floating-Point Load and Store Double Pair Instructions",
  [
    row("lfdp FRTp,DS(RA)", "DS_FRTp", [57, 0], (m, f) => {
      m.require("FP");
      loadPair(m, m.add(m.gprOrZero(f.RA), m.field(f.DS)), f.FRTp);
    }),
    row("stfdp FRSp,DS(RA)", "DS_FRSp", [61, 0], (m, f) => {
      m.require("FP");
      storePair(m, m.add(m.gprOrZero(f.RA), m.field(f.DS)), f.FRSp);
    }),
    row("lfdpx FRTp,RA,RB", "X_FRTp", [31, 791], (m, f) => {
      m.require("FP");
      loadPair(m, m.add(m.gprOrZero(f.RA), m.gpr(f.RB)), f.FRTp);
    }),
    row("stfdpx FRSp,RA,RB", "X_FRSp", [31, 919], (m, f) => {
      m.require("FP");
      storePair(m, m.add(m.gprOrZero(f.RA), m.gpr(f.RB)), f.FRSp);
    }),
  ],
);
