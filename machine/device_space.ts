/**
 * Real addresses that are not RAM: which device's registers lie where.
 *
 * @module
 */
import type { Exit } from "../cpu/accelerator.ts";
import type { MmioRegion } from "./interrupt_controller/mmio_region.ts";

/** Loads and stores of device registers. */
export class DeviceSpace {
  readonly #regions: readonly MmioRegion[];
  #unassigned = 0;

  constructor(regions: readonly MmioRegion[]) {
    this.#regions = regions;
  }

  /** Accesses to addresses at which there is nothing. */
  get unassigned(): number {
    return this.#unassigned;
  }

  /** Whether there is something at an access's address. */
  has({ address, bytes }: { address: bigint; bytes: number }): boolean {
    const at = Number(address);
    return this.#regions.some((region) =>
      at >= region.base && at + bytes <= region.base + region.bytes
    );
  }

  /**
   * Carries out what a vCPU asked for and gives what a load answers: all ones
   * where there is nothing. Device registers are big-endian, the exit has
   * bytes in memory order.
   */
  access(vcpu: number, exit: Exit & { readonly reason: "mmio" }): bigint {
    const { address, bytes, store } = exit;
    const at = Number(address);
    for (const region of this.#regions) {
      if (at < region.base || at + bytes > region.base + region.bytes) continue;
      const offset = at - region.base;
      if (store) {
        region.store(vcpu, offset, bytes, reverse(exit.value, bytes));
        return 0n;
      }
      return reverse(region.load(vcpu, offset, bytes), bytes);
    }
    this.#unassigned++;
    return ~0n;
  }
}

/** Reverses the low `bytes` bytes. */
function reverse(value: bigint, bytes: number): bigint {
  if (bytes <= 4) {
    const word = Number(value & 0xffff_ffffn);
    const swapped = ((word & 0xff) << 24) | ((word & 0xff00) << 8) |
      ((word >>> 8) & 0xff00) | (word >>> 24);
    return BigInt(swapped >>> (32 - 8 * bytes));
  }
  let out = 0n;
  for (let i = 0; i < bytes; i++) {
    out = (out << 8n) | ((value >> BigInt(8 * i)) & 0xffn);
  }
  return out;
}
