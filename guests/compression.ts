/**
 * Packs and unpacks what kernels and initramfs images come in.
 *
 * @module
 */

import { runTool } from "./command.ts";

/** Unpacked kernels are below 100 MB; this only bounds what a broken or malicious file can do. */
export const MAX_UNPACKED = 1024 * 1024 * 1024;

/**
 * Compresses with gzip. Equal bytes give equal bytes: the header has neither name nor time.
 *
 * @param data What to compress.
 * @returns The gzip stream.
 */
export async function gzip(
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([data]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).bytes();
}

/**
 * Unpacks gzip.
 *
 * @param data The gzip stream.
 * @param maxBytes How much it may unpack to.
 * @returns The content.
 * @throws {RangeError} If the content is longer than that.
 * @throws {TypeError} If the stream is damaged or cut short.
 */
export async function gunzip(
  data: Uint8Array<ArrayBuffer>,
  maxBytes: number = MAX_UNPACKED,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([data]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new RangeError(
        `Cannot unpack gzip stream: content is longer than ${maxBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}

/**
 * Unpacks an xz file with the host's `xz`, since no runtime of JavaScript has the format.
 *
 * @param path The file.
 * @returns The content.
 * @throws {ToolMissingError} If `xz` is not installed.
 * @throws {ToolFailedError} If the file is damaged, is not xz, or cannot be read.
 */
export async function unpackXz(
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { stdout } = await runTool(
    ["xz", "--decompress", "--stdout", "--memlimit=1GiB", "--", path],
    { purpose: `unpack "${path}"`, debianPackage: "xz-utils" },
  );
  return stdout;
}
