/**
 * Where the state of XICS lies in shared memory. All are 32-bit words in the
 * host's order.
 *
 * ```
 * 0      lock
 * 64     one bit for each source that waits to be presented
 * 576    one record for each vCPU
 *        one record for each source
 * ```
 *
 * @module
 */
import { SOURCE } from "../../source_numbers.ts";

/** The source number of every interprocessor interrupt (LoPAPR 6.2). */
export const XICS_IPI = 2;

/** Priority of what is masked: less favoured than every CPPR. */
export const MASKED = 0xff;

/** First source with a record; those below are not XICS's. */
export const FIRST_SOURCE = SOURCE.epow;
export const SOURCES = SOURCE.end - FIRST_SOURCE;

/** Byte offsets of the parts that do not depend on the number of vCPUs. */
export const XICS_LAYOUT = {
  lock: 0,
  waiting: 64,
  servers: 64 + SOURCES / 8,
} as const;

/** Words of a vCPU's record: its interrupt presentation controller. */
export const SERVER = {
  /** Priority that an interrupt must be more favoured than. */
  CPPR: 0,
  /** Source presented, or 0. */
  XISR: 1,
  /** Priority of the source presented. */
  PENDING: 2,
  /** Priority of the interprocessor interrupt; 0xff if there is none. */
  MFRR: 3,
  /** Timebase when the source was presented. */
  STAMP_HIGH: 4,
  STAMP_LOW: 5,
  WORDS: 8,
} as const;

/** Words of a source's record: its external interrupt vector entry. */
export const VECTOR = {
  SERVER: 0,
  /** Priority, and above bit 8 the one that ibm,int-on brings back. */
  PRIORITY: 1,
  FLAGS: 2,
  COUNT: 3,
  WORDS: 4,
} as const;

/** Flags of a source. */
export const FLAG = {
  /** An edge has come that has not been presented. */
  LATCHED: 1,
  /** The line of a level-sensitive source is raised. */
  ASSERTED: 2,
  /** Presented to a vCPU, and not yet at its end of interrupt. */
  SENT: 4,
} as const;

/** Bytes of shared memory that XICS needs. */
export function xicsBytes(vcpus: number): number {
  return XICS_LAYOUT.servers +
    4 * (vcpus * SERVER.WORDS + SOURCES * VECTOR.WORDS);
}
