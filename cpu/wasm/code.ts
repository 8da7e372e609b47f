/**
 * Writes the body of one WebAssembly function.
 *
 * @module
 */
import {
  MEMORY_OP,
  type MemoryOpName,
  OP,
  type OpName,
  TYPE,
  type TypeName,
} from "./opcodes.ts";

/** A block, loop or if that is open; `br` counts from the innermost. */
export interface Label {
  readonly depth: number;
}

/** A local variable's number. */
export type Local = number;

/** A growing run of bytes. */
export class Bytes {
  #bytes = new Uint8Array(256);
  length = 0;

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  all(values: ArrayLike<number>): void {
    this.#grow(values.length);
    this.#bytes.set(values, this.length);
    this.length += values.length;
  }

  /** Unsigned LEB128 of a number below 2^32. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit number. */
  signed(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      if ((rest === 0 && !(low & 64)) || (rest === -1 && low & 64)) {
        this.byte(low);
        return;
      }
      this.byte(low | 128);
    }
  }

  /** Signed LEB128 of a 64-bit number. */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    if (rest >= -0x40000000n && rest < 0x40000000n) {
      this.signed(Number(rest));
      return;
    }
    for (;;) {
      const low = Number(rest & 127n);
      rest >>= 7n;
      if ((rest === 0n && !(low & 64)) || (rest === -1n && low & 64)) {
        this.byte(low);
        return;
      }
      this.byte(low | 128);
    }
  }

  /** Changes a byte already written. */
  patch(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  #grow(by: number): void {
    if (this.length + by <= this.#bytes.length) return;
    const next = new Uint8Array(
      Math.max(this.#bytes.length * 2, this.length + by),
    );
    next.set(this.#bytes);
    this.#bytes = next;
  }
}

/** The body of a function: locals, control structure, instructions. */
export class Code {
  bytes = new Bytes();
  readonly #prologue = new Bytes();
  /** Offsets (from the body's first instruction) of branches and their hint. */
  readonly hints: { at: number; likely: boolean }[] = [];
  readonly #types: TypeName[];
  readonly #parameters: number;
  /** Locals by type that {@linkcode reuse} has given back. */
  readonly #free: Record<TypeName, Local[]> = {
    i32: [],
    i64: [],
    f64: [],
    v128: [],
  };
  readonly #fixed = new Map<Local, number>();
  #temporaries: { local: Local; type: TypeName }[] = [];
  #depth = 0;
  #lastSet: { end: number; at: number; local: Local } | undefined;

  constructor(parameters: readonly TypeName[]) {
    this.#types = [...parameters];
    this.#parameters = parameters.length;
  }

  /**
   * Lets a constant stand for a parameter. V8 need not compare a constant
   * address with the memory's size.
   */
  fix(parameter: Local, constant: number): void {
    this.#fixed.set(parameter, constant);
  }

  /** A local that lives as long as the function. */
  local(type: TypeName): Local {
    this.#types.push(type);
    return this.#types.length - 1;
  }

  /** A local that the next {@linkcode reuse} gives back. */
  temporary(type: TypeName): Local {
    const local = this.#free[type].pop() ?? this.local(type);
    this.#temporaries.push({ local, type });
    return local;
  }

  /** Ends the life of all temporaries. */
  reuse(): void {
    for (const { local, type } of this.#temporaries) {
      this.#free[type].push(local);
    }
    this.#temporaries = [];
    this.#lastSet = undefined;
  }

  /**
   * Writes instructions that come before all others; for what is only known
   * once the rest stands. They must leave no block open.
   */
  prologue(write: () => void): void {
    const body = this.bytes;
    this.bytes = this.#prologue;
    this.#lastSet = undefined;
    write();
    this.#lastSet = undefined;
    this.bytes = body;
  }

  op(name: OpName): void {
    this.#opcode(OP[name]);
  }

  /** A memory instruction; `align` in log2 where less than natural. */
  memory(name: MemoryOpName, offset = 0, align?: number): void {
    const [opcode, natural] = MEMORY_OP[name];
    this.#opcode(opcode);
    this.bytes.unsigned(align ?? natural);
    this.bytes.unsigned(offset);
  }

  i32(value: number): void {
    this.bytes.byte(0x41);
    this.bytes.signed(value);
  }

  i64(value: bigint | number): void {
    this.bytes.byte(0x42);
    if (typeof value === "number" && value === (value | 0)) {
      this.bytes.signed(value);
    } else this.bytes.signed64(BigInt(value));
  }

  get(local: Local): void {
    const fixed = this.#fixed.get(local);
    if (fixed !== undefined) return this.i32(fixed);
    const last = this.#lastSet;
    if (last && last.end === this.bytes.length && last.local === local) {
      this.bytes.patch(last.at, 0x22);
      this.#lastSet = undefined;
      return;
    }
    this.bytes.byte(0x20);
    this.bytes.unsigned(local);
  }

  set(local: Local): void {
    const at = this.bytes.length;
    this.bytes.byte(0x21);
    this.bytes.unsigned(local);
    this.#lastSet = { at, end: this.bytes.length, local };
  }

  tee(local: Local): void {
    this.bytes.byte(0x22);
    this.bytes.unsigned(local);
  }

  block(): Label {
    return this.#open(0x02);
  }

  loop(): Label {
    return this.#open(0x03);
  }

  /** Opens an if; `likely` tells V8 which way it usually goes. */
  if(likely?: boolean): Label {
    this.#hint(likely);
    return this.#open(0x04);
  }

  else(): void {
    this.bytes.byte(0x05);
    this.#lastSet = undefined;
  }

  end(): void {
    this.#depth--;
    this.bytes.byte(0x0b);
    this.#lastSet = undefined;
  }

  br(label: Label): void {
    this.bytes.byte(0x0c);
    this.bytes.unsigned(this.#depth - label.depth);
  }

  brIf(label: Label, likely?: boolean): void {
    this.#hint(likely);
    this.bytes.byte(0x0d);
    this.bytes.unsigned(this.#depth - label.depth);
  }

  brTable(labels: readonly Label[], otherwise: Label): void {
    this.bytes.byte(0x0e);
    this.bytes.unsigned(labels.length);
    for (const label of [...labels, otherwise]) {
      this.bytes.unsigned(this.#depth - label.depth);
    }
  }

  return(): void {
    this.bytes.byte(0x0f);
  }

  unreachable(): void {
    this.bytes.byte(0x00);
  }

  call(index: number): void {
    this.bytes.byte(0x10);
    this.bytes.unsigned(index);
  }

  callIndirect(type: number): void {
    this.bytes.byte(0x11);
    this.bytes.unsigned(type);
    this.bytes.unsigned(0);
  }

  /** Tail calls: they leave this function first. */
  returnCall(index: number): void {
    this.bytes.byte(0x12);
    this.bytes.unsigned(index);
  }

  returnCallIndirect(type: number): void {
    this.bytes.byte(0x13);
    this.bytes.unsigned(type);
    this.bytes.unsigned(0);
  }

  drop(): void {
    this.bytes.byte(0x1a);
  }

  select(): void {
    this.bytes.byte(0x1b);
  }

  /** Shuffle of two vectors by constant lane numbers 0-31. */
  shuffle(lanes: readonly number[]): void {
    this.#opcode(0xfd0d);
    this.bytes.all(lanes);
  }

  /** extract_lane: 8 and 16 bits unsigned as i32, 32 as i32, 64 as i64. */
  extractLane(bytes: 1 | 2 | 4 | 8, lane: number): void {
    this.#opcode({ 1: 0xfd16, 2: 0xfd19, 4: 0xfd1b, 8: 0xfd1d }[bytes]);
    this.bytes.byte(lane);
  }

  replaceLane(bytes: 1 | 2 | 4 | 8, lane: number): void {
    this.#opcode({ 1: 0xfd17, 2: 0xfd1a, 4: 0xfd1c, 8: 0xfd1e }[bytes]);
    this.bytes.byte(lane);
  }

  v128(bytes: ArrayLike<number>): void {
    this.#opcode(0xfd0c);
    this.bytes.all(bytes);
  }

  /** Stores one lane of a vector. */
  storeLane(bytes: 1 | 2 | 4 | 8, lane: number, offset: number): void {
    this.#opcode({ 1: 0xfd58, 2: 0xfd59, 4: 0xfd5a, 8: 0xfd5b }[bytes]);
    this.bytes.unsigned(0);
    this.bytes.unsigned(offset);
    this.bytes.byte(lane);
  }

  /** memory.fill and memory.copy on memory 0. */
  fill(): void {
    this.bytes.all([0xfc, 0x0b, 0x00]);
  }

  copy(): void {
    this.bytes.all([0xfc, 0x0a, 0x00, 0x00]);
  }

  fence(): void {
    this.bytes.all([0xfe, 0x03, 0x00]);
  }

  /** Declaration of locals, instructions and end: a function body. */
  finish(): { body: Uint8Array<ArrayBuffer>; codeOffset: number } {
    const out = new Bytes();
    const runs: [number, TypeName][] = [];
    for (const type of this.#types.slice(this.#parameters)) {
      const last = runs.at(-1);
      if (last?.[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    out.unsigned(runs.length);
    for (const [count, type] of runs) {
      out.unsigned(count);
      out.byte(TYPE[type]);
    }
    out.all(this.#prologue.view());
    const codeOffset = out.length;
    out.all(this.bytes.view());
    out.byte(0x0b);
    return { body: out.view(), codeOffset };
  }

  /** f64x2.extract_lane. */
  extractFloat(lane: number): void {
    this.#opcode(0xfd21);
    this.bytes.byte(lane);
  }

  /** f64x2.replace_lane. */
  replaceFloat(lane: number): void {
    this.#opcode(0xfd22);
    this.bytes.byte(lane);
  }

  #opcode(opcode: number): void {
    if (opcode > 0xffff) {
      this.bytes.byte(opcode >>> 12);
      this.bytes.unsigned(opcode & 0xfff);
    } else if (opcode > 0xff) {
      this.bytes.byte(opcode >>> 8);
      this.bytes.unsigned(opcode & 0xff);
    } else this.bytes.byte(opcode);
  }

  #open(opcode: number): Label {
    this.bytes.byte(opcode);
    this.bytes.byte(0x40);
    this.#depth++;
    this.#lastSet = undefined;
    return { depth: this.#depth };
  }

  #hint(likely: boolean | undefined): void {
    if (likely !== undefined && this.bytes !== this.#prologue) {
      this.hints.push({ at: this.bytes.length, likely });
    }
  }
}
