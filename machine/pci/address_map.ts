/**
 * Where a partition's PCI host bridge lies: its windows in real storage, and
 * what there is on its bus. The numbers are those of the first host bridge of
 * a pseries partition elsewhere, so that a guest's logs can be compared.
 *
 * @module
 */

/** Bus unit identifier: by it RTAS calls name the bridge (LoPAPR 7.3.3). */
export const BUID = { high: 0x0800_0000, low: 0x2000_0000 } as const;

/** Slots of the bus; each holds a device of one function. */
export const SLOTS = 32;

/** A range of the bus that the processor reaches at other addresses. */
export interface Window {
  /** Real address of the first byte. */
  readonly base: number;
  /** Its address on the bus. */
  readonly bus: number;
  readonly bytes: number;
}

/** Address spaces of the bus, as far as the processor reaches them. */
export type WindowName = "io" | "memory32" | "memory64";

/** All windows. Every number is below 2^53. */
export const WINDOWS: Readonly<Record<WindowName, Window>> = {
  io: { base: 0x2000_0000_0000, bus: 0, bytes: 0x1_0000 },
  memory32: { base: 0x2000_8000_0000, bus: 0x8000_0000, bytes: 0x8000_0000 },
  memory64: {
    base: 0x2100_0000_0000,
    bus: 0x2100_0000_0000,
    bytes: 0x100_0000_0000,
  },
};

/**
 * The bus address to which functions write their messages: the data is the
 * number of the interrupt source.
 */
export const MESSAGE_PORT = { high: 0x400, low: 0 } as const;

/** A range of bus addresses through which functions reach memory. */
export const DMA = {
  /** The window that there is from the start: 1 GiB in pages of 4 KiB. */
  fixed: { liobn: 0x8000_0000, bus: 0, pageShift: 12, windowShift: 30 },
  /**
   * The window that a guest can create. It lies below 2^53, because addresses
   * are numbers here, and above all memory, so that none is in both.
   */
  dynamic: { liobn: 0x8000_0001, bus: 2 ** 44 },
  /** Most entries of a created window: 4 GiB in the smallest pages. */
  largestWindow: 2 ** 20,
  /** Binary logarithms of the page sizes that a created window may have. */
  pageShifts: [12, 16, 21, 24],
} as const;
