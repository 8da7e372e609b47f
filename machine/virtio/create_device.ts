/**
 * From a device's options to the device: one row for each kind.
 *
 * @module
 */
import type { VirtioDevice } from "../../virtio/device.ts";
import type { DeviceOptions, DeviceOptionsKind } from "./options.ts";

/** Makes the devices of one kind. */
export type DeviceMaker<K extends DeviceOptionsKind> = (
  options: Extract<DeviceOptions, { kind: K }>,
) => VirtioDevice;

/** Makers by kind. */
export type DeviceMakers = {
  readonly [K in DeviceOptionsKind]?: DeviceMaker<K>;
};

/** The kinds that there are. */
export const DEVICE_MAKERS: DeviceMakers = {};

/**
 * Makes a device.
 *
 * @throws {RangeError} If there are no devices of the kind here, or its
 * options are out of range.
 */
export function createDevice(
  options: DeviceOptions,
  makers: DeviceMakers = DEVICE_MAKERS,
): VirtioDevice {
  // The row of a kind takes that kind's options.
  const make = makers[options.kind] as
    | ((options: DeviceOptions) => VirtioDevice)
    | undefined;
  if (!make) {
    throw new RangeError(
      `Cannot make device: kind is not supported: ${options.kind}`,
    );
  }
  return make(options);
}
