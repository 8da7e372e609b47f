/**
 * A window of the host bridge as the processor loads and stores it. The
 * machine's registers are big-endian numbers and PCI's are little-endian ones:
 * here, and only here, one becomes the other.
 *
 * @module
 */
import type { AccessBytes } from "../../virtio/pci_face.ts";
import type { MmioRegion } from "../interrupt_controller/mmio_region.ts";
import type { AddressDecoder } from "./address_decoder.ts";
import { type WindowName, WINDOWS } from "./address_map.ts";

/** Carries out an access of a vCPU. */
export type During = <R>(vcpu: number, access: () => R) => R;

const ALL_ONES: Readonly<Record<AccessBytes, number>> = {
  1: 0xff,
  2: 0xffff,
  4: 0xffff_ffff,
};

/** Swaps the bytes of a number that has so many. */
function swap(value: number, bytes: AccessBytes): number {
  switch (bytes) {
    case 1:
      return value & 0xff;
    case 2:
      return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
    case 4:
      return (((value & 0xff) << 24) | ((value & 0xff00) << 8) |
        ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
  }
}

/** The widest aligned access at an offset that does not go beyond the end. */
function pieceAt(offset: number, left: number): AccessBytes {
  if (left >= 4 && offset % 4 === 0) return 4;
  return left >= 2 && offset % 2 === 0 ? 2 : 1;
}

/** The region of a window. What no function answers to reads as all ones. */
export function windowRegion(
  name: WindowName,
  { decoder, during }: { decoder: AddressDecoder; during: During },
): MmioRegion {
  const { base, bytes } = WINDOWS[name];

  /** A load that the bus can do at once; its value is big-endian. */
  function loadPiece(offset: number, width: AccessBytes): number {
    const claim = decoder.find(name, offset);
    return claim
      ? swap(claim.bar.load(offset - claim.start, width), width)
      : ALL_ONES[width];
  }

  function storePiece(offset: number, width: AccessBytes, value: number) {
    const claim = decoder.find(name, offset);
    claim?.bar.store(offset - claim.start, width, swap(value, width));
  }

  return {
    name: `pci-${name}`,
    base,
    bytes,
    load(vcpu, offset, length) {
      return during(vcpu, () => {
        let value = 0n;
        for (let done = 0; done < length;) {
          const width = pieceAt(offset + done, length - done);
          const piece = BigInt(loadPiece(offset + done, width));
          value = (value << BigInt(8 * width)) | piece;
          done += width;
        }
        return value;
      });
    },
    store(vcpu, offset, length, value) {
      during(vcpu, () => {
        for (let done = 0; done < length;) {
          const width = pieceAt(offset + done, length - done);
          const below = BigInt(8 * (length - done - width));
          const piece = Number((value >> below) & BigInt(ALL_ONES[width]));
          storePiece(offset + done, width, piece);
          done += width;
        }
      });
    },
  };
}
