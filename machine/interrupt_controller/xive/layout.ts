/**
 * Where the state of XIVE lies in shared memory and its registers in real
 * storage. Words are of 32 bits, in the host's order; the rings of the thread
 * contexts are bytes, as the book numbers them.
 *
 * ```
 * 0      lock
 * 64     one record for each vCPU: its thread context
 *        one record for each vCPU and priority: an event notification
 *        descriptor (END)
 *        one record for each source: event state buffer and assignment
 * ```
 *
 * @module
 */
import { SOURCE } from "../../source_numbers.ts";

/** Priorities of an END; the last is the hypervisor's. */
export const PRIORITIES = 8;
export const RESERVED_PRIORITY = 7;

/** Priority that masks; as CPPR, it masks nothing. */
export const MASKED = 0xff;

export const XIVE_LAYOUT = { lock: 0, threads: 64 } as const;

/** What calls give where they have nothing to give, and take as "none". */
export const MINUS_ONE = 2n ** 64n - 1n;

/** Bytes of a thread context: the OS ring, then words that are ours. */
export const THREAD = {
  BYTES: 32,
  /** Words: address of the reporting line pair; all ones if there is none. */
  REPORT_HIGH: 4,
  REPORT_LOW: 5,
} as const;

/** Registers of a ring, by byte. */
export const RING = {
  /** Notification source: whether there is an exception. */
  NSR: 0,
  /** Priority that an interrupt must be more favoured than. */
  CPPR: 1,
  /** Interrupt pending buffer: one bit for each priority, 0 at the left. */
  IPB: 2,
  LSMFB: 3,
  ACK_COUNT: 4,
  INC: 5,
  AGE: 6,
  /** Most favoured priority in IPB. */
  PIPR: 7,
} as const;

/** NSR: an exception of the OS ring. */
export const NSR_EO = 0x80;

/** Words of an END: an event queue and whom to notify. */
export const END = {
  FLAGS: 0,
  /** Log2 of the queue's bytes. */
  SHIFT: 1,
  /** Real address of the queue. */
  ADDRESS_HIGH: 2,
  ADDRESS_LOW: 3,
  /** Entry that is written next. */
  INDEX: 4,
  /** Bit 0 of the next entry; flips with each round. */
  GENERATION: 5,
  /** P and Q of the notification. */
  PQ: 6,
  WORDS: 8,
} as const;

/** Flags of an END. */
export const END_FLAG = { VALID: 1, ALWAYS_NOTIFY: 2 } as const;

/** Words of a source. */
export const SOURCE_WORD = {
  /** P and Q, and above them the line of an LSI. */
  STATUS: 0,
  /** END that events go to, with ROUTE flags. */
  ROUTE: 1,
  /** What the queue's entries carry. */
  EISN: 2,
  COUNT: 3,
  WORDS: 4,
} as const;

export const ASSERTED = 4;

/** Flags of a route above the END's index. */
export const ROUTE = {
  ASSIGNED: 0x4000_0000,
  MASKED: 0x2000_0000,
  END: 0xff_ffff,
} as const;

/** Bytes of shared memory that XIVE needs. */
export function xiveBytes(vcpus: number): number {
  return XIVE_LAYOUT.threads + vcpus * THREAD.BYTES +
    4 * (vcpus * PRIORITIES * END.WORDS + SOURCE.end * SOURCE_WORD.WORDS);
}

/** Log2 of the size of all XIVE pages. */
export const PAGE_SHIFT = 16;
const PAGE = 2 ** PAGE_SHIFT;

/**
 * Event state buffers: two pages a source, of which the first triggers and
 * the second manages.
 */
export const ESB = {
  base: 0x6_0100_0000_0000,
  stride: 2 * PAGE,
  bytes: SOURCE.end * 2 * PAGE,
} as const;

/** Notification pages of the ENDs, behind the event state buffers. */
export const END_ESB = {
  base: ESB.base + ESB.bytes,
  stride: 2 * PAGE,
} as const;

/**
 * Thread interrupt management area. A processor has four pages of it; those
 * of the hardware and the hypervisor are not the guest's to reach.
 */
export const TIMA = {
  os: 0x6_0302_0318_0000 + 2 * PAGE,
  user: 0x6_0302_0318_0000 + 3 * PAGE,
  pageBytes: PAGE,
} as const;
