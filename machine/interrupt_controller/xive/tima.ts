/**
 * The thread interrupt management area: each vCPU finds its own thread context
 * at the same address, as much of it as the page lets it see.
 *
 * @module
 */
import { allOnes, type MmioRegion } from "../mmio_region.ts";
import { RING, TIMA } from "./layout.ts";
import type { XiveParts } from "./parts.ts";

/** Where the OS ring begins in the pages; the user's ring is before it. */
const OS_RING = 0x10;

/** Bytes of the OS ring that its page shows; the others read as 0. */
const VISIBLE: ReadonlySet<number> = new Set([
  RING.NSR,
  RING.CPPR,
  RING.IPB,
  RING.LSMFB,
  RING.ACK_COUNT,
  RING.INC,
  RING.PIPR,
]);

/** Offsets whose access does something. */
const OPERATION = {
  /** Load a halfword: acknowledge, giving NSR and CPPR. */
  acknowledge: 0x810,
  /** Store a byte: notify of a priority. */
  setPending: 0x812,
  /** Store a byte: acknowledge to the reporting line. */
  acknowledgeToLine: 0xc10,
} as const;

/** Bytes of the reporting line that an acknowledgement fills. */
const REPORT_BYTES = 16;

/**
 * The pages of the operating system and of its applications. There are no
 * event-based branches, so the user's ring never has anything to say.
 */
export function timaRegion(parts: XiveParts): MmioRegion {
  const { threads, ram } = parts;

  // The hardware's format of a context in 16 bytes: ours are byte 4 and 8 up.
  function acknowledgeToLine(vcpu: number): void {
    const taken = threads.acknowledge(vcpu);
    const line = threads.reportingLine(vcpu);
    if (line === undefined) return;
    threads.countAcknowledged(vcpu);
    const bytes = new Uint8Array(REPORT_BYTES);
    bytes[4] = threads.register(vcpu, RING.ACK_COUNT);
    bytes[8] = taken >> 8;
    bytes[9] = taken & 0xff;
    bytes[10] = threads.register(vcpu, RING.IPB);
    bytes[11] = threads.register(vcpu, RING.LSMFB);
    ram.write(line, bytes);
  }

  function peek(vcpu: number, offset: number, bytes: number): bigint {
    if (offset + bytes > OS_RING + 8 || offset % bytes !== 0) {
      return allOnes(bytes);
    }
    let value = 0n;
    for (let i = 0; i < bytes; i++) {
      const at = offset + i - OS_RING;
      const byte = VISIBLE.has(at) ? threads.register(vcpu, at) : 0;
      value = (value << 8n) | BigInt(byte);
    }
    return value;
  }

  return {
    name: "xive-tima",
    base: TIMA.os,
    bytes: 2 * TIMA.pageBytes,
    load(vcpu, offset, bytes) {
      if (offset >= TIMA.pageBytes) {
        const known = offset - TIMA.pageBytes + bytes <= OS_RING;
        return known ? 0n : allOnes(bytes);
      }
      if (offset === OPERATION.acknowledge && bytes === 2) {
        return BigInt(threads.acknowledge(vcpu));
      }
      return peek(vcpu, offset, bytes);
    },
    // A context in use takes no other stores than those of its operations.
    store(vcpu, offset, bytes, value) {
      if (bytes !== 1) return;
      switch (offset) {
        case OS_RING + RING.CPPR:
          return threads.setCppr(vcpu, Number(value & 0xffn));
        case OPERATION.setPending:
          return threads.notify(vcpu, Number(value & 0xffn));
        case OPERATION.acknowledgeToLine:
          return acknowledgeToLine(vcpu);
        default:
          return;
      }
    },
  };
}
