/**
 * What a network device has behind it: something that takes the guest's
 * frames and has frames for the guest.
 *
 * @module
 */

/** Work on a frame that its sender left to whoever comes after. */
export interface FrameOffload {
  /**
   * The 16 bits at `start + offset` hold the sum of the pseudo header alone:
   * the checksum from `start` to the frame's end is still to be put there.
   */
  readonly checksum?: { readonly start: number; readonly offset: number };
  /** The frame is one large TCP segment, to be cut into pieces of that many bytes. */
  readonly segment?: number;
}

/** What a side is ready to take of the other one's work. */
export interface AcceptedOffloads {
  /** Frames without their TCP or UDP checksum. */
  readonly checksum: boolean;
  /** TCP segments over IPv4 that are larger than the MTU. */
  readonly segments: boolean;
}

/** Nothing is left undone. */
export const NO_OFFLOADS: AcceptedOffloads = {
  checksum: false,
  segments: false,
};

/** The guest's end of the cable, as the backend sees it. */
export interface NetLink {
  /** What the guest's driver takes. */
  readonly offloads: AcceptedOffloads;
  /** Whether more frames should come: where not, wait for `drained()`. */
  readonly room: boolean;
  /** A frame for the guest, which keeps it. Beyond all bounds it is lost. */
  receive(frame: Uint8Array<ArrayBuffer>, offload?: FrameOffload): void;
}

/** The far end of the cable. Nothing that a frame holds makes it throw. */
export interface NetBackend {
  /** What it takes of the guest's work. */
  readonly offloads: AcceptedOffloads;
  /** Called once, before anything else. */
  connect(link: NetLink): void;
  /** A frame of the guest's, which the backend may keep. */
  send(frame: Uint8Array<ArrayBuffer>, offload?: FrameOffload): void;
  /** The link has room again. */
  drained(): void;
  /** The guest's driver is gone: what it talked about is void. */
  reset(): void;
  /** Whether something of the host's is awaited, or may come. */
  readonly expectant: boolean;
  /** What it is and how it fares. */
  report(): NetReport;
  /** Plain data, structured-clonable. */
  save(): unknown;
  /** Throws TypeError for what `save()` cannot have given. */
  restore(state: unknown): void;
}

/** A forwarded port as it is. */
export interface ForwardReport {
  readonly protocol: "tcp" | "udp";
  readonly hostAddress: string;
  /** The host's port, once it listens there; before, what was asked for. */
  readonly hostPort: number;
  readonly guestPort: number;
  readonly listening: boolean;
}

/** How a backend fares. */
export interface NetReport {
  readonly backend: "user";
  /** Whether nothing leaves the network. */
  readonly restrict: boolean;
  readonly forwards: readonly ForwardReport[];
  /** TCP connections that there are. */
  readonly connections: number;
  /** Pairs of places that exchange datagrams. */
  readonly flows: number;
  /** Why packets are no longer written to the dump. */
  readonly dumpFailed?: string;
  /** What came to nothing, by the reason. */
  readonly drops: Readonly<Record<string, number>>;
}

/** Bytes of an Ethernet header. */
export const ETHERNET_HEADER = 14;

/** Largest frame: an IPv4 packet of 65535 bytes, which a large segment can be. */
export const MAX_FRAME_BYTES = ETHERNET_HEADER + 65535;
