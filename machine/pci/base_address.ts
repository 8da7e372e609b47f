/**
 * Base address registers (PCI Local Bus 3.0, 6.2.5.1).
 *
 * @module
 */
import type { PciBar } from "../../virtio/pci_face.ts";
import type { ConfigRegisters } from "./config_registers.ts";

/** Offset of the first register. */
const FIRST = 0x10;
const COUNT = 6;

/** Constant low bits of a register: what kind of space it asks for. */
const FLAGS: Readonly<Record<PciBar["kind"], number>> = {
  io: 1,
  mem32: 0,
  // Type 10 (64 bits wide) and prefetchable.
  "mem64-prefetchable": 0xc,
};

/** Smallest range that a register can ask for, by the bits that it has. */
const SMALLEST: Readonly<Record<PciBar["kind"], number>> = {
  io: 4,
  mem32: 16,
  "mem64-prefetchable": 16,
};

/** Offset in configuration space of a BAR. */
export function barOffset({ index }: Pick<PciBar, "index">): number {
  return FIRST + 4 * index;
}

/** Whether a BAR takes two registers. */
export function isWide({ kind }: Pick<PciBar, "kind">): boolean {
  return kind === "mem64-prefetchable";
}

/**
 * Checks that BARs can be together in one function.
 *
 * @throws {RangeError} If one is out of range, or two share a register.
 */
export function checkBars(name: string, bars: readonly PciBar[]): void {
  const taken = new Set<number>();
  for (const bar of bars) {
    const { index, kind, bytes } = bar;
    const registers = isWide(bar) ? [index, index + 1] : [index];
    const free = registers.every((n) =>
      Number.isInteger(n) && n >= 0 && n < COUNT && !taken.has(n)
    );
    if (!free) {
      throw new RangeError(
        `Cannot make PCI function ${name}: no room for BAR: ${index}`,
      );
    }
    registers.forEach((n) => taken.add(n));
    const limit = kind === "io" ? 2 ** 16 : 2 ** 31;
    const isPowerOf2 = Number.isInteger(Math.log2(bytes));
    if (!isPowerOf2 || bytes < SMALLEST[kind] || bytes > limit) {
      throw new RangeError(
        `Cannot make PCI function ${name}: size of BAR ${index} is not a power of 2 from ${
          SMALLEST[kind]
        } to ${limit}: ${bytes}`,
      );
    }
  }
}

/**
 * Lays registers out. A guest learns a range's size by writing ones: the bits
 * below the size stay 0.
 */
export function layOutBars(
  registers: ConfigRegisters,
  bars: readonly PciBar[],
): void {
  for (const bar of bars) {
    const at = barOffset(bar);
    registers.set(at, 4, FLAGS[bar.kind]);
    registers.allow(at, 4, -bar.bytes);
    if (isWide(bar)) registers.allow(at + 4, 4, -1);
  }
}

/** The bus address that a BAR holds. */
export function barAddress(registers: ConfigRegisters, bar: PciBar): number {
  const at = barOffset(bar);
  const low = (registers.get(at, 4) & -bar.bytes) >>> 0;
  return isWide(bar) ? registers.get(at + 4, 4) * 0x1_0000_0000 + low : low;
}

/** Puts a bus address into a BAR, as firmware does. */
export function assignBar(
  registers: ConfigRegisters,
  bar: PciBar,
  address: number,
): void {
  const at = barOffset(bar);
  registers.write(at, 4, address % 0x1_0000_0000);
  if (isWide(bar)) {
    registers.write(at + 4, 4, Math.floor(address / 0x1_0000_0000));
  }
}
