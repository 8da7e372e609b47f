/**
 * Text of a WebAssembly module's functions, one instruction a line, indented
 * by nesting: of the instructions that `code.ts` writes, no others.
 *
 * @module
 */
import { MEMORY_OP, OP, TYPE } from "./opcodes.ts";

type Operands = (reader: Reader) => string;

/** Signed and unsigned LEB128 of a module's bytes. */
class Reader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) {
      throw new RangeError("Cannot read module: it ends too early");
    }
    return byte;
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 1;; shift *= 128) {
      const byte = this.byte();
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  }

  signed(): bigint {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(Number(shift) + 7, value);
    }
  }

  text(): string {
    return new TextDecoder().decode(this.take(this.unsigned()));
  }

  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Numbers in front of which their count stands. */
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.unsigned() }, read);
  }
}

const index: Operands = (r) => ` ${r.unsigned()}`;
const nothing: Operands = () => "";
const lane: Operands = (r) => ` ${r.byte()}`;

function memory(reader: Reader): string {
  const align = reader.unsigned();
  const offset = reader.unsigned();
  return `${offset === 0 ? "" : ` offset=${offset}`} align=${2 ** align}`;
}

function indirect(reader: Reader): string {
  const type = reader.unsigned();
  reader.byte();
  return ` (type ${type})`;
}

/** Name and operands by opcode; prefixed ones with their prefix above. */
const INSTRUCTIONS = new Map<number, readonly [string, Operands]>([
  [0x00, ["unreachable", nothing]],
  [0x02, ["block", (r) => (r.byte(), "")]],
  [0x03, ["loop", (r) => (r.byte(), "")]],
  [0x04, ["if", (r) => (r.byte(), "")]],
  [0x05, ["else", nothing]],
  [0x0b, ["end", nothing]],
  [0x0c, ["br", index]],
  [0x0d, ["br_if", index]],
  [0x0e, [
    "br_table",
    (r) => ` ${[...r.list(() => r.unsigned()), r.unsigned()].join(" ")}`,
  ]],
  [0x0f, ["return", nothing]],
  [0x10, ["call", index]],
  [0x11, ["call_indirect", indirect]],
  [0x12, ["return_call", index]],
  [0x13, ["return_call_indirect", indirect]],
  [0x1a, ["drop", nothing]],
  [0x1b, ["select", nothing]],
  [0x20, ["local.get", index]],
  [0x21, ["local.set", index]],
  [0x22, ["local.tee", index]],
  [0x41, ["i32.const", (r) => ` ${r.signed()}`]],
  [0x42, ["i64.const", (r) => ` ${r.signed()}`]],
  [0xfc0a, ["memory.copy", (r) => (r.take(2), "")]],
  [0xfc0b, ["memory.fill", (r) => (r.take(1), "")]],
  [0xfd0c, ["v128.const", (r) => ` 0x${r.take(16).toReversed().toHex()}`]],
  [0xfd0d, ["i8x16.shuffle", (r) => ` ${[...r.take(16)].join(" ")}`]],
  ...(["i8x16", "i16x8", "i32x4", "i64x2"] as const).flatMap((shape, i) => {
    const extract = [0xfd16, 0xfd19, 0xfd1b, 0xfd1d][i] ?? 0;
    const sign = i < 2 ? "_u" : "";
    return [
      [extract, [`${shape}.extract_lane${sign}`, lane]],
      [extract + 1, [`${shape}.replace_lane`, lane]],
      [0xfd58 + i, [
        `v128.store${8 << i}_lane`,
        (r: Reader) => memory(r) + lane(r),
      ]],
    ] as const;
  }),
  [0xfd21, ["f64x2.extract_lane", lane]],
  [0xfd22, ["f64x2.replace_lane", lane]],
  [0xfe03, ["atomic.fence", (r) => (r.byte(), "")]],
  ...Object.entries(OP).map(([name, code]) => [code, [name, nothing]] as const),
  ...Object.entries(MEMORY_OP).map(([name, [code]]) =>
    [code, [name, memory]] as const
  ),
]);

const TYPES = new Map(Object.entries(TYPE).map(([name, code]) => [code, name]));

function prefixed(prefix: number, opcode: number): number {
  return prefix << (opcode > 0xff ? 12 : 8) | opcode;
}

/** Lines of a function's body, `end` of the function left out. */
function bodyLines(reader: Reader, end: number): string[] {
  const lines: string[] = [];
  let depth = 1;
  while (reader.at < end) {
    const first = reader.byte();
    const opcode = first >= 0xfc ? prefixed(first, reader.unsigned()) : first;
    const known = INSTRUCTIONS.get(opcode);
    if (!known) {
      throw new RangeError(
        `Cannot disassemble WebAssembly opcode: 0x${opcode.toString(16)}`,
      );
    }
    const [name, operands] = known;
    if (name === "end" || name === "else") depth--;
    if (depth > 0) lines.push("  ".repeat(depth) + name + operands(reader));
    if (["block", "loop", "if", "else"].includes(name)) depth++;
  }
  return lines;
}

/**
 * Writes a module's functions.
 *
 * @throws {RangeError} If it is cut short, or has instructions that ours have not
 */
export function disassembleModule(bytes: Uint8Array): string {
  const reader = new Reader(bytes);
  reader.take(8);
  const lines: string[] = [];
  let types: { parameters: string[]; results: string[] }[] = [];
  let functions: number[] = [];
  let imported = 0;
  const names = new Map<number, string>();
  const signature = (type: number) => {
    const { parameters = [], results = [] } = types[type] ?? {};
    return `(${parameters.join(" ")}) -> (${results.join(" ")})`;
  };
  const typeList = () =>
    reader.list(() => TYPES.get(reader.byte() as 0x7f) ?? "?");
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const end = reader.unsigned() + reader.at;
    if (id === 1) {
      types = reader.list(() => {
        reader.byte();
        return { parameters: typeList(), results: typeList() };
      });
    } else if (id === 2) {
      reader.list(() => {
        const name = [reader.text(), reader.text()].join(".");
        const kind = reader.byte();
        if (kind === 0) {
          const type = signature(reader.unsigned());
          lines.push(`import ${imported++} ${name} ${type}`);
        } else if (kind === 1) reader.take(1) && limits(reader);
        else limits(reader);
      });
    } else if (id === 3) functions = reader.list(() => reader.unsigned());
    else if (id === 7) {
      reader.list(() => {
        const name = reader.text();
        if (reader.byte() === 0) names.set(reader.unsigned(), name);
        else reader.unsigned();
      });
    } else if (id === 10) {
      const count = reader.unsigned();
      for (let i = 0; i < count; i++) {
        const number = imported + i;
        const name = names.get(number);
        const size = reader.unsigned();
        const bodyEnd = reader.at + size;
        lines.push(
          `function ${number} ${signature(functions[i] ?? 0)}` +
            (name === undefined ? "" : ` "${name}"`),
        );
        const locals = reader.list(() =>
          `${reader.unsigned()} ${TYPES.get(reader.byte() as 0x7f) ?? "?"}`
        );
        if (locals.length > 0) lines.push(`  locals ${locals.join(", ")}`);
        lines.push(...bodyLines(reader, bodyEnd));
      }
    }
    reader.at = end;
  }
  return lines.join("\n");
}

function limits(reader: Reader): void {
  const flags = reader.byte();
  reader.unsigned();
  if (flags & 1) reader.unsigned();
}
