/**
 * A program without an operating system for a `pseries` machine: it runs each
 * case from its start state under its MSR until an interrupt, and prints what
 * that left. It is assembled from our own rows, starts big-endian in real mode
 * at 0x100, and all its handlers are in real mode as well.
 *
 * @module
 */
import { PTE, RadixTrees } from "../../cpu/mmu/radix_tree.ts";
import { Assembler, op } from "../assembler.ts";
import {
  CASE,
  CASE_BYTES,
  DATA_PAGES,
  type DataPage,
  MOST_CASES,
  pageAddress,
  PLACE,
  PROGRAM_WORDS,
  RECORD_BYTES,
  recordOffset,
  SLB_ENTRIES,
  SPECIAL,
  SPECIAL_NAMES,
  type Translation,
  TRANSLATIONS,
  WINDOW_BYTES,
} from "./layout.ts";

/** Where both machines start. */
export const ENTRY = 0x100;
const CODE = 0x1000;

/** Interrupts that a partition sees (Book III 6.5). */
const VECTORS = [
  ...[0x200, 0x300, 0x380, 0x400, 0x480, 0x500, 0x600, 0x700, 0x800, 0x900],
  ...[0xa00, 0xc00, 0xd00, 0xe00, 0xe20, 0xe40, 0xf00, 0xf20, 0xf40, 0xf60],
  0xf80,
];

const VARIABLE = {
  r31: PLACE.variables,
  case: PLACE.variables + 8,
  left: PLACE.variables + 16,
  mode: PLACE.variables + 24,
  record: PLACE.variables + 0x100,
} as const;

const H = {
  ENTER: 0x8,
  PUT_TERM_CHAR: 0x58,
  REGISTER_PROC_TBL: 0x37c,
} as const;
/** Flags of H_REGISTER_PROC_TBL: a new radix table, with GTSE. */
const NEW_RADIX = 0x1d;
const TERMINAL = 0x7100_0000;
const SPR = { SRR0: 26, SRR1: 27, DEC: 22, CTR: 9 } as const;
const BO = { true: 12, false: 4, count: 16 } as const;
const EQ = 2;

type Present = Exclude<DataPage, "absent">;

/** What the hash table says of a page of data: pp, N, key. */
const HASHED: Readonly<Record<Present, number>> = {
  free: 2,
  readOnly: 3,
  privileged: 0,
  noExecute: 2 | 4,
  // Key 1, of which AMR has bits 2 and 3.
  keyed: 2 | 0x200,
};
/** Memory that is cached and coherent (WIMG). */
const MEMORY = 0x10;

/** What the radix tree says of them. */
const TREE: Readonly<Record<Present, bigint>> = {
  free: PTE.read | PTE.readWrite | PTE.execute,
  readOnly: PTE.read | PTE.execute,
  privileged: PTE.read | PTE.readWrite | PTE.execute | PTE.privileged,
  noExecute: PTE.read | PTE.readWrite,
  keyed: PTE.readWrite | PTE.execute,
};

/** The first pages: the harness's, the program's, then data. */
const SLOT_PAGE = PLACE.slot >>> 12;
const DATA_PAGE = PLACE.data >>> 12;
/** The slot, data, and one behind, which accesses may reach into. */
const PAGES = DATA_PAGES.length + 2;

/** An image of at most {@linkcode MOST_CASES} cases. */
export function buildImage(
  translation: Translation,
  cases: readonly Uint8Array[],
): Uint8Array {
  if (cases.length > MOST_CASES) {
    throw new RangeError(`Cannot build image: too many cases: ${cases.length}`);
  }
  const image = new Uint8Array(PLACE.cases + 16 + cases.length * CASE_BYTES);
  const view = new DataView(image.buffer);
  const { words, vectors } = assemble();
  view.setUint32(ENTRY, op("b", { LI: CODE - ENTRY }));
  for (const [at, some] of vectors) {
    some.forEach((word, i) => view.setUint32(at + 4 * i, word));
  }
  words.forEach((word, i) => view.setUint32(CODE + 4 * i, word));
  if (CODE + 4 * words.length > PLACE.variables) {
    throw new RangeError("Cannot build image: too much code");
  }
  const leaves = buildTree(image);
  image.copyWithin(PLACE.leaves, leaves, leaves + 128);
  // Where the tree has them, for the harness to put them back.
  view.setBigUint64(PLACE.leaves - 8, BigInt(leaves));
  view.setUint32(PLACE.cases, cases.length);
  view.setUint32(PLACE.cases + 4, TRANSLATIONS.indexOf(translation));
  cases.forEach((one, i) => image.set(one, PLACE.cases + 16 + i * CASE_BYTES));
  return image;
}

/** Gives the address of the entry for page 0; 15 others follow. */
function buildTree(image: Uint8Array): number {
  const trees = new RadixTrees({ ram: image, set() {} });
  let first = 0;
  const map = (page: number, flags: bigint) => {
    const address = BigInt(page << 12);
    const at = trees.map({ ea: address, real: address, shift: 12, flags });
    if (page === 0) first = at;
  };
  const all = PTE.read | PTE.readWrite | PTE.execute;
  for (let page = 0; page < SLOT_PAGE; page++) map(page, all | PTE.privileged);
  map(SLOT_PAGE, all);
  DATA_PAGES.forEach((page, n) => {
    if (page !== "absent") map(DATA_PAGE + n, TREE[page]);
  });
  return first;
}

function assemble() {
  const a = new Assembler(CODE);
  start(a);
  a.label("next");
  loadCase(a);
  a.label("interrupt");
  saveRecord(a);
  print(a);
  nextCase(a);
  const words = a.finish();
  const vectors = VECTORS.map((at) => {
    const v = new Assembler(at);
    v.op("std", { RS: 31, RA: 0, DS: VARIABLE.r31 });
    v.op("addi", { RT: 31, RA: 0, SI: at });
    v.op("b", { LI: a.address("interrupt") - at - 8 });
    return [at, v.finish()] as const;
  });
  return { words, vectors };
}

function hypercall(a: Assembler, number: number): void {
  a.load(3, number);
  a.op("sc", { LEV: 1 });
}

function start(a: Assembler): void {
  a.op("mfmsr", { RT: 3 });
  a.op("addi", { RT: 4, RA: 0, SI: 1 });
  a.op("rldimi", { RA: 3, RS: 4, SH: 63, MB: 0 });
  a.op("mtmsrd", { RS: 3, L: 0 });
  a.op("isync");
  a.load(28, PLACE.cases);
  a.op("lwz", { RT: 29, RA: 28, SI: 0 });
  a.op("lwz", { RT: 30, RA: 28, SI: 4 });
  a.op("addi", { RT: 28, RA: 28, SI: 16 });
  a.op("std", { RS: 28, RA: 0, DS: VARIABLE.case });
  a.op("std", { RS: 29, RA: 0, DS: VARIABLE.left });
  a.op("std", { RS: 30, RA: 0, DS: VARIABLE.mode });
  unless(a, "hash", "hashed");
  const enter = (page: number, flags: number) => {
    a.op("addi", { RT: 4, RA: 0, SI: 0 });
    // VSID 0: a page's group is that of its number.
    a.op("addi", { RT: 5, RA: 0, SI: 8 * page });
    a.op("addi", { RT: 6, RA: 0, SI: 1 });
    a.load(7, page << 12 | MEMORY | flags);
    hypercall(a, H.ENTER);
  };
  for (let page = 0; page < SLOT_PAGE; page++) enter(page, 0);
  enter(SLOT_PAGE, 2);
  DATA_PAGES.forEach((page, n) => {
    if (page !== "absent") enter(DATA_PAGE + n, HASHED[page]);
  });
  a.label("hashed");
  unless(a, "radix", "registered");
  a.op("addi", { RT: 4, RA: 0, SI: NEW_RADIX });
  a.load(5, PLACE.processTable);
  a.op("addi", { RT: 6, RA: 0, SI: 0 });
  a.op("addi", { RT: 7, RA: 0, SI: 0 });
  hypercall(a, H.REGISTER_PROC_TBL);
  a.label("registered");
}

/** Goes to the label under another translation. Needs r3. */
function unless(a: Assembler, translation: Translation, label: string): void {
  a.op("ld", { RT: 3, RA: 0, DS: VARIABLE.mode });
  const SI = TRANSLATIONS.indexOf(translation);
  a.op("cmpi", { BF: 0, L: 1, RA: 3, SI });
  a.branch("bc", label, { BO: BO.false, BI: EQ });
}

function loadCase(a: Assembler): void {
  a.op("ld", { RT: 31, RA: 0, DS: VARIABLE.case });
  // Data: their own addresses, so that any byte tells where it is from.
  // Segments 1 to 3 are storage in real mode, and so are the pages around.
  a.load(29, 4);
  a.load(30, PLACE.slot);
  a.label("data");
  for (let page = 0; page < PAGES; page++) {
    windows((at) => {
      a.op("addi", { RT: 3, RA: 30, SI: at });
      a.op("rldimi", { RA: 3, RS: 3, SH: 32, MB: 0 });
      a.op("std", { RS: 3, RA: 30, DS: at });
    });
    a.op("addi", { RT: 30, RA: 30, SI: 0x1000 });
  }
  a.op("addis", { RT: 30, RA: 30, SI: 0x1000 });
  a.op("addi", { RT: 30, RA: 30, SI: -0x1000 * PAGES });
  a.op("addic.", { RT: 29, RA: 29, SI: -1 });
  a.branch("bc", "data", { BO: BO.false, BI: EQ });
  a.load(30, PLACE.slot);
  for (let at = 0; at < 4 * PROGRAM_WORDS; at += 8) {
    a.op("ld", { RT: 3, RA: 31, DS: CASE.code + at });
    a.op("std", { RS: 3, RA: 30, DS: at });
  }
  for (let at = 0; at < 4 * PROGRAM_WORDS; at += 32) {
    a.op("addi", { RT: 3, RA: 30, SI: at });
    a.op("dcbst", { RA: 0, RB: 3 });
    a.op("sync", { L: 0 });
    a.op("icbi", { RA: 0, RB: 3 });
  }
  a.op("isync");
  resetSegments(a);
  resetTree(a);
  // No reservation, and no decrementer for a while.
  a.op("addi", { RT: 3, RA: 0, SI: VARIABLE.r31 });
  a.op("ldarx", { RT: 4, RA: 0, RB: 3 });
  a.op("stdcx.", { RS: 4, RA: 0, RB: 3 });
  a.load(3, 0x7fff_ffff);
  a.op("mtspr", { RS: 3, SPR: SPR.DEC });
  // All facilities, or TAR could not be written.
  a.op("addi", { RT: 3, RA: 0, SI: -1 });
  a.op("mtspr", { RS: 3, SPR: SPECIAL.FSCR });
  SPECIAL_NAMES.forEach((name, n) => {
    if (name === "FSCR") return;
    a.op("ld", { RT: 3, RA: 31, DS: CASE.special + 8 * n });
    a.op("mtspr", { RS: 3, SPR: SPECIAL[name] });
  });
  const fscr = CASE.special + 8 * SPECIAL_NAMES.indexOf("FSCR");
  a.op("ld", { RT: 3, RA: 31, DS: fscr });
  a.op("mtspr", { RS: 3, SPR: SPECIAL.FSCR });
  a.op("ld", { RT: 3, RA: 31, DS: CASE.msr });
  a.op("mtspr", { RS: 3, SPR: SPR.SRR1 });
  a.load(3, PLACE.slot);
  a.op("mtspr", { RS: 3, SPR: SPR.SRR0 });
  a.op("ld", { RT: 3, RA: 31, DS: CASE.cr });
  a.op("mtcrf", { FXM: 255, RS: 3 });
  for (let n = 0; n < 32; n++) {
    a.op("ld", { RT: n, RA: 31, DS: CASE.gpr + 8 * n });
  }
  a.op("rfid");
}

/** Calls for each doubleword of a page that is compared. */
function windows(each: (at: number) => void): void {
  for (let n = 0; n < WINDOW_BYTES; n += 8) each(n);
  for (let n = 0x1000 - WINDOW_BYTES; n < 0x1000; n += 8) each(n);
}

/** Entry 0: the first segment, with problem state's key 1. */
function resetSegments(a: Assembler): void {
  unless(a, "hash", "segments");
  a.op("slbia", { IH: 4 });
  a.op("addi", { RT: 5, RA: 0, SI: 0 });
  for (let n = 1; n < SLB_ENTRIES; n++) {
    a.op("addi", { RT: 4, RA: 0, SI: n });
    a.op("slbmte", { RS: 5, RB: 4 });
  }
  a.op("addis", { RT: 4, RA: 0, SI: 0x800 });
  a.op("addi", { RT: 5, RA: 0, SI: 0x400 });
  a.op("slbmte", { RS: 5, RB: 4 });
  a.op("isync");
  a.label("segments");
}

/** Leaves as they were: not referenced, not changed. */
function resetTree(a: Assembler): void {
  unless(a, "radix", "tree");
  a.op("addi", { RT: 3, RA: 0, SI: 0 });
  a.op("mtspr", { RS: 3, SPR: SPECIAL.PIDR });
  a.load(5, PLACE.leaves);
  a.op("ld", { RT: 4, RA: 5, DS: -8 });
  for (let at = 0; at < 128; at += 8) {
    a.op("ld", { RT: 3, RA: 5, DS: at });
    a.op("std", { RS: 3, RA: 4, DS: at });
  }
  a.op("sync", { L: 2 });
  a.op("addi", { RT: 3, RA: 0, SI: 0x400 });
  a.op("addi", { RT: 4, RA: 0, SI: 0 });
  a.op("tlbie", { RB: 3, RS: 4, RIC: 2, PRS: 1, R: 1 });
  a.op("eieio");
  a.op("tlbsync");
  a.op("sync", { L: 2 });
  a.op("isync");
  a.label("tree");
}

/** r31 is the vector. */
function saveRecord(a: Assembler): void {
  const save = (RS: number, name: string) =>
    a.op("std", { RS, RA: 0, DS: VARIABLE.record + recordOffset(name) });
  save(31, "vector");
  for (let n = 0; n < 31; n++) save(n, `r${n}`);
  a.op("ld", { RT: 3, RA: 0, DS: VARIABLE.r31 });
  save(3, "r31");
  a.op("mfmsr", { RT: 3 });
  save(3, "MSR");
  for (const name of ["SRR0", "SRR1"] as const) {
    a.op("mfspr", { RT: 3, SPR: SPR[name] });
    save(3, name);
  }
  a.op("mfcr", { RT: 3 });
  save(3, "CR");
  // Then all facilities, or TAR could not be read.
  a.op("mfspr", { RT: 3, SPR: SPECIAL.FSCR });
  save(3, "FSCR");
  a.op("addi", { RT: 4, RA: 0, SI: -1 });
  a.op("mtspr", { RS: 4, SPR: SPECIAL.FSCR });
  for (const name of SPECIAL_NAMES) {
    if (name === "FSCR") continue;
    a.op("mfspr", { RT: 3, SPR: SPECIAL[name] });
    save(3, name);
  }
  for (let n = 0; n < SLB_ENTRIES; n++) {
    a.op("addi", { RT: 4, RA: 0, SI: n });
    a.op("slbmfee", { RT: 3, RB: 4 });
    save(3, `SLBE${n}`);
    a.op("slbmfev", { RT: 3, RB: 4 });
    save(3, `SLBV${n}`);
  }
  a.load(5, PLACE.leaves);
  a.op("ld", { RT: 4, RA: 5, DS: -8 });
  DATA_PAGES.forEach((page, n) => {
    a.op("ld", { RT: 3, RA: 4, DS: 8 * (DATA_PAGE + n) });
    save(3, `PTE of ${page}`);
  });
  for (const page of DATA_PAGES) {
    a.load(4, pageAddress(page));
    windows((at) => {
      a.op("ld", { RT: 3, RA: 4, DS: at });
      save(3, `${page}+0x${at.toString(16)}`);
    });
  }
}

/** Two doublewords a call. */
function print(a: Assembler): void {
  a.op("addi", { RT: 28, RA: 0, SI: VARIABLE.record });
  a.load(29, RECORD_BYTES / 16);
  a.label("print");
  a.load(4, TERMINAL);
  a.op("addi", { RT: 5, RA: 0, SI: 16 });
  a.op("ld", { RT: 6, RA: 28, DS: 0 });
  a.op("ld", { RT: 7, RA: 28, DS: 8 });
  hypercall(a, H.PUT_TERM_CHAR);
  a.op("cmpi", { BF: 0, L: 1, RA: 3, SI: 0 });
  a.branch("bc", "print", { BO: BO.false, BI: EQ });
  a.op("addi", { RT: 28, RA: 28, SI: 16 });
  a.op("addic.", { RT: 29, RA: 29, SI: -1 });
  a.branch("bc", "print", { BO: BO.false, BI: EQ });
}

function nextCase(a: Assembler): void {
  a.op("ld", { RT: 3, RA: 0, DS: VARIABLE.case });
  a.op("addi", { RT: 3, RA: 3, SI: CASE_BYTES });
  a.op("std", { RS: 3, RA: 0, DS: VARIABLE.case });
  a.op("ld", { RT: 3, RA: 0, DS: VARIABLE.left });
  a.op("addic.", { RT: 3, RA: 3, SI: -1 });
  a.op("std", { RS: 3, RA: 0, DS: VARIABLE.left });
  a.branch("bc", "next", { BO: BO.false, BI: EQ });
  a.label("end");
  a.branch("b", "end");
}
