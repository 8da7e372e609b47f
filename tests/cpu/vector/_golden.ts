/**
 * The recorded outcomes: for every row a line with its name, its form, the
 * byte order and, in base64, what each case changed.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Chapter, Instruction } from "../../../cpu/isa/row.ts";
import { vectorFacility } from "../../../cpu/isa/vector.ts";
import { vectorScalarExtension } from "../../../cpu/isa/vsx.ts";
import {
  type Case,
  makeCase,
  type Registers,
  touchesStorage,
} from "./_cases.ts";

const CASES = 14;

/** A row in one byte order with its cases. */
export interface GoldenRow {
  readonly insn: Instruction;
  readonly littleEndian: boolean;
  readonly cases: readonly Case[];
  /** What its line begins with. */
  readonly key: string;
}

function inOrder(insn: Instruction, littleEndian: boolean): GoldenRow {
  return {
    insn,
    littleEndian,
    cases: Array.from({ length: CASES }, (_, i) => makeCase(insn, i)),
    key: `${insn.name} ${insn.form} ${littleEndian ? "little" : "big"}`,
  };
}

/** All rows of chapters 6 and 7; those that touch storage in both orders. */
export function goldenRows(): GoldenRow[] {
  const chapters: readonly Chapter[] = [
    ...vectorFacility,
    ...vectorScalarExtension,
  ];
  return chapters.flatMap(({ rows }) => rows).flatMap((insn) =>
    touchesStorage(insn)
      ? [inOrder(insn, true), inOrder(insn, false)]
      : [inOrder(insn, true)]
  );
}

/** Numbers of what can change, behind the 64 VSRs. */
const SLOT = { gpr: 64, cr: 72, vscr: 73, fpscr: 74, storage: 75 } as const;

/** Bytes of each slot. */
function widthOf(slot: number): number {
  if (slot < SLOT.gpr) return 16;
  return slot === SLOT.cr || slot === SLOT.vscr ? 4 : 8;
}

function slots(state: Registers): bigint[] {
  const view = new DataView(state.storage.buffer, state.storage.byteOffset);
  return [
    ...state.vsr,
    ...state.gpr,
    BigInt(state.cr),
    BigInt(state.vscr),
    state.fpscr,
    ...Array.from(
      { length: state.storage.length / 8 },
      (_, i) => view.getBigUint64(8 * i),
    ),
  ];
}

/** What changed, as bytes: a count, then number and value of each slot. */
export function encodeChanges(before: Registers, after: Registers): number[] {
  const old = slots(before);
  const changed = slots(after).flatMap((value, slot) =>
    value === old[slot] ? [] : [{ slot, value }]
  );
  return [
    changed.length,
    ...changed.flatMap(({ slot, value }) => {
      const hex = value.toString(16).padStart(2 * widthOf(slot), "0");
      return [slot, ...Buffer.from(hex, "hex")];
    }),
  ];
}

/** The line of a row. */
export function encodeLine(
  { key, cases }: GoldenRow,
  after: readonly Registers[],
): string {
  const bytes = cases.flatMap(({ before }, i) => {
    const state = after[i];
    if (!state) throw new RangeError(`Cannot encode ${key}: case ${i} lacks`);
    return encodeChanges(before, state);
  });
  return `${key} ${Buffer.from(bytes).toString("base64")}`;
}

/** What each case of a row left, from its line. */
export function decodeLine(
  { key, cases }: GoldenRow,
  line: string,
): Registers[] {
  if (!line.startsWith(`${key} `)) {
    throw new SyntaxError(`Cannot decode ${key}: line is of another row`);
  }
  const bytes = Buffer.from(line.slice(key.length + 1), "base64");
  let at = 0;
  return cases.map(({ before }) => {
    const state = slots(before);
    for (let count = bytes[at++] ?? 0; count > 0; count--) {
      const slot = bytes[at++] ?? 0;
      const width = widthOf(slot);
      const hex = bytes.subarray(at, at + width).toString("hex");
      state[slot] = BigInt(`0x${hex}`);
      at += width;
    }
    return registersOf(state, before);
  });
}

function registersOf(state: readonly bigint[], like: Registers): Registers {
  const storage = new Uint8Array(like.storage.length);
  const view = new DataView(storage.buffer);
  for (let i = 0; i < storage.length / 8; i++) {
    view.setBigUint64(8 * i, state[SLOT.storage + i] ?? 0n);
  }
  return {
    vsr: state.slice(0, SLOT.gpr),
    gpr: state.slice(SLOT.gpr, SLOT.cr),
    cr: Number(state[SLOT.cr]),
    vscr: Number(state[SLOT.vscr]),
    fpscr: state[SLOT.fpscr] ?? 0n,
    storage,
  };
}
