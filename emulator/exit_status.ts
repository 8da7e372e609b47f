/** How the program ends, as its parent sees it. */
export const EXIT_STATUS = {
  /** The guest powered off, or the text was seen. */
  done: 0,
  /** Our fault. */
  fault: 1,
  /** Wrong usage, or a file that cannot be used. */
  usage: 2,
  /** The time limit was reached. */
  timeLimit: 3,
  /** The guest died. */
  guestDied: 4,
  /** The guest ended before the text was seen. */
  textNotSeen: 5,
} as const;

/** Numbers of the signals that end a program, by POSIX's names. */
export const ENDING_SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTERM: 15,
} as const;

/** A signal that ends a program. */
export type EndingSignal = keyof typeof ENDING_SIGNALS;

/** The status that shells give a program that a signal ended. */
export function signalStatus(signal: EndingSignal): number {
  return 128 + ENDING_SIGNALS[signal];
}

/** A reason to end the program, in one sentence for the person who started it. */
export class ExitError extends Error {
  /** Tells it from other errors. */
  override readonly name = "ExitError" as const;
  /** One of {@linkcode EXIT_STATUS}. */
  readonly status: number;

  /** Makes the error from the sentence and the status. */
  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  /** Wrong usage. */
  static usage(message: string, options?: ErrorOptions): ExitError {
    return new ExitError(message, EXIT_STATUS.usage, options);
  }
}

/** The sentence of an error, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
