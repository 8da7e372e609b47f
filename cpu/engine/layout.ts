/**
 * Where everything that the engines touch lies in the one shared memory.
 *
 * ```
 * 0          guard page, never used
 * 64 KiB     one block for each vCPU: registers, journals, code TLBs, data
 *            TLBs, decoded-page pool and, for each byte order, RAM page → pool
 *            page
 *            use of RAM pages by vCPUs, and the locks of it
 *            hash table (HPT)
 *            shared state of the interrupt controllers
 *            guest RAM, 64 KiB aligned
 * ```
 *
 * @module
 */
import { STATE_BYTES } from "../state.ts";

/** Translation contexts: real mode, privileged and problem state. */
export const CONTEXTS = 3;

/** Contexts of fetches: the same in big-, then in little-endian mode. */
export const CODE_CONTEXTS: number = 2 * CONTEXTS;

/**
 * Entries of one context's data TLB (`DATA_ENTRY`): the first ones are for any
 * access to see, those set aside behind them for what others have driven out.
 */
export const DATA_TLB = {
  entries: 1024,
  aside: 1024,
  entryBytes: 32,
} as const;

/** Entries of one context's code TLB: tag, decoded page. */
export const CODE_TLB = { entries: 1024, entryBytes: 16 } as const;

/** Entries of one context's data TLB, with those set aside. */
export const DATA_TLB_ENTRIES: number = DATA_TLB.entries + DATA_TLB.aside;

/** Bytes of one context's data and code TLB. */
export const DATA_TLB_BYTES: number = DATA_TLB_ENTRIES * DATA_TLB.entryBytes;
export const CODE_TLB_BYTES: number = CODE_TLB.entries * CODE_TLB.entryBytes;

/**
 * A data TLB's journal: how many entries have been noted, then their
 * addresses. Beyond `entries` it only counts: the TLB is then dropped whole.
 */
export const JOURNAL = { entries: 255, bytes: 1024 } as const;

/** A decoded instruction: handler number, then the instruction word. */
export const RECORD_BYTES = 8;

/**
 * A record that leads to a region has the region's place in the table of
 * functions above the number of the handler that it replaces.
 */
export const REGION_SLOT_SHIFT = 16;

/** Records from this value up lead to regions. */
export const FIRST_REGION_RECORD = 1 << REGION_SLOT_SHIFT;

/**
 * Decoded form of a 4 KiB page: 1024 records and one that leads to the next
 * page, then the number of the RAM page in it.
 */
export const DECODED_PAGE_BYTES = 1024 * RECORD_BYTES + 16;

/** Offset of the RAM page's number, plus 1, within a decoded page. */
export const DECODED_PAGE_OWNER = 1024 * RECORD_BYTES + 8;

/**
 * What other threads ask of a vCPU: the bits of `REQUEST` in its registers. It
 * is the one word that engines poll: a vCPU leaves `run` soon after it is not
 * 0, at the next look-up of code or the end of its slice (compiled code: at the
 * heads of loops). What is asked is then done between instructions, by
 * `synchronize` or by who called `run`; to poll, an engine has to do no more
 * than to leave with its registers in place.
 */
export const REQUEST = {
  /** Leave to who called `run`. */
  kick: 1,
  /** Translations are to be dropped: see `INBOX`. */
  translations: 2,
  /** Decoded code, or permission to store, is to be dropped. */
  code: 4,
  /** An interrupt has become pending. */
  interrupt: 8,
} as const;

/**
 * Where other threads put what a vCPU is to drop from what it keeps, in bytes
 * from the start of a box. Beyond `entries`, COUNT says that all is to go.
 * POSTED and SERVED count modulo 2^32: a thread that has posted waits until
 * SERVED has come as far, or the vCPU is not `RUNNING`.
 */
export const INBOX = {
  LOCK: 0,
  POSTED: 4,
  SERVED: 8,
  COUNT: 12,
  /** First entry: kind, RAM page, bytes. */
  FIRST: 16,
  entryBytes: 12,
  entries: 84,
  bytes: 1024,
} as const;

/** Kinds of entries in inboxes. */
export const POST = {
  /** Translations: all of them. */
  all: 0,
  /** Translations: those that lead to so many bytes from a RAM page. */
  real: 1,
  /** Code: permission to store to a RAM page. */
  protect: 2,
  /** Code: what has been decoded from a RAM page. */
  decoded: 3,
  /** Translations: those of quadrants 0 and 1. */
  users: 4,
} as const;

/**
 * Use of a RAM page, four bytes each: bit n, vCPU n may have permission to
 * store there in its data TLBs; bit 16 + n, it has decoded the page. Never are
 * bits of both halves set but under the lock.
 */
export const PAGE_USE = { decoders: 16, mask: 0xffff } as const;

/** vCPUs that a page's use has room for. */
export const MAX_VCPUS = 16;

/** Bytes before the use of pages: locks, in cache lines of their own. */
export const LOCKS = {
  pages: 0,
  quadwords: 64,
  /** For whoever edits the hash table. */
  hashTable: 128,
  bytes: 192,
} as const;

/** Bytes of a vCPU's page for its thread. */
export const RUN_PAGE_BYTES = 4096;

/**
 * Offset of what tells a decoded page from others that were kept in the same
 * place before; of one that has been given back, the next such one.
 */
export const DECODED_PAGE_SERIAL = 1024 * RECORD_BYTES + 12;

/**
 * Instructions of the budget's end that no region begins in. A region has
 * fewer, and looks at the budget before it goes back in itself.
 */
export const REGION_RESERVE = 512;

/** Decoded pages that one vCPU keeps by default: 16 MiB of guest code. */
const DECODED_PAGES = 4096;

/** Byte ranges of one vCPU. */
export interface VcpuLayout {
  /** Registers, as `STATE` describes them. */
  readonly state: number;
  /** How its thread and others deal with each other: see `threads/`. */
  readonly run: number;
  /** Inboxes for translations and for code. */
  readonly inboxes: readonly [number, number];
  /** Journals of the data TLBs of privileged and of problem state. */
  readonly journals: number;
  /** Code TLBs, one after the other by context. */
  readonly codeTlb: number;
  /** Data TLBs, one after the other by context. */
  readonly dataTlb: number;
  /** Decoded pages. */
  readonly pool: number;
  /** RAM page → decoded page, four bytes each, for big- and little-endian. */
  readonly codeMap: readonly [number, number];
}

/** Byte ranges of the shared memory. */
export interface MemoryLayout {
  readonly vcpus: readonly VcpuLayout[];
  /** Decoded pages that a vCPU's pool has room for. */
  readonly decodedPages: number;
  /** Whether other threads than a vCPU's own may touch all this at any time. */
  readonly concurrent: boolean;
  /** The locks of `LOCKS`, then the use of RAM pages; 0 unless concurrent. */
  readonly pageUse: number;
  readonly hashTable: number;
  readonly hashTableBytes: number;
  readonly shared: number;
  readonly sharedBytes: number;
  readonly ram: number;
  readonly ramBytes: number;
  /** Size of all in WebAssembly pages of 64 KiB. */
  readonly pages: number;
}

/** What decides the layout. */
export interface MemorySizes {
  /** Guest RAM in bytes, a multiple of 64 KiB. */
  readonly ramBytes: number;
  readonly vcpus: number;
  /** Hash table in bytes: 0, or a power of two from 256 KiB. */
  readonly hashTableBytes: number;
  /** Interrupt controller state in bytes. */
  readonly sharedBytes: number;
  /** Whether vCPUs run in threads of their own; default false. */
  readonly threads?: boolean;
  /** Decoded pages that one vCPU keeps at most, from 1; default 4096. */
  readonly decodedPages?: number;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/** Lays the shared memory out. Throws RangeError where it exceeds 4 GiB. */
export function layOutMemory(sizes: MemorySizes): MemoryLayout {
  let at = 0x10000;
  const take = (bytes: number, to = 4096) => {
    const start = align(at, to);
    at = start + bytes;
    return start;
  };
  const { decodedPages = DECODED_PAGES, threads = false } = sizes;
  if (sizes.vcpus > MAX_VCPUS) {
    throw new RangeError(
      `Cannot lay out memory: too many vCPUs: ${sizes.vcpus}`,
    );
  }
  const concurrent = threads || sizes.vcpus > 1;
  const mapBytes = (sizes.ramBytes / 4096) * 4;
  const vcpus: VcpuLayout[] = [];
  for (let i = 0; i < sizes.vcpus; i++) {
    vcpus.push({
      state: take(STATE_BYTES),
      run: take(RUN_PAGE_BYTES),
      inboxes: [take(INBOX.bytes), take(INBOX.bytes, 64)],
      journals: take(2 * JOURNAL.bytes),
      codeTlb: take(CODE_CONTEXTS * CODE_TLB_BYTES),
      dataTlb: take(CONTEXTS * DATA_TLB_BYTES),
      pool: take(decodedPages * DECODED_PAGE_BYTES),
      codeMap: [take(mapBytes), take(mapBytes)],
    });
  }
  const pageUse = concurrent ? take(LOCKS.bytes + mapBytes) : 0;
  const hashTable = take(sizes.hashTableBytes, 0x10000);
  const shared = take(sizes.sharedBytes, 0x10000);
  const ram = take(sizes.ramBytes, 0x10000);
  const pages = align(at, 0x10000) / 0x10000;
  if (pages > 65536) {
    throw new RangeError(
      `Cannot lay out memory: guest RAM leaves no room below 4 GiB: ${sizes.ramBytes}`,
    );
  }
  return {
    vcpus,
    decodedPages,
    concurrent,
    pageUse,
    hashTable,
    hashTableBytes: sizes.hashTableBytes,
    shared,
    sharedBytes: sizes.sharedBytes,
    ram,
    ramBytes: sizes.ramBytes,
    pages,
  };
}

/** The vCPU that keeps a decoded page at an address, if any keeps one there. */
export function keeperOf(
  { vcpus, decodedPages }: MemoryLayout,
  at: number,
): VcpuLayout | undefined {
  return vcpus.find(({ pool }) =>
    at >= pool && at < pool + decodedPages * DECODED_PAGE_BYTES &&
    (at - pool) % DECODED_PAGE_BYTES === 0
  );
}
