/**
 * Virtio devices by the names and fields of QEMU's monitor.
 *
 * @module
 */
import type { Machine } from "../../machine/machine.ts";
import type { AttachedDevice } from "../../machine/virtio/adapter.ts";
import { inspectRing } from "../../virtio/inspect.ts";
import {
  type DeviceReport,
  type FeatureReport,
  type QueueReport,
  reportDevice,
} from "../../virtio/report.ts";
import type { SplitRingView } from "../../virtio/ring_view.ts";
import { MonitorError } from "../errors.ts";
import type { MethodHandlers } from "../handlers.ts";
import type { MethodResult } from "../methods/mod.ts";
import { featureText, statusText } from "./_qemu_texts.ts";

/** The methods that QEMU has too. */
export type QemuVirtioHandlers = Pick<
  MethodHandlers,
  | "x-query-virtio"
  | "x-query-virtio-status"
  | "x-query-virtio-queue-status"
  | "x-query-virtio-queue-element"
>;

type QueueElement = MethodResult<"x-query-virtio-queue-element">;

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
        return { path: pathOf(report), name: nameOf(report) };
      }),
    "x-query-virtio-status": ({ path }) =>
      statusOf(machine, find(machine, path)),
    "x-query-virtio-queue-status": ({ path, queue }) =>
      queueStatus(find(machine, path), queue),
    "x-query-virtio-queue-element": ({ path, queue, index }) =>
      queueElement(machine, path, { queue, index }),
  };
}

/** Where QEMU's tree of objects has a device that was given a name. */
const PATH = /^\/machine\/peripheral\/([^/]+)\/virtio-backend$/;

function pathOf({ name }: DeviceReport): string {
  return `/machine/peripheral/${name}/virtio-backend`;
}

function find(machine: Machine, path: string): DeviceReport {
  return reportDevice(findDevice(machine, path).transport);
}

/** A device by its path, or by its name alone. */
function findDevice(machine: Machine, path: string): AttachedDevice {
  const found = machine.virtio.find(PATH.exec(path)?.[1] ?? path);
  if (found !== undefined) return found;
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
    "backend-features": { transports: [], "dev-features": [] },
    "num-vqs": report.queues.length,
    status: {
      statuses: report.statusNames.map(statusText),
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
    "bus-name": "",
    "use-guest-notifier-mask": false,
  };
}

function features({ transport, device, unknown }: FeatureReport) {
  return {
    transports: transport.map(featureText),
    "dev-features": device.map(featureText),
    ...unknown !== 0n && { "unknown-dev-features": Number(unknown) },
  };
}

function queueStatus(
  report: DeviceReport,
  index: number,
): MethodResult<"x-query-virtio-queue-status"> {
  const queue = findQueue(report, index);
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
    // The device keeps no copy of the index: it has seen what it has taken.
    ...progress && {
      "last-avail-idx": progress.available,
      "shadow-avail-idx": progress.available,
    },
    "used-idx": progress?.used ?? 0,
    "signalled-used": Math.max(0, signalled),
    "signalled-used-valid": signalled >= 0,
  };
}

function findQueue(report: DeviceReport, index: number): QueueReport {
  const queue = report.queues[index];
  if (queue !== undefined) return queue;
  throw MonitorError.of("notFound", {
    message: `Cannot find queue of ${report.name}: ${index}`,
  });
}

/**
 * The chain at an index of the available ring; where none is given, the one
 * that the device takes next.
 */
function queueElement(
  machine: Machine,
  path: string,
  { queue: number, index }: { queue: number; index: number | undefined },
): QueueElement {
  const device = findDevice(machine, path);
  const report = reportDevice(device.transport);
  const { form, progress } = findQueue(report, number);
  if (form === undefined || progress === undefined) {
    throw MonitorError.of("notFound", {
      message: `Cannot show a chain of ${report.name}: ` +
        `the driver has not set queue ${number} up`,
    });
  }
  const { core } = device.transport;
  const ring = form === "packed" ? undefined : inspectRing(core, number);
  if (ring?.form !== "split") {
    throw MonitorError.of("unsupported", {
      message: "Cannot show a chain of a packed ring: use query-virtio-ring",
    });
  }
  const place = (index ?? progress.available) % ring.size;
  const head = ring.available.entries[place] ?? 0;
  return {
    name: nameOf(report),
    index: head,
    descs: descriptorsOf(ring, { place, head }),
    avail: {
      flags: Number(ring.available.flags.length > 0),
      idx: ring.available.index,
      ring: head,
    },
    used: {
      flags: Number(ring.used.flags.length > 0),
      idx: ring.used.index,
    },
  };
}

/** The last of a chain comes first, as QEMU gives them. */
function descriptorsOf(
  ring: SplitRingView,
  { place, head }: { place: number; head: number },
): QueueElement["descs"] {
  const chain = ring.chains.findLast((each) =>
    each.place === place && each.id === head
  );
  const first = ring.descriptors[head];
  const descriptors = chain?.descriptors ?? (first ? [first] : []);
  return descriptors.map(({ address, length, flags }) => ({
    addr: Number(address),
    len: length,
    flags: [...flags],
  })).reverse();
}
