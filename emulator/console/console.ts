import type { MonitorPrompt } from "../../monitor/prompt.ts";
import type { ConsoleChoice } from "../config.ts";
import { ExitError, messageOf } from "../exit_status.ts";
import { tell } from "../stderr.ts";
import { within } from "../within.ts";
import { ConsoleKeys, type KeyCommand, KEYS_HELP } from "./keys.ts";
import { OutputQueue } from "./output_queue.ts";
import { PromptSession } from "./prompt_session.ts";
import { readStdin } from "./stdin.ts";
import { RawTerminal } from "./terminal.ts";

/** What a console is connected to. */
export interface ConsoleWorld {
  /** Types at the guest; resolves when the guest's terminal took it. */
  readonly type: (bytes: Uint8Array) => Promise<void>;
  /** Bytes that were typed and not taken yet. */
  readonly untaken: () => number;
  /** The monitor's prompt. */
  readonly prompt: MonitorPrompt;
  /** The person wants to leave. */
  readonly onLeave: () => void;
}

/** What a person can type ahead of a guest that does not read. */
const MAX_TYPED_AHEAD = 65_536;
/** How long the end of the run waits for a reader that has stopped. */
const MAX_FLUSH_MILLISECONDS = 1000;

/** Where the guest's console goes to, and comes from. */
export class Console implements AsyncDisposable {
  readonly #output: OutputQueue | undefined;
  readonly #file: Deno.FsFile | undefined;
  readonly #isTerminal: boolean;
  readonly #keys = new ConsoleKeys();
  #terminal: RawTerminal | undefined;
  #session: PromptSession | undefined;

  /**
   * Opens the console.
   *
   * @param onFailure Told once, when its output cannot be written
   * @throws {ExitError} If the file cannot be written
   */
  constructor(choice: ConsoleChoice, onFailure: (error: Error) => void) {
    const failed = (error: unknown) =>
      onFailure(new Error(`Cannot write console: ${messageOf(error)}`));
    this.#isTerminal = choice.kind === "stdio" && Deno.stdin.isTerminal();
    if (choice.kind === "file") {
      const file = openFile(choice.path);
      this.#file = file;
      this.#output = new OutputQueue((bytes) => file.write(bytes), failed);
    } else if (choice.kind === "stdio") {
      this.#output = new OutputQueue(
        (bytes) => Deno.stdout.write(bytes),
        failed,
      );
    }
  }

  /** Takes the guest's output; `written` is called when it has gone out. */
  print(bytes: Uint8Array, written: () => void): void {
    if (this.#output === undefined) written();
    else this.#output.push(bytes, written);
  }

  /** Begins to read standard input, if that is what types at the guest. */
  listen(choice: ConsoleChoice, world: ConsoleWorld): void {
    if (choice.kind !== "stdio") return;
    if (!this.#isTerminal) {
      void readStdin((bytes) => world.type(bytes));
      return;
    }
    tell("Ctrl-A X leaves, Ctrl-A H shows more");
    this.#terminal = new RawTerminal();
    void readStdin((bytes) => this.#takeKeys(bytes, world));
  }

  /** Writes what is left, and gives the terminal back. */
  async [Symbol.asyncDispose](): Promise<void> {
    const output = this.#output;
    if (output !== undefined) {
      output.release();
      const toScreen = this.#file === undefined && Deno.stdout.isTerminal();
      if (toScreen && !output.endsLine) output.say("\r\n");
      await within(output.flush(), MAX_FLUSH_MILLISECONDS);
    }
    this.#file?.close();
    this.#terminal?.[Symbol.dispose]();
  }

  #takeKeys(bytes: Uint8Array, world: ConsoleWorld): void {
    for (const action of this.#keys.take(bytes)) {
      if (action.kind === "command") this.#command(action.command, world);
      else if (this.#session !== undefined) this.#session.take(action.bytes);
      else if (world.untaken() < MAX_TYPED_AHEAD) {
        // Not waited for: Ctrl-A X must work when the guest reads nothing.
        void world.type(action.bytes);
      }
    }
  }

  #command(command: KeyCommand, world: ConsoleWorld): void {
    switch (command) {
      case "leave":
        return world.onLeave();
      case "prompt":
        return this.#session === undefined
          ? this.#openPrompt(world)
          : this.#closePrompt();
      case "help":
        this.#output?.say(
          `\r\n${KEYS_HELP.map((line) => `${line}\r\n`).join("")}`,
        );
    }
  }

  #openPrompt(world: ConsoleWorld): void {
    this.#output?.hold();
    this.#session = new PromptSession({
      prompt: world.prompt,
      write: (text) => this.#output?.say(text),
      onClose: () => this.#closePrompt(),
    });
  }

  #closePrompt(): void {
    this.#session = undefined;
    this.#output?.say("\r\n");
    this.#output?.release();
  }
}

function openFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw ExitError.usage(
      `Cannot write console to ${path}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
