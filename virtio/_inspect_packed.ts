/**
 * Packed rings for those who look on.
 *
 * @module
 */
import { ChainFollower, type ChainView } from "./_inspect_chain.ts";
import { describeDescriptor, RawValues } from "./_inspect_memory.ts";
import { chainProblems, places, type RingParts } from "./_inspect_parts.ts";
import type { Chain, ChainBuffer } from "./chain.ts";
import { EVENT_SUPPRESSION } from "./packed_ring.ts";
import type { PackedRingView, SuppressionView } from "./ring_view.ts";

/** A packed ring as people read it. */
export function packedView(parts: RingParts): PackedRingView {
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
