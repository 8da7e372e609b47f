/**
 * Pieces of meaning that several rows share and that are too long to repeat:
 * each engine makes them once and calls them.
 *
 * @module
 */
import type { Ops, Value } from "./ops.ts";

/** A named function over the abstract machine; always gives one value. */
export interface Subroutine {
  readonly name: string;
  readonly parameters: number;
  /** Whether it may raise an interrupt, so that callers must look. */
  readonly raises: boolean;
  readonly body: (m: Ops, ...args: Value[]) => Value;
}

/** Describes a subroutine; `name` must be unique. */
export function subroutine(
  name: string,
  parameters: number,
  body: (m: Ops, ...args: Value[]) => Value,
  { raises = false }: { raises?: boolean } = {},
): Subroutine {
  return { name, parameters, raises, body };
}
