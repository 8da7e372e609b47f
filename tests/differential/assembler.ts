/**
 * A small assembler: instructions by their rows' names, with labels.
 *
 * @module
 */
import { encode } from "../../cpu/isa/encoder.ts";
import { ISA } from "../../cpu/isa/mod.ts";

// Special cases of a row come behind it, under the same name.
const ROWS = new Map(
  ISA.filter(({ options }) => options.until !== "2.07")
    .toReversed()
    .map((row) => [row.name, row]),
);

type Fields = Readonly<Record<string, number>>;

/** The word of an instruction by its row's name. */
export function op(name: string, fields: Fields = {}): number {
  const row = ROWS.get(name);
  if (!row) throw new RangeError(`Cannot assemble: no row ${name}`);
  return encode(row, fields);
}

/** Gathers the words of a program at a fixed address. */
export class Assembler {
  readonly #origin: number;
  readonly #words: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #fixups: (() => void)[] = [];

  constructor(origin: number) {
    this.#origin = origin;
  }

  /** Appends an instruction. */
  op(name: string, fields: Fields = {}): void {
    this.#words.push(op(name, fields));
  }

  /** Appends a branch to a label, which may come later. */
  branch(name: "b" | "bc", label: string, fields: Fields = {}): void {
    const at = this.#words.push(0) - 1;
    this.#fixups.push(() => {
      const distance = this.address(label) - this.#origin - 4 * at;
      const field = name === "b" ? "LI" : "BD";
      this.#words[at] = op(name, { ...fields, [field]: distance });
    });
  }

  /** Appends what puts a positive number below 2^31 into a register. */
  load(RT: number, value: number): void {
    this.op("addis", { RT, RA: 0, SI: value >>> 16 });
    this.op("ori", { RS: RT, RA: RT, UI: value & 0xffff });
  }

  /** Names the place of the next instruction. */
  label(name: string): void {
    this.#labels.set(name, this.#origin + 4 * this.#words.length);
  }

  /** Address of a label. */
  address(label: string): number {
    const at = this.#labels.get(label);
    if (at === undefined) {
      throw new RangeError(`Cannot assemble: no label ${label}`);
    }
    return at;
  }

  /** All words, with branches to labels filled in. */
  finish(): readonly number[] {
    for (const fixup of this.#fixups) fixup();
    return this.#words;
  }
}
