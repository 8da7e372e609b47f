/**
 * Virtio devices, as the monitor shows and steers them.
 *
 * @module
 */
import { LPCR, MSR } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import type { AttachedDevice } from "../../machine/virtio/adapter.ts";
import { diagnose, type Reading } from "../../virtio/diagnose.ts";
import type { Fault } from "../../virtio/faults.ts";
import {
  type DeviceReport,
  type FeatureReport,
  type QueueReport,
  reportDevice,
} from "../../virtio/report.ts";
import type { ByteOrder, GuestOrderEvidence } from "../../virtio/world.ts";
import { MonitorError } from "../errors.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex } from "../hex.ts";
import type { CheckedParams, MethodResult } from "../methods/mod.ts";
import { chosenVcpus } from "./_check.ts";
import { queryRing } from "./virtio_ring.ts";

/** The methods about virtio devices. */
export type VirtioHandlers = Pick<
  MethodHandlers,
  | "query-virtio"
  | "query-virtio-queue"
  | "query-virtio-ring"
  | "diagnose-virtio"
  | "force-byte-order"
  | "virtio-inject"
>;

type DeviceResult = MethodResult<"query-virtio">[number];

/** MSI-X vector of a queue that has none (virtio 1.3, 4.1.5.1.2). */
const NO_VECTOR = 0xffff;

const NANOSECONDS = 1e9;

/** Handlers of virtio devices. */
export function virtioHandlers(machine: Machine): VirtioHandlers {
  const { virtio } = machine;
  return {
    "query-virtio"({ device }) {
      const chosen = device === undefined
        ? virtio.all
        : [findDevice(machine, device)];
      return chosen.map(deviceResult);
    },
    "query-virtio-queue": ({ device, queue }) =>
      queueResult(device, findQueue(machine, device, queue)),
    "query-virtio-ring"(params) {
      findQueue(machine, params.device, params.queue);
      const { transport } = findDevice(machine, params.device);
      return queryRing(transport.core, params);
    },
    "diagnose-virtio": ({ device }) => diagnoseDevice(machine, device),
    "force-byte-order": (params) => forceOrder(machine, params),
    "virtio-inject": (params) => inject(machine, params),
  };
}

function findDevice(machine: Machine, name: string): AttachedDevice {
  const found = machine.virtio.find(name);
  if (found !== undefined) return found;
  throw MonitorError.of("notFound", {
    message: `Cannot find virtio device: "${name}"`,
  });
}

function findQueue(
  machine: Machine,
  device: string,
  index: number,
): QueueReport {
  const { transport } = findDevice(machine, device);
  const queue = reportDevice(transport).queues[index];
  if (queue !== undefined) return queue;
  throw MonitorError.of("notFound", {
    message: `Cannot find queue of ${device}: ${index}`,
  });
}

function deviceResult({ transport, fn }: AttachedDevice): DeviceResult {
  const report = reportDevice(transport);
  const { breakage, unknownStatus } = report;
  return {
    device: report.name,
    type: report.kind,
    id: report.id,
    transport: report.form,
    slot: fn.slot,
    status: [
      ...report.statusNames,
      ...unknownStatus === 0 ? [] : [formatHex(unknownStatus)],
    ],
    active: report.active,
    broken: breakage === undefined ? null : {
      fault: breakage.fault,
      message: breakage.message,
      queue: breakage.queue ?? null,
    },
    offered: featuresResult(report.offered),
    driver: featuresResult(report.driver),
    agreed: featuresResult(report.agreed),
    byteOrder: orderResult(report),
    queues: report.queues.length,
  };
}

function featuresResult(features: FeatureReport): DeviceResult["agreed"] {
  return {
    mask: formatHex(features.mask),
    transport: [...features.transport],
    device: [...features.device],
    unknown: formatHex(features.unknown),
  };
}

function orderResult({ order }: DeviceReport): DeviceResult["byteOrder"] {
  const { evidence, latchedAt, forced, ...rest } = order;
  return {
    ...rest,
    forced: forced ?? null,
    vcpu: evidence?.vcpu ?? null,
    latchedAt: latchedAt === undefined ? null : latchedAt / NANOSECONDS,
  };
}

function queueResult(
  device: string,
  queue: QueueReport,
): MethodResult<"query-virtio-queue"> {
  const { progress } = queue;
  return {
    device,
    queue: queue.index,
    name: queue.name,
    maximum: queue.maximum,
    size: queue.size,
    enabled: queue.enabled,
    form: queue.form ?? null,
    descriptor: formatHex(queue.descriptor),
    driver: formatHex(queue.driver),
    deviceArea: formatHex(queue.device),
    vector: queue.vector === NO_VECTOR ? null : queue.vector,
    open: [...queue.open],
    held: queue.heldBatches,
    availableIndex: progress?.available ?? null,
    usedIndex: progress?.used ?? null,
    armed: progress?.armed ?? false,
  };
}

function diagnoseDevice(
  machine: Machine,
  device: string,
): MethodResult<"diagnose-virtio"> {
  const { transport } = findDevice(machine, device);
  const found = diagnose(transport.core, vcpuOrders(machine));
  return {
    ...found,
    findings: [...found.findings],
    queues: found.queues.map((queue) => ({
      ...queue,
      readings: queue.readings.map(readingResult),
      findings: [...queue.findings],
    })),
  };
}

function readingResult(reading: Reading) {
  const { availableIndex, waiting } = reading;
  return {
    ...reading,
    availableIndex: availableIndex ?? null,
    waiting: waiting ?? null,
  };
}

/** What the vCPUs look like now. */
function vcpuOrders(machine: Machine): GuestOrderEvidence[] {
  const { accelerator } = machine;
  const order = (bit: bigint): ByteOrder => bit === 0n ? "big" : "little";
  return chosenVcpus(machine, undefined).map((vcpu) => ({
    vcpu,
    interrupts: order(accelerator.getOneReg(vcpu, "LPCR") & LPCR.ILE),
    running: order(accelerator.getOneReg(vcpu, "MSR") & MSR.LE),
  }));
}

function forceOrder(
  machine: Machine,
  { target, order }: CheckedParams<"force-byte-order">,
): MethodResult<"force-byte-order"> {
  const forced = order === "auto" ? undefined : order;
  if (target !== "all-vcpus" && "device" in target) {
    const { transport } = findDevice(machine, target.device);
    transport.core.forceOrder(forced);
    const byteOrder = orderResult(reportDevice(transport));
    return { device: target.device, byteOrder };
  }
  const vcpu = target === "all-vcpus" ? undefined : target.vcpu;
  const chosen = chosenVcpus(machine, vcpu);
  const little = forced === undefined ? undefined : forced === "little";
  for (const one of chosen) machine.lpcr.pin(one, little, "force-byte-order");
  return {
    vcpus: vcpuOrders(machine).filter(({ vcpu }) => chosen.includes(vcpu))
      .map(({ vcpu, interrupts }) => ({
        vcpu,
        interruptByteOrder: interrupts,
        forced: forced !== undefined,
      })),
  };
}

function inject(
  machine: Machine,
  { device, queue, fault }: CheckedParams<"virtio-inject">,
): MethodResult<"virtio-inject"> {
  findQueue(machine, device, queue);
  findDevice(machine, device).transport.core.inject(queue, fault as Fault);
  return {};
}
