/**
 * Cases of privileged state for people, and as files.
 *
 * @module
 */
import { buildDecoder } from "../../../cpu/isa/decoder.ts";
import { disassembleWord } from "../../../cpu/isa/disassembler.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { op } from "../assembler.ts";
import { compared, type Judged } from "./hunt.ts";
import {
  CASE,
  CASE_BYTES,
  PROGRAM_WORDS,
  RECORD_BYTES,
  RECORD_NAMES,
  SPECIAL_NAMES,
  type Translation,
} from "./layout.ts";

const decode = buildDecoder(ISA);
const NOP = op("ori");
const END = op("sc");

/** A case and what QEMU left, as a file has them. */
export interface CaseFile {
  readonly translation: Translation;
  readonly program: readonly string[];
  /** Words of {@linkcode CASE} in hexadecimal digits. */
  readonly start: readonly string[];
  readonly left: Readonly<Record<string, string>>;
}

/** Instructions up to the last, each in the byte order in which it is one. */
export function programText(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const lines: string[] = [];
  for (let n = 0; n < PROGRAM_WORDS; n++) {
    const at = CASE.code + 4 * n;
    const [big, little] = [view.getUint32(at), view.getUint32(at, true)];
    if (big === NOP || little === NOP) continue;
    if (n > 0 && (big === END || little === END)) break;
    const text = disassembleWord(big, 0, decode);
    const turned = disassembleWord(little, 0, decode);
    const where = `+0x${(4 * n).toString(16).padEnd(3)}`;
    lines.push(`${where} ${text}, or little-endian ${turned}`);
  }
  return lines;
}

/** The report of a difference, several lines. */
export function report(
  found: Judged,
  { program, seed }: { readonly program: number; readonly seed: number },
): string {
  const view = new DataView(found.bytes.buffer, found.bytes.byteOffset);
  const digits = (at: number) => view.getBigUint64(at).toString(16);
  const start = [
    `MSR=${digits(CASE.msr)}`,
    ...SPECIAL_NAMES.map((name, n) =>
      `${name}=${digits(CASE.special + 8 * n)}`
    ),
    ...Array.from(
      { length: 32 },
      (_, n) => `r${n}=${digits(CASE.gpr + 8 * n)}`,
    ),
  ];
  return [
    `Difference in program ${program} of seed ${seed}, translation ${found.translation}:`,
    ...programText(found.bytes).map((line) => `    ${line}`),
    `  from ${start.join(" ")}`,
    ...compared(found).map(({ name, theirs, ours }) =>
      `    ${name}: ${theirs.toString(16)} on QEMU, ${ours.toString(16)} here`
    ),
  ].join("\n");
}

/** The file of a case that QEMU came back from. */
export function toFile({ translation, bytes, theirs }: Judged): CaseFile {
  if (!theirs) throw new RangeError("Cannot keep case: QEMU did not end it");
  const words = (from: Uint8Array) =>
    Array.from(
      { length: from.length / 8 },
      (_, n) =>
        new DataView(from.buffer, from.byteOffset).getBigUint64(8 * n)
          .toString(16),
    );
  const left = words(theirs);
  return {
    translation,
    program: programText(bytes),
    start: words(bytes),
    left: Object.fromEntries(
      RECORD_NAMES.map((name, n) => [name, left[n] ?? "0"]),
    ),
  };
}

/** The case of a file, and the record it has to leave. */
export function fromFile(
  file: CaseFile,
): Pick<Judged, "translation" | "bytes"> & { readonly theirs: Uint8Array } {
  const bytes = new Uint8Array(CASE_BYTES);
  const theirs = new Uint8Array(RECORD_BYTES);
  const fill = (to: Uint8Array, words: readonly (string | undefined)[]) => {
    const view = new DataView(to.buffer);
    words.forEach((word, n) => view.setBigUint64(8 * n, BigInt(`0x${word}`)));
  };
  fill(bytes, file.start);
  fill(theirs, RECORD_NAMES.map((name) => file.left[name]));
  return { translation: file.translation, bytes, theirs };
}
