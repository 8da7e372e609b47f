/**
 * Fixed-point logical instructions and binary coded decimal assists
 * (Book I 3.3.13 and 3.3.15), and the no-operations among them that set the
 * program's priority (Book II 3.1).
 *
 * @module
 */
import { bcdToDeclets, decletsToBcd } from "./fixed_decimal.ts";
import { zeroBytes } from "./fixed_compare.ts";
import { finish } from "./fixed_xer.ts";
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";

type Logic = (m: Ops, a: Value, b: Value) => Value;

const and: Logic = (m, a, b) => m.and(a, b);
const or: Logic = (m, a, b) => m.or(a, b);
const xor: Logic = (m, a, b) => m.xor(a, b);

/** RA ← (RS) op (UI || `shift` zeros). */
function immediate(
  logic: Logic,
  shift: 0 | 16,
  { record = false }: { record?: boolean } = {},
) {
  return (m: Ops, f: Record<"RS" | "RA" | "UI", Field>) => {
    const ui = m.field(f.UI);
    const result = logic(m, m.gpr(f.RS), shift ? m.shl(ui, shift) : ui);
    m.setGpr(f.RA, result);
    if (record) m.record(result);
  };
}

/** RA ← (RS) op (RB). */
function logical(logic: Logic) {
  return (m: Ops, f: Record<"RS" | "RA" | "RB" | "Rc", Field>) => {
    finish(m, f.RA, logic(m, m.gpr(f.RS), m.gpr(f.RB)), f.Rc);
  };
}

/** RA ← op (RS). */
function unary(operation: (m: Ops, a: Value) => Value) {
  return (m: Ops, f: { RS: Field; RA: Field; Rc?: Field }) => {
    finish(m, f.RA, operation(m, m.gpr(f.RS)), f.Rc);
  };
}

/** Each byte the number of ones in it. */
function countInBytes(m: Ops, x: Value): Value {
  const by1 = m.const(0x5555_5555_5555_5555n);
  const by2 = m.const(0x3333_3333_3333_3333n);
  const by4 = m.const(0x0f0f_0f0f_0f0f_0f0fn);
  const pairs = m.sub(x, m.and(m.shr(x, 1), by1));
  const nibbles = m.add(m.and(pairs, by2), m.and(m.shr(pairs, 2), by2));
  return m.and(m.add(nibbles, m.shr(nibbles, 4)), by4);
}

/** Exclusive or of the lowest bits of the bytes of each word. */
function parityOfWords(m: Ops, x: Value): Value {
  const halves = m.xor(x, m.shr(x, 16));
  const bytes = m.xor(halves, m.shr(halves, 8));
  return m.and(bytes, m.const(0x0000_0001_0000_0001n));
}

/** Bits of b that the bytes of `indices` name; 0 for those from 64 on. */
function permuteBits(m: Ops, indices: Value, b: Value): Value {
  let result = m.const(0);
  for (let byte = 7; byte >= 0; byte--) {
    const index = m.zeroExtend(1, m.shr(indices, 8 * byte));
    const chosen = m.shr(m.shl(b, index), 63);
    const within = m.ltUnsigned(index, m.const(64));
    const bit = m.select(within, chosen, m.const(0));
    result = m.or(m.shl(result, 1), bit);
  }
  return result;
}

const since = "3.0";

/** And, or, extend, count. */
export const fixedLogical = chapter(
  "Book I 3.3.13",
  "Fixed-Point Logical Instructions",
  [
    row("andi. RA,RS,UI", "DU", [28], immediate(and, 0, { record: true })),
    row("andis. RA,RS,UI", "DU", [29], immediate(and, 16, { record: true })),
    row("ori RA,RS,UI", "DU", [24], immediate(or, 0)),
    row("oris RA,RS,UI", "DU", [25], immediate(or, 16)),
    row("xori RA,RS,UI", "DU", [26], immediate(xor, 0)),
    row("xoris RA,RS,UI", "DU", [27], immediate(xor, 16)),
    // The preferred no-operation.
    row("ori RA,RS,UI", "DU", [24], () => {}, { also: [0x03ff_ffff, 0] }),

    row("and[.] RA,RS,RB", "X_Rc", [31, 28], logical(and)),
    row("xor[.] RA,RS,RB", "X_Rc", [31, 316], logical(xor)),
    row(
      "nand[.] RA,RS,RB",
      "X_Rc",
      [31, 476],
      logical((m, a, b) => m.not(m.and(a, b))),
    ),
    row("or[.] RA,RS,RB", "X_Rc", [31, 444], logical(or)),
    row(
      "orc[.] RA,RS,RB",
      "X_Rc",
      [31, 412],
      logical((m, a, b) => m.or(a, m.not(b))),
    ),
    row(
      "nor[.] RA,RS,RB",
      "X_Rc",
      [31, 124],
      logical((m, a, b) => m.not(m.or(a, b))),
    ),
    row(
      "eqv[.] RA,RS,RB",
      "X_Rc",
      [31, 284],
      logical((m, a, b) => m.not(m.xor(a, b))),
    ),
    row(
      "andc[.] RA,RS,RB",
      "X_Rc",
      [31, 60],
      logical((m, a, b) => m.and(a, m.not(b))),
    ),

    row(
      "extsb[.] RA,RS",
      "X_RS_RA_Rc",
      [31, 954],
      unary((m, a) => m.signExtend(1, a)),
    ),
    row(
      "extsh[.] RA,RS",
      "X_RS_RA_Rc",
      [31, 922],
      unary((m, a) => m.signExtend(2, a)),
    ),
    row(
      "extsw[.] RA,RS",
      "X_RS_RA_Rc",
      [31, 986],
      unary((m, a) => m.signExtend(4, a)),
    ),
    row(
      "cntlzw[.] RA,RS",
      "X_RS_RA_Rc",
      [31, 26],
      unary((m, a) => m.sub(m.clz(m.zeroExtend(4, a)), m.const(32))),
    ),
    row(
      "cnttzw[.] RA,RS",
      "X_RS_RA_Rc",
      [31, 538],
      unary((m, a) => m.ctz(m.or(a, m.const(1n << 32n)))),
      { since },
    ),
    row(
      "cntlzd[.] RA,RS",
      "X_RS_RA_Rc",
      [31, 58],
      unary((m, a) => m.clz(a)),
    ),
    row(
      "cnttzd[.] RA,RS",
      "X_RS_RA_Rc",
      [31, 570],
      unary((m, a) => m.ctz(a)),
      { since },
    ),
    row("popcntb RA,RS", "X_RS_RA", [31, 122], unary(countInBytes)),
    row(
      "popcntw RA,RS",
      "X_RS_RA",
      [31, 378],
      unary((m, a) => {
        const upper = m.popcnt(m.shr(a, 32));
        return m.or(m.shl(upper, 32), m.popcnt(m.zeroExtend(4, a)));
      }),
    ),
    row("popcntd RA,RS", "X_RS_RA", [31, 506], unary((m, a) => m.popcnt(a))),
    row("prtyw RA,RS", "X_RS_RA", [31, 154], unary(parityOfWords)),
    row(
      "prtyd RA,RS",
      "X_RS_RA",
      [31, 186],
      unary((m, a) => {
        const words = parityOfWords(m, a);
        return m.and(m.xor(words, m.shr(words, 32)), m.const(1));
      }),
    ),
    row("cmpb RA,RS,RB", "X_RS", [31, 508], (m, f) => {
      m.setGpr(f.RA, zeroBytes(m, m.xor(m.gpr(f.RS), m.gpr(f.RB))));
    }),
    row("bpermd RA,RS,RB", "X_RS", [31, 252], (m, f) => {
      m.setGpr(f.RA, permuteBits(m, m.gpr(f.RS), m.gpr(f.RB)));
    }),
  ],
);

/** Where PPR keeps the priority. */
const PPR_PRI = { shift: 50n, mask: 7n << 50n };

/** `or Rn,Rn,Rn`: sets PPR[PRI] where the thread is privileged enough. */
function priority(
  register: number,
  level: number,
  state: "problem" | "privileged" | "hypervisor",
): Instruction {
  function set(m: Ops) {
    const others = m.and(m.reg("PPR"), m.const(~PPR_PRI.mask));
    m.setReg("PPR", m.or(others, m.const(BigInt(level) << PPR_PRI.shift)));
  }
  const registers = (register << 21) | (register << 16) | (register << 11);
  return row("or RA,RS,RB", "X_Rc", [31, 444], (m) => {
    if (state === "problem") return set(m);
    const privileged = m.negate(m.problemState());
    const allowed = state === "privileged"
      ? privileged
      : m.both(privileged, m.hypervisorState());
    m.if(allowed, () => set(m));
  }, { also: [0x03ff_f801, registers] });
}

/** The priority hints. */
export const programPriority = chapter(
  "Book II 3.1",
  "Program Priority",
  [
    priority(31, 1, "privileged"),
    priority(1, 2, "problem"),
    priority(6, 3, "problem"),
    priority(2, 4, "problem"),
    priority(5, 5, "privileged"),
    priority(3, 6, "privileged"),
    priority(7, 7, "hypervisor"),
  ],
);

/** Applies a subroutine on words to both words. */
function eachWord(convert: (m: Ops, word: Value) => Value) {
  return unary((m, a) => {
    const upper = convert(m, m.shr(a, 32));
    return m.or(m.shl(upper, 32), convert(m, a));
  });
}

/** Conversions between BCD and densely packed decimal. */
export const decimalAssist = chapter(
  "Book I 3.3.15",
  "Binary Coded Decimal (BCD) Assist Instructions",
  [
    row(
      "cdtbcd RA,RS",
      "X_RS_RA",
      [31, 282],
      eachWord((m, word) => m.call(decletsToBcd, word)),
    ),
    row(
      "cbcdtd RA,RS",
      "X_RS_RA",
      [31, 314],
      eachWord((m, word) => m.call(bcdToDeclets, word)),
    ),
    row("addg6s RT,RA,RB", "XO_BCD", [31, 74], (m, f) => {
      const a = m.gpr(f.RA);
      const b = m.gpr(f.RB);
      const sum = m.add(a, b);
      // The carry into each bit, then the carries out of the digits.
      const carries = m.xor(m.xor(a, b), sum);
      const last = m.shl(m.bit(m.ltUnsigned(sum, a)), 60);
      const ones = m.const(0x1111_1111_1111_1111n);
      const out = m.or(m.shr(m.and(carries, m.const(~0xfn)), 4), last);
      const none = m.and(m.not(out), ones);
      m.setGpr(f.RT, m.or(m.shl(none, 2), m.shl(none, 1)));
    }),
  ],
);
