/**
 * Names of a kernel's functions, from its ELF file's symbol table (System V
 * ABI, "Symbol Table"): 64-bit, of either byte order.
 *
 * @module
 */

/** A function's address and name. */
interface FunctionSymbol {
  readonly address: bigint;
  readonly name: string;
}

const SECTION_SYMBOLS = 2;
const SYMBOL_BYTES = 24;
/** STT_NOTYPE and STT_FUNC: assembler's functions often have no type. */
const KINDS = [0, 2];

/** Finds names of addresses. */
export class Symbols {
  readonly #sorted: readonly FunctionSymbol[];

  constructor(symbols: readonly FunctionSymbol[]) {
    this.#sorted = symbols.toSorted((a, b) => a.address < b.address ? -1 : 1);
  }

  /** 0 where the kernel was stripped. */
  get count(): number {
    return this.#sorted.length;
  }

  /** The last function at or below an address, if it is near. */
  nameOf(address: bigint): string | undefined {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.#sorted[middle]?.address ?? 0n;
      if (at <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.#sorted[low - 1];
    return found && address - found.address < 0x10000n ? found.name : undefined;
  }
}

/**
 * Reads the functions of a kernel.
 *
 * @throws {RangeError} If the file is cut short
 */
export function readSymbols(elf: Uint8Array): Symbols {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.length);
  const little = view.getUint8(5) === 1;
  const size = (at: number) => Number(view.getBigUint64(at, little));
  const table = size(40);
  const headerBytes = view.getUint16(58, little);
  const count = view.getUint16(60, little);
  const section = (number: number) => {
    const at = table + number * headerBytes;
    return {
      type: view.getUint32(at + 4, little),
      offset: size(at + 24),
      bytes: size(at + 32),
      link: view.getUint32(at + 40, little),
    };
  };
  const symbols: FunctionSymbol[] = [];
  for (let i = 0; i < count; i++) {
    const { type, offset, bytes, link } = section(i);
    if (type !== SECTION_SYMBOLS) continue;
    const names = section(link);
    const text = elf.subarray(names.offset, names.offset + names.bytes);
    for (let at = offset; at < offset + bytes; at += SYMBOL_BYTES) {
      const kind = view.getUint8(at + 4) & 15;
      if (!KINDS.includes(kind) || view.getUint16(at + 6, little) === 0) {
        continue;
      }
      const start = view.getUint32(at, little);
      const end = text.indexOf(0, start);
      const name = new TextDecoder().decode(text.subarray(start, end));
      const address = view.getBigUint64(at + 8, little);
      // Addresses of data below the kernel, and the assembler's local labels.
      if (address >> 60n === 0xcn && name !== "" && !/^[.$]L?/.test(name)) {
        symbols.push({ address, name });
      }
    }
  }
  return new Symbols(symbols);
}
