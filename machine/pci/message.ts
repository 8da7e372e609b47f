/**
 * Message-signalled interrupts as both capabilities send them.
 *
 * @module
 */

/** A write of 32 bits by which a function interrupts. */
export interface Message {
  readonly addressHigh: number;
  readonly addressLow: number;
  readonly data: number;
}

/** What a function's messages depend on and where they go. */
export interface MessagePort {
  /** Sends a message, if the function may master the bus. */
  send(message: Message): void;
}

/** The message of a vector that has been taken back. */
export const NO_MESSAGE: Message = { addressHigh: 0, addressLow: 0, data: 0 };
