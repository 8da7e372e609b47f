import assert from "node:assert/strict";
import { buildDecoder } from "../../../cpu/isa/decoder.ts";
import { disassembleWord } from "../../../cpu/isa/disassembler.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { nameOfOther, OTHER_INSTRUCTIONS } from "../../../cpu/isa/others.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { readMnemonics } from "./mnemonics.ts";
import { hasObjdump, withoutOddities } from "./objdump.ts";
import { operandBits } from "./samples.ts";
import { sweep } from "./sweep.ts";

const present = await hasObjdump();
const note = present ? "" : " - IGNORED: no objdump";
const decoder = buildDecoder(ISA);

/** Invalid forms that objdump writes and that are illegal instructions here. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/^addex /, "CY other than 0 is reserved"],
  [/^d\w+q\.? /, "a pair of FPRs that starts at an odd one"],
];

/**
 * Rows that take words which objdump does not write, and why: what processors
 * make of an invalid form is the meaning's business.
 */
const TAKEN: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "reserved hints in BO": "bc bclr bcctr bctar",
    "RA = 0, or the target": "ldux lwzux lbzux lhzux lwaux lhaux stdux stwux " +
      "stbux sthux lfsux lfdux stfsux stfdux lwzu lbzu lhzu lhau stwu stbu " +
      "sthu lfsu lfdu stfsu stfdu ldu stdu",
    "RA or RB among the targets, or an odd pair": "lmw lswi lswx lq lqarx",
    "reserved L or WC": "sync wait dcbf",
    "more than one field, or none": "mfocrf mtocrf",
    "left to older processors by objdump": "lfdp lfdpx stfdp stfdpx mftb",
  }).flatMap(([why, names]) => names.split(" ").map((name) => [name, why])),
);

function hasReservedBits({ mask }: Instruction, word: number, open: number) {
  return (word & ~(mask | open)) !== 0;
}

Deno.test({
  name:
    `rows and objdump's instructions are the same over the opcode space${note}`,
  ignore: !present,
  async fn() {
    const wrong: string[] = [];
    const names = new Set<string>();
    const taken = new Set<string>();
    let alike = 0;
    for (let opcode = 0; opcode < 64; opcode++) {
      for (const { word, address, text } of await sweep(opcode)) {
        const insn = decoder(word);
        const theirs = withoutOddities(text);
        const isInstruction = !theirs.startsWith(".long");
        if (isInstruction) names.add(theirs.split(" ")[0] ?? "");
        if (insn && isInstruction) {
          const ours = disassembleWord(word, address, decoder);
          if (ours === theirs) alike++;
          else wrong.push(`${word.toString(16)}: ${ours} | ${theirs}`);
        } else if (insn) {
          if (TAKEN.has(insn.name)) taken.add(insn.name);
          else if (!hasReservedBits(insn, word, operandBits(insn))) {
            wrong.push(`${word.toString(16)}: ${insn.syntax} | nothing`);
          }
        } else if (isInstruction && nameOfOther(word) === undefined) {
          const refused = REFUSED.some(([pattern]) => pattern.test(theirs));
          if (!refused) wrong.push(`${word.toString(16)}: nothing | ${theirs}`);
        }
      }
    }
    assert.deepEqual(wrong.slice(0, 40), []);
    assert.ok(alike > 600_000, `alike: ${alike}`);
    assert.deepEqual([...TAKEN.keys()].filter((name) => !taken.has(name)), []);
    assert.deepEqual(
      [...names].sort(),
      readMnemonics(),
      "record_objdump.ts is due",
    );
  },
});

/** What objdump has for a POWER8 and Power ISA 2.07 has not. */
const TOO_EARLY = /^(vabsdu[bhw]|waitasec)\b/;

Deno.test({
  name:
    `rows of POWER8 and objdump's are the same over the opcode space${note}`,
  ignore: !present,
  async fn() {
    const decode = buildDecoder(ISA, { version: "2.07" });
    const wrong: string[] = [];
    let alike = 0;
    for (let opcode = 0; opcode < 64; opcode++) {
      for (const { word, text } of await sweep(opcode, "power8")) {
        const insn = decode(word);
        const isInstruction = !text.startsWith(".long");
        if (insn && isInstruction) alike++;
        else if (insn) {
          const reserved = hasReservedBits(insn, word, operandBits(insn));
          // Fields of 3.0 are reserved bits of 2.07.
          const newer = /^(tlbiel?|slbmfe[ev])$/.test(insn.name);
          if (reserved || newer || TAKEN.has(insn.name)) continue;
          wrong.push(`${word.toString(16)}: ${insn.syntax} | nothing`);
        } else if (isInstruction && nameOfOther(word) === undefined) {
          const refused = TOO_EARLY.test(text) ||
            REFUSED.some(([pattern]) => pattern.test(text));
          if (!refused) wrong.push(`${word.toString(16)}: nothing | ${text}`);
        }
      }
    }
    assert.deepEqual(wrong.slice(0, 40), []);
    assert.ok(alike > 400_000, `alike: ${alike}`);
  },
});

Deno.test("OTHER_INSTRUCTIONS are those of assemblers that have no row", () => {
  for (const { name, match, reason } of OTHER_INSTRUCTIONS) {
    assert.equal(decoder(match), undefined, name);
    assert.equal(nameOfOther(match), name);
    assert.ok(reason !== "");
    assert.ok(readMnemonics().includes(name), name);
  }
});
