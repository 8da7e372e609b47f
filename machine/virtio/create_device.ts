/**
 * From a device's options to the device: one row for each kind.
 *
 * @module
 */
import { BalloonDevice } from "../../virtio/balloon/device.ts";
import { BlkDevice } from "../../virtio/blk/device.ts";
import { FileBackend } from "../../virtio/blk/file_backend.ts";
import type { VirtioDevice } from "../../virtio/device.ts";
import { P9Device } from "../../virtio/p9/device.ts";
import { RngDevice } from "../../virtio/rng/device.ts";
import { ScsiDevice } from "../../virtio/scsi/device.ts";
import { createConsole } from "./create_console.ts";
import { createNetDevice } from "./create_net_device.ts";
import { DeviceError } from "./device_error.ts";
import type { DeviceParts } from "./device_parts.ts";
import type { DeviceOptions, DeviceOptionsKind } from "./options.ts";

export { DeviceError } from "./device_error.ts";

/** Makes the devices of one kind. */
export type DeviceMaker<K extends DeviceOptionsKind> = (
  options: Extract<DeviceOptions, { kind: K }>,
  parts: DeviceParts,
) => VirtioDevice;

/** Makers by kind. */
export type DeviceMakers = {
  readonly [K in DeviceOptionsKind]?: DeviceMaker<K>;
};

/** The kinds that there are. */
export const DEVICE_MAKERS: DeviceMakers = {
  blk: (options, parts) => new BlkDevice(diskParts(options, parts)),
  scsi: (options, parts) => new ScsiDevice(diskParts(options, parts)),
  p9({ tag, path, readonly = false, links = "mapped" }, { defer, onClose }) {
    const device = new P9Device({ tag, folder: path, readonly, links, defer });
    onClose(() => device.reset());
    return device;
  },
  net: createNetDevice,
  rng: () => new RngDevice(),
  balloon: (_options, { memory, memoryBytes, onBalloon }) =>
    new BalloonDevice({ memory, memoryBytes, onActual: onBalloon }),
  console: createConsole,
};

/**
 * Makes a device.
 *
 * @throws {DeviceError} If there are no devices of the kind here, its options
 * are out of range, or the host does not give what it needs.
 */
export function createDevice(
  options: DeviceOptions,
  parts: DeviceParts & { readonly makers?: DeviceMakers },
): VirtioDevice {
  const { makers = DEVICE_MAKERS } = parts;
  // The row of a kind takes that kind's options.
  const make = makers[options.kind] as
    | ((options: DeviceOptions, parts: DeviceParts) => VirtioDevice)
    | undefined;
  if (!make) {
    throw new DeviceError(
      `Cannot make device: kind is not supported: ${options.kind}`,
    );
  }
  try {
    return make(options, parts);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new DeviceError(error.message, { cause: error });
  }
}

interface DiskOptions {
  readonly path: string;
  readonly readonly?: boolean;
  readonly serial?: string;
  readonly queues?: number;
}

function diskParts(
  { path, readonly = false, serial = "", queues = 1 }: DiskOptions,
  { defer, onClose }: DeviceParts,
) {
  const backend = FileBackend.open(path, { readonly });
  onClose(() => backend.close());
  return { backend, serial, queues, defer };
}
