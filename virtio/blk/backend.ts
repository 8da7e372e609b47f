/**
 * What a disk's bytes are kept in, for every device that is a disk.
 *
 * @module
 */

/** The unit of capacities and positions, whatever the disk's block size. */
export const SECTOR_BYTES = 512;

/**
 * A disk's bytes. All methods finish before they return and throw
 * `BackendError` where the host fails. Callers check ranges with
 * `holdsSectors()` before.
 */
export interface BlockBackend {
  /** Capacity in sectors of 512 bytes. */
  readonly sectors: number;
  readonly readonly: boolean;
  /** Fills the views in their order with the bytes from a position on. */
  read(position: number, into: readonly Uint8Array[]): void;
  /** Writes the views' bytes in their order, from a position on. */
  write(position: number, from: readonly Uint8Array[]): void;
  /** Writes that many zero bytes. */
  zero(position: number, bytes: number): void;
  /** Returns once all that was written is on the host's disk. */
  flush(): void;
  /** Nothing else may be called afterwards. */
  close(): void;
}

/** The host could not do what a disk asked of it: full, gone, failing. */
export class BackendError extends Error {
  override readonly name = "BackendError";
}

/** Whether a disk has all sectors of a range; `sector` may be Infinity. */
export function holdsSectors(
  backend: BlockBackend,
  sector: number,
  count: number,
): boolean {
  return sector >= 0 && count >= 0 && sector + count <= backend.sectors;
}
