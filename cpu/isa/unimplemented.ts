/**
 * Names of instructions that the book has and the rows do not: decimal
 * floating point (Book I chapter 5) and binary quad precision (7.6). Only
 * their opcodes are known here, so that a guest that meets one can be told
 * which it was.
 *
 * A name leaves this table when its row is written.
 *
 * @module
 */
import type { IsaVersion } from "./row.ts";

interface Missing {
  readonly name: string;
  readonly mask: number;
  readonly match: number;
  readonly since: IsaVersion;
}

/** A primary opcode, the place of the extended one, and names by number. */
interface Family {
  readonly opcode: number;
  /** Bits that hold the number. */
  readonly mask: number;
  /** How far the number is from the right. */
  readonly shift: number;
  /** First version of the ISA that has them; default 2.07. */
  readonly since?: IsaVersion;
  /** Numbers and names; in parts where bits 11:15 too are opcode, by those. */
  readonly names: string | readonly (readonly [extended: number, string])[];
}

const XO10 = { mask: 0x7fe, shift: 1 } as const;
const XO9 = { mask: 0x3fe, shift: 1 } as const;
const XO8 = { mask: 0x1fe, shift: 1 } as const;

const FAMILIES: readonly Family[] = [
  // Decimal floating point: dyadic and format instructions, then those with
  // a rounding mode (Z23), then shifts and tests of a data class (Z22).
  {
    opcode: 59,
    ...XO10,
    names: "2 dadd 34 dmul 130 dcmpo 162 dtstex 258 dctdp 290 dctfix " +
      "322 ddedpd 354 dxex 514 dsub 546 ddiv 642 dcmpu 674 dtstsf 770 drsp " +
      "802 dcffix 834 denbcd 866 diex",
  },
  { opcode: 59, ...XO10, since: "3.0", names: "675 dtstsfi" },
  {
    opcode: 59,
    ...XO8,
    names: "3 dqua 35 drrnd 67 dquai 99 drintx 227 drintn",
  },
  {
    opcode: 59,
    ...XO9,
    names: "66 dscli 98 dscri 194 dtstdc 226 dtstdg",
  },
  {
    opcode: 63,
    ...XO10,
    names: "2 daddq 34 dmulq 130 dcmpoq 162 dtstexq 258 dctqpq 290 dctfixq " +
      "322 ddedpdq 354 dxexq 514 dsubq 546 ddivq 642 dcmpuq 674 dtstsfq " +
      "770 drdpq 802 dcffixq 834 denbcdq 866 diexq",
  },
  { opcode: 63, ...XO10, since: "3.0", names: "675 dtstsfiq" },
  {
    opcode: 63,
    ...XO8,
    names: "3 dquaq 35 drrndq 67 dquaiq 99 drintxq 227 drintnq",
  },
  {
    opcode: 63,
    ...XO9,
    names: "66 dscliq 98 dscriq 194 dtstdcq 226 dtstdgq",
  },
];

/** All names with their opcodes. */
export const MISSING: readonly Missing[] = FAMILIES.flatMap(expand);

function expand(
  { opcode, mask, shift, since = "2.07", names }: Family,
): Missing[] {
  const lists = typeof names === "string" ? [[0, names] as const] : names;
  return lists.flatMap(([extended, text]) =>
    text.matchAll(/(\d+) (\S+)/g).map(([, number, name = ""]) => ({
      name,
      mask: (0xfc00_0000 | mask) >>> 0,
      match: (opcode << 26 | extended << 16 | Number(number) << shift) >>> 0,
      since,
    })).toArray()
  );
}

/** Name of an instruction word that the version has and no row describes. */
export function missingInstruction(
  word: number,
  version: IsaVersion,
): string | undefined {
  return MISSING.find(({ mask, match, since }) =>
    since <= version && (word & mask) >>> 0 === match
  )?.name;
}
