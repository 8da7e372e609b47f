/** A segment of {@linkcode buildElf}'s file. */
export interface FixtureSegment {
  readonly address: bigint;
  readonly physicalAddress?: bigint;
  readonly bytes: Uint8Array;
  readonly memorySize?: number;
  readonly executable?: boolean;
}

/** What {@linkcode buildElf} writes; all but the segments has a default. */
export interface Fixture {
  readonly byteOrder?: "big" | "little";
  readonly flags?: number;
  readonly type?: number;
  readonly machine?: number;
  readonly entry: bigint;
  readonly segments: readonly FixtureSegment[];
  /** A section `.opd` at this address, 24 bytes long. */
  readonly opd?: bigint;
}

/** Where {@linkcode buildElf} puts the first segment's bytes in the file. */
export const FIRST_SEGMENT = 0x400;

/** Writes an ELF file for 64-bit Power. */
export function buildElf(fixture: Fixture): Uint8Array<ArrayBuffer> {
  const { byteOrder = "big", segments, opd } = fixture;
  const little = byteOrder === "little";
  const file = new Uint8Array(
    FIRST_SEGMENT + segments.length * 0x200 + (opd === undefined ? 0 : 0x200),
  );
  const view = new DataView(file.buffer);
  const u16 = (at: number, value: number) => view.setUint16(at, value, little);
  const u32 = (at: number, value: number) => view.setUint32(at, value, little);
  const u64 = (at: number, value: bigint | number) =>
    view.setBigUint64(at, BigInt(value), little);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, little ? 1 : 2, 1]);
  u16(16, fixture.type ?? 2);
  u16(18, fixture.machine ?? 21);
  u32(20, 1);
  u64(24, fixture.entry);
  u64(32, 64);
  u32(48, fixture.flags ?? (little ? 2 : 1));
  u16(54, 56);
  u16(56, segments.length);
  segments.forEach((segment, index) => {
    const at = 64 + index * 56;
    const offset = FIRST_SEGMENT + index * 0x200;
    u32(at, 1);
    u32(at + 4, segment.executable === false ? 6 : 5);
    u64(at + 8, offset);
    u64(at + 16, segment.address);
    u64(at + 24, segment.physicalAddress ?? segment.address);
    u64(at + 32, segment.bytes.length);
    u64(at + 40, segment.memorySize ?? segment.bytes.length);
    file.set(segment.bytes, offset);
  });
  if (opd !== undefined) {
    const table = file.length - 0x200;
    const names = table + 0x180;
    u64(40, table);
    u16(58, 64);
    u16(60, 3);
    u16(62, 2);
    u32(table + 64, 1);
    u64(table + 64 + 16, opd);
    u64(table + 64 + 32, 24);
    u32(table + 128, 6);
    u64(table + 128 + 24, names);
    u64(table + 128 + 32, 16);
    file.set(new TextEncoder().encode("\0.opd\0.shstrtab\0"), names);
  }
  return file;
}

/** A kernel as Linux links it: at 0xC000000000000000, physically at 0. */
export function linuxLike(byteOrder: "big" | "little"): Fixture {
  return {
    byteOrder,
    entry: 0xc000_0000_0000_0000n,
    segments: [{
      address: 0xc000_0000_0000_0000n,
      physicalAddress: 0n,
      bytes: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
      memorySize: 0x2000,
    }],
  };
}

/** A function descriptor of ELFv1: address, TOC and environment. */
export function descriptor(address: bigint, toc: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setBigUint64(0, address);
  view.setBigUint64(8, toc);
  return new Uint8Array(view.buffer);
}
