/**
 * Which handler serves an instruction word, by number.
 *
 * @module
 */
import type { Instruction, IsaVersion } from "../isa/row.ts";
import { HOT_ROWS, HOT_VARIANTS, isRareVariant, RARE_ROWS } from "./hot.ts";
import { enumerateVariants, type Variant, type Variants } from "./variants.ts";

/** Handler numbers that are not a variant's. */
const DECODE = 0;
const FIRST_HOT = 1;

/** The handlers of one version of the ISA: hot, cold, rare, by number. */
export class HandlerTable {
  readonly hot: readonly Variant[];
  readonly cold: readonly Variant[];
  /** Those of a module of their own, made when the first is needed. */
  readonly rare: readonly Variant[];
  /** Number of the handler of words that no row describes. */
  readonly unknown: number;
  readonly #variants: Variants;
  readonly #numbers: Int32Array;

  constructor(isa: readonly Instruction[], version: IsaVersion) {
    this.#variants = enumerateVariants(isa, version);
    const { list } = this.#variants;
    this.hot = list.filter(isHot);
    const others = list.filter((variant) => !isHot(variant));
    this.cold = others.filter((variant) => !isRare(variant));
    this.rare = others.filter(isRare);
    this.unknown = FIRST_HOT + this.hot.length;
    const numbers = new Map<Variant, number>();
    this.hot.forEach((v, i) => numbers.set(v, FIRST_HOT + i));
    this.cold.forEach((v, i) => numbers.set(v, this.unknown + 1 + i));
    this.rare.forEach((v, i) => numbers.set(v, this.firstRare + i));
    this.#numbers = Int32Array.from(list, (v) => numbers.get(v) ?? 0);
  }

  /** Handler number of an instruction word at its place in the page. */
  decode(word: number, place: number): number {
    const index = this.#variants.find(word, place);
    return index < 0 ? this.unknown : this.#numbers[index] ?? this.unknown;
  }

  /** The row of an instruction word, if there is one. */
  instruction(word: number): Instruction | undefined {
    return this.#variants.decode(word >>> 0);
  }

  /** Handler numbers in use; regions get those from here. */
  get count(): number {
    return this.firstRare + this.rare.length;
  }

  /** Number of the first rare handler. */
  get firstRare(): number {
    return this.unknown + 1 + this.cold.length;
  }

  /** What a handler number stands for, in words. */
  nameOf(number: number): string {
    if (number === DECODE) return "(not decoded)";
    if (number === this.unknown) return "(unknown)";
    return (this.hot[number - FIRST_HOT] ??
      this.cold[number - this.unknown - 1] ??
      this.rare[number - this.firstRare])?.name ?? "(none)";
  }
}

function isRare({ instruction }: Variant): boolean {
  return RARE_ROWS.has(instruction);
}

function isHot({ name, instruction }: Variant): boolean {
  return HOT_VARIANTS.has(name) ||
    HOT_ROWS.has(instruction.name) && !isRareVariant(name);
}
