import { type InnerDoor, weightOf } from "./door.ts";
import type { Outbound } from "./messages.ts";

/** Output that is sent at once, however young. */
const FULL_BYTES = 65_536;
/** How long output may wait for more of it while the guest is busy. */
const MAX_AGE_MILLISECONDS = 4;

/**
 * What the machine's thread is about to send out. A guest prints a few bytes a
 * hypercall; sent one by one, each would cost more than the call itself.
 */
export class Outbox {
  readonly #door: InnerDoor;
  #messages: Outbound[] = [];
  #console: Uint8Array[] = [];
  #consoleBytes = 0;
  /** Weight of the messages. */
  #bytes = 0;
  #since = 0;
  #urgent = false;

  /** Makes an empty outbox. */
  constructor(door: InnerDoor) {
    this.#door = door;
  }

  /** Adds console output; the bytes are copied. */
  console(bytes: Uint8Array): void {
    this.#age();
    this.#console.push(bytes.slice());
    this.#consoleBytes += bytes.length;
  }

  /** Adds another message, behind the console output that came before it. */
  add(message: Outbound, options: { urgent?: boolean } = {}): void {
    this.#age();
    this.#closeConsole();
    this.#messages.push(message);
    this.#bytes += weightOf(message);
    this.#urgent ||= options.urgent ?? false;
  }

  /** Sends what waits: all of it if the thread is about to sleep, or what is due. */
  flush(options: { sleeping: boolean }): void {
    if (this.#messages.length === 0 && this.#consoleBytes === 0) return;
    const due = options.sleeping || this.#urgent ||
      this.#consoleBytes + this.#bytes >= FULL_BYTES ||
      performance.now() - this.#since >= MAX_AGE_MILLISECONDS;
    if (!due) return;
    this.#closeConsole();
    this.#door.post(this.#messages);
    this.#messages = [];
    this.#bytes = 0;
    this.#urgent = false;
  }

  #age(): void {
    if (this.#messages.length === 0 && this.#consoleBytes === 0) {
      this.#since = performance.now();
    }
  }

  #closeConsole(): void {
    if (this.#consoleBytes === 0) return;
    const bytes = new Uint8Array(this.#consoleBytes);
    let at = 0;
    for (const chunk of this.#console) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.#console = [];
    this.#consoleBytes = 0;
    this.#messages.push({ kind: "console", bytes: bytes.buffer });
  }
}
