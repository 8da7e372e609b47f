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
      `Cannot restore interrupt controller: ${what} is not an object: ${value}`,
    );
  }
  return value as Fields;
}

/** An array of objects, of the given length if one is given. */
export function recordsOf(
  value: unknown,
  what: string,
  length?: number,
): Fields[] {
  if (!Array.isArray(value)) {
    throw new TypeError(
      `Cannot restore interrupt controller: ${what} are not an array: ${value}`,
    );
  }
  if (length !== undefined && value.length !== length) {
    throw new RangeError(
      `Cannot restore interrupt controller: ${what} are not ${length}: ${value.length}`,
    );
  }
  return value.map((entry) => fieldsOf(entry, `entry of ${what}`));
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
      `Cannot restore interrupt controller: ${name} is not a number: ${value}`,
    );
  }
  if (!Number.isInteger(value) || value < 0 || value > maximum) {
    throw new RangeError(
      `Cannot restore interrupt controller: ${name} is not a whole number from 0 to ${maximum}: ${value}`,
    );
  }
  return value;
}

/** A truth value. */
export function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== "boolean") {
    throw new TypeError(
      `Cannot restore interrupt controller: ${name} is not a boolean: ${value}`,
    );
  }
  return value;
}

/** Checks that no two records are of the same number. */
export function checkDistinct(numbers: readonly number[], what: string): void {
  if (new Set(numbers).size !== numbers.length) {
    throw new RangeError(
      `Cannot restore interrupt controller: ${what} occur twice`,
    );
  }
}

/** Fails because of a value that contradicts the partition or the rest. */
export function refuse(what: string, value: unknown): never {
  throw new RangeError(
    `Cannot restore interrupt controller: ${what}: ${value}`,
  );
}
