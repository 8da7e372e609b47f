/**
 * Fixed-point compare, trap and select (Book I 3.3.10 to 3.3.12).
 *
 * @module
 */
import type { Condition, Field, Ops, Value } from "./ops.ts";
import { chapter, row } from "./row.ts";

type Signedness = "signed" | "unsigned";

interface CompareOperands {
  readonly BF: Field;
  readonly L: Field;
  readonly RA: Field;
  readonly RB?: Field;
  readonly SI?: Field;
  readonly UI?: Field;
}

function secondOperand(m: Ops, { RB, SI, UI }: CompareOperands): Value {
  if (RB !== undefined) return m.gpr(RB);
  if (SI !== undefined) return m.field(SI);
  if (UI !== undefined) return m.field(UI);
  throw new TypeError("Cannot compare: form has no second operand");
}

/** CR[BF] ← (RA) compared with register or immediate; words where L = 0. */
function compare(signedness: Signedness) {
  return (m: Ops, f: CompareOperands) => {
    const a = m.gpr(f.RA);
    const b = secondOperand(m, f);
    m.when(f.L, () => m.compare(f.BF, a, b, signedness), () => {
      const y = f.RB === undefined ? b : word(m, b, signedness);
      m.compare(f.BF, word(m, a, signedness), y, signedness);
    });
  };
}

function word(m: Ops, a: Value, signedness: Signedness): Value {
  return signedness === "signed" ? m.signExtend(4, a) : m.zeroExtend(4, a);
}

function byte(m: Ops, a: Value, index: number): Value {
  return m.zeroExtend(1, index ? m.shr(a, 8 * index) : a);
}

/** CR[BF] ← 0b0 || c || 0b00. */
function setGreaterIf(m: Ops, f: Field, c: Condition): void {
  m.setCrField(f, m.shl(m.bit(c), 2));
}

/** All ones in each byte of the result where the byte of x is 0. */
export function zeroBytes(m: Ops, x: Value): Value {
  const low7 = m.const(0x7f7f_7f7f_7f7f_7f7fn);
  // Bit 7 of each byte: whether the byte is nonzero.
  const nonZero = m.or(m.add(m.and(x, low7), low7), x);
  const top = m.and(m.not(nonZero), m.const(0x8080_8080_8080_8080n));
  return m.or(m.sub(top, m.shr(top, 7)), top);
}

const since = "3.0";

/** Comparisons into a CR field. */
export const fixedCompare = chapter(
  "Book I 3.3.10",
  "Fixed-Point Compare Instructions",
  [
    row("cmpi BF,L,RA,SI", "D_BF", [11], compare("signed")),
    row("cmp BF,L,RA,RB", "X_BF", [31, 0], compare("signed")),
    row("cmpli BF,L,RA,UI", "DU_BF", [10], compare("unsigned")),
    row("cmpl BF,L,RA,RB", "X_BF", [31, 32], compare("unsigned")),
    row("cmprb BF,L,RA,RB", "X_BF", [31, 192], (m, f) => {
      const a = byte(m, m.gpr(f.RA), 0);
      const b = m.gpr(f.RB);
      function within(low: number): Condition {
        return m.both(
          m.leUnsigned(byte(m, b, low), a),
          m.leUnsigned(a, byte(m, b, low + 1)),
        );
      }
      m.when(
        f.L,
        () => setGreaterIf(m, f.BF, m.either(within(0), within(2))),
        () => setGreaterIf(m, f.BF, within(0)),
      );
    }, { since }),
    row("cmpeqb BF,RA,RB", "X_BF_RB", [31, 224], (m, f) => {
      const a = m.mul(byte(m, m.gpr(f.RA), 0), m.const(0x0101_0101_0101_0101n));
      const equal = zeroBytes(m, m.xor(a, m.gpr(f.RB)));
      setGreaterIf(m, f.BF, m.nonZero(equal));
    }, { since }),
  ],
);

/** Traps where a condition that TO names holds between a and b. */
function trap(m: Ops, to: Field, a: Value, b: Value): void {
  function relation(less: Condition, whenLess: number, greater: number) {
    const other = m.select(m.eq(a, b), m.const(4), m.const(greater));
    return m.select(less, m.const(whenLess), other);
  }
  const relations = m.or(
    relation(m.ltSigned(a, b), 16, 8),
    relation(m.ltUnsigned(a, b), 2, 1),
  );
  const holds = m.and(relations, m.field(to));
  m.if(m.nonZero(holds), () => m.program("trap"));
}

/** Conditional traps. */
export const fixedTrap = chapter(
  "Book I 3.3.11",
  "Fixed-Point Trap Instructions",
  [
    row("twi TO,RA,SI", "D_TO", [3], (m, f) => {
      trap(m, f.TO, m.signExtend(4, m.gpr(f.RA)), m.field(f.SI));
    }),
    row("tw TO,RA,RB", "X_TO", [31, 4], (m, f) => {
      const a = m.signExtend(4, m.gpr(f.RA));
      trap(m, f.TO, a, m.signExtend(4, m.gpr(f.RB)));
    }),
    row("tdi TO,RA,SI", "D_TO", [2], (m, f) => {
      trap(m, f.TO, m.gpr(f.RA), m.field(f.SI));
    }),
    row("td TO,RA,RB", "X_TO", [31, 68], (m, f) => {
      trap(m, f.TO, m.gpr(f.RA), m.gpr(f.RB));
    }),
  ],
);

/** isel. */
export const fixedSelect = chapter(
  "Book I 3.3.12",
  "Fixed-Point Select",
  [
    row("isel RT,RA,RB,BC", "A_BC", [31, 15], (m, f) => {
      const a = m.gprOrZero(f.RA);
      m.setGpr(f.RT, m.select(m.crBit(f.BC), a, m.gpr(f.RB)));
    }),
  ],
);
