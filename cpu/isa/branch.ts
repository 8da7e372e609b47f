/**
 * Branches (Book I 2.4).
 *
 * @module
 */
import type { Condition, Field, Ops } from "./ops.ts";
import { chapter, row } from "./row.ts";

function setLinkRegister(m: Ops, lk: Field): void {
  m.when(lk, () => m.setReg("LR", m.ea(m.add(m.cia(), m.const(4)))));
}

/** What the bits of BO ask for (figure 25); the hints among them are ignored. */
function decodeBo(bo: number) {
  return {
    ignoresCr: (bo & 16) !== 0,
    wantsBit: (bo & 8) !== 0,
    ignoresCtr: (bo & 4) !== 0,
    wantsZero: (bo & 2) !== 0,
  };
}

/** Whether CTR, of which 32-bit mode sees the low word, is as BO wants it. */
function counterHolds(m: Ops, wantsZero: boolean): Condition {
  const zero = m.eq(m.ea(m.reg("CTR")), m.const(0));
  return wantsZero ? zero : m.negate(zero);
}

/** Counts CTR down where BO says so, and goes where its conditions hold. */
function branchConditionally(
  m: Ops,
  f: Record<"BO" | "BI", Field>,
  go: () => void,
): void {
  const bo = decodeBo(m.fixed(f.BO));
  const conditions: Condition[] = [];
  if (!bo.ignoresCtr) {
    m.setReg("CTR", m.sub(m.reg("CTR"), m.const(1)));
    conditions.push(counterHolds(m, bo.wantsZero));
  }
  if (!bo.ignoresCr) {
    const bit = m.crBit(f.BI);
    conditions.push(bo.wantsBit ? bit : m.negate(bit));
  }
  // Values are opaque: how many conditions there are is all that may be asked.
  if (conditions.length === 0) go();
  else m.if(conditions.reduce((a, b) => m.both(a, b)), go);
}

/** The branches of form XL through a register. */
function branchTo(register: "LR" | "TAR") {
  return (m: Ops, f: Record<"BO" | "BI" | "LK", Field>) => {
    if (register === "TAR") m.requireFacility("TAR");
    const target = m.reg(register);
    setLinkRegister(m, f.LK);
    branchConditionally(m, f, () => m.jump(target));
  };
}

/** BO is never computed, so the tests that it asks for are settled early. */
const fixed = ["BO"];

/** b, bc and the branches through registers. */
export const branches = chapter("Book I 2.4", "Branch Instructions", [
  row("b[l][a] LI", "I", [18], (m, f) => {
    setLinkRegister(m, f.LK);
    m.jumpRelative(f.LI, m.fixed(f.AA) !== 0);
  }),
  row("bc[l][a] BO,BI,BD", "B", [16], (m, f) => {
    setLinkRegister(m, f.LK);
    branchConditionally(m, f, () => {
      m.jumpRelative(f.BD, m.fixed(f.AA) !== 0);
    });
  }, { fixed }),
  row("bclr[l] BO,BI,BH", "XL", [19, 16], branchTo("LR"), { fixed }),
  row("bcctr[l] BO,BI,BH", "XL", [19, 528], (m, f) => {
    const target = m.reg("CTR");
    setLinkRegister(m, f.LK);
    const bo = decodeBo(m.fixed(f.BO));
    if (bo.ignoresCtr) {
      branchConditionally(m, f, () => m.jump(target));
      return;
    }
    // An invalid form that server processors carry out: CTR is tested first
    // and counted down only where the test holds.
    m.if(counterHolds(m, bo.wantsZero), () => {
      m.setReg("CTR", m.sub(target, m.const(1)));
      if (bo.ignoresCr) return m.jump(target);
      const bit = m.crBit(f.BI);
      m.if(bo.wantsBit ? bit : m.negate(bit), () => m.jump(target));
    });
  }, { fixed }),
  row("bctar[l] BO,BI,BH", "XL", [19, 560], branchTo("TAR"), { fixed }),
]);
