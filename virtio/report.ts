/**
 * What a device and its queues look like from outside, as plain data.
 *
 * @module
 */
import type { ByteOrderReport } from "./byte_order.ts";
import { DEVICE_KINDS, type DeviceKind } from "./device_kinds.ts";
import type { PendingFaults } from "./faults.ts";
import { type FeatureNames, featureNames } from "./feature_names.ts";
import type { Queue } from "./queue.ts";
import type { RingProgress } from "./ring.ts";
import type { Breakage } from "./ring_error.ts";
import { statusNames, unknownStatus } from "./status.ts";
import type { PciForm, VirtioPci } from "./transport_pci.ts";

/** Features as a mask and by name. */
export interface FeatureReport extends FeatureNames {
  readonly mask: bigint;
}

/** A device from outside. */
export interface DeviceReport {
  readonly name: string;
  readonly kind: DeviceKind;
  /** Device id (virtio 1.3, section 5). */
  readonly id: number;
  readonly form: PciForm;
  readonly status: number;
  readonly statusNames: readonly string[];
  /** Status bits that have no name. */
  readonly unknownStatus: number;
  readonly offered: FeatureReport;
  /** What the driver wrote. */
  readonly driver: FeatureReport;
  /** What holds. */
  readonly agreed: FeatureReport;
  readonly order: ByteOrderReport;
  readonly breakage: Breakage | undefined;
  readonly active: boolean;
  readonly isr: number;
  readonly configVector: number;
  readonly selectedQueue: number;
  readonly generation: number;
  readonly queues: readonly QueueReport[];
}

/** A queue from outside. */
export interface QueueReport {
  readonly index: number;
  readonly name: string;
  readonly maximum: number;
  /** Size as the driver set it. */
  readonly size: number;
  readonly enabled: boolean;
  /** Undefined while there is no ring. */
  readonly form: "split" | "packed" | undefined;
  readonly descriptor: bigint;
  readonly driver: bigint;
  readonly device: bigint;
  /** MSI-X vector; 0xffff for none. */
  readonly vector: number;
  /** Chains that the driver gave and did not get back, by id, oldest first. */
  readonly open: readonly number[];
  /** Batches of completions that a fault, or a broken device, holds back. */
  readonly heldBatches: number;
  readonly progress: RingProgress | undefined;
  readonly faults: PendingFaults;
}

/** Reports a device. Has no effect on it. */
export function reportDevice(pci: VirtioPci): DeviceReport {
  const { core, form, isr, configVector, selectedQueue } = pci;
  const { kind } = core.device;
  const status = core.status("modern");
  const features = (mask: bigint) => ({ mask, ...featureNames(kind, mask) });
  return {
    name: core.name,
    kind,
    id: DEVICE_KINDS[kind].id,
    form,
    status,
    statusNames: statusNames(status),
    unknownStatus: unknownStatus(status),
    offered: features(core.offered),
    driver: features(core.driverFeatures),
    agreed: features(core.agreed),
    order: core.order.report(),
    breakage: core.breakage,
    active: core.active,
    isr,
    configVector,
    selectedQueue,
    generation: core.generation,
    queues: core.queues.map(reportQueue),
  };
}

/** Reports a queue. Has no effect on it. */
export function reportQueue(queue: Queue): QueueReport {
  const { settings } = queue;
  return {
    index: queue.index,
    name: queue.name,
    maximum: queue.maximum,
    ...settings,
    form: queue.form,
    open: queue.open.map(({ id }) => id),
    heldBatches: queue.heldBatches,
    progress: queue.progress,
    faults: queue.faults,
  };
}
