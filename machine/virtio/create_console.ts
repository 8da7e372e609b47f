/**
 * A virtio console with what its ports lead to on the host.
 *
 * @module
 */
import { ConsoleDevice } from "../../virtio/console/device.ts";
import type { Port, PortBackend } from "../../virtio/console/port.ts";
import type { ConsoleOptions, PortOptions } from "./options.ts";

/** What passes between a port and the thread that has its socket. */
export interface PortWire {
  /** Sends what the guest wrote. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Input was taken as far as it came: more may be sent. */
  taken(): void;
  /** Says who hears what comes. */
  connect(end: PortEnd): void;
}

/** Hears what happens at the other end of a port's wire. */
export interface PortEnd {
  /** Somebody came, or went. */
  opened(open: boolean): void;
  /** Input for the guest. No more of it comes before `PortWire.taken()`. */
  input(bytes: Uint8Array): void;
  /** So many bytes that were sent are out of the way. */
  sent(bytes: number): void;
}

/** What a console needs beside its options. */
export interface ConsoleParts {
  readonly defer: (work: () => void) => void;
  /** Takes what the guest writes to the console itself. */
  readonly console: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly onClose: (close: () => void) => void;
  /** The wire to a socket of the host; undefined where there are none. */
  readonly wire?: (port: string) => PortWire | undefined;
}

/** Bytes on a wire, of one port, from which on the guest waits. */
const MAX_SENT = 256 * 1024;

/** Makes a console. Throws RangeError, or what the host fails at. */
export function createConsole(
  { ports = [] }: ConsoleOptions,
  parts: ConsoleParts,
): ConsoleDevice {
  const ends = ports.map((port) =>
    makeEnd(typeof port === "string" ? { name: port } : port, parts)
  );
  const write = (bytes: Uint8Array<ArrayBuffer>) => {
    parts.console(bytes);
    return true;
  };
  const device = new ConsoleDevice({
    console: { write },
    ports: ends,
    defer: parts.defer,
  });
  ends.forEach(({ attach }, index) => {
    const port = device.ports[index + 1];
    if (port !== undefined) attach?.(port);
  });
  return device;
}

interface MadeEnd {
  readonly name: string;
  readonly backend: PortBackend;
  readonly open: boolean;
  readonly attach?: (port: Port) => void;
}

function makeEnd({ name, host }: PortOptions, parts: ConsoleParts): MadeEnd {
  // Nobody is at the host's end of a port that leads nowhere.
  if (host === undefined) {
    return { name, backend: { write: () => true }, open: false };
  }
  if (host.kind === "file") {
    const file = openFile(name, host.path);
    parts.onClose(() => file.close());
    return { name, backend: { write: toFile(file) }, open: true };
  }
  const wire = parts.wire?.(name);
  if (wire === undefined) {
    throw new RangeError(`Cannot open port ${name}: there are no sockets here`);
  }
  return wiredEnd(name, wire);
}

function openFile(name: string, path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot write port ${name} to ${path}: ${reason}`, {
      cause: error,
    });
  }
}

/** A host that takes no more, such as a full disk, is as a port left open. */
function toFile(file: Deno.FsFile): PortBackend["write"] {
  return (bytes) => {
    try {
      for (let at = 0; at < bytes.length;) {
        at += file.writeSync(bytes.subarray(at));
      }
    } catch {
      // What nobody takes is lost, as on any line.
    }
    return true;
  };
}

function wiredEnd(name: string, wire: PortWire): MadeEnd {
  let sent = 0;
  let waiting: Uint8Array = new Uint8Array(0);
  let port: Port | undefined;
  const feed = () => {
    if (port === undefined || waiting.length === 0) return;
    waiting = waiting.subarray(port.input(waiting));
    if (waiting.length === 0) wire.taken();
  };
  return {
    name,
    open: false,
    backend: {
      write(bytes) {
        sent += bytes.length;
        wire.send(bytes);
        return sent < MAX_SENT;
      },
      onRoom: feed,
    },
    attach(made) {
      port = made;
      wire.connect({
        opened: (open) => made.hostOpen = open,
        input(bytes) {
          waiting = bytes;
          feed();
        },
        sent(bytes) {
          sent -= bytes;
          if (made.full && sent < MAX_SENT) made.drained();
        },
      });
    },
  };
}
