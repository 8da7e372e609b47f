// A ring in the words of the monitor's table.
import type { DeviceCore } from "../../virtio/core.ts";
import { chainMemory, inspectRing } from "../../virtio/inspect.ts";
import type {
  ChainView,
  DescriptorView,
  RingView,
} from "../../virtio/ring_view.ts";
import { encodeBytes } from "../bytes.ts";
import { MonitorError } from "../errors.ts";
import { formatHex } from "../hex.ts";
import type { CheckedParams, MethodResult } from "../methods/mod.ts";

type RingResult = MethodResult<"query-virtio-ring">;

/** Shows a ring. Throws "not found" where there is none, or no such chain. */
export function queryRing(
  core: DeviceCore,
  { queue, as, memory }: CheckedParams<"query-virtio-ring">,
): RingResult {
  try {
    const view = inspectRing(core, queue, { as });
    if (memory === undefined) return ringResult(view, {});
    const buffers = chainMemory(core, view, { id: memory });
    return ringResult(view, {
      memory: buffers.map(({ address, length, write, bytes }) => ({
        address: formatHex(address),
        length,
        write,
        data: bytes === undefined ? null : encodeBytes(bytes).data,
      })),
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw MonitorError.of("notFound", { message: error.message });
  }
}

function ringResult(
  view: RingView,
  memory: Pick<RingResult, "memory">,
): RingResult {
  const common = {
    order: view.order,
    size: view.size,
    descriptors: view.descriptors.map(descriptorResult),
    chains: view.chains.map(chainResult),
    truncated: view.truncated,
    problems: [...view.problems],
    raw: view.raw.map(({ name, address, bytes }) => ({
      name,
      address: formatHex(address),
      data: encodeBytes(bytes).data,
    })),
    ...memory,
  };
  if (view.form === "packed") {
    const { form, next, used, driverEvent, deviceEvent } = view;
    return { form, ...common, next, used, driverEvent, deviceEvent };
  }
  const { form, available, used } = view;
  return {
    form,
    ...common,
    available: {
      ...available,
      flags: [...available.flags],
      entries: [...available.entries],
      usedEvent: available.usedEvent ?? null,
    },
    used: {
      ...used,
      flags: [...used.flags],
      entries: used.entries.map(({ id, length }) => ({ id, length })),
      availableEvent: used.availableEvent ?? null,
    },
  };
}

function descriptorResult(view: DescriptorView) {
  const { index, address, length, flags, unknownFlags, next, id } = view;
  return {
    index,
    address: formatHex(address),
    length,
    flags: [...flags],
    unknownFlags,
    next: next ?? null,
    id: id ?? null,
  };
}

function chainResult(chain: ChainView): RingResult["chains"][number] {
  const { id, place, progress, readable, writable, problem } = chain;
  return {
    id,
    place,
    progress,
    descriptors: chain.descriptors.map((each) => ({
      ...descriptorResult(each),
      indirect: each.indirect,
    })),
    readable,
    writable,
    problem: problem ?? null,
  };
}
