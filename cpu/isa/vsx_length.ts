/**
 * VSX storage access with a length in a register (Book I 7.6.3).
 *
 * @module
 */
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import { POWER9 } from "./vector_families.ts";
import { requireByRegister } from "./vsx_families.ts";

/** Which byte of the register the first byte of storage is. */
function firstByte(m: Ops, justified: boolean): Value {
  if (justified) return m.const(0);
  return m.select(m.littleEndian(), m.const(15), m.const(0));
}

/** Bits to the right of byte `index` in its doubleword. */
function shiftOf(m: Ops, index: Value): Value {
  return m.shl(m.and(m.not(index), m.const(7)), 3);
}

/** Runs `body` for every byte of storage and its place in the register. */
function forBytes(
  m: Ops,
  { ea, count, first }: { ea: Value; count: Value; first: Value },
  body: (address: Value, index: Value) => void,
): void {
  const i = m.variable(m.const(0));
  m.while(() => m.ltUnsigned(m.get(i), count), () => {
    const n = m.get(i);
    body(m.ea(m.add(ea, n)), m.xor(n, first));
    m.set(i, m.add(n, m.const(1)));
  });
}

/** Raises what the pages that are touched raise; both must be memory. */
function requireBytes(
  m: Ops,
  { ea, count, access }: { ea: Value; count: Value; access: "load" | "store" },
): void {
  m.if(m.nonZero(count), () => {
    const last = m.ea(m.add(ea, m.sub(count, m.const(1))));
    m.requireMemory(ea, access);
    m.requireMemory(m.and(last, m.const(-4096)), access);
  });
}

const loadBytes: Subroutine = subroutine(
  "vsx_load_bytes",
  4,
  (m, xt, ea, count, first) => {
    requireBytes(m, { ea, count, access: "load" });
    const upper = m.variable(m.const(0));
    const lower = m.variable(m.const(0));
    forBytes(m, { ea, count, first }, (address, index) => {
      const byte = m.shl(m.load(1, address), shiftOf(m, index));
      const high = m.ltUnsigned(index, m.const(8));
      const none = m.const(0);
      m.set(upper, m.or(m.get(upper), m.select(high, byte, none)));
      m.set(lower, m.or(m.get(lower), m.select(high, none, byte)));
    });
    m.setVsrNumber(xt, m.vector(m.get(upper), m.get(lower)));
    return m.const(0);
  },
  { raises: true },
);

/** Both ends are checked first, lest a fault leave half a store. */
const storeBytes: Subroutine = subroutine(
  "vsx_store_bytes",
  4,
  (m, xs, ea, count, first) => {
    const x = m.vsrNumber(xs);
    requireBytes(m, { ea, count, access: "store" });
    forBytes(m, { ea, count, first }, (address, index) => {
      const high = m.ltUnsigned(index, m.const(8));
      const half = m.select(high, m.upper(x), m.lower(x));
      m.store(1, address, m.shr(half, shiftOf(m, index)));
    });
    return m.const(0);
  },
  { raises: true },
);

/** The length is in the first byte of RB; 16 is the most. */
function lengthOf(m: Ops, rb: Field): Value {
  const length = m.shr(m.gpr(rb), 56);
  const most = m.const(16);
  return m.select(m.ltUnsigned(length, most), length, most);
}

function loadLength(name: string, xo: number, justified: boolean): Instruction {
  return row(`${name} XT,RA,RB`, "XX1", [31, xo], (m, f) => {
    requireByRegister(m, f.XT);
    const first = firstByte(m, justified);
    const ea = m.ea(m.gprOrZero(f.RA));
    m.call(loadBytes, m.field(f.XT), ea, lengthOf(m, f.RB), first);
  }, POWER9);
}

function storeLength(
  name: string,
  xo: number,
  justified: boolean,
): Instruction {
  return row(`${name} XS,RA,RB`, "XX1_XS", [31, xo], (m, f) => {
    requireByRegister(m, f.XS);
    const first = firstByte(m, justified);
    const ea = m.ea(m.gprOrZero(f.RA));
    m.call(storeBytes, m.field(f.XS), ea, lengthOf(m, f.RB), first);
  }, POWER9);
}

/** Loads and stores with a length: a row an instruction. */
export const vsxLength = chapter(
  "Book I 7.6.3",
  "VSX Load and Store with Length Instructions",
  [
    loadLength("lxvl", 269, false),
    loadLength("lxvll", 301, true),
    storeLength("stxvl", 397, false),
    storeLength("stxvll", 429, true),
  ],
);
