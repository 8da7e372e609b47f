/**
 * Instructions that assemblers know, but that are not of a POWER9 as Power ISA
 * 3.0B describes it. They are told apart by name, so that a guest that meets
 * one can be told which it was.
 *
 * @module
 */

/** An instruction of another processor. */
export interface OtherInstruction {
  readonly name: string;
  readonly mask: number;
  readonly match: number;
  /** Why it is not there. */
  readonly reason: string;
}

/** All bits of primary and extended opcode. */
const XO10 = 0xfc00_07fe;

/** Extended opcodes (and one primary opcode) by reason. */
const BY_REASON: readonly (readonly [
  reason: string,
  opcode: number,
  names: string,
])[] = [
  ["Power ISA 3.1", 31, "658 hashstp 690 hashchkp 722 hashst 754 hashchk"],
  ["Power ISA 3.0C: ultravisor", 31, "78 msgsndu 110 msgclru"],
  ["Power ISA 3.0C: ultravisor", 19, "306 urfid"],
  ["of no published book", 31, "882 rmieg"],
  ["embedded processors", 19, "50 rfi"],
  ["coprocessors, which POWER9 reaches by copy and paste", 31, "406 icswx"],
  ["coprocessors of other processors", 31, "404 pbt."],
  ["external control, gone since Power ISA 2.07", 31, "310 eciwx 438 ecowx"],
  ["gone since Power ISA 2.01", 31, "470 dcbi 370 tlbia 147 mtsle"],
  [
    "software-loaded translations of 32-bit processors",
    31,
    "82 mtsrd 114 mtsrdin 978 tlbld 1010 tlbli",
  ],
];

/** Those that are left out, with the reasons. */
export const OTHER_INSTRUCTIONS: readonly OtherInstruction[] = BY_REASON
  .flatMap(([reason, opcode, names]) =>
    names.matchAll(/(\d+) (\S+)/g).map(([, number, name = ""]) => ({
      name,
      mask: XO10,
      match: (opcode << 26 | Number(number) << 1) >>> 0,
      reason,
    })).toArray()
  );

/** Name of an instruction of another processor. */
export function nameOfOther(word: number): string | undefined {
  return OTHER_INSTRUCTIONS.find(({ mask, match }) =>
    (word & mask) >>> 0 === match
  )?.name;
}
