import type { TreeOptions } from "../tree_options.ts";

/** Byte 5: form 1 and form 2 of `ibm,associativity`, with distance tables. */
const AFFINITY = 0x80 | 0x20;
/** Byte 23: XIVE exploitation mode; 0 is the XICS interface. */
const XIVE_EXPLOITATION = 0x40;
/** Byte 24: radix translation; 0 is the hash table. */
const RADIX = 0x40;
/** Byte 26: the guest invalidates translations itself (tlbie). */
const GUEST_TRANSLATION_SHOOTDOWN = 0x40;

/**
 * Builds `ibm,architecture-vec-5`: which options platform and guest agreed on
 * (LoPAR 2.9, appendix B, "Root Node Methods", option vector 5; bytes from 23
 * on are later than the book). With direct entry nobody negotiates, and the
 * platform states the outcome.
 *
 * Left at 0 because the machine has them not: memory under
 * `ibm,dynamic-reconfiguration-memory` (2, 22), hot plug events and resizing
 * of the hash table (6).
 *
 * @param options The partition.
 * @returns The vector; byte 0 counts the bytes after it, less one, and bytes
 * that are 0 at the end are left off.
 */
export function optionVector5(options: TreeOptions): Uint8Array {
  const vector = new Uint8Array(27);
  vector[5] = AFFINITY;
  if (options.interruptController === "xive") vector[23] = XIVE_EXPLOITATION;
  if (options.mmu === "radix") {
    vector[24] = RADIX;
    vector[26] = GUEST_TRANSLATION_SHOOTDOWN;
  }
  const length = vector.findLastIndex((byte) => byte !== 0) + 1;
  vector[0] = length - 2;
  return vector.slice(0, length);
}

/**
 * Builds `ibm,arch-vec-5-platform-support`: pairs of byte number and value
 * that the platform could agree to. It has settled on one of each.
 *
 * @param options The partition.
 * @returns The pairs.
 */
export function optionVector5Support(options: TreeOptions): Uint8Array {
  const vector = optionVector5(options);
  return Uint8Array.from([23, 24, 25, 26].flatMap((
    byte,
  ) => [byte, vector[byte] ?? 0]));
}
