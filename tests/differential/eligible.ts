/**
 * Which rows go into random programs, and what is known of each.
 *
 * @module
 */
import { trace } from "../../cpu/engine/tracer.ts";
import { isImplemented } from "../../cpu/isa/decoder.ts";
import { CHAPTERS } from "../../cpu/isa/mod.ts";
import type { Chapter, Instruction, IsaVersion } from "../../cpu/isa/row.ts";

/** Rows that cannot be compared by what they leave, each with the reason. */
export const EXCLUDED: Readonly<Record<string, string>> = {
  sc: "calls the system, which on QEMU is the host's",
  scv: "calls the system, which on QEMU is the host's",
  darn: "gives another number each time",
  mftb: "reads the time",
  wait: "waits for an interrupt, of which there is none",
  attn: "is the support processor's",
  copy: "QEMU has no copy-paste facility",
  "paste.": "QEMU has no copy-paste facility",
  icbt: "illegal on QEMU",
  xststdcsp: "finds any class in what singles hold as denormals on QEMU",
  vexptefp: "minus infinity on QEMU for large negative numbers",
  drdpq: "in the other register of the pair on QEMU",
  vrldmi: "masks on QEMU, and does not insert",
  dst: "illegal on QEMU",
  dstt: "illegal on QEMU",
  dstst: "illegal on QEMU",
  dststt: "illegal on QEMU",
};

/** Chapters of which QEMU's user mode makes something of its own. */
export const EXCLUDED_CHAPTERS: Readonly<Record<string, string>> = {
  "Transactional Memory Instructions": "a facility that is not offered",
  "Branch History Rolling Buffer Instructions": "reads as 0 on QEMU",
  "Event-Based Branch Instructions": "a facility that is not offered",
};

/**
 * In little-endian mode these always take an alignment interrupt (Book III
 * 6.5.8), which QEMU's user mode does not expect: it aborts.
 */
const BIG_ENDIAN_ONLY = new Set("lmw stmw lswi lswx stswi stswx".split(" "));

/** A row with what its meaning touches. */
export interface Candidate {
  readonly insn: Instruction;
  readonly chapter: Chapter;
  /** Accesses storage at (RA|0) + displacement or RB. */
  readonly storage: boolean;
  /** Fields that name a GPR which it writes. */
  readonly targets: ReadonlySet<string>;
  /** Always or mostly ends in an exception: privileged, trap. */
  readonly ending: boolean;
}

/** A chapter with the rows of it that programs may have. */
export interface Group {
  readonly chapter: Chapter;
  readonly candidates: readonly Candidate[];
  /** How often it is drawn, relative to the others. */
  readonly weight: number;
}

/** Branches are put in by the generator, which knows where they may lead. */
export const BRANCHES: ReadonlySet<string> = new Set(
  "b bc bclr bcctr bctar".split(" "),
);

function candidate(insn: Instruction, chapter: Chapter): Candidate {
  const { loads, stores, writes, raises } = trace(insn);
  const privileged = chapter.section.startsWith("Book III");
  return {
    insn,
    chapter,
    storage: (loads || stores) && !privileged,
    targets: new Set(
      [...writes].flatMap((name) => /^GPR\[(\w+)\]$/.exec(name)?.[1] ?? []),
    ),
    ending: privileged && insn.name !== "mfspr" && insn.name !== "mtspr" ||
      raises.has("program(trap)"),
  };
}

/** Which rows are wanted. */
export interface EligibleOptions {
  readonly version: IsaVersion;
  readonly littleEndian: boolean;
  /** Part of a chapter's section or title; default: all. */
  readonly chapter?: string;
}

/**
 * Chapters with the rows of a version that can be compared; with a text, only
 * those whose section or title has it.
 *
 * @throws {RangeError} where no chapter has it.
 */
export function eligibleGroups(
  { version, littleEndian, chapter: only }: EligibleOptions,
): readonly Group[] {
  const text = only?.toLowerCase();
  const groups = CHAPTERS
    .filter(({ title }) => !(title in EXCLUDED_CHAPTERS))
    .filter(({ section, title }) =>
      text === undefined || `${section} ${title}`.toLowerCase().includes(text)
    )
    .map((chapter) => {
      const candidates = chapter.rows
        .filter((insn) =>
          isImplemented(insn, version) && !(insn.name in EXCLUDED) &&
          !(littleEndian && BIG_ENDIAN_ONLY.has(insn.name)) &&
          !BRANCHES.has(insn.name)
        )
        .map((insn) => candidate(insn, chapter));
      const rare = candidates.some(({ ending }) => ending);
      return {
        chapter,
        candidates,
        weight: Math.sqrt(candidates.length) * (rare ? 0.05 : 1),
      };
    })
    .filter(({ candidates, chapter }) =>
      candidates.length > 0 || chapter.section === "Book I 2.4"
    );
  if (groups.length === 0) {
    const known = [...new Set(CHAPTERS.map(({ section }) => section))];
    throw new RangeError(
      `Cannot find a chapter with "${only}" in section or title: there are ${
        known.join(", ")
      }`,
    );
  }
  return groups;
}
