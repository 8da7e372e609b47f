/**
 * Moves to and from special purpose registers (Book I 3.3.17, Book II 6.2,
 * Book III 5.4.4).
 *
 * @module
 */
import type { Field, Ops } from "./ops.ts";
import {
  type Chapter,
  chapter,
  type Instruction,
  type IsaVersion,
  only,
  row,
} from "./row.ts";
import { sprsByNumber } from "./spr.ts";
import type { Spr, SprState } from "./spr_row.ts";

/** Bit 0 of the field as it stands in the instruction: not for problem state. */
const NOT_PROBLEM = 0x10;

/** Numbers that no state can read; it cannot write number 0 either. */
const NEVER_READ: ReadonlySet<number> = new Set([0, 4, 5, 6]);
const NEVER_WRITTEN: ReadonlySet<number> = new Set([0]);

/** A number without a register is a no-operation for privileged state. */
function refuse(
  m: Ops,
  number: number,
  never: ReadonlySet<number>,
): void {
  if (never.has(number)) m.program("illegal");
  else if (number & NOT_PROBLEM) m.privileged();
  else m.if(m.problemState(), () => m.program("illegal"));
}

function admit(m: Ops, spr: Spr, state: SprState): void {
  if (state === "privileged") m.privileged();
  else if (state === "hypervisor") m.hypervisor();
  if (spr.facility) m.requireFacility(spr.facility);
}

type Sprs = ReadonlyMap<number, Spr>;

/** mfspr and mftb. */
function moveFrom(
  sprs: Sprs,
  { m, number, target }: { m: Ops; number: number; target: Field },
): void {
  const spr = sprs.get(number);
  if (spr?.reserved) return;
  if (!spr?.reads) return refuse(m, number, NEVER_READ);
  admit(m, spr, spr.reads);
  m.setGpr(target, spr.get(m));
}

function moveTo(
  sprs: Sprs,
  { m, number, source }: { m: Ops; number: number; source: Field },
): void {
  const spr = sprs.get(number);
  if (spr?.reserved) return;
  if (!spr?.writes) return refuse(m, number, NEVER_WRITTEN);
  admit(m, spr, spr.writes);
  spr.set(m, m.gpr(source));
}

/** The moves as a version of the ISA has them. */
function moves(version: IsaVersion): readonly Instruction[] {
  const sprs = sprsByNumber(version);
  return [
    row("mtspr SPR,RS", "XFX_RS", [31, 467], (m, f) => {
      moveTo(sprs, { m, number: m.fixed(f.SPR), source: f.RS });
    }, { ...only(version), fixed: ["SPR"] }),
    row("mfspr RT,SPR", "XFX", [31, 339], (m, f) => {
      moveFrom(sprs, { m, number: m.fixed(f.SPR), target: f.RT });
    }, { ...only(version), fixed: ["SPR"] }),
    // The book calls the field TBR: the same numbers, for 268 and 269.
    row("mftb RT,SPR", "XFX", [31, 371], (m, f) => {
      moveFrom(sprs, { m, number: m.fixed(f.SPR), target: f.RT });
    }, { ...only(version), fixed: ["SPR"] }),
  ];
}

/** mtspr, mfspr and mftb. */
export const sprMoves: Chapter = chapter(
  "Book III 5.4.4",
  "Move To/From System Register Instructions",
  [...moves("2.07"), ...moves("3.0")],
);
