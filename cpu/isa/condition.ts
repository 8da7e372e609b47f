/**
 * The condition register and its moves (Book I 2.5 and 3.3.17).
 *
 * @module
 */
import type { Condition, Field, Ops, Value } from "./ops.ts";
import { chapter, row } from "./row.ts";

/** CR[BT] ← CR[BA] op CR[BB]. */
function logical(
  operation: (m: Ops, a: Condition, b: Condition) => Condition,
) {
  return (m: Ops, f: Record<"BT" | "BA" | "BB", Field>) => {
    m.setCrBit(f.BT, operation(m, m.crBit(f.BA), m.crBit(f.BB)));
  };
}

function differ(m: Ops, a: Condition, b: Condition): Condition {
  return m.ne(m.bit(a), m.bit(b));
}

/** Operations on bits and fields of CR. */
export const conditionRegister = chapter(
  "Book I 2.5",
  "Condition Register Instructions",
  [
    row(
      "crand BT,BA,BB",
      "XL_CR",
      [19, 257],
      logical((m, a, b) => m.both(a, b)),
    ),
    row(
      "crnand BT,BA,BB",
      "XL_CR",
      [19, 225],
      logical((m, a, b) => m.negate(m.both(a, b))),
    ),
    row(
      "cror BT,BA,BB",
      "XL_CR",
      [19, 449],
      logical((m, a, b) => m.either(a, b)),
    ),
    row("crxor BT,BA,BB", "XL_CR", [19, 193], logical(differ)),
    row(
      "crnor BT,BA,BB",
      "XL_CR",
      [19, 33],
      logical((m, a, b) => m.negate(m.either(a, b))),
    ),
    row(
      "creqv BT,BA,BB",
      "XL_CR",
      [19, 289],
      logical((m, a, b) => m.negate(differ(m, a, b))),
    ),
    row(
      "crandc BT,BA,BB",
      "XL_CR",
      [19, 129],
      logical((m, a, b) => m.both(a, m.negate(b))),
    ),
    row(
      "crorc BT,BA,BB",
      "XL_CR",
      [19, 417],
      logical((m, a, b) => m.either(a, m.negate(b))),
    ),
    row("mcrf BF,BFA", "XL_BF", [19, 0], (m, f) => {
      m.setCrField(f.BF, m.crField(f.BFA));
    }),
  ],
);

/**
 * Zeros before the bit of FXM that counts. With several fields named mtocrf
 * and mfocrf are undefined: the first counts, and CR7 where none is named.
 */
function zerosBefore(m: Ops, fxm: Field): Value {
  return m.clz(m.or(m.field(fxm), m.const(1)));
}

const since = "3.0";

/** Moves between CR, XER and GPRs; what else moves system registers is not here. */
export const conditionMoves = chapter(
  "Book I 3.3.17",
  "Move To/From System Register Instructions: CR and XER",
  [
    row("mcrxrx BF", "X_BF_only", [31, 576], (m, f) => {
      const upper = m.or(m.shl(m.reg("OV"), 3), m.shl(m.reg("OV32"), 2));
      const lower = m.or(m.shl(m.reg("CA"), 1), m.reg("CA32"));
      m.setCrField(f.BF, m.or(upper, lower));
    }, { since }),
    row("mtcrf FXM,RS", "XFX_FXM", [31, 144], (m, f) => {
      m.setCr(m.gpr(f.RS), m.field(f.FXM));
    }),
    row("mtocrf FXM,RS", "XFX_FXM1", [31, 144], (m, f) => {
      const first = m.shr(m.const(1n << 63n), zerosBefore(m, f.FXM));
      m.setCr(m.gpr(f.RS), first);
    }),
    row("mfocrf RT,FXM", "XFX_FXM1_RT", [31, 19], (m, f) => {
      // The field's place from the right, counted in bits.
      const place = m.shl(m.not(zerosBefore(m, f.FXM)), 2);
      m.setGpr(f.RT, m.and(m.cr(), m.shl(m.const(15), place)));
    }),
    row("mfcr RT", "XFX_CR", [31, 19], (m, f) => m.setGpr(f.RT, m.cr())),
    row("setb RT,BFA", "X_BFA", [31, 128], (m, f) => {
      const field = m.crField(f.BFA);
      const greater = m.and(m.shr(field, 2), m.const(1));
      const less = m.nonZero(m.and(field, m.const(8)));
      m.setGpr(f.RT, m.select(less, m.const(-1), greater));
    }, { since }),
  ],
);
