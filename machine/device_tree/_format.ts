/**
 * The flattened device tree's numbers (Devicetree Specification 0.4, 5.2 to
 * 5.4).
 *
 * @module
 */

/** First word of every flattened tree. */
export const FDT_MAGIC = 0xd00d_feed;
/** The version written and read. */
export const FDT_VERSION = 17;
/** The oldest version that a reader of version 17 can be given. */
export const FDT_LAST_COMPATIBLE_VERSION = 16;
/** Bytes of the header of version 17: ten words. */
export const FDT_HEADER_BYTES = 40;

/** Words that begin each item of the structure block. */
export const FDT_BEGIN_NODE = 1;
export const FDT_END_NODE = 2;
export const FDT_PROP = 3;
export const FDT_NOP = 4;
export const FDT_END = 9;

/** Memory that the guest must not use before it has read it. */
export interface Reservation {
  /** Physical address of the first byte. */
  readonly address: number;
  /** Size in bytes. */
  readonly size: number;
}
