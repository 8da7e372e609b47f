import { Buffer } from "node:buffer";

/** Bytes in the forms that answers carry them. */
export interface EncodedBytes {
  /** As base64. */
  data: string;
  /** As hex digits without prefix. */
  hex: string;
}

/** Bytes in the one form that a request carries them. */
export interface BytesParams {
  /** As base64. */
  data?: string | undefined;
  /** As hex digits without prefix. */
  hex?: string | undefined;
  /** As text, meaning its UTF-8. */
  text?: string | undefined;
}

/** Writes bytes as an answer carries them. */
export function encodeBytes(bytes: Uint8Array): EncodedBytes {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { data: buffer.toString("base64"), hex: buffer.toString("hex") };
}

/** Reads the bytes of a request that its schema has accepted. */
export function decodeBytes({ data, hex, text }: BytesParams): Uint8Array {
  if (data !== undefined) return new Uint8Array(Buffer.from(data, "base64"));
  if (hex !== undefined) return new Uint8Array(Buffer.from(hex, "hex"));
  return new TextEncoder().encode(text ?? "");
}

/** The number of bytes that padded base64 stands for. */
export function base64Length(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return text.length / 4 * 3 - padding;
}
