/** How much of the instruction set there is, and what checks it. */
import { isImplemented } from "../../../cpu/isa/decoder.ts";
import { CHAPTERS } from "../../../cpu/isa/mod.ts";
import { OTHER_INSTRUCTIONS } from "../../../cpu/isa/others.ts";
import type { Chapter, Instruction } from "../../../cpu/isa/row.ts";
import { mnemonicsOf, readMnemonics } from "./mnemonics.ts";
import { type Oracle, oracles } from "./oracles.ts";

/** What is there, beside what an assembler knows. */
export interface Coverage {
  /** Mnemonics for a POWER9 that neither a row nor a reason accounts for. */
  readonly missing: readonly string[];
  /** Mnemonics of other processors, by the reason why they are left out. */
  readonly leftOut: ReadonlyMap<string, readonly string[]>;
  /** Mnemonics of rows that the assembler does not know. */
  readonly beyond: readonly string[];
}

/** Compares rows with the mnemonics that objdump has. */
export function measureCoverage(): Coverage {
  const known = readMnemonics();
  const ours = new Set(
    CHAPTERS.flatMap(({ rows }) => rows)
      .filter((insn) => isImplemented(insn, "3.0")).flatMap(mnemonicsOf),
  );
  const reasons = new Map(
    OTHER_INSTRUCTIONS.map(({ name, reason }) => [name, reason]),
  );
  const leftOut = new Map<string, string[]>();
  const missing: string[] = [];
  for (const name of known) {
    if (ours.has(name)) continue;
    const reason = reasons.get(name) ?? reasons.get(name.replace(/\.$/, ""));
    if (reason === undefined) missing.push(name);
    else leftOut.set(reason, [...leftOut.get(reason) ?? [], name]);
  }
  const all = new Set(known);
  return { missing, leftOut, beyond: [...ours].filter((n) => !all.has(n)) };
}

/** Sections that several lists of rows belong to, together. */
function bySection(): Map<string, Chapter[]> {
  return Map.groupBy(CHAPTERS, ({ section }) => section);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : `${Math.floor(100 * part / whole)} %`;
}

function countJudged(
  rows: readonly Instruction[],
  judges: readonly Oracle[],
  name: string,
): number {
  const judge = judges.find((one) => one.name === name);
  return rows.filter((insn) => judge?.rows.has(insn)).length;
}

/** Coverage as text, by section of the book. */
export function coverageReport(): string {
  const judges = oracles();
  const { missing, leftOut, beyond } = measureCoverage();
  const heads = [
    "mnemonics",
    "on POWER8",
    "on POWER9",
    "by QEMU",
    "in programs",
    "exactly",
  ];
  const lines = [
    "Rows by section of the book, and how many of them others check:",
    "".padEnd(20) + heads.map((head) => head.padStart(WIDTH)).join(""),
  ];
  const total: Counts = {
    mnemonics: 0,
    power8: 0,
    power9: 0,
    qemu: 0,
    programs: 0,
    exact: 0,
  };
  for (const [section, chapters] of bySection()) {
    const rows = chapters.flatMap((chapter) => chapter.rows);
    const counts = {
      mnemonics: new Set(rows.flatMap(mnemonicsOf)).size,
      power8: rows.filter((insn) => isImplemented(insn, "2.07")).length,
      power9: rows.filter((insn) => isImplemented(insn, "3.0")).length,
      qemu: countJudged(rows, judges, "QEMU"),
      programs: countJudged(rows, judges, "programs"),
      exact: countJudged(rows, judges, "exact"),
    };
    for (const key of COLUMNS) total[key] += counts[key];
    lines.push(line(section, counts));
  }
  lines.push(line("all", total), "");
  const known = readMnemonics().length -
    [...leftOut.values()].reduce((sum, names) => sum + names.length, 0);
  lines.push(
    `Implemented: ${known - missing.length} of ${known} mnemonics that GNU ` +
      `objdump has for a POWER9 (${percent(known - missing.length, known)}), ` +
      `and ${beyond.length} more that it leaves to older ones:`,
    `  ${beyond.join(" ")}`,
  );
  if (missing.length > 0) lines.push(`Missing: ${missing.join(" ")}`);
  lines.push("Left out, as no POWER9 of Power ISA 3.0B has them:");
  for (const [reason, names] of leftOut) {
    lines.push(`  ${reason}: ${names.join(" ")}`);
  }
  return lines.join("\n");
}

const COLUMNS = [
  "mnemonics",
  "power8",
  "power9",
  "qemu",
  "programs",
  "exact",
] as const;
const WIDTH = 12;

type Counts = Record<typeof COLUMNS[number], number>;

function line(section: string, counts: Readonly<Counts>): string {
  return section.padEnd(20) +
    COLUMNS.map((name) => String(counts[name]).padStart(WIDTH)).join("");
}

function rowLine(insn: Instruction, judges: readonly Oracle[]): string {
  const { since, until } = insn.options;
  const versions = since === "3.0"
    ? "POWER9"
    : until === "2.07"
    ? "POWER8"
    : "both";
  const by = judges.filter(({ rows }) => rows.has(insn))
    .map(({ name }) => name).join(", ");
  return `| \`${insn.syntax}\` | ${versions} | ${by} |`;
}

/** The text of docs/isa.md. */
export function makeDocs(): string {
  const judges = oracles();
  const out = [
    "# Instructions",
    "",
    "Made from the rows of `cpu/isa` by `deno task docs`; do not edit. Section",
    "numbers are those of Power ISA 3.0B. In a mnemonic, what stands in brackets",
    "may be there or not.",
    "",
    "Every row runs on every engine: the reference, the interpreter and, in",
    "regions or called from them, compiled code. `tests/cpu/rows_test.ts` compares",
    "them on random operands in either byte order and three modes. The last column",
    "names who else checks a row:",
    "",
    ...judges.map(({ name, title }) => `- ${name}: ${title}`),
    "",
    "QEMU alone carries out one instruction at a time. Rows without it and without",
    "programs change what neither shows (the state of a machine), or QEMU does not",
    "know them; tests written by hand check them.",
    "",
  ];
  for (const { section, title, rows } of CHAPTERS) {
    out.push(
      `## ${section} ${title}`,
      "",
      "| Instruction | Processors | Checked by |",
      "| --- | --- | --- |",
      ...rows.map((insn) => rowLine(insn, judges)),
      "",
    );
  }
  out.push("## Left out", "");
  out.push("Assemblers know these for a POWER9; the book does not.", "");
  for (const [reason, names] of measureCoverage().leftOut) {
    out.push(`- ${reason}: ${names.map((name) => `\`${name}\``).join(" ")}`);
  }
  return out.join("\n") + "\n";
}
