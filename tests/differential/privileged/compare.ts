/**
 * What two records have that is not the same, but for what the book leaves
 * open and what QEMU is known to depart in (docs/departures.md).
 *
 * @module
 */
import { op } from "../assembler.ts";
import {
  CASE,
  PLACE,
  PROGRAM_WORDS,
  RECORD_BYTES,
  RECORD_NAMES,
  recordOffset,
  SPECIAL,
} from "./layout.ts";

/** One thing that differs. */
export interface Difference {
  readonly name: string;
  readonly theirs: bigint;
  readonly ours: bigint;
}

const STORAGE_FETCH = 0x400n;
const SEGMENT_FETCH = 0x480n;
const ALIGNMENT = 0x600n;

const ISYNC = op("isync");
const PTESYNC = op("sync", { L: 2 });
const TLBIE = op("tlbie") & 0xfc00_07fe;
const TLBIEL = op("tlbiel") & 0xfc00_07fe;
const SLBIA = op("slbia") & 0xfc00_07fe;
const TO_CONTEXT: ReadonlySet<number> = new Set(
  [SPECIAL.PIDR, SPECIAL.IAMR].map((SPR) => op("mtspr", { SPR }) | 0),
);

/** All that differs in a meaningful way. */
export function differences(
  one: Uint8Array,
  { theirs, ours }: {
    readonly theirs: Uint8Array;
    readonly ours: Uint8Array;
  },
): Difference[] {
  const left = normalize(one, theirs);
  const right = normalize(one, ours);
  return RECORD_NAMES.map((name, n) => ({
    name,
    theirs: left.getBigUint64(8 * n),
    ours: right.getBigUint64(8 * n),
  })).filter(({ theirs, ours }) => theirs !== ours);
}

function normalize(one: Uint8Array, record: Uint8Array): DataView {
  const view = new DataView(record.slice(0, RECORD_BYTES).buffer);
  const get = (name: string) => view.getBigUint64(recordOffset(name));
  const set = (name: string, value: bigint) =>
    view.setBigUint64(recordOffset(name), value);
  const vector = get("vector");
  // QEMU puts a part of the instruction there, as the book did up to 2.07.
  if (vector === ALIGNMENT) set("DSISR", 0n);
  if (vector === STORAGE_FETCH || vector === SEGMENT_FETCH) {
    set("SRR0", effective(one, get("SRR0")));
  }
  return view;
}

/**
 * Where a new context takes effect: at the latest behind what synchronises it,
 * at the earliest behind the instruction that sets it.
 */
function effective(one: Uint8Array, srr0: bigint): bigint {
  const view = new DataView(one.buffer, one.byteOffset);
  const start = Number(srr0 - BigInt(PLACE.slot)) / 4;
  if (!(start > 0 && start <= PROGRAM_WORDS)) return srr0;
  for (const littleEndian of [false, true]) {
    const word = (i: number) => view.getInt32(CASE.code + 4 * i, littleEndian);
    let i = start;
    while (i > 0 && isSynchronising(word(i - 1))) i--;
    if (i > 0 && changesContext(word(i - 1))) {
      return BigInt(PLACE.slot + 4 * i);
    }
  }
  return srr0;
}

function changesContext(word: number): boolean {
  const kind = word & 0xfc00_07fe;
  return TO_CONTEXT.has(word & ~0x03e0_0000) || kind === (SLBIA | 0);
}

function isSynchronising(word: number): boolean {
  const kind = word & 0xfc00_07fe;
  return word === (ISYNC | 0) || word === (PTESYNC | 0) ||
    kind === (TLBIE | 0) || kind === (TLBIEL | 0);
}
