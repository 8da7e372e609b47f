/**
 * A program with one start state: what is judged in isolation, shrunk, printed
 * and kept as a file.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Batch, recordOf } from "./batch.ts";
import {
  RECORD,
  RECORD_BYTES,
  SLOT_BYTES,
  slotAddress,
  STORAGE_BYTES,
} from "./record.ts";

/** A program and what it starts from, as if in slot 0. */
export interface Case {
  readonly littleEndian: boolean;
  readonly words: readonly number[];
  readonly record: Uint8Array;
  readonly storage: Uint8Array;
}

/** What a case leaves. */
export interface Outcome {
  readonly record: Uint8Array;
  readonly storage: Uint8Array;
}

/** A register's place in a record. */
export interface Place {
  readonly name: string;
  readonly at: number;
  readonly bytes: 8 | 16;
}

/** Registers that a program starts from. */
export const REGISTERS: readonly Place[] = [
  ...Array.from({ length: 32 }, (_, n) => place(`r${n}`, RECORD.GPR + 8 * n)),
  ...Array.from({ length: 64 }, (_, n) => ({
    name: `vs${n}`,
    at: RECORD.VSR + 16 * n,
    bytes: 16 as const,
  })),
  ...(["CR", "XER", "LR", "CTR", "TAR", "FPSCR", "VSCR", "VRSAVE"] as const)
    .map((name) => place(name, RECORD[name])),
];

/** What there is besides when it has ended. */
export const ENDING: readonly Place[] =
  (["NIP", "SIGNAL", "CODE", "ADDRESS"] as const)
    .map((name) => place(name, RECORD[name]));

function place(name: string, at: number): Place {
  return { name, at, bytes: 8 };
}

/** The hexadecimal digits of a register in a record. */
export function readPlace(record: Uint8Array, { at, bytes }: Place): string {
  const digits = Buffer.from(record.subarray(at, at + bytes)).reverse()
    .toString("hex").replace(/^0+/, "");
  return digits || "0";
}

/** Puts hexadecimal digits into a record. */
export function writePlace(
  record: Uint8Array,
  { at, bytes }: Place,
  digits: string,
): void {
  record.set(
    Buffer.from(digits.padStart(2 * bytes, "0"), "hex").reverse(),
    at,
  );
}

/** What runs batches: QEMU or an engine of ours. */
export interface Processor {
  run(batch: Batch): Promise<Uint8Array> | Uint8Array;
}

/** What each of the cases, at most as many as a batch has room for, leaves. */
export async function runCases(
  processor: Processor,
  cases: readonly Case[],
): Promise<Outcome[]> {
  const batch = new Batch();
  cases.forEach(({ words, record, storage }, i) => {
    batch.setProgram(i, words, 1);
    batch.record(i, 0).set(relocate(record, { from: 0, to: i }));
    batch.storage(i).set(storage);
  });
  const left = await processor.run(batch);
  return cases.map((_, i) => ({
    record: recordOf(left, i, 0),
    storage: left.subarray(i * STORAGE_BYTES, (i + 1) * STORAGE_BYTES),
  }));
}

/**
 * A start state for another slot: registers that lead into the program's slot
 * lead to the same place in the other.
 */
export function relocate(
  record: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
): Uint8Array {
  if (from === to) return record;
  const moved = record.slice();
  const view = new DataView(moved.buffer);
  for (const at of [RECORD.LR, RECORD.CTR, RECORD.TAR]) {
    const value = view.getBigUint64(at, true);
    const offset = value - BigInt(slotAddress(from));
    if (offset < 0n || offset >= BigInt(SLOT_BYTES)) continue;
    view.setBigUint64(at, BigInt(slotAddress(to)) + offset, true);
  }
  return moved;
}

/** A case's data as they stand in a file. */
export interface CaseFile {
  readonly program: readonly string[];
  readonly words: readonly string[];
  readonly byteOrder: "big" | "little";
  readonly cpu: "power8" | "power9";
  /** Registers that are not 0. */
  readonly start: Readonly<Record<string, string>>;
  /** Offset and bytes of what is not 0. */
  readonly storage: Readonly<Record<string, string>>;
  /** What QEMU changed: registers, then storage by offset. */
  readonly left: Readonly<Record<string, string>>;
  readonly leftStorage: Readonly<Record<string, string>>;
}

const ROW = 16;

/** Rows of storage that are not as in `other`, by offset. */
function storageRows(storage: Uint8Array, other: Uint8Array) {
  const rows: Record<string, string> = {};
  for (let at = 0; at < STORAGE_BYTES; at += ROW) {
    const row = storage.subarray(at, at + ROW);
    if (Buffer.compare(row, other.subarray(at, at + ROW)) === 0) continue;
    rows[`0x${at.toString(16)}`] = Buffer.from(row).toString("hex");
  }
  return rows;
}

/** The file of a case whose outcome is known. */
export function toFile(
  one: Case,
  outcome: Outcome,
  { program, cpu }: Pick<CaseFile, "program" | "cpu">,
): CaseFile {
  const registers = (
    places: readonly Place[],
    record: Uint8Array,
    wanted: (digits: string, place: Place) => boolean,
  ) =>
    Object.fromEntries(
      places.map((place) =>
        [place.name, readPlace(record, place), place] as const
      )
        .filter(([, digits, place]) => wanted(digits, place))
        .map(([name, digits]) => [name, digits]),
    );
  return {
    program,
    words: one.words.map((word) => word.toString(16).padStart(8, "0")),
    byteOrder: one.littleEndian ? "little" : "big",
    cpu,
    start: registers(REGISTERS, one.record, (digits) => digits !== "0"),
    storage: storageRows(one.storage, new Uint8Array(STORAGE_BYTES)),
    left: registers(
      [...REGISTERS, ...ENDING],
      outcome.record,
      (digits, place) => digits !== readPlace(one.record, place),
    ),
    leftStorage: storageRows(outcome.storage, one.storage),
  };
}

/** The case of a file, and what it has to leave. */
export function fromFile(file: CaseFile): { one: Case; expected: Outcome } {
  const record = new Uint8Array(RECORD_BYTES);
  const places = new Map(
    [...REGISTERS, ...ENDING].map((place) => [place.name, place]),
  );
  const fill = (
    to: Uint8Array,
    registers: Readonly<Record<string, string>>,
  ) => {
    for (const [name, digits] of Object.entries(registers)) {
      const place = places.get(name);
      if (!place) throw new TypeError(`Cannot read case: register ${name}`);
      writePlace(to, place, digits);
    }
  };
  const fillStorage = (
    to: Uint8Array,
    rows: Readonly<Record<string, string>>,
  ) => {
    for (const [at, digits] of Object.entries(rows)) {
      to.set(Buffer.from(digits, "hex"), Number(at));
    }
  };
  fill(record, file.start);
  const storage = new Uint8Array(STORAGE_BYTES);
  fillStorage(storage, file.storage);
  const after = record.slice();
  fill(after, file.left);
  const storageAfter = storage.slice();
  fillStorage(storageAfter, file.leftStorage);
  return {
    one: {
      littleEndian: file.byteOrder === "little",
      words: file.words.map((word) => parseInt(word, 16)),
      record,
      storage,
    },
    expected: { record: after, storage: storageAfter },
  };
}
