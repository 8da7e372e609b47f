/** Mnemonics of a POWER9 as GNU objdump knows them, recorded. */
import { readFileSync } from "node:fs";
import type { Instruction } from "../../../cpu/isa/row.ts";

/** Where they are kept. */
export const MNEMONICS_FILE = new URL("./mnemonics.golden", import.meta.url);

/** All that objdump writes with `-M power9,raw`, sorted. */
export function readMnemonics(): string[] {
  return readFileSync(MNEMONICS_FILE, "utf8").trimEnd().split("\n");
}

/** Mnemonics of a row: "add", "addo", "add.", "addo.". */
export function mnemonicsOf({ syntax }: Instruction): string[] {
  const [pattern = ""] = syntax.split(" ");
  return pattern.split(/(\[.\])/).reduce<string[]>((all, part) => {
    const option = /^\[(.)\]$/.exec(part)?.[1];
    return option === undefined
      ? all.map((text) => text + part)
      : all.flatMap((text) => [text, text + option]);
  }, [""]);
}
