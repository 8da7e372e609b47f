import * as z from "zod";

// JSON numbers hold 53 bits exactly, so whatever is wider than a count travels
// as text. Lower case and no leading zeros in answers; either accepted.
function hexString(bits: 32 | 64 | 128): z.ZodString {
  return z.string().regex(new RegExp(`^0x[0-9a-fA-F]{1,${bits / 4}}$`)).meta({
    id: `Hex${bits}`,
    description: `An unsigned ${bits}-bit number as hex string, "0x…"`,
  });
}

/** Schema of an unsigned 32-bit number as hex string. */
export const hex32: z.ZodString = hexString(32);
/** Schema of an unsigned 64-bit number as hex string. */
export const hex64: z.ZodString = hexString(64);
/** Schema of an unsigned 128-bit number as hex string. */
export const hex128: z.ZodString = hexString(128);

/** Bytes as an even number of hex digits without prefix. */
export const hexBytes: z.ZodString = z.string().regex(/^([0-9a-fA-F]{2})*$/)
  .meta({ id: "HexBytes", description: "Bytes in order, two hex digits each" });

/** Bytes as base64 (RFC 4648 section 4, with padding). */
export const base64Bytes: z.ZodBase64 = z.base64().meta({
  id: "Base64",
  description: "Bytes as base64, padded",
});

/** Writes a number as the monitor does: `0x` and lower-case digits. */
export function formatHex(value: bigint | number): string {
  if (value < 0 || (typeof value === "number" && !Number.isInteger(value))) {
    throw new RangeError(`Cannot format as hex: ${value}`);
  }
  return `0x${value.toString(16)}`;
}

/** Writes a 64-bit number given as two unsigned 32-bit halves. */
export function formatHexPair(high: number, low: number): string {
  return high === 0
    ? formatHex(low)
    : `0x${high.toString(16)}${low.toString(16).padStart(8, "0")}`;
}

/** Reads a hex string that a schema above has accepted. */
export function parseHex(text: string): bigint {
  if (!/^0x[0-9a-fA-F]+$/.test(text)) {
    throw new SyntaxError(`Cannot parse hex string: ${text}`);
  }
  return BigInt(text);
}
