/**
 * A frame's way into the guest's buffers (virtio 1.3, 5.1.6.4).
 *
 * @module
 */
import type { Chain } from "../chain.ts";
import type { VirtQueue } from "../device.ts";
import { RingError } from "../ring_error.ts";
import type { WaitingFrame } from "./backlog.ts";
import { headerLength, writeHeader } from "./header.ts";

/** How the driver wants its frames. */
export interface DeliveryForm {
  /** Whether headers count buffers. */
  readonly counted: boolean;
  /** Whether a frame may lie in several buffers. */
  readonly merges: boolean;
}

/**
 * Puts a frame into as many buffers as it needs, of which the driver sees all
 * or none. `"waits"` where there are not enough yet, and `"buffers-small"`
 * where there never will be: the frame is lost. Throws RingError for a buffer
 * that is none to write.
 */
export function deliverFrame(
  queue: VirtQueue,
  waiting: WaitingFrame,
  form: DeliveryForm,
): "done" | "waits" | "buffers-small" {
  const need = headerLength(form) + waiting.frame.length;
  const chains: Chain[] = [];
  let room = 0;
  while (room < need) {
    const mayTake = form.merges || chains.length === 0;
    const chain = mayTake ? queue.pop() : undefined;
    if (chain === undefined) {
      const most = form.merges ? queue.size : 1;
      const hopeless = chains.length > 0 && chains.length >= most;
      for (const each of chains.reverse()) queue.unpop(each);
      return hopeless ? "buffers-small" : "waits";
    }
    chains.push(chain);
    room += roomOf(chain, chains.length === 1 ? headerLength(form) : 1);
  }
  write(chains, waiting, form);
  queue.pushAll(
    chains.map((chain) => ({ chain, written: chain.writable.written })),
  );
  return "done";
}

function roomOf(
  { readableBytes, writableBytes }: Chain,
  least: number,
): number {
  if (readableBytes > 0 || writableBytes < least) {
    throw new RingError(
      readableBytes > 0 ? "direction" : "short-chain",
      `Cannot receive a frame: buffer has ${readableBytes} bytes to read and ${writableBytes} to write`,
    );
  }
  return writableBytes;
}

function write(
  chains: readonly Chain[],
  { frame, offload }: WaitingFrame,
  { counted }: DeliveryForm,
): void {
  let at = 0;
  for (const [index, { writable }] of chains.entries()) {
    if (index === 0) {
      writeHeader(writable, { offload, buffers: chains.length, counted });
    }
    const bytes = Math.min(writable.remaining, frame.length - at);
    writable.bytes(frame.subarray(at, at + bytes));
    at += bytes;
  }
}
