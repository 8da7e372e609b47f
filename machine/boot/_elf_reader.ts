const EI_CLASS = 4;
const EI_DATA = 5;
const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ELFDATA2MSB = 2;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_PPC64 = 21;
const FILE_HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;

/** The file with its own byte order; reads that leave the file throw. */
export class ElfReader {
  /** Byte order of the file's numbers. */
  readonly littleEndian: boolean;
  /** Size of the file in bytes. */
  readonly length: number;
  readonly #view: DataView;

  /** Reads `bytes` in the given order. */
  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.littleEndian = littleEndian;
    this.length = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** A halfword. */
  u16(at: number): number {
    return this.#view.getUint16(this.#inside(at, 2), this.littleEndian);
  }

  /** A word. */
  u32(at: number): number {
    return this.#view.getUint32(this.#inside(at, 4), this.littleEndian);
  }

  /** A doubleword. */
  u64(at: number): bigint {
    return this.#view.getBigUint64(this.#inside(at, 8), this.littleEndian);
  }

  /** A 64-bit file offset or size; 2^53 and more is rounded, still too large. */
  size(at: number): number {
    return Number(this.u64(at));
  }

  /** Whether `text` stands at `at`, ended by a zero byte. */
  hasText(at: number, text: string): boolean {
    this.within(at, { count: text.length + 1, what: "section name" });
    for (let i = 0; i < text.length; i++) {
      if (this.#view.getUint8(at + i) !== text.charCodeAt(i)) return false;
    }
    return this.#view.getUint8(at + text.length) === 0;
  }

  /** Throws if a part of the file lies, in part, outside of the file. */
  within(at: number, part: { count: number; what: string }): void {
    if (at + part.count > this.length) {
      throw new RangeError(
        `Cannot load kernel: file is truncated: ${part.what} ends at ${
          at + part.count
        }, the file at ${this.length}`,
      );
    }
  }

  #inside(at: number, count: number): number {
    this.within(at, { count, what: "header" });
    return at;
  }
}

/**
 * Opens a file: checks that it is an executable ELF file for 64-bit Power, and
 * finds its byte order.
 */
export function openElf(bytes: Uint8Array): ElfReader {
  const magic = [0x7f, 0x45, 0x4c, 0x46];
  if (magic.some((byte, index) => bytes[index] !== byte)) {
    throw new SyntaxError("Cannot load kernel: not an ELF file");
  }
  const elfClass = bytes[EI_CLASS];
  if (elfClass === ELFCLASS32) {
    throw new TypeError(
      "Cannot load kernel: 32-bit ELF file: a 64-bit one is needed, such as vmlinux",
    );
  }
  const data = bytes[EI_DATA];
  if (
    elfClass !== undefined && elfClass !== ELFCLASS64 ||
    data !== undefined && data !== ELFDATA2LSB && data !== ELFDATA2MSB
  ) {
    throw new SyntaxError(
      `Cannot load kernel: bad ELF identification: class ${elfClass}, data ${data}`,
    );
  }
  const reader = new ElfReader(bytes, data === ELFDATA2LSB);
  reader.within(0, { count: FILE_HEADER_BYTES, what: "file header" });
  const machine = reader.u16(18);
  if (machine !== EM_PPC64) {
    throw new TypeError(
      `Cannot load kernel: not for 64-bit Power: machine ${machine}`,
    );
  }
  const type = reader.u16(16);
  if (type !== ET_EXEC && type !== ET_DYN) {
    throw new TypeError(
      `Cannot load kernel: not an executable ELF file: type ${type}`,
    );
  }
  return reader;
}

/** Where a named part of the program is, in memory. */
export interface Section {
  /** Effective address of its first byte. */
  readonly virtualAddress: bigint;
  /** Its size in bytes. */
  readonly memorySize: number;
}

/** Finds a section by its name; a file may have been stripped of them all. */
export function findSection(
  reader: ElfReader,
  name: string,
): Section | undefined {
  const table = reader.size(40);
  const headerBytes = reader.u16(58);
  const count = reader.u16(60);
  const namesIndex = reader.u16(62);
  // Sections are for tools: a program that was stripped of them still loads.
  if (table === 0 || namesIndex >= count) return undefined;
  reader.within(table, {
    count: count * headerBytes,
    what: "section header table",
  });
  if (headerBytes < SECTION_HEADER_BYTES) return undefined;
  const namesHeader = table + namesIndex * headerBytes;
  const names = reader.size(namesHeader + 24);
  const namesBytes = reader.size(namesHeader + 32);
  for (let i = 0; i < count; i++) {
    const at = table + i * headerBytes;
    const nameAt = reader.u32(at);
    if (nameAt + name.length >= namesBytes) continue;
    if (!reader.hasText(names + nameAt, name)) continue;
    return {
      virtualAddress: reader.u64(at + 16),
      memorySize: reader.size(at + 32),
    };
  }
  return undefined;
}
