/**
 * What a driver can do to a ring that breaks its device.
 *
 * @module
 */

/** What is wrong, as one word for programs; the message says it for people. */
export type RingFault =
  | "ring-address"
  | "ring-size"
  | "available-index"
  | "head"
  | "next"
  | "loop"
  | "address"
  | "length"
  | "direction"
  | "indirect-not-negotiated"
  | "indirect-nested"
  | "indirect-next"
  | "indirect-length"
  | "short-chain"
  | "request"
  | "injected";

/**
 * A ring, or a request in it, that is not as the virtio book has it. The
 * device that meets it is broken until the guest resets it; the machine is
 * not. Thrown by queues and streams, and by devices for requests that leave
 * no room for an answer (fault `"request"`).
 */
export class RingError extends Error {
  override readonly name = "RingError";
  readonly fault: RingFault;
  /** The queue, where it is known. */
  queue: number | undefined;

  /** The message names the action, then what was found. */
  constructor(fault: RingFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Why a device is broken. */
export interface Breakage {
  readonly fault: RingFault;
  readonly message: string;
  /** The queue, where it is known. */
  readonly queue: number | undefined;
}
