/**
 * Vector storage access (Book I 6.7).
 *
 * @module
 */
import type { Ops, Value } from "./ops.ts";
import { effectiveAddress } from "./load_store_address.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  constant,
  immediate,
  ORDINALS,
  replaceElement,
  sixteen,
  splatElement,
} from "./vector_lanes.ts";

/** The address with its low bits cleared to a multiple of `bytes`. */
function aligned(m: Ops, ea: Value, bytes: number): Value {
  return m.and(ea, m.const(-bytes));
}

/** The element of a register that an aligned address means. */
function elementOf(m: Ops, ea: Value, bytes: 1 | 2 | 4): Value {
  const last = 16 / bytes - 1;
  const index = m.and(m.shr(ea, Math.log2(bytes)), m.const(last));
  return m.select(m.littleEndian(), m.xor(index, m.const(last)), index);
}

function load(name: string, xo: number): Instruction {
  return row(`${name} VRT,RA,RB`, "X_VRT", [31, xo], (m, f) => {
    m.require("VEC");
    m.setVr(f.VRT, m.loadQuadword(aligned(m, effectiveAddress(m, f), 16)));
  });
}

function store(name: string, xo: number): Instruction {
  return row(`${name} VRS,RA,RB`, "X_VRS", [31, xo], (m, f) => {
    m.require("VEC");
    m.storeQuadword(aligned(m, effectiveAddress(m, f), 16), m.vr(f.VRS));
  });
}

/** The book leaves the other elements undefined; they stay as they are. */
function loadElement(
  name: string,
  xo: number,
  bytes: 1 | 2 | 4,
): Instruction {
  return row(`${name} VRT,RA,RB`, "X_VRT", [31, xo], (m, f) => {
    m.require("VEC");
    const ea = aligned(m, effectiveAddress(m, f), bytes);
    const value = m.load(bytes, ea);
    const index = elementOf(m, ea, bytes);
    m.setVr(f.VRT, replaceElement(m, bytes, m.vr(f.VRT), { index, value }));
  });
}

function storeElement(
  name: string,
  xo: number,
  bytes: 1 | 2 | 4,
): Instruction {
  return row(`${name} VRS,RA,RB`, "X_VRS", [31, xo], (m, f) => {
    m.require("VEC");
    const ea = aligned(m, effectiveAddress(m, f), bytes);
    const index = elementOf(m, ea, bytes);
    m.store(bytes, ea, m.lower(splatElement(m, bytes, m.vr(f.VRS), index)));
  });
}

const AFTER_ORDINALS = immediate(sixteen((i) => 16 + i));

/** Vector storage access: a row an instruction, in the order of the book. */
export const vectorLoadStore = chapter(
  "Book I 6.7",
  "Vector Storage Access Instructions",
  [
    loadElement("lvebx", 7, 1),
    loadElement("lvehx", 39, 2),
    loadElement("lvewx", 71, 4),
    load("lvx", 103),
    load("lvxl", 359),
    storeElement("stvebx", 135, 1),
    storeElement("stvehx", 167, 2),
    storeElement("stvewx", 199, 4),
    store("stvx", 231),
    store("stvxl", 487),
    row("lvsl VRT,RA,RB", "X_VRT", [31, 6], (m, f) => {
      m.require("VEC");
      const shift = m.splat(1, m.and(effectiveAddress(m, f), m.const(15)));
      m.setVr(f.VRT, m.simd("i8x16.add", constant(m, ORDINALS), shift));
    }),
    row("lvsr VRT,RA,RB", "X_VRT", [31, 38], (m, f) => {
      m.require("VEC");
      const shift = m.splat(1, m.and(effectiveAddress(m, f), m.const(15)));
      m.setVr(f.VRT, m.simd("i8x16.sub", constant(m, AFTER_ORDINALS), shift));
    }),
  ],
);
