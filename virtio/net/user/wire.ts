/**
 * What the protocols of the user network share: the way to the guest, the
 * host's sockets, and time.
 *
 * @module
 */
import type { AcceptedOffloads, FrameOffload } from "../backend.ts";
import type { HostRequest } from "./host_sockets.ts";

/** Time as the network counts it, which can be virtual. */
export interface NetClock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Runs the work once, that many milliseconds later. */
  later(milliseconds: number, work: () => void): void;
}

/** The network as one of its protocols sees it. */
export interface Wire extends NetClock {
  /** The guest's interface, as far as is known. */
  readonly guestMac: Uint8Array<ArrayBuffer>;
  /** Whether more frames should go to the guest. */
  readonly room: boolean;
  /** What the guest's driver takes of the work. */
  readonly offloads: AcceptedOffloads;
  toGuest(frame: Uint8Array<ArrayBuffer>, offload?: FrameOffload): void;
  toHost(request: HostRequest): void;
  /** A number for something that is opened on the host. */
  newNumber(): number;
  /** Something came to nothing. */
  drop(reason: string): void;
}
