/**
 * The Floating-Point Status and Control Register (Book I 4.2.2) and the last
 * step of every floating-point instruction: what it found goes into FPSCR.
 *
 * @module
 */
import { MSR } from "../../state.ts";
import type { Field, Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import { classOf, type Format } from "./format.ts";

/** FPSCR bits as masks; the book's bit n is 1 << (63 - n). */
export const FPSCR = {
  DRN: 7n << 32n,
  FX: 1n << 31n,
  FEX: 1n << 30n,
  VX: 1n << 29n,
  OX: 1n << 28n,
  UX: 1n << 27n,
  ZX: 1n << 26n,
  XX: 1n << 25n,
  VXSNAN: 1n << 24n,
  VXISI: 1n << 23n,
  VXIDI: 1n << 22n,
  VXZDZ: 1n << 21n,
  VXIMZ: 1n << 20n,
  VXVC: 1n << 19n,
  FR: 1n << 18n,
  FI: 1n << 17n,
  FPRF: 0x1fn << 12n,
  FPCC: 0xfn << 12n,
  VXSOFT: 1n << 10n,
  VXSQRT: 1n << 9n,
  VXCVI: 1n << 8n,
  VE: 1n << 7n,
  OE: 1n << 6n,
  UE: 1n << 5n,
  ZE: 1n << 4n,
  XE: 1n << 3n,
  NI: 1n << 2n,
  RN: 3n,
} as const;

/** Every reason for which VX is 1. */
export const INVALID = FPSCR.VXSNAN | FPSCR.VXISI | FPSCR.VXIDI |
  FPSCR.VXZDZ | FPSCR.VXIMZ | FPSCR.VXVC | FPSCR.VXSOFT | FPSCR.VXSQRT |
  FPSCR.VXCVI;

/** The exception bits that stay 1 until they are reset, FX apart. */
export const EXCEPTIONS = INVALID | FPSCR.OX | FPSCR.UX | FPSCR.ZX | FPSCR.XX;

/** From VX, OX, UX, ZX, XX down to their enable bits. */
const ENABLE_SHIFT = 22;
const ENABLES = FPSCR.VE | FPSCR.OE | FPSCR.UE | FPSCR.ZE | FPSCR.XE;

/** Values of FP_STATUS, which add up. */
const SUPPRESS = 1;
const INTERRUPT = 2;

/** Notes FPSCR bits (exceptions, FR, FI) for the last step. */
export function flag(m: Ops, bits: Value | bigint): void {
  const value = typeof bits === "bigint" ? m.const(bits) : bits;
  m.setReg("FP_FLAGS", m.or(m.reg("FP_FLAGS"), value));
}

/** Notes that an operation goes the long way, for those who count. */
export function goLong(m: Ops): void {
  m.setReg("FP_LONG", m.const(1));
}

/** VX where the bits hold a reason for it, else 0. */
function invalidSummary(m: Ops, bits: Value): Value {
  return m.select(
    m.nonZero(m.and(bits, m.const(INVALID))),
    m.const(FPSCR.VX),
    m.const(0),
  );
}

/** The enable bits whose exception is among the bits (VX included). */
function enabled(m: Ops, bits: Value, fpscr: Value): Value {
  return m.and(m.and(m.shr(bits, ENABLE_SHIFT), fpscr), m.const(ENABLES));
}

/** Whether MSR[FE0,FE1] ask for interrupts. */
function interruptible(m: Ops) {
  return m.nonZero(m.and(m.reg("MSR"), m.const(MSR.FE0 | MSR.FE1)));
}

/** FPSCR with its two summary bits, VX and FEX, made to agree with the rest. */
export function summarize(m: Ops, fpscr: Value): Value {
  const plain = m.and(fpscr, m.const(~(FPSCR.VX | FPSCR.FEX)));
  const vx = m.or(plain, invalidSummary(m, plain));
  return m.select(
    m.nonZero(enabled(m, vx, vx)),
    m.or(vx, m.const(FPSCR.FEX)),
    vx,
  );
}

interface Entry {
  /** FPSCR bits that the instruction gives anew. */
  readonly clear: bigint;
  /** Their value, FR and FI apart. */
  readonly set?: Value;
  /** Those of `clear` that stay as they were where the target does. */
  readonly keep?: bigint;
  /** Enables whose exception leaves the target alone. */
  readonly suppress: bigint;
}

/**
 * Enters FP_FLAGS into FPSCR: FX where an exception bit turns from 0 to 1,
 * the summaries, and FP_STATUS for {@linkcode conclude}.
 */
function enter(m: Ops, entry: Entry): void {
  const flags = m.reg("FP_FLAGS");
  const old = m.reg("FPSCR");
  const set = entry.set ?? m.const(0);
  m.if(m.eq(flags, m.const(0)), () => {
    m.setReg("FPSCR", m.or(m.and(old, m.const(~entry.clear)), set));
    m.setReg("FP_STATUS", m.const(0));
  }, () => {
    m.setReg("FP_FLAGS", m.const(0));
    const caused = m.or(flags, invalidSummary(m, flags));
    const due = enabled(m, caused, old);
    const suppressed = m.nonZero(m.and(due, m.const(entry.suppress)));
    const keep = entry.keep ?? 0n;
    const base = m.select(
      suppressed,
      m.or(
        m.and(old, m.const(~entry.clear | keep)),
        m.and(set, m.const(~keep)),
      ),
      m.or(m.and(old, m.const(~entry.clear)), set),
    );
    const exceptions = m.and(flags, m.const(EXCEPTIONS));
    const fx = m.select(
      m.nonZero(m.and(exceptions, m.not(old))),
      m.const(FPSCR.FX),
      m.const(0),
    );
    const rounding = m.const(entry.clear & (FPSCR.FR | FPSCR.FI));
    m.setReg(
      "FPSCR",
      summarize(
        m,
        m.or(m.or(base, m.and(flags, rounding)), m.or(exceptions, fx)),
      ),
    );
    m.setReg(
      "FP_STATUS",
      m.or(
        m.bit(suppressed),
        m.select(
          m.both(m.nonZero(due), interruptible(m)),
          m.const(INTERRUPT),
          m.const(0),
        ),
      ),
    );
  });
}

const ROUNDING = FPSCR.FR | FPSCR.FI;

/** FR, FI and FPRF of a result whose class is known. */
function enterResult(m: Ops, fprf: Value): Value {
  enter(m, {
    clear: ROUNDING | FPSCR.FPRF,
    set: m.shl(fprf, 12),
    keep: FPSCR.FPRF,
    suppress: FPSCR.VE | FPSCR.ZE,
  });
  return m.const(0);
}

const ENTER_SCALAR = subroutine(
  "float_enter_scalar",
  2,
  (m, result, format) => enterResult(m, classOf(m, result, format)),
);

const ENTER_CLASSED = subroutine("float_enter_classed", 1, enterResult);

const ENTER_INTEGER = subroutine("float_enter_integer", 0, (m) => {
  // FPRF is undefined: what is no number is classed as a quiet NaN.
  const none = m.nonZero(m.and(m.reg("FP_FLAGS"), m.const(FPSCR.VXCVI)));
  enter(m, {
    clear: ROUNDING | FPSCR.FPRF,
    set: m.select(
      none,
      m.const(0b10001n << 12n),
      m.and(m.reg("FPSCR"), m.const(FPSCR.FPRF)),
    ),
    keep: FPSCR.FPRF,
    suppress: FPSCR.VE,
  });
  return m.const(0);
});

const ENTER_STICKY = subroutine("float_enter_sticky", 0, (m) => {
  enter(m, { clear: 0n, suppress: ENABLES });
  return m.const(0);
});

const ENTER_COMPARISON = subroutine("float_enter_comparison", 1, (m, cc) => {
  enter(m, { clear: FPSCR.FPCC, set: m.shl(cc, 12), suppress: 0n });
  return m.const(0);
});

/** Last step of scalar arithmetic: exceptions, FR, FI, FPRF of the result. */
export function enterScalar(m: Ops, result: Value, format: Format): void {
  m.call(ENTER_SCALAR, result, m.const(format));
}

/** The same of a result in another format, whose FPRF is given. */
export function enterClassed(m: Ops, fprf: Value): void {
  m.call(ENTER_CLASSED, fprf);
}

/** Last step of a conversion to an integer: exceptions, FR, FI. */
export function enterInteger(m: Ops): void {
  m.call(ENTER_INTEGER);
}

/**
 * Last step of vector arithmetic and of the operations that change nothing in
 * FPSCR but exception bits: any enabled exception leaves the target alone.
 */
export function enterSticky(m: Ops): void {
  m.call(ENTER_STICKY);
}

/** Last step of a comparison whose result is the four bits LT GT EQ SO. */
export function enterComparison(m: Ops, result: Value): void {
  m.call(ENTER_COMPARISON, result);
}

/**
 * Ends an instruction after one of the `enter` steps: writes the target unless
 * an enabled exception forbids it, CR1 where Rc says so, then interrupts where
 * an enabled exception occurred (Book I 4.4, Book III 7.5.9).
 */
export function conclude(m: Ops, write: () => void, rc?: Field): void {
  const status = m.reg("FP_STATUS");
  m.if(m.eq(m.and(status, m.const(SUPPRESS)), m.const(0)), write);
  if (rc !== undefined) m.when(rc, () => recordStatus(m));
  m.if(
    m.nonZero(m.and(status, m.const(INTERRUPT))),
    () => m.program("floatingPoint"),
  );
}

/** CR1 from FX, FEX, VX, OX (Book I 2.3.1). */
export function recordStatus(m: Ops): void {
  m.setCrField(1, m.and(m.shr(m.reg("FPSCR"), 28), m.const(0xf)));
}

/**
 * Replaces FPSCR as a Move To FPSCR instruction does: the summaries follow,
 * and an exception that is then both 1 and enabled interrupts.
 */
export function moveToFpscr(m: Ops, fpscr: Value, rc?: Field): void {
  const value = summarize(m, fpscr);
  m.setReg("FPSCR", value);
  if (rc !== undefined) m.when(rc, () => recordStatus(m));
  m.if(
    m.both(m.nonZero(m.and(value, m.const(FPSCR.FEX))), interruptible(m)),
    () => m.program("floatingPoint"),
  );
}
