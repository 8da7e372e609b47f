/** A device cannot be had as it was asked for. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
}
