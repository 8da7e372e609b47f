/**
 * How instructions of a region access storage, as far as it is known beforehand.
 *
 * @module
 */
import type { Local } from "../../wasm/code.ts";

/** Kinds of accesses; each has permission of its own. */
export type AccessKind = "read" | "write";

/** An access by way of a base register. */
export interface BasedAccess {
  readonly register: number;
  readonly kind: AccessKind;
  readonly bytes: number;
  /** What is added to the register, if that is a number. */
  readonly displacement: number | undefined;
}

/** Accesses that are looked up together. */
export interface AccessGroup {
  readonly register: number;
  /** "write" where one of them is. */
  kind: AccessKind;
  /** Least displacement, and the end of the farthest access. */
  low: number;
  high: number;
  /** Places in the block. */
  readonly members: number[];
}

/**
 * A page as locals. The access goes to the low word of the effective address
 * plus `addend`, where the address less its offset in the page is `tag`.
 */
export interface CachedPage {
  readonly tag: Local;
  readonly addend: Local;
  /**
   * Log2 of the bytes that it spans; a page that has less is not kept. Whether
   * code was decoded from it, which forbids writing, is known of 4 KB only.
   */
  readonly shift: number;
}

/** A tag that no address has: bit 11 belongs to the offset. */
export const NO_PAGE = 0x800;

/** Bits of an address that an access within a page by its alignment fixes. */
export function tagMask({ shift }: CachedPage, bytes: number): bigint {
  return (-1n << BigInt(shift)) | BigInt(bytes - 1);
}
