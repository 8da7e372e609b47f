/**
 * Commands of the control queue (virtio 1.3, 5.1.6.5).
 *
 * @module
 */
import type { OrderedReader } from "../accessor.ts";

/** Classes of commands that are known here. */
export const CONTROL_CLASS = { receive: 0, mac: 1 } as const;

/** VIRTIO_NET_CTRL_MAC_*. */
export const MAC_COMMAND = { tableSet: 0, addressSet: 1 } as const;

/** What a command is answered with. */
export const CONTROL_ANSWER = { ok: 0, error: 1 } as const;

/** VIRTIO_NET_CTRL_RX_*: the first two, and the four of CTRL_RX_EXTRA. */
const RECEIVE_MODES = 6;

/** Most addresses of one table, which bounds what is read of a command. */
export const MAX_TABLE = 1024;

const MAC_BYTES = 6;

/** A command, as far as it is known. */
export type ControlCommand =
  | {
    readonly kind: "receive-mode";
    readonly mode: number;
    readonly on: boolean;
  }
  | { readonly kind: "mac-table" }
  | { readonly kind: "mac"; readonly address: Uint8Array<ArrayBuffer> };

/** Reads a command; undefined where it is unknown or not whole. */
export function readCommand(fields: OrderedReader): ControlCommand | undefined {
  if (fields.remaining < 2) return undefined;
  const group = fields.u8();
  const command = fields.u8();
  if (group === CONTROL_CLASS.receive) return readMode(fields, command);
  if (group !== CONTROL_CLASS.mac) return undefined;
  if (command === MAC_COMMAND.addressSet && fields.remaining === MAC_BYTES) {
    return { kind: "mac", address: fields.bytes(MAC_BYTES) };
  }
  if (command !== MAC_COMMAND.tableSet) return undefined;
  const whole = skipTable(fields) && skipTable(fields);
  return whole ? { kind: "mac-table" } : undefined;
}

function readMode(
  fields: OrderedReader,
  mode: number,
): ControlCommand | undefined {
  if (mode >= RECEIVE_MODES || fields.remaining !== 1) return undefined;
  return { kind: "receive-mode", mode, on: fields.u8() !== 0 };
}

/** Unicast, then multicast addresses: each table a count and that many. */
function skipTable(fields: OrderedReader): boolean {
  if (fields.remaining < 4) return false;
  const entries = fields.u32();
  if (entries > MAX_TABLE || fields.remaining < entries * MAC_BYTES) {
    return false;
  }
  fields.skip(entries * MAC_BYTES);
  return true;
}
