/**
 * From a row and operands to an instruction word.
 *
 * @module
 */
import { extractField, insertField } from "./forms.ts";
import type { Instruction } from "./row.ts";

/**
 * The word of an instruction; fields that are not given are 0.
 *
 * @throws {RangeError} where the form has no such field or it does not hold
 * the value.
 */
export function encode(
  insn: Instruction,
  fields: Readonly<Record<string, number>> = {},
): number {
  let word = insn.match;
  for (const [name, value] of Object.entries(fields)) {
    const field = insn.fields.get(name);
    if (!field) {
      throw new RangeError(
        `Cannot encode ${insn.name}: form ${insn.form} has no field ${name}`,
      );
    }
    const bits = insertField(field, value);
    if (extractField(field, bits) !== value) {
      throw new RangeError(
        `Cannot encode ${insn.name}: ${name} does not hold the value: ${value}`,
      );
    }
    word |= bits;
  }
  return word >>> 0;
}
