/**
 * `ibm,pa-features`: which parts of the architecture a processor has, one bit
 * each. Bytes 0 to 23 are LoPAR 2.9, PA Processor Binding, "CPU Node
 * Properties"; bytes from 24 on are later than the book and stand as POWER9
 * firmware has them.
 *
 * @module
 */

/** Attributes that both processors have, with byte and mask. */
const COMMON = [
  [0, 0x80, "mmu"],
  [0, 0x40, "floating-point"],
  [0, 0x20, "slb"],
  [0, 0x10, "control-register-run"],
  [0, 0x04, "data-address-breakpoint"],
  [0, 0x02, "no-execute"],
  [1, 0x20, "cache-inhibited-large-pages"],
  [1, 0x10, "round-to-integer"],
  [1, 0x08, "data-address-breakpoint-extension"],
  [1, 0x04, "user-sprg3"],
  [1, 0x02, "invalid-slb-entry-reads-zero"],
  [1, 0x01, "page-protection-110"],
  [2, 0x80, "virtualized-partition-memory"],
  [2, 0x40, "data-streams-2.05"],
  [2, 0x04, "program-priority-register"],
  [2, 0x02, "data-streams-2.02"],
  [2, 0x01, "data-streams-2.06"],
  [3, 0x80, "load-stream-disable"],
  [3, 0x40, "depth-attainment-urgency"],
  [4, 0x80, "strong-storage-order"],
  [5, 0x80, "little-endian"],
  [5, 0x40, "come-from-address-register"],
  [5, 0x20, "elemental-barriers"],
  [5, 0x10, "load-store-quadword"],
  [6, 0x80, "data-streams-2.07"],
  [16, 0x80, "vector"],
  [18, 0x80, "vector-scalar"],
  [20, 0x80, "vector-crypto"],
  // Byte 22 is transactional memory, which no processor of ours has.
] as const;

/**
 * Attributes that came with POWER9. No published book describes them; where
 * the meaning is not plain, the name is the abbreviation that firmware uses.
 */
const POWER9_ONLY = [
  [24, 0x80, "extended-decrementer"],
  [26, 0x80, "64-bit-features"],
  [28, 0x80, "pm-features"],
  [30, 0x80, "mmr"],
  [32, 0x80, "little-endian-atomics"],
  [34, 0xc0, "event-based-branches"],
  [36, 0x80, "spr-so"],
  [38, 0x80, "copy-paste"],
  [40, 0x80, "radix-mmu"],
  [42, 0x80, "pm"],
  [44, 0x80, "pc-ra"],
  [46, 0x80, "system-call-vectored"],
  [48, 0x80, "simd"],
  [50, 0x80, "quad-precision"],
  [52, 0x80, "string"],
  [54, 0x80, "decimal-floating-point"],
  [56, 0x80, "decimal-integer"],
  [58, 0x80, "secure-hash"],
  [60, 0x80, "near-memory-atomics"],
  [62, 0x80, "random-number"],
] as const;

/** All attributes: byte, mask and name. */
export const PROCESSOR_FEATURES = [...COMMON, ...POWER9_ONLY] as const;

/** An attribute of the processor by its name in {@linkcode PROCESSOR_FEATURES}. */
export type ProcessorFeature = typeof PROCESSOR_FEATURES[number][2];

/** Attribute bytes that the property has: where each processor's stop. */
const LENGTH = { power8: 24, power9: 66 } as const;

/**
 * Builds the value of `ibm,pa-features`.
 *
 * @param cpu Which processor.
 * @param without Attributes to leave out, because the machine has them not.
 * @returns One descriptor: number of attribute bytes, type 0, the bytes.
 */
export function paFeatures(
  cpu: "power8" | "power9",
  without: readonly ProcessorFeature[] = [],
): Uint8Array {
  const length = LENGTH[cpu];
  const value = new Uint8Array(2 + length);
  value[0] = length;
  for (const [byte, mask, name] of PROCESSOR_FEATURES) {
    if (byte >= length || without.includes(name)) continue;
    value[2 + byte]! |= mask;
  }
  return value;
}
