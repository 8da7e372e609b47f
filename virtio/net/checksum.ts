/**
 * The Internet checksum (RFC 1071).
 *
 * @module
 */
import type { FrameOffload } from "./backend.ts";

/**
 * The ones' complement sum of 16-bit words, on top of another one. An odd last
 * byte counts as if a zero followed. At most 128 KiB.
 */
export function sumWords(
  bytes: Uint8Array,
  { from = 0, to = bytes.length, sum = 0 }: {
    from?: number;
    to?: number;
    sum?: number;
  } = {},
): number {
  const even = to - ((to - from) & 1);
  // 65536 words of 16 bits stay below 2^32, and numbers are exact far beyond.
  for (let at = from; at < even; at += 2) {
    sum += (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
  }
  if (even < to) sum += (bytes[even] ?? 0) << 8;
  return fold(sum);
}

/** The checksum of what was summed. */
export function finishSum(sum: number): number {
  return ~fold(sum) & 0xffff;
}

/** Puts the checksum where a frame's sender left it out, in place. */
export function completeChecksum(
  frame: Uint8Array,
  { checksum }: FrameOffload,
): void {
  if (checksum === undefined) return;
  const sum = finishSum(sumWords(frame, { from: checksum.start }));
  const at = checksum.start + checksum.offset;
  frame[at] = sum >> 8;
  frame[at + 1] = sum & 0xff;
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) {
    folded = (folded % 65536) + Math.floor(folded / 65536);
  }
  return folded;
}
