/**
 * Where the bare program of privileged state has what, and what a case and a
 * record are made of: doublewords in big-endian order.
 *
 * @module
 */

/** How storage is translated where MSR says that it is. */
export type Translation = "real" | "hash" | "radix";

/** All of them, as the program is told: by number. */
export const TRANSLATIONS: readonly Translation[] = ["real", "hash", "radix"];

/** Real addresses, and effective ones but for the last two. */
export const PLACE = {
  /** Variables of the harness, which instructions reach without a register. */
  variables: 0x7000,
  /** Code of the program that runs. */
  slot: 0x8000,
  /** Pages that programs access: {@linkcode DATA_PAGES}. */
  data: 0x9000,
  /** Process table, roots and directories of radix trees. */
  processTable: 0x1_0000,
  /** What the leaves of the tree are at the start of each program. */
  leaves: 0x1_f000,
  /** Count of cases, the translation, then cases. */
  cases: 0x18_0000,
  /** No segment, no page. */
  nowhere: 0x1000_0000,
} as const;

/** Pages of program data, in this order. */
export const DATA_PAGES = [
  "free",
  "readOnly",
  "privileged",
  "noExecute",
  "absent",
  "keyed",
] as const;

/** What a page lets programs do. */
export type DataPage = typeof DATA_PAGES[number];

/** Address of a page of program data. */
export function pageAddress(page: DataPage): number {
  return PLACE.data + 0x1000 * DATA_PAGES.indexOf(page);
}

/** Words of a program, the last of which is an `sc`. */
export const PROGRAM_WORDS = 24;

/** Special purpose registers that a program starts from and leaves. */
export const SPECIAL = {
  XER: 1,
  DSCR: 17,
  DSISR: 18,
  DAR: 19,
  AMR: 29,
  PIDR: 48,
  IAMR: 61,
  TIDR: 144,
  FSCR: 153,
  UAMOR: 157,
  PSPB: 159,
  VRSAVE: 256,
  SPRG0: 272,
  SPRG1: 273,
  SPRG2: 274,
  SPRG3: 275,
  TAR: 815,
  LR: 8,
  CTR: 9,
} as const;

/** Names of {@linkcode SPECIAL} in the order in which they are stored. */
export const SPECIAL_NAMES = Object.keys(
  SPECIAL,
) as readonly (keyof typeof SPECIAL)[];

/** Offsets within a case, in bytes. */
export const CASE = {
  code: 0,
  msr: 4 * PROGRAM_WORDS,
  cr: 4 * PROGRAM_WORDS + 8,
  special: 4 * PROGRAM_WORDS + 16,
  gpr: 4 * PROGRAM_WORDS + 16 + 8 * SPECIAL_NAMES.length,
} as const;

/** Bytes of a case. */
export const CASE_BYTES: number = CASE.gpr + 256;

/** Cases of one image, which must not be larger than 4 MiB. */
export const MOST_CASES = 4000;

/** Entries of the segment lookaside buffer that programs change. */
export const SLB_ENTRIES = 4;

/** Bytes of each data page that are compared: its first and its last ones. */
export const WINDOW_BYTES = 32;

/** Doublewords of a record. */
export const RECORD_NAMES: readonly string[] = [
  "vector",
  "MSR",
  "SRR0",
  "SRR1",
  "CR",
  ...SPECIAL_NAMES,
  ...Array.from({ length: 32 }, (_, n) => `r${n}`),
  ...Array.from({ length: SLB_ENTRIES }, (_, n) => `SLBE${n}`),
  ...Array.from({ length: SLB_ENTRIES }, (_, n) => `SLBV${n}`),
  ...DATA_PAGES.map((page) => `PTE of ${page}`),
  ...DATA_PAGES.flatMap((page) =>
    Array.from({ length: 2 * WINDOW_BYTES / 8 }, (_, n) => {
      const at = 8 * n < WINDOW_BYTES
        ? 8 * n
        : 0x1000 - 2 * WINDOW_BYTES + 8 * n;
      return `${page}+0x${at.toString(16)}`;
    })
  ),
];

/** Bytes of a record. */
export const RECORD_BYTES: number = 8 * RECORD_NAMES.length;

/** The doubleword of a name in a record. */
export function recordOffset(name: string): number {
  const index = RECORD_NAMES.indexOf(name);
  if (index < 0) throw new RangeError(`Cannot find ${name} in record`);
  return 8 * index;
}
