/**
 * The program that carries out batches under `qemu-ppc64` and `qemu-ppc64le`:
 * for each byte of standard input it reads a batch from a file, runs each
 * program of it from each of its start states, writes what they left to the
 * file, and a byte to standard output. It is assembled from our own rows, so
 * that no compiler is needed.
 *
 * All its variables are in the low page, which instructions reach without a
 * register: a program has all of them for itself. Exceptions arrive as
 * signals, on a stack of their own; the handler never returns from them.
 *
 * @module
 */
import { Assembler, op } from "./assembler.ts";
import { writeElf } from "./elf.ts";
import {
  BATCH,
  PLACE,
  readablePage,
  RECORD,
  RECORD_BYTES,
  RUNS_OFFSET,
  SIGNAL,
  SLOT_BYTES,
  STORAGE_BYTES,
} from "./record.ts";

/** Bytes of code at the start of a batch, which go into the slots. */
export const CODE_BYTES: number = BATCH.programs * SLOT_BYTES;
/** Bytes that follow: storage of each program, then records of each run. */
export const STORAGES_BYTES: number = BATCH.programs * STORAGE_BYTES;
export const RECORDS_BYTES: number = BATCH.programs * BATCH.states *
  RECORD_BYTES;
/** All slots are at addresses that differ in so many bits only. */
const SLOTS_BITS = Math.log2(CODE_BYTES);
const DATA_BYTES = STORAGES_BYTES + RECORDS_BYTES;

const LOW = {
  r31: PLACE.low,
  record: PLACE.low + 8,
  r0: PLACE.low + 16,
  ctr: PLACE.low + 24,
  programs: PLACE.low + 32,
  states: PLACE.low + 40,
  storage: PLACE.low + 48,
  slot: PLACE.low + 56,
  reservation: PLACE.low + 64,
  vsr0: PLACE.low + 80,
  records: PLACE.low + 96,
  stack: PLACE.low + 128,
  action: PLACE.low + 192,
  byte: PLACE.low + 256,
  /** Two timevals: how often afterwards, and when. */
  timer: PLACE.low + 264,
  noTimer: PLACE.low + 296,
  path: PLACE.low + 328,
} as const;

/** Linux's numbers (arch/powerpc/kernel/syscalls/syscall.tbl). */
const CALL = {
  exit: 1,
  read: 3,
  write: 4,
  open: 5,
  lseek: 19,
  setitimer: 104,
  sigaction: 173,
  sigreturn: 172,
  sigaltstack: 185,
} as const;
const READ_AND_WRITE = 2;
/** ITIMER_VIRTUAL: processor time, so that a busy host does not matter. */
const VIRTUAL = 1;
/** Most of it that a run may take; one takes less than a millisecond. */
const MOST_MICROSECONDS = 500_000;
/** The file is opened first of all. */
const FILE = 3;
const STACK_BYTES = 0x10000;
const PAGE_BYTES = 0x1000;
/** More than the system gives. */
const SYSTEM_BYTES = 0x100_0000;
/** SA_SIGINFO, SA_ONSTACK, SA_NODEFER. */
const SA_FLAGS = 0x4 | 0x0800_0000 | 0x4000_0000;
/** mcontext's gp_regs within a ucontext, and registers within those. */
const GREGS = 232;
const GREG = { NIP: 32, CTR: 35, LNK: 36 } as const;
/** mcontext's fp_regs within a ucontext; FPSCR comes behind them. */
const FREGS = GREGS + 8 * 48;
/** Within a siginfo. */
const SI = { code: 8, address: 16 } as const;
const SPR = { XER: 1, LR: 8, CTR: 9, VRSAVE: 256, TAR: 815 } as const;

/** Registers that are moved by mtspr, with their places. */
const SPECIAL = [
  [SPR.XER, RECORD.XER],
  [SPR.LR, RECORD.LR],
  [SPR.VRSAVE, RECORD.VRSAVE],
  [SPR.TAR, RECORD.TAR],
] as const;

/** Where QEMU has the harness and what belongs to it, and programs nothing. */
const OCCUPIED: readonly (readonly [start: number, bytes: number])[] = [
  [PLACE.low, PAGE_BYTES],
  [PLACE.harness, PAGE_BYTES],
  [PLACE.batch, DATA_BYTES],
  [PLACE.stack, STACK_BYTES],
  [PLACE.system, SYSTEM_BYTES],
];

/** Whether an address is in a place that programs have nothing to do with. */
export function isOccupied(address: bigint): boolean {
  return OCCUPIED.some(([start, bytes]) =>
    address >= BigInt(start) && address < BigInt(start + bytes)
  );
}

/** Words that come before a program in its slot. */
export const PROLOGUE: readonly number[] = [
  op("ld", { RT: 0, RA: 0, DS: LOW.ctr }),
  op("mtspr", { RS: 0, SPR: SPR.CTR }),
  op("ld", { RT: 0, RA: 0, DS: LOW.r0 }),
];

/** Where a program goes when it has come to its end: an absolute branch. */
export const EXIT: number = op("b", { LI: PLACE.harness, AA: 1 });

/** The harness, an ELF file. */
export function buildHarness(
  { littleEndian, path }: {
    readonly littleEndian: boolean;
    /** Of the file that batches are in. */
    readonly path: string;
  },
): Uint8Array {
  const { words, start, handler } = assemble();
  const code = new Uint8Array(4 * words.length);
  const view = new DataView(code.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, littleEndian));
  return writeElf({
    entry: start,
    littleEndian,
    segments: [
      {
        address: PLACE.low,
        content: lowPage({ handler, littleEndian, path }),
        access: "rw",
      },
      { address: PLACE.harness, content: code, access: "rx" },
      { address: PLACE.slots, bytes: CODE_BYTES, access: "rwx" },
      { address: PLACE.readable, content: readablePage(), access: "r" },
      { address: PLACE.writable, bytes: STORAGE_BYTES, access: "rw" },
      { address: PLACE.batch, bytes: DATA_BYTES, access: "rw" },
      { address: PLACE.stack, bytes: STACK_BYTES, access: "rw" },
    ],
  });
}

/** Linux's structures, which system calls want. */
function lowPage(
  { handler, littleEndian, path }: {
    readonly handler: number;
    readonly littleEndian: boolean;
    readonly path: string;
  },
): Uint8Array {
  const page = new Uint8Array(4096);
  const view = new DataView(page.buffer);
  const put = (address: number, value: number) =>
    view.setBigUint64(address - PLACE.low, BigInt(value), littleEndian);
  put(LOW.stack, PLACE.stack);
  put(LOW.stack + 16, STACK_BYTES);
  put(LOW.action, handler);
  put(LOW.action + 8, SA_FLAGS);
  put(LOW.timer + 24, MOST_MICROSECONDS);
  page.set(new TextEncoder().encode(path), LOW.path - PLACE.low);
  return page;
}

function assemble() {
  const a = new Assembler(PLACE.harness);
  a.branch("b", "exit");
  a.label("start");
  prepareSignals(a);
  a.op("addi", { RT: 3, RA: 0, SI: LOW.path });
  a.op("addi", { RT: 4, RA: 0, SI: READ_AND_WRITE });
  systemCall(a, CALL.open);
  a.branch("bc", "failed", { BO: 12, BI: 3 });
  a.label("batch");
  const byte = { address: LOW.byte, bytes: 1 };
  transfer(a, { call: CALL.read, descriptor: 0, ...byte });
  seek(a, 0);
  const code = { address: PLACE.slots, bytes: CODE_BYTES };
  const data = { address: PLACE.batch, bytes: DATA_BYTES };
  transfer(a, { call: CALL.read, descriptor: FILE, ...code });
  transfer(a, { call: CALL.read, descriptor: FILE, ...data });
  runPrograms(a);
  setTimer(a, LOW.noTimer);
  seek(a, CODE_BYTES);
  transfer(a, { call: CALL.write, descriptor: FILE, ...data });
  transfer(a, { call: CALL.write, descriptor: 1, ...byte });
  a.branch("b", "batch");
  for (const [label, status] of [["end", 0], ["failed", 1]] as const) {
    a.label(label);
    a.op("addi", { RT: 3, RA: 0, SI: status });
    systemCall(a, CALL.exit);
  }
  a.label("handler");
  ignoreLateTimer(a);
  saveSignal(a);
  a.branch("b", "common");
  return {
    words: a.finish(),
    start: a.address("start"),
    handler: a.address("handler"),
  };
}

function systemCall(a: Assembler, number: number): void {
  a.op("addi", { RT: 0, RA: 0, SI: number });
  a.op("sc");
}

function setTimer(a: Assembler, place: number): void {
  a.op("addi", { RT: 3, RA: 0, SI: VIRTUAL });
  a.op("addi", { RT: 4, RA: 0, SI: place });
  a.op("addi", { RT: 5, RA: 0, SI: 0 });
  systemCall(a, CALL.setitimer);
}

function seek(a: Assembler, offset: number): void {
  a.op("addi", { RT: 3, RA: 0, SI: FILE });
  a.load(4, offset);
  a.op("addi", { RT: 5, RA: 0, SI: 0 });
  systemCall(a, CALL.lseek);
}

function prepareSignals(a: Assembler): void {
  a.op("addi", { RT: 3, RA: 0, SI: LOW.stack });
  a.op("addi", { RT: 4, RA: 0, SI: 0 });
  systemCall(a, CALL.sigaltstack);
  for (const signal of Object.values(SIGNAL)) {
    if (signal === SIGNAL.none) continue;
    a.op("addi", { RT: 3, RA: 0, SI: signal });
    a.op("addi", { RT: 4, RA: 0, SI: LOW.action });
    a.op("addi", { RT: 5, RA: 0, SI: 0 });
    a.op("addi", { RT: 6, RA: 0, SI: 8 });
    systemCall(a, CALL.sigaction);
    a.branch("bc", "failed", { BO: 12, BI: 3 });
  }
}

/** Reads or writes all of a range, since pipes give parts of it. */
function transfer(
  a: Assembler,
  { call, descriptor, address, bytes }: {
    readonly call: number;
    readonly descriptor: number;
    readonly address: number;
    readonly bytes: number;
  },
): void {
  const again = `${call} ${address}`;
  a.load(29, address);
  a.load(28, bytes);
  a.label(again);
  a.op("addi", { RT: 3, RA: 0, SI: descriptor });
  a.op("addi", { RT: 4, RA: 29, SI: 0 });
  a.op("addi", { RT: 5, RA: 28, SI: 0 });
  systemCall(a, call);
  a.branch("bc", "failed", { BO: 12, BI: 3 });
  a.op("cmpi", { BF: 0, L: 1, RA: 3, SI: 0 });
  a.branch("bc", "end", { BO: 12, BI: 2 });
  a.op("add", { RT: 29, RA: 29, RB: 3 });
  a.op("subf", { RT: 28, RA: 3, RB: 28, Rc: 1 });
  a.branch("bc", again, { BO: 4, BI: 2 });
}

function runPrograms(a: Assembler): void {
  const set = (place: number, value: number) => {
    a.load(3, value);
    a.op("std", { RS: 3, RA: 0, DS: place });
  };
  set(LOW.programs, BATCH.programs);
  set(LOW.storage, PLACE.batch);
  set(LOW.records, PLACE.batch + STORAGES_BYTES);
  set(LOW.slot, PLACE.slots);
  a.label("program");
  a.op("ld", { RT: 3, RA: 0, DS: LOW.storage });
  a.load(4, PLACE.writable);
  copyStorage(a, "in");
  a.op("ld", { RT: 3, RA: 0, DS: LOW.records });
  a.op("std", { RS: 3, RA: 0, DS: LOW.record });
  a.op("ld", { RT: 3, RA: 0, DS: LOW.slot });
  a.op("lwz", { RT: 3, RA: 3, SI: RUNS_OFFSET });
  a.op("cmpi", { BF: 0, L: 0, RA: 3, SI: 0 });
  a.branch("bc", "done", { BO: 12, BI: 2 });
  a.op("std", { RS: 3, RA: 0, DS: LOW.states });
  a.label("state");
  loadState(a);
  a.label("exit");
  saveGeneral(a);
  a.label("common");
  saveState(a);
  const next = (place: number, step: number) => {
    a.op("ld", { RT: 3, RA: 0, DS: place });
    a.op("addic.", { RT: 3, RA: 3, SI: step });
    a.op("std", { RS: 3, RA: 0, DS: place });
  };
  next(LOW.record, RECORD_BYTES);
  next(LOW.states, -1);
  a.branch("bc", "state", { BO: 4, BI: 2 });
  a.load(3, PLACE.writable);
  a.op("ld", { RT: 4, RA: 0, DS: LOW.storage });
  copyStorage(a, "out");
  a.label("done");
  next(LOW.storage, STORAGE_BYTES);
  next(LOW.records, BATCH.states * RECORD_BYTES);
  next(LOW.slot, SLOT_BYTES);
  next(LOW.programs, -1);
  a.branch("bc", "program", { BO: 4, BI: 2 });
}

/** Copies from r3 to r4. */
function copyStorage(a: Assembler, label: string): void {
  const unroll = 8;
  a.op("addi", { RT: 5, RA: 0, SI: STORAGE_BYTES / unroll / 16 });
  a.op("mtspr", { RS: 5, SPR: SPR.CTR });
  for (let i = 0; i < unroll; i++) {
    a.op("addi", { RT: 6 + i, RA: 0, SI: 16 * i });
  }
  a.label(label);
  for (let i = 0; i < unroll; i++) {
    a.op("lxvd2x", { XT: i, RA: 3, RB: 6 + i });
    a.op("stxvd2x", { XS: i, RA: 4, RB: 6 + i });
  }
  a.op("addi", { RT: 3, RA: 3, SI: 16 * unroll });
  a.op("addi", { RT: 4, RA: 4, SI: 16 * unroll });
  a.branch("bc", label, { BO: 16, BI: 0 });
}

/**
 * Loads a quadword from an address that RA and a displacement make. It has
 * doubleword 1 first, in either byte order. Needs r30.
 */
function loadVector(
  a: Assembler,
  { XT, RA, SI }: { XT: number; RA: number; SI: number },
): void {
  a.op("addi", { RT: 30, RA, SI });
  a.op("lxvd2x", { XT, RA: 0, RB: 30 });
  a.op("xxpermdi", { XT, XA: XT, XB: XT, DM: 2 });
}

/** The reverse; turns the register's doublewords. */
function storeVector(
  a: Assembler,
  { XS, RA, SI }: { XS: number; RA: number; SI: number },
): void {
  a.op("xxpermdi", { XT: XS, XA: XS, XB: XS, DM: 2 });
  a.op("addi", { RT: 30, RA, SI });
  a.op("stxvd2x", { XS, RA: 0, RB: 30 });
}

function loadState(a: Assembler): void {
  setTimer(a, LOW.timer);
  // No reservation is left from before.
  a.op("addi", { RT: 3, RA: 0, SI: LOW.reservation });
  a.op("ldarx", { RT: 0, RA: 0, RB: 3 });
  a.op("stdcx.", { RS: 0, RA: 0, RB: 3 });
  a.op("ld", { RT: 31, RA: 0, DS: LOW.record });
  loadVector(a, { XT: 32, RA: 31, SI: RECORD.VSCR });
  a.op("mtvscr", { VRB: 0 });
  a.op("lfd", { FRT: 0, RA: 31, D: RECORD.FPSCR });
  a.op("mtfsf", { FLM: 255, FRB: 0, L: 1 });
  for (let n = 0; n < 64; n++) {
    loadVector(a, { XT: n, RA: 31, SI: RECORD.VSR + 16 * n });
  }
  for (const [number, at] of SPECIAL) {
    a.op("ld", { RT: 0, RA: 31, DS: at });
    a.op("mtspr", { RS: 0, SPR: number });
  }
  a.op("ld", { RT: 0, RA: 31, DS: RECORD.CR });
  a.op("mtcrf", { RS: 0, FXM: 255 });
  a.op("ld", { RT: 0, RA: 31, DS: RECORD.CTR });
  a.op("std", { RS: 0, RA: 0, DS: LOW.ctr });
  a.op("ld", { RT: 0, RA: 31, DS: RECORD.GPR });
  a.op("std", { RS: 0, RA: 0, DS: LOW.r0 });
  a.op("ld", { RT: 0, RA: 0, DS: LOW.slot });
  a.op("mtspr", { RS: 0, SPR: SPR.CTR });
  for (let n = 1; n < 32; n++) {
    a.op("ld", { RT: n, RA: 31, DS: RECORD.GPR + 8 * n });
  }
  a.op("bcctr", { BO: 20 });
}

/** At the end of a program: all of its registers are as it left them. */
function saveGeneral(a: Assembler): void {
  a.op("std", { RS: 31, RA: 0, DS: LOW.r31 });
  a.op("ld", { RT: 31, RA: 0, DS: LOW.record });
  for (let n = 0; n < 31; n++) {
    a.op("std", { RS: n, RA: 31, DS: RECORD.GPR + 8 * n });
  }
  a.op("ld", { RT: 0, RA: 0, DS: LOW.r31 });
  a.op("std", { RS: 0, RA: 31, DS: RECORD.GPR + 8 * 31 });
  for (const [number, at] of [[SPR.LR, RECORD.LR], [SPR.CTR, RECORD.CTR]]) {
    a.op("mfspr", { RT: 0, SPR: number ?? 0 });
    a.op("std", { RS: 0, RA: 31, DS: at ?? 0 });
  }
  storeVector(a, { XS: 0, RA: 0, SI: LOW.vsr0 });
  a.op("mffs", { FRT: 0 });
  a.op("stfd", { FRS: 0, RA: 31, D: RECORD.FPSCR });
  loadVector(a, { XT: 0, RA: 0, SI: LOW.vsr0 });
  a.op("addi", { RT: 0, RA: 0, SI: 0 });
  for (
    const at of [RECORD.NIP, RECORD.SIGNAL, RECORD.CODE, RECORD.ADDRESS]
  ) a.op("std", { RS: 0, RA: 31, DS: at });
}

/**
 * In the handler: a timer whose program has come to its end meanwhile changes
 * nothing. CR is the program's still, so CTR decides, which is kept elsewhere.
 */
function ignoreLateTimer(a: Assembler): void {
  const move = (RA: number) => a.op("mtspr", { RS: RA, SPR: SPR.CTR });
  // CTR less 1 is 0 where they are equal.
  a.op("addi", { RT: 6, RA: 3, SI: 1 - SIGNAL.endless });
  move(6);
  a.branch("bc", "signal", { BO: 16, BI: 0 });
  a.op("ld", { RT: 6, RA: 5, DS: GREGS + 8 * GREG.NIP });
  a.op("rldicl", { RS: 6, RA: 6, SH: 64 - SLOTS_BITS, MB: SLOTS_BITS });
  a.op("addi", { RT: 6, RA: 6, SI: 1 - PLACE.slots / 2 ** SLOTS_BITS });
  move(6);
  a.branch("bc", "signal", { BO: 18, BI: 0 });
  systemCall(a, CALL.sigreturn);
  a.label("signal");
}

/** In the handler: r3, r4, r5 and, by the ABI, some others are the kernel's. */
function saveSignal(a: Assembler): void {
  a.op("ld", { RT: 31, RA: 0, DS: LOW.record });
  a.op("std", { RS: 3, RA: 31, DS: RECORD.SIGNAL });
  a.op("lwa", { RT: 0, RA: 4, DS: SI.code });
  a.op("std", { RS: 0, RA: 31, DS: RECORD.CODE });
  a.op("ld", { RT: 0, RA: 4, DS: SI.address });
  a.op("std", { RS: 0, RA: 31, DS: RECORD.ADDRESS });
  const move = (greg: number, at: number) => {
    a.op("ld", { RT: 0, RA: 5, DS: GREGS + 8 * greg });
    a.op("std", { RS: 0, RA: 31, DS: at });
  };
  for (let n = 0; n < 32; n++) move(n, RECORD.GPR + 8 * n);
  move(GREG.NIP, RECORD.NIP);
  move(GREG.LNK, RECORD.LR);
  move(GREG.CTR, RECORD.CTR);
  // The kernel lets the handler begin with an FPSCR of its own.
  a.op("ld", { RT: 0, RA: 5, DS: FREGS + 8 * 32 });
  a.op("std", { RS: 0, RA: 31, DS: RECORD.FPSCR });
}

/** What neither the way to here nor the kernel has changed. */
function saveState(a: Assembler): void {
  a.op("mfcr", { RT: 0 });
  a.op("std", { RS: 0, RA: 31, DS: RECORD.CR });
  for (const [number, at] of SPECIAL) {
    if (number === SPR.LR) continue;
    a.op("mfspr", { RT: 0, SPR: number });
    a.op("std", { RS: 0, RA: 31, DS: at });
  }
  for (let n = 0; n < 64; n++) {
    storeVector(a, { XS: n, RA: 31, SI: RECORD.VSR + 16 * n });
  }
  a.op("mfvscr", { VRT: 0 });
  storeVector(a, { XS: 32, RA: 31, SI: RECORD.VSCR });
}
