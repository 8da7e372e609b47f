/**
 * Programs with their storage and start states, as both processors take them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { buildDecoder } from "../../cpu/isa/decoder.ts";
import { ISA } from "../../cpu/isa/mod.ts";
import { extractField } from "../../cpu/isa/forms.ts";
import type { Instruction } from "../../cpu/isa/row.ts";
import { comparedBits } from "./departures.ts";
import { EXIT, PROLOGUE } from "./harness.ts";
import {
  BATCH,
  PLACE,
  RECORD,
  RECORD_BYTES,
  RUNS_OFFSET,
  SIGNAL,
  SLOT_BYTES,
  slotAddress,
  STORAGE_BYTES,
} from "./record.ts";

/** A batch. Programs that are not set do nothing. */
export class Batch {
  /** Words of the slots, in the host's order. */
  readonly words: Uint32Array = new Uint32Array(
    BATCH.programs * SLOT_BYTES / 4,
  );
  /** Storage of each program, then a record of each run. */
  readonly data: Uint8Array = new Uint8Array(
    BATCH.programs * (STORAGE_BYTES + BATCH.states * RECORD_BYTES),
  );

  /** Takes all programs out. */
  clear(): void {
    this.words.fill(0);
  }

  /** Puts a program's own words into its slot, to run from so many states. */
  setProgram(
    index: number,
    words: readonly number[],
    runs: number = BATCH.states,
  ): void {
    const slot = this.#slot(index);
    slot.fill(0);
    slot.set([...PROLOGUE, ...words, EXIT]);
    slot[RUNS_OFFSET / 4] = runs;
  }

  /** A program's own words. */
  program(index: number): readonly number[] {
    const slot = this.#slot(index);
    return [...slot.subarray(PROLOGUE.length, slot.lastIndexOf(EXIT))];
  }

  /** How often a program runs; 0 where there is none. */
  runs(index: number): number {
    return this.#slot(index)[RUNS_OFFSET / 4] ?? 0;
  }

  #slot(index: number): Uint32Array {
    const words = SLOT_BYTES / 4;
    return this.words.subarray(index * words, (index + 1) * words);
  }

  /** A program's storage. */
  storage(index: number): Uint8Array {
    return this.data.subarray(
      index * STORAGE_BYTES,
      (index + 1) * STORAGE_BYTES,
    );
  }

  /** The record of a program's run. */
  record(index: number, state: number): Uint8Array {
    return recordOf(this.data, index, state);
  }

  /** The bytes that the harness of a byte order reads. */
  toGuest(littleEndian: boolean): { code: Uint8Array; data: Uint8Array } {
    const code = Buffer.from(new Uint8Array(this.words.slice().buffer));
    const data = Buffer.from(this.data.slice().buffer);
    if (!littleEndian) {
      code.swap32();
      data.subarray(BATCH.programs * STORAGE_BYTES).swap64();
    }
    return {
      code: new Uint8Array(code.buffer),
      data: new Uint8Array(data.buffer),
    };
  }
}

/** The record of a run among a batch's data. */
export function recordOf(
  data: Uint8Array,
  index: number,
  state: number,
): Uint8Array {
  const at = BATCH.programs * STORAGE_BYTES +
    (index * BATCH.states + state) * RECORD_BYTES;
  return data.subarray(at, at + RECORD_BYTES);
}

/**
 * Turns what a guest left into the host's order.
 *
 * @param data Storages and records.
 */
export function fromGuest(data: Uint8Array, littleEndian: boolean): void {
  if (littleEndian) return;
  const from = BATCH.programs * STORAGE_BYTES;
  Buffer.from(data.buffer, data.byteOffset + from, data.length - from).swap64();
}

const decode = buildDecoder(ISA);
/** FPSCR[FI], which QEMU does not clear before it interrupts. */
const FI = 0x2_0000n;
const UNINTERRUPTED = comparedBits(undefined);

/** Clears what is not compared of the records that a batch has left. */
export function normalize(batch: Batch, data: Uint8Array): void {
  const view = new DataView(data.buffer, data.byteOffset);
  for (let index = 0; index < BATCH.programs; index++) {
    for (let n = 0; n < batch.runs(index); n++) {
      const at = recordOf(data, index, n).byteOffset - data.byteOffset;
      normalizeRecord(batch, { view, at });
    }
  }
}

function normalizeRecord(
  batch: Batch,
  { view, at }: { view: DataView; at: number },
): void {
  const signal = view.getUint8(at + RECORD.SIGNAL);
  let compared = UNINTERRUPTED;
  if (signal !== SIGNAL.none) {
    const address = view.getBigUint64(at + RECORD.ADDRESS, true);
    const known = signal === SIGNAL.alignment || signal === SIGNAL.storage;
    // What the system makes of addresses where it has mapped nothing, and of
    // other signals, is not the processor's.
    const near = address >= BigInt(PLACE.readable) &&
      address < BigInt(PLACE.behind);
    if (!known || !near) view.setBigUint64(at + RECORD.ADDRESS, 0n, true);
    if (signal !== SIGNAL.alignment) {
      view.setBigUint64(at + RECORD.CODE, 0n, true);
    }
    const nip = view.getUint32(at + RECORD.NIP, true);
    const word = batch.words[(nip - slotAddress(0)) >>> 2];
    const insn = word === undefined ? undefined : decode(word);
    compared = comparedBits(insn?.name);
    if (insn && word !== undefined) {
      if (signal === SIGNAL.floatingPoint) {
        compared &= ~FI;
        clearTarget(insn, word, { view, at });
      }
      if (/^(l|st)[wd]at$/.test(insn.name)) {
        view.setBigUint64(at + RECORD.ADDRESS, 0n, true);
      }
    }
  }
  const fpscr = view.getBigUint64(at + RECORD.FPSCR, true);
  view.setBigUint64(at + RECORD.FPSCR, fpscr & compared, true);
}

/** What an instruction that ends in a floating-point interrupt leaves. */
function clearTarget(
  insn: Instruction,
  word: number,
  { view, at }: { view: DataView; at: number },
): void {
  const field = insn.fields.get("XT");
  if (field && insn.name.startsWith("x")) {
    const place = at + RECORD.VSR + 16 * extractField(field, word);
    view.setBigUint64(place, 0n, true);
    view.setBigUint64(place + 8, 0n, true);
  }
  const frt = insn.fields.get("FRT");
  if (frt && insn.name.startsWith("fcfid")) {
    const place = at + RECORD.VSR + 16 * extractField(frt, word);
    view.setBigUint64(place, 0n, true);
    view.setBigUint64(place + 8, 0n, true);
  }
  const vrt = insn.fields.get("VRT");
  if (vrt && insn.name.startsWith("xs")) {
    const place = at + RECORD.VSR + 16 * (32 + extractField(vrt, word));
    view.setBigUint64(place, 0n, true);
    view.setBigUint64(place + 8, 0n, true);
  }
  const rc = insn.fields.get("Rc");
  if (rc && extractField(rc, word)) {
    const crField = insn.name.startsWith("x") ? 6 : 1;
    const cr = view.getUint32(at + RECORD.CR, true);
    view.setUint32(at + RECORD.CR, cr & ~(0xf << (28 - 4 * crField)), true);
  }
}
