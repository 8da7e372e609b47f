/**
 * Virtual processor areas: memory by which a partition and its platform tell
 * each other how a virtual processor fares (LoPAPR 14.11.1, 14.11.3.2).
 *
 * @module
 */
import {
  type Dispatch,
  DISPATCHED,
  PREEMPTED,
  type PreemptReason,
} from "./dispatch.ts";
import type { GuestRam } from "./ram.ts";

/** Addresses that one vCPU has registered; 0 where it has not. */
export interface ProcessorAreas {
  vpa: number;
  slbShadow: number;
  dispatchTraceLog: number;
  dispatchTraceLogBytes: number;
  /** Entries of the log that have been written. */
  dispatchTraceIndex: number;
}

/** Bytes of a VPA: one cache-line multiple that crosses no page. */
export const VPA_BYTES = 640;

/** Offsets within a VPA (LoPAPR table "Virtual Processor Area"). */
const VPA = {
  sharedFlags: 0xa,
  /** Which preemptions are logged. */
  logMask: 0xb8,
  yieldCount: 0x100,
  /** Ticks spent ready, for want of a turn. */
  enqueueDispatch: 0x158,
  /** Ticks spent waiting, by the processor's own wish. */
  waitReady: 0x168,
  logIndex: 0x218,
} as const;

/** Bits of the log's mask by reason of the preemption. */
const LOGGED: Readonly<Record<PreemptReason, number>> = {
  cede: 1,
  confer: 2,
  timeSlice: 2,
};

/** Bytes of an entry of the log. */
const ENTRY_BYTES = 48;

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

  /** Registers a log, which begins anew. */
  registerLog(vcpu: number, address: number, bytes: number): void {
    const areas = this.#areas[vcpu];
    if (!areas) return;
    areas.dispatchTraceLog = address;
    areas.dispatchTraceLogBytes = bytes;
    areas.dispatchTraceIndex = 0;
    if (areas.vpa !== 0) this.#ram.setU64(areas.vpa + VPA.logIndex, 0n);
  }

  /**
   * How often a virtual processor has been taken off and put on, odd while it
   * is off; undefined without a VPA.
   */
  yieldCount(vcpu: number): number | undefined {
    const vpa = this.#areas[vcpu]?.vpa ?? 0;
    return vpa === 0 ? undefined : this.#ram.u32(vpa + VPA.yieldCount);
  }

  /** A virtual processor was taken off: its count becomes odd. */
  preempted(vcpu: number): void {
    this.#countTo(vcpu, 1);
  }

  /** It is on again: its count becomes even, and the log gets an entry. */
  dispatched(vcpu: number, dispatch: Dispatch): void {
    const areas = this.#areas[vcpu];
    if (!areas || areas.vpa === 0) return;
    const { away, now } = dispatch;
    const ticks = Math.max(0, now - away.since);
    const waited = away.reason === "cede";
    const sum = areas.vpa + (waited ? VPA.waitReady : VPA.enqueueDispatch);
    this.#ram.setU64(sum, this.#ram.u64(sum) + BigInt(ticks));
    this.#log(vcpu, areas, { ...dispatch, ticks });
    this.#countTo(vcpu, 0);
  }

  #countTo(vcpu: number, parity: 0 | 1): void {
    const count = this.yieldCount(vcpu);
    if (count === undefined || (count & 1) === parity) return;
    const at = (this.#areas[vcpu]?.vpa ?? 0) + VPA.yieldCount;
    this.#ram.setU32(at, (count + 1) >>> 0);
  }

  /** Writes an entry, and then how many there have been. */
  #log(
    vcpu: number,
    areas: ProcessorAreas,
    { away, reason, now, place, ticks }: Dispatch & { ticks: number },
  ): void {
    const { vpa, dispatchTraceLog, dispatchTraceLogBytes } = areas;
    const entries = Math.floor(dispatchTraceLogBytes / ENTRY_BYTES);
    const mask = this.#ram.u8(vpa + VPA.logMask);
    if (dispatchTraceLog === 0 || (mask & LOGGED[away.reason]) === 0) return;
    const entry = new DataView(new ArrayBuffer(ENTRY_BYTES));
    const short = Math.min(ticks, 0xffff_ffff);
    entry.setUint8(0, DISPATCHED[reason]);
    entry.setUint8(1, PREEMPTED[away.reason]);
    entry.setUint16(2, vcpu);
    // From enqueued to dispatched, or from waiting to ready.
    entry.setUint32(away.reason === "cede" ? 12 : 4, short);
    entry.setBigUint64(16, BigInt(Math.floor(now)));
    const { nia, msr } = place();
    entry.setBigUint64(32, nia);
    entry.setBigUint64(40, msr);
    const index = areas.dispatchTraceIndex % entries;
    this.#ram.write(
      dispatchTraceLog + ENTRY_BYTES * index,
      new Uint8Array(entry.buffer),
    );
    areas.dispatchTraceIndex++;
    this.#ram.setU64(vpa + VPA.logIndex, BigInt(areas.dispatchTraceIndex));
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
    const { dispatchTraceIndex } = areas;
    if (
      !Number.isSafeInteger(dispatchTraceIndex) || dispatchTraceIndex < 0 ||
      (dispatchTraceLog !== 0 && !(dispatchTraceLogBytes >= ENTRY_BYTES))
    ) {
      throw new RangeError("Cannot restore processor areas: log is malformed");
    }
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
    dispatchTraceIndex: 0,
  };
}
