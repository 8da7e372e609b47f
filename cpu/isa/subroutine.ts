/**
 * Pieces of meaning that several rows share and that are too long to repeat:
 * each engine makes them once and calls them.
 *
 * @module
 */
import type { Ops, Subroutine, Value } from "./ops.ts";

export type { Subroutine };

/** Describes a subroutine; `name` must be unique. */
export function subroutine(
  name: string,
  parameters: number,
  body: (m: Ops, ...args: Value[]) => Value,
  { raises = false }: { raises?: boolean } = {},
): Subroutine {
  return { name, parameters, raises, body };
}
