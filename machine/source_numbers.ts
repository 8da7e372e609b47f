/**
 * The interrupt map: which source number belongs to what (the numbers of a
 * pseries partition with a dual interrupt controller).
 *
 * @module
 */

/** Interrupt source numbers; each range is as long as the gap to the next. */
export const SOURCE = {
  /** Interprocessor interrupts, one for each vCPU; XICS source 2 is its IPI. */
  ipi: 0,
  /** Environmental and power warnings: the power button. */
  epow: 0x1000,
  hotplug: 0x1001,
  /** Virtual I/O: vty, nvram. */
  vio: 0x1100,
  pciLsi: 0x1200,
  pciMsi: 0x1300,
  /** First number beyond all sources. */
  end: 0x2000,
} as const;
