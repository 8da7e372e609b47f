/** How the words of the command line are read; each row of the table has one of these. */
export type OptionKind = "switch" | "single" | "repeatable";

/** One row of the table of options. */
export interface Option<Kind extends OptionKind = OptionKind, T = unknown> {
  /** Whether it takes a value, and how often. */
  readonly kind: Kind;
  /** What stands for the value in the help text; empty for a switch. */
  readonly placeholder: string;
  /** What it does, for the help text; empty if the next row's tells. */
  readonly help: string;
  /**
   * Reads the value.
   *
   * @throws {SyntaxError} If it cannot be read; the message says what to give
   */
  readonly read: (text: string) => T;
}

/** What rows with a value have in common. */
export interface OptionDescription<T> {
  /** See {@linkcode Option.placeholder}. */
  readonly value: string;
  /** See {@linkcode Option.help}. */
  readonly help: string;
  /** See {@linkcode Option.read}. */
  readonly read: (text: string) => T;
}

/** Describes an option without value. */
export function toggle(help: string): Option<"switch", true> {
  return { kind: "switch", placeholder: "", help, read: () => true };
}

/** Describes an option with a value. */
export function single<T>(
  { value, help, read }: OptionDescription<T>,
): Option<"single", T> {
  return { kind: "single", placeholder: value, help, read };
}

/** Describes an option with a value that may be given several times. */
export function repeatable<T>(
  { value, help, read }: OptionDescription<T>,
): Option<"repeatable", T> {
  return { kind: "repeatable", placeholder: value, help, read };
}

/** What is in the table's rows, by name. */
export type OptionValues<Table extends Record<string, Option>> = {
  [Name in keyof Table]?: Table[Name] extends Option<infer Kind, infer T>
    ? Kind extends "repeatable" ? T[] : T
    : never;
};
