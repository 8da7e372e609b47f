/**
 * The pipe between launcher and emulator, file descriptor 3 of the latter. The
 * launcher sends the configuration as one line of JSON, the emulator a line
 * feed when it has read all files. Its end means that the launcher is gone, in
 * whatever way; then nobody wants the emulator any more.
 *
 * @module
 */
import net from "node:net";
import type { EmulatorConfig } from "./config.ts";
import { EXIT_STATUS, ExitError } from "./exit_status.ts";

/** The emulator's file descriptor. */
export const LIFELINE = 3;

/** What ends a message on the lifeline. */
export const LINE_END = "\n";

const MAX_CONFIG_LENGTH = 1 << 20;

/** The emulator's end. */
export class Lifeline {
  readonly #socket: net.Socket;
  readonly #config = Promise.withResolvers<EmulatorConfig>();
  readonly #gone = Promise.withResolvers<void>();
  #text = "";

  /**
   * Takes hold of the file descriptor.
   *
   * @throws {ExitError} If there is none
   */
  constructor() {
    try {
      this.#socket = new net.Socket({
        fd: LIFELINE,
        readable: true,
        writable: true,
      });
    } catch (error) {
      throw noLauncher(error);
    }
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (text: string) => this.#take(text));
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("end", () => this.#end(undefined));
    this.#config.promise.catch(() => {});
  }

  /** The configuration. */
  get config(): Promise<EmulatorConfig> {
    return this.#config.promise;
  }

  /** Resolves when the launcher is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Tells the launcher that temporary files are not needed any more. */
  tellLoaded(): void {
    this.#socket.write(LINE_END);
  }

  #take(text: string): void {
    this.#text += text;
    if (this.#text.length > MAX_CONFIG_LENGTH) this.#socket.destroy();
    const end = this.#text.indexOf(LINE_END);
    if (end < 0) return;
    this.#config.resolve(JSON.parse(this.#text.slice(0, end)));
  }

  #end(cause: Error | undefined): void {
    this.#config.reject(noLauncher(cause));
    this.#gone.resolve();
  }
}

function noLauncher(cause: unknown): ExitError {
  return new ExitError(
    "Cannot start emulator: it is started by main.ts, use deno task run",
    EXIT_STATUS.usage,
    { cause },
  );
}
