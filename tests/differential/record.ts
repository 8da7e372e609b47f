/**
 * What one run starts from and what it leaves: all registers of problem state
 * in a fixed place each, so that two processors are compared as bytes.
 *
 * A record is made of doublewords in little-endian order; QEMU's side is in
 * the guest's order until `qemu.ts` has turned it.
 *
 * @module
 */

/** Offsets within a record, in bytes. */
export const RECORD = {
  /** 32 doublewords. */
  GPR: 0,
  /** 64 quadwords: doubleword 1, then doubleword 0. */
  VSR: 256,
  CR: 1280,
  XER: 1288,
  LR: 1296,
  CTR: 1304,
  /** With a doubleword of zeros behind it. */
  VSCR: 1312,
  FPSCR: 1328,
  VRSAVE: 1336,
  TAR: 1344,
  /** Where an exception stopped the program; 0 when it came to its end. */
  NIP: 1352,
  /** Which exception: {@linkcode SIGNAL}. */
  SIGNAL: 1360,
  /** More about it, as Linux's si_code; 0 where that says nothing. */
  CODE: 1368,
  /** Which storage it is about, for accesses that fault. */
  ADDRESS: 1376,
} as const;

/** Bytes of a record. */
export const RECORD_BYTES = 1408;

/** Linux's signals, by which a program under it learns of exceptions. */
export const SIGNAL = {
  none: 0,
  illegal: 4,
  trap: 5,
  alignment: 7,
  floatingPoint: 8,
  storage: 11,
  /** Its time was up (SIGVTALRM): the program did not come to an end. */
  endless: 26,
} as const;

/** In place of a signal: the run reached what one side alone has mapped. */
export const ASTRAY = 128;

/** Whether a run ended as it can be compared. */
export function isComparable(record: Uint8Array): boolean {
  const signal = record[RECORD.SIGNAL];
  return signal !== SIGNAL.endless && signal !== ASTRAY;
}

/** Effective addresses, the same for both processors. */
export const PLACE = {
  /** A page of QEMU's harness; its code follows. */
  low: 0x7000,
  harness: 0x8000,
  /** Program n is in slot n. */
  slots: 0x1000_0000,
  /** A page that can be read, two that can be written too, and then nothing. */
  readable: 0x2000_0000,
  writable: 0x2000_1000,
  /** The first byte behind. */
  behind: 0x2000_3000,
  batch: 0x3000_0000,
  /**
   * Of signals. Where r1 leads into it, the system thinks that it is in use
   * already: at an address that no number of a program's is likely to be.
   */
  stack: 0x3b_7d3a_5000,
  /** Where QEMU's user mode puts what the system gives to every process. */
  system: 0x40_0000_0000,
} as const;

/** Bytes of a slot, prologue and exit included. */
export const SLOT_BYTES = 1024;

/** Words that come before a program's own in its slot. */
export const PROLOGUE_WORDS = 3;

/** The last word of a slot says how often its program runs. */
export const RUNS_OFFSET: number = SLOT_BYTES - 4;

/** Most words of a program's own. */
export const MOST_WORDS: number = SLOT_BYTES / 4 - PROLOGUE_WORDS - 2;

/** Bytes of storage that programs may change. */
export const STORAGE_BYTES: number = PLACE.behind - PLACE.writable;

/** Programs in a batch, and runs of each from different start states. */
export const BATCH = { programs: 64, states: 8 } as const;

/** Address of a slot. */
export function slotAddress(index: number): number {
  return PLACE.slots + index * SLOT_BYTES;
}

/** Address of a program's first word. */
export function programAddress(index: number): number {
  return slotAddress(index) + 4 * PROLOGUE_WORDS;
}

/** The content of the page that can only be read. */
export function readablePage(): Uint8Array {
  return Uint8Array.from(
    { length: PLACE.writable - PLACE.readable },
    (_, i) => Math.imul(i, 0x9e37_79b1) >>> 13,
  );
}
