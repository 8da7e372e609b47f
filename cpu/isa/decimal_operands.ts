/**
 * Operands and results of decimal floating point (Book I chapter 5): a long
 * number in an FPR, or an extended one in a pair of FPRs.
 *
 * @module
 */
import { classOf, type FormatName, formatValue } from "./decimal/format.ts";
import type { Field, Ops, Value } from "./ops.ts";
import { conclude, enterClassed, goLong } from "./softfloat/mod.ts";
import type { Wide } from "./wide.ts";

/** How the numbers of a format lie in registers. */
export interface Size {
  readonly format: "long" | "extended";
  readonly read: (m: Ops, register: Field) => Wide;
  readonly write: (m: Ops, register: Field, value: Wide) => void;
}

/** One FPR. */
export const LONG: Size = {
  format: "long",
  read: (m, register) => ({ high: m.fpr(register), low: m.const(0) }),
  write: (m, register, { high }) => m.setFpr(register, high),
};

/** An even FPR and the next. */
export const PAIR: Size = {
  format: "extended",
  read(m, register) {
    const even = m.field(register);
    return {
      high: m.fprNumber(even),
      low: m.fprNumber(m.or(even, m.const(1))),
    };
  },
  write(m, register, { high, low }) {
    const even = m.field(register);
    m.setFprNumber(even, high);
    m.setFprNumber(m.or(even, m.const(1)), low);
  },
};

/** Where a result goes. */
export interface Target {
  readonly size: Size;
  readonly register: Field;
  readonly rc: Field;
  /** The format that FPRF speaks of; default that of the register. */
  readonly format?: FormatName;
}

/** Enters a result into FPSCR and writes it, then CR1. */
export function finish(m: Ops, result: Wide, target: Target): void {
  const { size, register, rc, format = size.format } = target;
  goLong(m);
  enterClassed(m, classOf(m, result, formatValue(m, format)));
  conclude(m, () => size.write(m, register, result), rc);
}

/** The mode of a field RMC: FPSCR[DRN] where it is 3. */
export function modeOf(m: Ops, rmc: Value, drn: Value): Value {
  // To nearest even, towards zero, to nearest with ties away.
  const named = m.and(m.shr(m.const(0x410), m.shl(rmc, 2)), m.const(7));
  return m.select(m.eq(rmc, m.const(3)), drn, named);
}

/** The mode of R and RMC: with R = 1, four that RMC alone cannot name. */
export function immediateMode(
  m: Ops,
  { R, RMC }: Record<"R" | "RMC", Field>,
  drn: Value,
): Value {
  const rmc = m.field(RMC);
  const mode = m.variable(m.const(0));
  m.when(R, () => {
    // Up, down, away from zero, to nearest with ties towards zero.
    const named = m.shr(m.const(0x5632), m.shl(rmc, 2));
    m.set(mode, m.and(named, m.const(7)));
  }, () => m.set(mode, modeOf(m, rmc, drn)));
  return m.get(mode);
}
