/**
 * The recorded outcomes of decimal rows, and in what QEMU's POWER9 differs
 * from the book.
 *
 * @module
 */
import { decimalFacility } from "../../../cpu/isa/decimal.ts";
import { extractField } from "../../../cpu/isa/forms.ts";
import type { Case, Registers } from "../vector/_cases.ts";
import type { GoldenRow } from "../vector/_golden.ts";
import { makeCase } from "./_cases.ts";
import { decode, FORMATS } from "./_format.ts";

const CASES = 24;

/** All rows of chapter 5 with their cases. */
export function goldenRows(): GoldenRow[] {
  return decimalFacility.flatMap(({ rows }) => rows).map((insn) => ({
    insn,
    littleEndian: true,
    cases: Array.from({ length: CASES }, (_, i) => makeCase(insn, i)),
    key: `${insn.name} ${insn.form} little`,
  }));
}

const FR = 1n << 18n;
const FPRF = 0x1f_000n;
const VXCVI = 1n << 8n;

/** FPRs of a state; of VSRs only what FPRs are. */
function fprs({ vsr }: Registers): bigint[] {
  return vsr.slice(0, 32).map((value) => value >> 64n);
}

/** The bits of a source, an FPR or a pair, and whether it is infinite. */
function source({ insn }: GoldenRow, { word, before }: Case) {
  const field = ["FRB", "FRBp", "FRA", "FRAp"]
    .map((name) => insn.fields.get(name)).find((field) => field);
  if (!field) throw new RangeError(`Cannot find a source: ${insn.name}`);
  const [first, second] = fprs(before).slice(extractField(field, word));
  const pair = field.name.endsWith("p");
  const bits = pair ? (first ?? 0n) << 64n | (second ?? 0n) : first ?? 0n;
  const format = pair ? FORMATS.extended : FORMATS.long;
  return { bits, value: decode(bits, format) };
}

/** Whether the two have nothing to agree about. */
function isDeparture(row: GoldenRow, one: Case): boolean {
  const { name } = row.insn;
  const { bits, value } = source(row, one);
  // Infinities have digits, which are taken for zeros; a shift by more digits
  // than there are leaves bits of special values that should go.
  if (/^(ddedpd|diex)q?$/.test(name)) return value.kind === "infinite";
  if (/^dsc[lr]iq?$/.test(name)) return value.kind !== "finite";
  // The payload of a NaN is lost where it does not fit.
  if (name === "drsp" || name === "drdpq") {
    const digits = name === "drsp" ? 6n : 15n;
    return "payload" in value && value.payload >= 10n ** digits;
  }
  // 10 is taken for a digit.
  if (/^denbcdq?$/.test(name)) {
    for (let rest = bits; rest > 0n; rest >>= 4n) {
      if ((rest & 15n) === 10n) return true;
    }
  }
  return false;
}

/**
 * What is different where the two should agree, as text; empty if nothing.
 *
 * - FR is never computed;
 * - drdpq puts its result into the second register of the pair;
 * - denbcd leaves out FPRF where a digit is wrong;
 * - and `isDeparture` lists what else there is.
 */
export function differences(
  row: GoldenRow,
  one: Case,
  { ours, theirs }: { ours: Registers; theirs: Registers },
): string[] {
  if (isDeparture(row, one)) return [];
  const { name, fields } = row.insn;
  const found: string[] = [];
  function compare(label: string, a: bigint | number, b: bigint | number) {
    if (a !== b) {
      found.push(`${label} ${a.toString(16)}, not ${b.toString(16)}`);
    }
  }
  const wrong = name.startsWith("denbcd") && (ours.fpscr & VXCVI) !== 0n;
  const agreed = wrong ? ~(FR | FPRF) : ~FR;
  compare("FPSCR", ours.fpscr & agreed, theirs.fpscr & agreed);
  compare("CR", ours.cr, theirs.cr);
  const expected = fprs(theirs);
  const target = fields.get("FRTp");
  if (name === "drdpq" && target) {
    const even = extractField(target, one.word);
    expected.splice(even, 2, expected[even + 1] ?? 0n, expected[even] ?? 0n);
  }
  fprs(ours).forEach((value, i) => compare(`f${i}`, value, expected[i] ?? 0n));
  return found;
}
