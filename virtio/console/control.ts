/**
 * Messages on the control queues of a console with several ports
 * (virtio 1.3, 5.3.6.2).
 *
 * @module
 */
import type { OrderedReader, OrderedWriter } from "../accessor.ts";

/** VIRTIO_CONSOLE_*, what a message says. */
export const CONTROL_EVENT = {
  deviceReady: 0,
  deviceAdd: 1,
  portReady: 3,
  consolePort: 4,
  portOpen: 6,
  portName: 7,
} as const;

/** id, event and value. */
export const CONTROL_BYTES = 8;

/** A message, to or from the driver. */
export interface ControlMessage {
  /** Number of the port. */
  readonly id: number;
  /** One of `CONTROL_EVENT`, or another number of the driver's. */
  readonly event: number;
  readonly value: number;
}

/** Reads the driver's message; it has no more than these fields. */
export function readControl(fields: OrderedReader): ControlMessage {
  return { id: fields.u32(), event: fields.u16(), value: fields.u16() };
}

/** Writes a message. A port's name comes after it. */
export function writeControl(
  fields: OrderedWriter,
  { id, event, value }: ControlMessage,
): void {
  fields.u32(id);
  fields.u16(event);
  fields.u16(value);
}
