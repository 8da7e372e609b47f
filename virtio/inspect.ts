/**
 * Whole rings for people: what lies in guest memory, in either byte order, and
 * how far the device has come. Looking has no effect on the device.
 *
 * @module
 */
import { readGuest } from "./_inspect_memory.ts";
import { packedView } from "./_inspect_packed.ts";
import type { RingParts } from "./_inspect_parts.ts";
import { splitView } from "./_inspect_split.ts";
import type { DeviceCore } from "./core.ts";
import { DESCRIPTOR_BYTES } from "./descriptors.ts";
import { FEATURE, hasFeature } from "./features.ts";
import { EVENT_SUPPRESSION } from "./packed_ring.ts";
import type { RawPart, RingView } from "./ring_view.ts";
import { availableEventOffset, usedEventOffset } from "./split_ring.ts";
import type { ByteOrder } from "./world.ts";

/** Most descriptors of chains that a view shows. */
const SHOWN_DESCRIPTORS = 8192;

/**
 * The ring of a queue, read in the device's order or in another. Throws
 * RangeError where the driver has not set it up, or where it does not lie in
 * memory.
 */
export function inspectRing(
  core: DeviceCore,
  index: number,
  { as = "device", chains = true }: {
    as?: "device" | ByteOrder;
    /** Whether to follow chains. */
    chains?: boolean;
  } = {},
): RingView {
  const order = as === "device" ? core.order.current : as;
  const shown = chains ? SHOWN_DESCRIPTORS : 0;
  const parts = { ...ringParts(core, index, order), shown };
  return parts.queue.form === "packed" ? packedView(parts) : splitView(parts);
}

function ringParts(
  core: DeviceCore,
  index: number,
  order: ByteOrder,
): Omit<RingParts, "shown"> {
  const queue = core.queues[index];
  if (queue === undefined) {
    throw new RangeError(`Cannot inspect ring: no such queue: ${index}`);
  }
  const { progress } = queue;
  if (progress === undefined) {
    throw new RangeError(
      `Cannot inspect ring: the driver has not set it up: ${index}`,
    );
  }
  const has = (bit: number) => hasFeature(core.agreed, bit);
  const memory = core.world.memory(has(FEATURE.accessPlatform));
  const eventIndex = has(FEATURE.eventIndex);
  const { size, settings, form } = queue;
  const event = eventIndex ? 2 : 0;
  const packed = form === "packed";
  const part = (
    name: RawPart["name"],
    address: bigint,
    length: number,
  ): RawPart => {
    const bytes = readGuest(memory, address, length);
    if (bytes !== undefined) return { name, address, bytes };
    throw new RangeError(
      `Cannot inspect ring: not in memory: 0x${address.toString(16)}`,
    );
  };
  return {
    queue,
    memory,
    order,
    size,
    eventIndex,
    progress,
    raw: [
      part("descriptors", settings.descriptor, size * DESCRIPTOR_BYTES),
      part(
        "driver",
        settings.driver,
        packed ? EVENT_SUPPRESSION.bytes : usedEventOffset(size) + event,
      ),
      part(
        "device",
        settings.device,
        packed ? EVENT_SUPPRESSION.bytes : availableEventOffset(size) + event,
      ),
    ],
  };
}

/** Bytes of a chain's buffers, in their order. */
export interface ChainMemory {
  readonly address: bigint;
  readonly length: number;
  readonly write: boolean;
  /** The first bytes; undefined where they are not there. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * What the buffers of a chain hold, up to a number of bytes in all. Throws
 * RangeError where the view shows no chain of the id.
 */
export function chainMemory(
  core: DeviceCore,
  view: RingView,
  { id, limit = 65536 }: { id: number; limit?: number },
): ChainMemory[] {
  const chain = view.chains.findLast((each) => each.id === id);
  if (chain === undefined) {
    throw new RangeError(`Cannot show chain: not in the ring: ${id}`);
  }
  const memory = core.world.memory(
    hasFeature(core.agreed, FEATURE.accessPlatform),
  );
  let left = limit;
  return chain.descriptors.map(({ address, length, flags }) => {
    const shown = Math.min(length, left);
    left -= shown;
    return {
      address,
      length,
      write: flags.includes("write"),
      bytes: readGuest(memory, address, shown),
    };
  });
}
