/**
 * Virtual processor areas: memory by which a partition and its platform tell
 * each other how a virtual processor fares (LoPAPR 14.11.1, 14.11.3.2).
 *
 * @module
 */
import type { GuestRam } from "./ram.ts";

/** Addresses that one vCPU has registered; 0 where it has not. */
export interface ProcessorAreas {
  vpa: number;
  slbShadow: number;
  dispatchTraceLog: number;
  dispatchTraceLogBytes: number;
}

/** Bytes of a VPA: one cache-line multiple that crosses no page. */
export const VPA_BYTES = 640;

/** Offsets within a VPA (LoPAPR table "Virtual Processor Area"). */
const VPA = { sharedFlags: 0xa, yieldCount: 0x100 } as const;

/** The processor is shared, so that a guest yields instead of spinning. */
const SHARED_PROCESSOR = 2;

/** Keeps what the vCPUs have registered. */
export class VirtualProcessorAreas {
  readonly #ram: GuestRam;
  readonly #areas: ProcessorAreas[];

  constructor(ram: GuestRam, vcpus: number) {
    this.#ram = ram;
    this.#areas = Array.from({ length: vcpus }, () => empty());
  }

  /** Areas of a vCPU, if there is such a vCPU. */
  of(vcpu: number): ProcessorAreas | undefined {
    return this.#areas[vcpu];
  }

  /** Registers a VPA: says that the processor is shared. */
  registerVpa(vcpu: number, address: number): void {
    const areas = this.#areas[vcpu];
    if (!areas) return;
    areas.vpa = address;
    const flags = address + VPA.sharedFlags;
    this.#ram.setU8(flags, this.#ram.u8(flags) | SHARED_PROCESSOR);
  }

  /** The dispatch counter is odd while the processor is not running. */
  yielded(vcpu: number, away: boolean): void {
    const areas = this.#areas[vcpu];
    if (!areas || areas.vpa === 0) return;
    const at = areas.vpa + VPA.yieldCount;
    const count = this.#ram.u32(at);
    if ((count & 1) === (away ? 1 : 0)) return;
    this.#ram.setU32(at, (count + 1) >>> 0);
  }

  reset(): void {
    this.#areas.forEach((areas) => Object.assign(areas, empty()));
  }

  save(): ProcessorAreas[] {
    return this.#areas.map((areas) => ({ ...areas }));
  }

  /** Throws RangeError where the data is not of as many vCPUs, or not in RAM. */
  restore(data: readonly ProcessorAreas[]): void {
    if (data.length !== this.#areas.length) {
      throw new RangeError(
        `Cannot restore processor areas: expected ${this.#areas.length} vCPUs, got ${data.length}`,
      );
    }
    data.forEach((areas) => this.#check(areas));
    data.forEach((areas, i) => Object.assign(this.#areas[i] ?? {}, areas));
  }

  #check(areas: ProcessorAreas): void {
    const { vpa, slbShadow, dispatchTraceLog, dispatchTraceLogBytes } = areas;
    const ranges = [
      [vpa, VPA_BYTES],
      [slbShadow, 0],
      [dispatchTraceLog, dispatchTraceLogBytes],
    ] as const;
    for (const [address, bytes] of ranges) {
      if (address === 0) continue;
      if (!Number.isInteger(address) || !this.#ram.contains(address, bytes)) {
        throw new RangeError(
          `Cannot restore processor areas: not in RAM: 0x${
            address.toString(16)
          }`,
        );
      }
    }
  }
}

function empty(): ProcessorAreas {
  return {
    vpa: 0,
    slbShadow: 0,
    dispatchTraceLog: 0,
    dispatchTraceLogBytes: 0,
  };
}
