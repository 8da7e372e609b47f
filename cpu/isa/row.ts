/**
 * One row per instruction: assembler syntax, encoding, meaning.
 *
 * @module
 */
import {
  type FieldLayout,
  type FieldName,
  formLayout,
  type FormName,
} from "./forms.ts";
import type { Field, Ops } from "./ops.ts";

/** The operands that a meaning receives: the fields its form really has. */
export type Operands<K extends FormName> = {
  readonly [N in FieldName<K>]: Field;
};

/** What an instruction does, over the abstract machine {@linkcode Ops}. */
export type Meaning<K extends FormName> = (m: Ops, f: Operands<K>) => void;

/** Versions of the Power ISA that matter here: POWER8 is 2.07, POWER9 3.0. */
export type IsaVersion = "2.07" | "3.0";

/** What a row may say beside syntax, encoding and meaning. */
export interface RowOptions {
  /** First version of the ISA that has it; default 2.07 (or earlier). */
  readonly since?: IsaVersion;
  /** Last version that has it. */
  readonly until?: IsaVersion;
  /**
   * Fields that every engine must know when it emits the row, because the
   * meaning looks at their number (SPR). One-bit fields always are.
   */
  readonly fixed?: readonly string[];
  /** Further bits that must have a value: [mask, match]. */
  readonly also?: readonly [number, number];
}

/** Restricts a row to one version, where each has a form of its own. */
export function only(
  version: IsaVersion,
): Pick<RowOptions, "since" | "until"> {
  return version === "3.0" ? { since: version } : { until: version };
}

/** An instruction: everything that decoder, text and engines derive from. */
export interface Instruction {
  /** Base mnemonic: "add" of "add[o][.]", "andi." of "andi.". */
  readonly name: string;
  /** Assembler syntax: "add[o][.] RT,RA,RB". */
  readonly syntax: string;
  readonly form: FormName;
  readonly mask: number;
  readonly match: number;
  readonly fields: ReadonlyMap<string, FieldLayout>;
  readonly options: RowOptions;
  readonly execute: (m: Ops, f: Readonly<Record<string, Field>>) => void;
}

/** A chapter of the book: its section, its title, its rows. */
export interface Chapter {
  /** "Book I 3.3.9". */
  readonly section: string;
  readonly title: string;
  readonly rows: readonly Instruction[];
}

/** Groups rows under their section of the book. */
export function chapter(
  section: string,
  title: string,
  rows: readonly Instruction[],
): Chapter {
  return { section, title, rows };
}

/**
 * Describes one instruction.
 *
 * `opcodes` gives PO, XO, EO in the order in which the form names them.
 */
export function row<K extends FormName>(
  syntax: string,
  form: K,
  opcodes: readonly number[],
  meaning: Meaning<K>,
  options: RowOptions = {},
): Instruction {
  const layout = formLayout(form);
  if (opcodes.length !== layout.opcodes.length) {
    throw new RangeError(
      `Cannot describe ${syntax}: form ${form} has ${layout.opcodes.length} opcode fields, got ${opcodes.length}`,
    );
  }
  let mask = layout.mask | (options.also?.[0] ?? 0);
  let match = layout.match | (options.also?.[1] ?? 0);
  layout.opcodes.forEach(({ shift, width }, i) => {
    const value = opcodes[i] ?? 0;
    if (value >= 2 ** width) {
      throw new RangeError(
        `Cannot describe ${syntax}: opcode does not fit in ${width} bits: ${value}`,
      );
    }
    mask |= ((2 ** width - 1) << shift) | 0;
    match |= value << shift;
  });
  return {
    name: /^[^ []+/.exec(syntax)?.[0] ?? syntax,
    syntax,
    form,
    mask: mask >>> 0,
    match: match >>> 0,
    fields: layout.fields,
    options,
    execute: meaning as Instruction["execute"],
  };
}
