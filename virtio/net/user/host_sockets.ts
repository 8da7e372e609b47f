/**
 * What the user network needs of the host, as messages of plain data: the
 * stack is with the machine, and sockets are where the host is. Bytes are bare
 * buffers, which may be handed over to another thread.
 *
 * @module
 */

/** What can be forwarded. */
export type ForwardProtocol = "tcp" | "udp";

/** An end of a connection on the host. */
export interface HostEndpoint {
  /** As `127.0.0.1`. */
  readonly address: string;
  /** TCP or UDP port. */
  readonly port: number;
}

/**
 * What the stack asks for. It numbers what it opens itself: with odd numbers.
 * After a close, and after the end of both directions, a number means nothing.
 */
export type HostRequest =
  | (HostEndpoint & { readonly kind: "tcp-connect"; readonly socket: number })
  | {
    readonly kind: "tcp-send";
    readonly socket: number;
    readonly data: ArrayBuffer;
  }
  /** Nothing more will be sent. */
  | { readonly kind: "tcp-end"; readonly socket: number }
  /** Both directions are over at once. */
  | { readonly kind: "tcp-abort"; readonly socket: number }
  /**
   * So many bytes of data that came went on to the guest, or there is room for
   * so many more.
   */
  | {
    readonly kind: "tcp-taken";
    readonly socket: number;
    readonly bytes: number;
  }
  /** Opens a socket that only exchanges datagrams with one place. */
  | (HostEndpoint & { readonly kind: "udp-open"; readonly socket: number })
  | {
    readonly kind: "udp-send";
    readonly socket: number;
    readonly data: ArrayBuffer;
  }
  | { readonly kind: "udp-close"; readonly socket: number }
  | (HostEndpoint & {
    readonly kind: "listen";
    readonly protocol: ForwardProtocol;
    readonly listener: number;
  });

/**
 * What the host tells. It numbers what it accepted: with even numbers from 2
 * on.
 */
export type HostEvent =
  | { readonly kind: "tcp-open"; readonly socket: number }
  | {
    readonly kind: "tcp-data";
    readonly socket: number;
    readonly data: ArrayBuffer;
  }
  /** So many bytes that were to be sent are the host's now. */
  | {
    readonly kind: "tcp-sent";
    readonly socket: number;
    readonly bytes: number;
  }
  /** Nothing more will come. */
  | { readonly kind: "tcp-end"; readonly socket: number }
  /** The connection failed, or never came to be. */
  | { readonly kind: "tcp-failed"; readonly socket: number }
  | {
    readonly kind: "tcp-accepted";
    readonly listener: number;
    readonly socket: number;
  }
  /** Datagrams come to a listener from a place that was not heard of. */
  | {
    readonly kind: "udp-accepted";
    readonly listener: number;
    readonly socket: number;
  }
  | {
    readonly kind: "udp-data";
    readonly socket: number;
    readonly data: ArrayBuffer;
  }
  | {
    readonly kind: "listening";
    readonly listener: number;
    readonly port: number;
  }
  | {
    readonly kind: "listen-failed";
    readonly listener: number;
    readonly reason: string;
  };

/**
 * Sockets of the host. All is asynchronous: `request()` only hands over, and
 * no event comes from within it.
 */
export interface HostSockets {
  request(request: HostRequest): void;
  /** Called once: where events go. */
  connect(onEvent: (event: HostEvent) => void): void;
}

/**
 * Most bytes of a connection that the host reads at a time: what fits one large
 * segment for the guest, 44 of 1460 bytes.
 */
export const READ_CHUNK: number = 44 * 1460;

/**
 * Bytes of a connection that the host reads ahead of what was taken, until it
 * is told that more were taken than it gave.
 */
export const READ_AHEAD: number = 4 * READ_CHUNK;
