/**
 * Bounds of what one guest can make a share keep.
 *
 * @module
 */

/** Bounds of one share. What goes beyond is refused with the errno given. */
export interface Limits {
  /** Fids (ENFILE). A Linux guest has one for each file that it caches. */
  readonly fids: number;
  /** Files that are open at a time (EMFILE): host handles. */
  readonly files: number;
  /** Names in the lists of all folders that are being read (ENOMEM). */
  readonly names: number;
  /** Byte ranges that are locked (ENOLCK). */
  readonly locks: number;
}

/** The usual bounds. */
export const LIMITS: Limits = {
  fids: 262_144,
  files: 4096,
  names: 1_048_576,
  locks: 16_384,
};

/** Largest message that is agreed on, in bytes. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Smallest message size that is of use: a name, a header, an entry. */
export const MIN_MESSAGE_BYTES = 4096;
