/**
 * Whole rings for people: what lies in guest memory, in either byte order, and
 * how far the device has come. Looking has no effect on the device.
 *
 * @module
 */
import {
  ChainFollower,
  type ChainProgress,
  type ChainView,
} from "./_inspect_chain.ts";
import {
  describeDescriptor,
  type DescriptorView,
  RawValues,
  readGuest,
} from "./_inspect_memory.ts";
import type { Chain, ChainBuffer } from "./chain.ts";
import type { DeviceCore } from "./core.ts";
import { DESCRIPTOR_BYTES } from "./descriptors.ts";
import { FEATURE, hasFeature } from "./features.ts";
import { EVENT_SUPPRESSION } from "./packed_ring.ts";
import type { Queue } from "./queue.ts";
import type { RingProgress } from "./ring.ts";
import { availableEventOffset, SPLIT, usedEventOffset } from "./split_ring.ts";
import type { ByteOrder, GuestMemory } from "./world.ts";

export type { ChainDescriptorView, ChainView } from "./_inspect_chain.ts";
export type { DescriptorView } from "./_inspect_memory.ts";

/** A part of a ring as it lies in memory. */
export interface RawPart {
  readonly name: "descriptors" | "driver" | "device";
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** What rings of both forms show. */
interface RingViewCommon {
  /** The order that it was read in. */
  readonly order: ByteOrder;
  readonly size: number;
  readonly descriptors: readonly DescriptorView[];
  /** Oldest first, each resolved through its indirect table. */
  readonly chains: readonly ChainView[];
  /** Whether there are chains that are not shown, for there are too many. */
  readonly truncated: boolean;
  readonly raw: readonly RawPart[];
  /** What the device would refuse. */
  readonly problems: readonly string[];
}

/** A split ring. Indexes count on, modulo 65536; places are modulo the size. */
export interface SplitRingView extends RingViewCommon {
  readonly form: "split";
  readonly available: {
    readonly flags: readonly string[];
    /** In guest memory. */
    readonly index: number;
    /** The next that the device takes. */
    readonly deviceIndex: number;
    /** Chains that the device has not seen. */
    readonly waiting: number;
    /** Heads, by place. */
    readonly entries: readonly number[];
    /** The driver wants an interrupt when this index is used. */
    readonly usedEvent: number | undefined;
  };
  readonly used: {
    readonly flags: readonly string[];
    readonly index: number;
    /** The next that the device gives. */
    readonly deviceIndex: number;
    readonly entries: readonly {
      readonly id: number;
      readonly length: number;
    }[];
    /** The device wants a kick when this index is available. */
    readonly availableEvent: number | undefined;
  };
}

/** An event suppression structure. */
export interface SuppressionView {
  readonly mode: "enable" | "disable" | "at-place" | "reserved";
  readonly place: number;
  readonly wrap: boolean;
}

/** A packed ring. */
export interface PackedRingView extends RingViewCommon {
  readonly form: "packed";
  /** The next place that the device takes from, and its wrap counter. */
  readonly next: { readonly place: number; readonly wrap: boolean };
  /** The next place that the device gives at. */
  readonly used: { readonly place: number; readonly wrap: boolean };
  readonly driverEvent: SuppressionView;
  readonly deviceEvent: SuppressionView;
}

/** A ring as people read it. */
export type RingView = SplitRingView | PackedRingView;

/** Most descriptors of chains that a view shows. */
const SHOWN_DESCRIPTORS = 8192;

/** What a view is made of. */
interface Parts {
  readonly queue: Queue;
  readonly memory: GuestMemory;
  readonly order: ByteOrder;
  readonly size: number;
  readonly eventIndex: boolean;
  readonly progress: RingProgress;
  /** Most descriptors of chains. */
  readonly shown: number;
  readonly raw: readonly [RawPart, RawPart, RawPart];
}

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
): Omit<Parts, "shown"> {
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

function splitView(parts: Parts): SplitRingView {
  const { order, size, eventIndex, progress, raw } = parts;
  const table = new RawValues(raw[0].bytes, order);
  const driver = new RawValues(raw[1].bytes, order);
  const device = new RawValues(raw[2].bytes, order);
  const index = driver.u16(SPLIT.index);
  const waiting = index - progress.available & 0xffff;
  const entries = places(size).map((place) =>
    driver.u16(SPLIT.entries + place * SPLIT.availableEntry)
  );
  const problems: string[] = [];
  if (waiting > size) {
    problems.push(
      `available index ${index} is ${waiting} ahead of the device's, in a ring of ${size}`,
    );
  }
  const follower = new ChainFollower(
    { ...parts, form: "split", table },
    parts.shown,
  );
  const chains: ChainView[] = [];
  const taken = new Set(parts.queue.open.map(({ id }) => id));
  const shown = splitIndexes(progress.available, { waiting, size });
  for (const { at, progress: state } of shown) {
    if (follower.exhausted) break;
    const place = at % size;
    const head = entries[place] ?? 0;
    const isTaken = state === "done" && taken.delete(head);
    const { slots: _, ...chain } = follower.follow(head, {
      place,
      progress: isTaken ? "taken" : state,
    });
    chains.push(chain);
  }
  chains.reverse();
  return {
    form: "split",
    order,
    size,
    descriptors: places(size).map((place) =>
      describeDescriptor(table, place, "split")
    ),
    available: {
      flags: driver.u16(SPLIT.flags) & SPLIT.noNotify ? ["no-interrupt"] : [],
      index,
      deviceIndex: progress.available,
      waiting,
      entries,
      usedEvent: eventIndex ? driver.u16(usedEventOffset(size)) : undefined,
    },
    used: {
      flags: device.u16(SPLIT.flags) & SPLIT.noNotify ? ["no-notify"] : [],
      index: device.u16(SPLIT.index),
      deviceIndex: progress.used,
      entries: places(size).map((place) => {
        const at = SPLIT.entries + place * SPLIT.usedEntry;
        return { id: device.u32(at), length: device.u32(at + 4) };
      }),
      availableEvent: eventIndex
        ? device.u16(availableEventOffset(size))
        : undefined,
    },
    chains,
    truncated: chains.length < shown.length,
    raw,
    problems: [...problems, ...chainProblems(chains)],
  };
}

/**
 * Indexes of the available ring that are worth following, newest first: those
 * that wait, and as many before them as the ring still holds.
 */
function splitIndexes(
  seen: number,
  { waiting, size }: { waiting: number; size: number },
): { at: number; progress: ChainProgress }[] {
  // An index that is too far ahead says nothing: all places are shown as new.
  const ahead = Math.min(waiting, size);
  const indexes: { at: number; progress: ChainProgress }[] = [];
  for (let i = ahead - 1; i >= 0; i--) {
    indexes.push({ at: seen + i & 0xffff, progress: "waiting" });
  }
  for (let i = 1; i <= Math.min(size - ahead, seen); i++) {
    indexes.push({ at: seen - i & 0xffff, progress: "done" });
  }
  return indexes;
}

function packedView(parts: Parts): PackedRingView {
  const { order, size, progress, raw, queue } = parts;
  const table = new RawValues(raw[0].bytes, order);
  const follower = new ChainFollower(
    { ...parts, form: "packed", table },
    parts.shown,
  );
  const chains: ChainView[] = [];
  for (const chain of queue.open) chains.push(takenChain(chain));
  let place = progress.available;
  let wrap = progress.availableWrap;
  const descriptors = places(size).map((each) =>
    describeDescriptor(table, each, "packed")
  );
  let seen = 0;
  while (seen < size && !follower.exhausted) {
    const flags = descriptors[place]?.flags ?? [];
    const available = flags.includes("avail");
    if (available !== wrap || flags.includes("used") === available) break;
    const { slots, ...chain } = follower.follow(place, {
      place,
      progress: "waiting",
    });
    chains.push(chain);
    seen += slots;
    place += slots;
    if (place >= size) {
      place -= size;
      wrap = !wrap;
    }
  }
  return {
    form: "packed",
    order,
    size,
    descriptors,
    next: { place: progress.available, wrap: progress.availableWrap },
    used: { place: progress.used, wrap: progress.usedWrap },
    driverEvent: suppression(new RawValues(raw[1].bytes, order)),
    deviceEvent: suppression(new RawValues(raw[2].bytes, order)),
    chains,
    truncated: follower.exhausted,
    raw,
    problems: chainProblems(chains),
  };
}

/**
 * A chain that the device has. Its places in a packed ring may be written over
 * already, so it is shown as the device knows it.
 */
function takenChain(chain: Chain): ChainView {
  const { id, position, readable, writable } = chain.save();
  const describe = (write: boolean) => ({ address, length }: ChainBuffer) => ({
    index: position,
    address: BigInt(address),
    length,
    flags: write ? ["write"] : [],
    unknownFlags: 0,
    id,
    indirect: false,
  });
  return {
    id,
    place: position,
    progress: "taken",
    descriptors: [
      ...readable.map(describe(false)),
      ...writable.map(describe(true)),
    ],
    readable: chain.readableBytes,
    writable: chain.writableBytes,
    problem: undefined,
  };
}

function suppression(values: RawValues): SuppressionView {
  const place = values.u16(EVENT_SUPPRESSION.place);
  const flags = values.u16(EVENT_SUPPRESSION.flags) &
    EVENT_SUPPRESSION.flagsMask;
  const modes = ["enable", "disable", "at-place"] as const;
  return {
    mode: modes[flags] ?? "reserved",
    place: place & ~EVENT_SUPPRESSION.wrapBit,
    wrap: (place & EVENT_SUPPRESSION.wrapBit) !== 0,
  };
}

/** What the device would refuse. Chains that are done are past that. */
function chainProblems(chains: readonly ChainView[]): string[] {
  return chains.filter(({ progress }) => progress === "waiting")
    .flatMap(({ id, place, problem }) =>
      problem === undefined ? [] : [`chain ${id} at place ${place}: ${problem}`]
    );
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

function places(size: number): number[] {
  return Array.from({ length: size }, (_, place) => place);
}
