/**
 * Virtio devices by the names and fields of QEMU's monitor.
 *
 * @module
 */
import type { Machine } from "../../machine/machine.ts";
import {
  type DeviceReport,
  type FeatureReport,
  reportDevice,
} from "../../virtio/report.ts";
import { MonitorError } from "../errors.ts";
import type { MethodHandlers } from "../handlers.ts";
import type { MethodResult } from "../methods/mod.ts";

/** The methods that QEMU has too. */
export type QemuVirtioHandlers = Pick<
  MethodHandlers,
  "x-query-virtio" | "x-query-virtio-status" | "x-query-virtio-queue-status"
>;

/** Legacy rings lie on pages (virtio 1.3, 2.7.2). */
const RING_ALIGNMENT = 4096;

/** QEMU's names of kinds, where they are not ours. */
const NAMES: Readonly<Record<string, string>> = {
  p9: "virtio-9p",
  console: "virtio-serial",
};

/** Handlers of the methods that QEMU has too. */
export function qemuVirtioHandlers(machine: Machine): QemuVirtioHandlers {
  return {
    "x-query-virtio": () =>
      machine.virtio.all.map(({ transport }) => {
        const report = reportDevice(transport);
        return { path: report.name, name: nameOf(report) };
      }),
    "x-query-virtio-status": ({ path }) =>
      statusOf(machine, find(machine, path)),
    "x-query-virtio-queue-status": ({ path, queue }) =>
      queueStatus(find(machine, path), queue),
  };
}

function find(machine: Machine, path: string): DeviceReport {
  const found = machine.virtio.find(path);
  if (found !== undefined) return reportDevice(found.transport);
  throw MonitorError.of("notFound", {
    message: `Cannot find virtio device: "${path}"`,
  });
}

function nameOf({ kind }: DeviceReport): string {
  return NAMES[kind] ?? `virtio-${kind}`;
}

function statusOf(
  machine: Machine,
  report: DeviceReport,
): MethodResult<"x-query-virtio-status"> {
  const { unknownStatus: unknown } = report;
  return {
    name: nameOf(report),
    "device-id": report.id,
    "vhost-started": false,
    "device-endian": report.order.order,
    "guest-features": features(report.agreed),
    "host-features": features(report.offered),
    "backend-features": { transports: [] },
    "num-vqs": report.queues.length,
    status: {
      statuses: [...report.statusNames],
      ...unknown !== 0 && { "unknown-statuses": unknown },
    },
    isr: report.isr,
    "queue-sel": report.selectedQueue,
    "vm-running": machine.status === "running",
    broken: report.breakage !== undefined,
    disabled: false,
    "use-started": true,
    started: report.active,
    "start-on-kick": false,
    "disable-legacy-check": false,
    "bus-name": "virtio-bus",
    "use-guest-notifier-mask": false,
  };
}

function features({ transport, device, unknown }: FeatureReport) {
  return {
    transports: [...transport],
    "dev-features": [...device],
    ...unknown !== 0n && { "unknown-dev-features": Number(unknown) },
  };
}

function queueStatus(
  report: DeviceReport,
  index: number,
): MethodResult<"x-query-virtio-queue-status"> {
  const queue = report.queues[index];
  if (queue === undefined) {
    throw MonitorError.of("notFound", {
      message: `Cannot find queue of ${report.name}: ${index}`,
    });
  }
  const { progress } = queue;
  const signalled = progress?.signalled ?? -1;
  return {
    name: nameOf(report),
    "queue-index": index,
    inuse: queue.open.length,
    "vring-num": queue.size,
    "vring-num-default": queue.maximum,
    "vring-align": RING_ALIGNMENT,
    "vring-desc": Number(queue.descriptor),
    "vring-avail": Number(queue.driver),
    "vring-used": Number(queue.device),
    ...progress && { "last-avail-idx": progress.available },
    "used-idx": progress?.used ?? 0,
    "signalled-used": Math.max(0, signalled),
    "signalled-used-valid": signalled >= 0,
  };
}
