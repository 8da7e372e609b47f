import type { Fault } from "./messages.ts";

/** A fault of the emulator: the machine's thread cannot go on. */
export class MachineFaultError extends Error {
  /** Tells it from other errors. */
  override readonly name = "MachineFaultError" as const;
  /** Name of the error's class on the machine's thread. */
  readonly fault: string;

  /** Makes an error of its plain data. */
  constructor({ name, message, stack }: Fault) {
    super(message);
    this.fault = name;
    if (stack !== undefined) this.stack = stack;
  }
}
