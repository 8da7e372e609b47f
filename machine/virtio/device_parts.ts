import type { PortWire } from "./create_console.ts";
import type { HostSockets } from "../../virtio/net/user/host_sockets.ts";
import type { NetClock } from "../../virtio/net/user/wire.ts";
import type { GuestMemory } from "../../virtio/world.ts";

/** What the devices need beside their options. */
export interface DeviceParts {
  /** Runs work on the machine's thread, soon. */
  readonly defer: (work: () => void) => void;
  /** The guest's memory by its real addresses. */
  readonly memory: GuestMemory;
  readonly memoryBytes: number;
  /** Virtual time. */
  readonly clock: NetClock;
  /** The host's sockets for this device; undefined where there are none. */
  readonly sockets: () => HostSockets | undefined;
  /** How many devices of the kind there are before this one. */
  readonly number: number;
  /** Takes what the guest writes to a virtio console. */
  readonly console: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** Told how many pages of 4096 bytes are in the balloon. */
  readonly onBalloon: (pages: number) => void;
  /** The wire to a port's socket on the host; undefined where there are none. */
  readonly wire?: (port: string) => PortWire | undefined;
  /** Hands over what is to be done once the machine is not used any more. */
  readonly onClose: (close: () => void) => void;
}
