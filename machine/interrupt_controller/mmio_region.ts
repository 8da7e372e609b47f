/**
 * Registers of an interrupt controller that the guest loads and stores.
 *
 * @module
 */

/**
 * Registers in real storage that no RAM is behind. Values are the big-endian
 * reading of the bytes, as wide as the access; an access never leaves the
 * region.
 */
export interface MmioRegion {
  readonly name: string;
  /** Real address of the first byte; below 2^53. */
  readonly base: number;
  readonly bytes: number;
  /** A load by a vCPU; all ones where nothing answers. */
  load(vcpu: number, offset: number, bytes: number): bigint;
  /** A store by a vCPU; lost where nothing listens. */
  store(vcpu: number, offset: number, bytes: number, value: bigint): void;
}

/** What a load gives that nothing answers. */
export function allOnes(bytes: number): bigint {
  return (1n << BigInt(8 * bytes)) - 1n;
}
