/**
 * Checks of saved state, which may come from anywhere.
 *
 * @module
 */

/** A record of the saved state, its fields not yet looked at. */
export type Fields = Readonly<Record<string, unknown>>;

/** An object, or TypeError. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(
      `Cannot restore PCI: ${what} is not an object: ${value}`,
    );
  }
  return value as Fields;
}

/** An array of a length, or TypeError or RangeError. */
export function arrayOf(
  value: unknown,
  { what, length }: { what: string; length: number },
): unknown[] {
  if (!Array.isArray(value)) {
    throw new TypeError(
      `Cannot restore PCI: ${what} are not an array: ${value}`,
    );
  }
  if (value.length !== length) {
    throw new RangeError(
      `Cannot restore PCI: ${what} are not ${length}: ${value.length}`,
    );
  }
  return value;
}

/** A whole number from 0 to `maximum`. */
export function numberOf(
  fields: Fields,
  name: string,
  maximum: number,
): number {
  const value = fields[name];
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot restore PCI: ${name} is not a number: ${value}`,
    );
  }
  if (!Number.isInteger(value) || value < 0 || value > maximum) {
    throw new RangeError(
      `Cannot restore PCI: ${name} is not a whole number from 0 to ${maximum}: ${value}`,
    );
  }
  return value;
}

/** A truth value. */
export function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== "boolean") {
    throw new TypeError(
      `Cannot restore PCI: ${name} is not a boolean: ${value}`,
    );
  }
  return value;
}
