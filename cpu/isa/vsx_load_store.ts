/**
 * VSX storage access (Book I 7.6.3, summary in 7.6.1.1).
 *
 * @module
 */
import type { Bytes, Field, Ops, Value, Vector } from "./ops.ts";
import { effectiveAddress } from "./load_store_address.ts";
import { chapter, type Instruction, row, type RowOptions } from "./row.ts";
import { narrow, widen } from "./softfloat/mod.ts";
import { POWER9 } from "./vector_families.ts";
import { applyShuffle, elementShuffle } from "./vector_lanes.ts";
import { requireByRegister, setScalar } from "./vsx_families.ts";

// ------------------------------------------------------------ whole vectors

/** The elements of a vector in the opposite order. */
function turnRound(m: Ops, bytes: Bytes, x: Vector): Vector {
  if (bytes === 8) return m.vector(m.lower(x), m.upper(x));
  const count = 16 / bytes;
  const order = Array.from({ length: count }, (_, i) => count - 1 - i);
  return applyShuffle(m, elementShuffle(bytes, order), x);
}

/**
 * A quadword whose elements come in the order of storage, each in the order
 * of MSR[LE]: one little-endian access has them the other way round.
 */
function arranged(m: Ops, bytes: Bytes, x: Vector): Vector {
  return m.selectVector(m.littleEndian(), turnRound(m, bytes, x), x);
}

/** Older instructions need MSR[VSX]; newer ones VEC for VSRs 32 to 63. */
interface VectorAccess {
  readonly bytes: Bytes | 16;
  readonly byRegister?: boolean;
}

function requirement(
  m: Ops,
  register: Field,
  { byRegister = false }: VectorAccess,
): void {
  if (byRegister) requireByRegister(m, register);
  else m.require("VSX");
}

function loadVector(
  name: string,
  xo: number,
  access: VectorAccess,
  options?: RowOptions,
): Instruction {
  return row(`${name} XT,RA,RB`, "XX1", [31, xo], (m, f) => {
    requirement(m, f.XT, access);
    const { bytes } = access;
    const quadword = m.loadQuadword(effectiveAddress(m, f));
    m.setVsr(f.XT, bytes === 16 ? quadword : arranged(m, bytes, quadword));
  }, options);
}

function storeVector(
  name: string,
  xo: number,
  access: VectorAccess,
  options?: RowOptions,
): Instruction {
  return row(`${name} XS,RA,RB`, "XX1_XS", [31, xo], (m, f) => {
    requirement(m, f.XS, access);
    const { bytes } = access;
    const x = m.vsr(f.XS);
    m.storeQuadword(
      effectiveAddress(m, f),
      bytes === 16 ? x : arranged(m, bytes, x),
    );
  }, options);
}

/** One element in every element. */
function loadSplat(
  name: string,
  xo: number,
  access: { bytes: 4 | 8; byRegister?: boolean },
  options?: RowOptions,
): Instruction {
  return row(`${name} XT,RA,RB`, "XX1", [31, xo], (m, f) => {
    requirement(m, f.XT, access);
    const { bytes } = access;
    m.setVsr(f.XT, m.splat(bytes, m.load(bytes, effectiveAddress(m, f))));
  }, options);
}

// ----------------------------------------------------------------- scalars

/** What a scalar load makes of the number in storage. */
type Conversion = (m: Ops, loaded: Value) => Value;

function unchanged(_: Ops, loaded: Value): Value {
  return loaded;
}

function loadScalar(
  name: string,
  xo: number,
  access: { bytes: Bytes; byRegister?: boolean; convert?: Conversion },
  options?: RowOptions,
): Instruction {
  const { bytes, convert = unchanged } = access;
  return row(`${name} XT,RA,RB`, "XX1", [31, xo], (m, f) => {
    requirement(m, f.XT, access);
    setScalar(m, f.XT, convert(m, m.load(bytes, effectiveAddress(m, f))));
  }, options);
}

function storeScalar(
  name: string,
  xo: number,
  access: { bytes: Bytes; byRegister?: boolean; convert?: Conversion },
  options?: RowOptions,
): Instruction {
  const { bytes, convert = unchanged } = access;
  return row(`${name} XS,RA,RB`, "XX1_XS", [31, xo], (m, f) => {
    requirement(m, f.XS, access);
    m.store(bytes, effectiveAddress(m, f), convert(m, m.fpr(f.XS)));
  }, options);
}

function extendWord(m: Ops, loaded: Value): Value {
  return m.signExtend(4, loaded);
}

function loadDisplaced(
  name: string,
  xo: number,
  bytes: 4 | 8,
  convert: Conversion,
): Instruction {
  return row(`${name} VRT,DS(RA)`, "DS_VRT", [57, xo], (m, f) => {
    m.require("VEC");
    const loaded = m.load(bytes, effectiveAddress(m, f));
    m.setVr(f.VRT, m.vector(convert(m, loaded), m.const(0)));
  }, POWER9);
}

function storeDisplaced(
  name: string,
  xo: number,
  bytes: 4 | 8,
  convert: Conversion,
): Instruction {
  return row(`${name} VRS,DS(RA)`, "DS_VRS", [61, xo], (m, f) => {
    m.require("VEC");
    const value = convert(m, m.upper(m.vr(f.VRS)));
    m.store(bytes, effectiveAddress(m, f), value);
  }, POWER9);
}

/** VSX loads: a row an instruction. */
export const vsxLoads = chapter("Book I 7.6.3", "VSX Load Instructions", [
  loadDisplaced("lxsd", 2, 8, unchanged),
  loadScalar("lxsdx", 588, { bytes: 8 }),
  loadScalar("lxsibzx", 781, { bytes: 1, byRegister: true }, POWER9),
  loadScalar("lxsihzx", 813, { bytes: 2, byRegister: true }, POWER9),
  loadScalar("lxsiwax", 76, { bytes: 4, convert: extendWord }),
  loadScalar("lxsiwzx", 12, { bytes: 4 }),
  loadDisplaced("lxssp", 3, 4, widen),
  loadScalar("lxsspx", 524, { bytes: 4, convert: widen }),
  row("lxv XT,DQ(RA)", "DQ_XT", [61, 1], (m, f) => {
    requireByRegister(m, f.XT);
    m.setVsr(f.XT, m.loadQuadword(effectiveAddress(m, f)));
  }, POWER9),
  loadVector("lxvb16x", 876, { bytes: 1, byRegister: true }, POWER9),
  loadVector("lxvd2x", 844, { bytes: 8 }),
  loadSplat("lxvdsx", 332, { bytes: 8 }),
  loadVector("lxvh8x", 812, { bytes: 2, byRegister: true }, POWER9),
  loadVector("lxvw4x", 780, { bytes: 4 }),
  loadSplat("lxvwsx", 364, { bytes: 4, byRegister: true }, POWER9),
  loadVector("lxvx", 268, { bytes: 16, byRegister: true }, POWER9),
]);

/** VSX stores: a row an instruction. */
export const vsxStores = chapter("Book I 7.6.3", "VSX Store Instructions", [
  storeDisplaced("stxsd", 2, 8, unchanged),
  storeScalar("stxsdx", 716, { bytes: 8 }),
  storeScalar("stxsibx", 909, { bytes: 1, byRegister: true }, POWER9),
  storeScalar("stxsihx", 941, { bytes: 2, byRegister: true }, POWER9),
  storeScalar("stxsiwx", 140, { bytes: 4 }),
  storeDisplaced("stxssp", 3, 4, narrow),
  storeScalar("stxsspx", 652, { bytes: 4, convert: narrow }),
  row("stxv XS,DQ(RA)", "DQ_XS", [61, 5], (m, f) => {
    requireByRegister(m, f.XS);
    m.storeQuadword(effectiveAddress(m, f), m.vsr(f.XS));
  }, POWER9),
  storeVector("stxvb16x", 1004, { bytes: 1, byRegister: true }, POWER9),
  storeVector("stxvd2x", 972, { bytes: 8 }),
  storeVector("stxvh8x", 940, { bytes: 2, byRegister: true }, POWER9),
  storeVector("stxvw4x", 908, { bytes: 4 }),
  storeVector("stxvx", 396, { bytes: 16, byRegister: true }, POWER9),
]);
