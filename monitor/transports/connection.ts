/** One client's connection, whatever it runs over. */
export interface Connection {
  /** Whether each chunk read is a whole message, as over WebSocket. */
  readonly framed: boolean;
  /** Waits for the next bytes; undefined at the end. Not called again before it has answered. */
  read(): Promise<Uint8Array | undefined>;
  /** Sends messages; resolves when the operating system took them. */
  write(messages: readonly string[]): Promise<void>;
  /** Closes at once; a pending read ends or fails. May be called again. */
  close(): void;
}

/** Something that clients come through. */
export interface Listener {
  /** The address to connect to, with the port that was chosen if 0 was asked. */
  readonly address: string;
  /** Lets nobody in any more. */
  close(): Promise<void>;
}
