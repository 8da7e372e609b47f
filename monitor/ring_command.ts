// deno task monitor ADDRESS ring DEVICE QUEUE
import type { MonitorClient } from "./client.ts";
import type { MethodParams } from "./methods/mod.ts";
import { coloured, plain } from "./paint.ts";
import { chainDump, ringTable } from "./ring_table.ts";
import { UsageError } from "./usage_error.ts";

/** Options of the command. */
export interface RingValues {
  readonly as?: string | undefined;
  readonly chain?: string | undefined;
  readonly all?: boolean | undefined;
}

/** A ring that a person wants to see. */
export interface RingRequest {
  readonly params: MethodParams<"query-virtio-ring">;
  /** Whether all of it. */
  readonly all: boolean;
}

/**
 * Reads what stands behind `ring`, and its options.
 *
 * @throws {UsageError} If it names no queue
 */
export function parseRing(
  words: readonly string[],
  values: RingValues,
): RingRequest {
  const [device, queue = "", ...rest] = words;
  const { as = "device", chain, all = false } = values;
  if (device === undefined || !isIndex(queue) || rest.length > 0) {
    throw new UsageError("Give ring a device and a queue: ring blk0 0");
  }
  if (as !== "device" && as !== "big" && as !== "little") {
    throw new UsageError(`Read a ring --as big, little or device, not: ${as}`);
  }
  if (chain !== undefined && !isIndex(chain)) {
    throw new UsageError(`Give --chain the number of a chain: ${chain}`);
  }
  const memory = chain === undefined ? {} : { memory: Number(chain) };
  return { params: { device, queue: Number(queue), as, ...memory }, all };
}

/** Whether a text is a number of 16 bits, as queues and chains have. */
export function isIndex(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) < 65536;
}

/** Asks for a ring and prints it. */
export async function showRing(
  client: MonitorClient,
  { params, all }: RingRequest,
  { out, color }: {
    out: (line: string) => void;
    color?: boolean | undefined;
  },
): Promise<void> {
  const paint = color ? coloured : plain;
  const { device, queue: index } = params;
  const queue = await client.call("query-virtio-queue", {
    device,
    queue: index,
  });
  const ring = await client.call("query-virtio-ring", params);
  const lines = ring.memory === undefined
    ? ringTable(ring, { queue, all, paint })
    : chainDump(ring.memory, paint);
  for (const line of lines) out(line);
}
