/**
 * Where QEMU 7.2 is not the book's POWER9, for vector and VSX rows.
 *
 * @module
 */
import type { Instruction } from "../../../cpu/isa/row.ts";
import type { Case, Registers } from "./_cases.ts";

const FPSCR = {
  FX: 1n << 31n,
  VX: 1n << 29n,
  OX: 1n << 28n,
  UX: 1n << 27n,
  ZX: 1n << 26n,
  VXSNAN: 1n << 24n,
  VXIMZ: 1n << 20n,
  FR: 1n << 18n,
  CLASS: 1n << 16n,
  EQUAL: 1n << 13n,
} as const;

/** What the book and QEMU agree about. */
export interface Agreement {
  /** FPSCR bits. */
  readonly fpscr: bigint;
  /** Whether the vectors are the same. */
  readonly vsr: boolean;
  /** Whether CR is. */
  readonly cr: boolean;
}

/** Rows whose vectors QEMU gets wrong, or where the book leaves room. */
const OTHER_RESULTS: ReadonlyMap<string, string> = new Map([
  ["vrldmi", "clears what the mask leaves out"],
  ["vexptefp", "its series fails for large arguments"],
]);

function hasNan(x: bigint): boolean {
  for (let i = 0n; i < 128n; i += 32n) {
    const word = x >> i & 0x7fffffffn;
    if (word > 0x7f800000n || (i % 64n === 32n && word >= 0x7ff00000n)) {
      return true;
    }
  }
  return false;
}

function isTinySingle(x: bigint): boolean {
  const exponent = Number(x >> 116n & 0x7ffn);
  return exponent < 897;
}

/** The register that a field of six bits in two pieces names. */
function source(insn: Instruction, { word, before }: Case): bigint {
  const number = (word >>> 11 & 31) |
    (insn.fields.has("XB") ? word << 4 & 32 : 32);
  return before.vsr[number] ?? 0n;
}

/**
 * - bcdadd., bcdsub. and bcdctn. do not find every wrong digit;
 * - bcdus. takes the last digit for a sign;
 * - conversions and copies of a sign look at VRB when it may be VRT already.
 */
function decimalAgreement(
  name: string,
  { word }: Case,
  { cr }: Registers,
): Agreement {
  const invalid = (cr >>> 4 & 15) === 1;
  const late = /^bcd(ct|cpsgn|setsgn)/.test(name) &&
    (word >>> 21 & 31) === (word >>> 11 & 31);
  const lenient = invalid && /^bcd(add|sub|ctn)/.test(name);
  return {
    fpscr: (1n << 64n) - 1n,
    vsr: !invalid && !(late && name === "bcdcpsgn."),
    cr: !lenient && !late && name !== "bcdus.",
  };
}

/**
 * - FR is never computed;
 * - estimates of infinities do not set ZX;
 * - one element's overflow hides another's underflow;
 * - FPRF classes a denormalized single as a normal double;
 * - negative multiply-adds negate before they round;
 * - xsnmsubqpo does not round to odd;
 * - xsrqpi and xsrqpxp take RN = 1 for down and 3 for towards zero;
 * - a NaN beside an invalid number converts like the number;
 * - an invalid product hides a signaling addend;
 * - xsmaxjdp and xsminjdp do not look at XB where XA is a NaN;
 * - xststdcsp finds a number small for a single of any class.
 */
export function agreement(
  insn: Instruction,
  one: Case,
  ours: Registers,
): Agreement {
  const { name } = insn;
  const everything = (1n << 64n) - 1n;
  if (OTHER_RESULTS.has(name)) {
    return { fpscr: everything, vsr: false, cr: true };
  }
  const directed = (one.before.fpscr & 2n) !== 0n ||
    name === "xsnmsubqp" && (one.word & 1) !== 0;
  if (/^x[sv]nm/.test(name) && directed) {
    return { fpscr: 0n, vsr: false, cr: true };
  }
  const { word, before } = one;
  const byRn = (word & 0x10600) === 0x600 && (before.fpscr & 1n) !== 0n;
  if (/^xsrqp/.test(name) && byRn) return { fpscr: 0n, vsr: false, cr: true };
  if (name.startsWith("bcd")) return decimalAgreement(name, one, ours);
  let differing: bigint = FPSCR.FR;
  if (/^x[sv]r(sqrt)?e[ds]p$/.test(name)) differing |= FPSCR.FX | FPSCR.ZX;
  if (name.startsWith("xv") && ours.fpscr & FPSCR.OX) differing |= FPSCR.UX;
  const x = source(insn, one);
  const target = one.word >>> 21 & 31 | one.word << 5 & 32;
  const result = ours.vsr[target] ?? 0n;
  const single = /^xs.*sp$|^xsrsp$/.test(name);
  if (single && isTinySingle(result)) differing |= FPSCR.CLASS;
  const small = name === "xststdcsp" && isTinySingle(x);
  if (small) differing |= FPSCR.EQUAL;
  if (/^x[sv]n?m(add|sub)/.test(name) && ours.fpscr & FPSCR.VXIMZ) {
    differing |= FPSCR.VXSNAN;
  }
  if (/^xsm(ax|in)jdp$/.test(name) && hasNan(result)) {
    differing |= FPSCR.FX | FPSCR.VX | FPSCR.VXSNAN;
  }
  const integers = /^xvcv[ds]p[su]x[dw]s$/.test(name);
  return {
    fpscr: everything & ~differing,
    vsr: !(integers && hasNan(x)),
    cr: !small,
  };
}

/** What is different where the two should agree, as text; empty if nothing. */
export function differences(
  insn: Instruction,
  one: Case,
  { ours, theirs }: { ours: Registers; theirs: Registers },
): string[] {
  const agreed = agreement(insn, one, ours);
  const found: string[] = [];
  function compare(label: string, a: bigint | number, b: bigint | number) {
    if (a !== b) {
      found.push(`${label} ${a.toString(16)}, not ${b.toString(16)}`);
    }
  }
  if (agreed.cr) compare("CR", ours.cr, theirs.cr);
  compare("VSCR", ours.vscr, theirs.vscr);
  compare("FPSCR", ours.fpscr & agreed.fpscr, theirs.fpscr & agreed.fpscr);
  ours.gpr.forEach((value, i) =>
    compare(`r${4 + i}`, value, theirs.gpr[i] ?? 0n)
  );
  if (agreed.vsr) {
    ours.vsr.forEach((value, i) =>
      compare(`vs${i}`, value, theirs.vsr[i] ?? 0n)
    );
  }
  ours.storage.forEach((value, i) =>
    compare(`storage ${i}`, value, theirs.storage[i] ?? 0)
  );
  return found;
}
