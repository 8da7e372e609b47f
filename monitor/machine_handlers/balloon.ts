/**
 * The balloon: memory that a guest gives, and what it reports of the rest.
 *
 * @module
 */
import type { Machine } from "../../machine/machine.ts";
import { BalloonDevice } from "../../virtio/balloon/device.ts";
import { PAGE_BYTES } from "../../virtio/balloon/pages.ts";
import type {
  StatisticName,
  Statistics,
} from "../../virtio/balloon/statistics.ts";
import { MonitorError } from "../errors.ts";
import type { MethodHandlers } from "../handlers.ts";
import { invalidParam } from "./_check.ts";

/** The methods of the balloon. */
export type BalloonHandlers = Pick<
  MethodHandlers,
  "balloon" | "query-balloon" | "balloon-poll"
>;

/** Handlers of the balloon. */
export function balloonHandlers(machine: Machine): BalloonHandlers {
  const { memoryBytes } = machine.platform;
  const left = (pages: number) => memoryBytes - pages * PAGE_BYTES;
  return {
    "query-balloon"({ device }) {
      const { name, balloon } = findBalloon(machine, device);
      const { statistics } = balloon;
      return {
        device: name,
        // The driver's word is not to be relied on.
        actual: Math.max(0, left(balloon.actual)),
        target: left(balloon.target),
        pending: balloon.awaitsStatistics,
        stats: statistics === undefined ? null : named(statistics),
      };
    },
    balloon({ device, value }) {
      const { balloon } = findBalloon(machine, device);
      if (value > memoryBytes) {
        throw invalidParam("value", `The guest has ${memoryBytes} bytes`);
      }
      balloon.target = Math.floor((memoryBytes - value) / PAGE_BYTES);
      return {};
    },
    "balloon-poll": ({ device }) => ({
      asked: findBalloon(machine, device).balloon.requestStatistics(),
    }),
  };
}

function findBalloon(
  machine: Machine,
  wanted: string | undefined,
): { name: string; balloon: BalloonDevice } {
  for (const { name, device } of machine.virtio.all) {
    if (wanted !== undefined && name !== wanted) continue;
    if (device instanceof BalloonDevice) return { name, balloon: device };
  }
  throw MonitorError.of("notFound", {
    message: wanted === undefined
      ? "Cannot find a balloon: the machine was made without --device balloon"
      : `Cannot find balloon: "${wanted}"`,
  });
}

/** QEMU's names, in the order of the statistics' tags. */
const NAMES: Readonly<Record<StatisticName, string>> = {
  "swap-in": "stat-swap-in",
  "swap-out": "stat-swap-out",
  "major-faults": "stat-major-faults",
  "minor-faults": "stat-minor-faults",
  "free-memory": "stat-free-memory",
  "total-memory": "stat-total-memory",
  "available-memory": "stat-available-memory",
  "disk-caches": "stat-disk-caches",
  "hugetlb-allocations": "stat-htlb-pgalloc",
  "hugetlb-failures": "stat-htlb-pgfail",
  "oom-kills": "stat-oom-kills",
  "allocation-stalls": "stat-alloc-stalls",
  "asynchronous-scans": "stat-scan-async",
  "direct-scans": "stat-scan-direct",
  "asynchronous-reclaims": "stat-reclaim-async",
  "direct-reclaims": "stat-reclaim-direct",
};

function named(statistics: Statistics): Record<string, number> {
  return Object.fromEntries(
    Object.entries(statistics).map(([name, value]) => [
      NAMES[name as StatisticName],
      Number(value),
    ]),
  );
}
