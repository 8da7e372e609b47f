/** Bounds on what one client can make the monitor hold or do. */
export interface Limits {
  /** Bytes of one message; a longer one is answered and the connection closed. */
  messageBytes: number;
  /** The same until a client that needs a token has shown it. */
  unauthenticatedBytes: number;
  /** Nesting of one message's objects and arrays. */
  depth: number;
  /** Requests in one batch. */
  batch: number;
  /** Characters of a batch's collected answers; later requests of it are refused. */
  batchAnswer: number;
  /** Requests handed to the machine and not answered yet. */
  inFlight: number;
  /** Characters waiting to be sent above which no further message is read. */
  pauseReading: number;
  /** Characters waiting to be sent above which events are dropped and counted. */
  dropEvents: number;
  /** Characters waiting to be sent above which the client is given up. */
  outgoing: number;
  /** Milliseconds that one write may take before the client is given up. */
  stall: number;
  /** Milliseconds within which a client must have authenticated. */
  authentication: number;
  /** Messages that are not JSON, in a row, after which the connection is closed. */
  nonsense: number;
  /** Clients of one server. */
  clients: number;
}

/**
 * The bounds in force unless a server is told otherwise. The largest single
 * answer is a 64 KiB `memory-read`, about 220,000 characters; eight of those
 * beside `pauseReading` stay below `outgoing`, so a client that reads is never
 * given up for asking much.
 */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  messageBytes: 1 << 20,
  unauthenticatedBytes: 4096,
  depth: 64,
  batch: 256,
  batchAnswer: 1 << 20,
  inFlight: 8,
  pauseReading: 1 << 20,
  dropEvents: 2 << 20,
  outgoing: 4 << 20,
  stall: 30_000,
  authentication: 10_000,
  nonsense: 16,
  clients: 64,
};
