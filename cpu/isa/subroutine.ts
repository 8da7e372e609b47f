/**
 * Pieces of meaning that several rows share and that are too long to repeat:
 * each engine makes them once and calls them.
 *
 * @module
 */
import type { Ops, Subroutine, Value } from "./ops.ts";

export type { Subroutine };

const names = new Set<string>();

/**
 * Describes a subroutine. Engines know it by its name.
 *
 * @throws {RangeError} where another has the name.
 */
export function subroutine(
  name: string,
  parameters: number,
  body: (m: Ops, ...args: Value[]) => Value,
  { raises = false, quick }: {
    raises?: boolean;
    quick?: Subroutine["quick"];
  } = {},
): Subroutine {
  if (names.has(name)) {
    throw new RangeError(`Cannot describe subroutine: name is taken: ${name}`);
  }
  names.add(name);
  return { name, parameters, raises, body, ...quick && { quick } };
}
