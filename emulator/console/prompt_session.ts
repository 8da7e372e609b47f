import type { MonitorPrompt } from "../../monitor/prompt.ts";
import { type LineAction, LineEditor } from "./line_editor.ts";

/** What a {@linkcode PromptSession} needs. */
export interface PromptSessionOptions {
  /** Carries the lines out. */
  readonly prompt: Pick<MonitorPrompt, "run" | "complete">;
  /** Writes to the screen. */
  readonly write: (text: string) => void;
  /** The person has had enough. */
  readonly onClose: () => void;
}

const MARK = "janus> ";

/** The monitor's prompt while it has the screen. */
export class PromptSession {
  readonly #options: PromptSessionOptions;
  readonly #editor: LineEditor;
  /** Lines are carried out one after the other, however fast they are typed. */
  #last: Promise<void> = Promise.resolve();

  /** Shows the prompt. */
  constructor(options: PromptSessionOptions) {
    this.#options = options;
    this.#editor = new LineEditor((start) => options.prompt.complete(start));
    options.write(
      `\r\nMonitor: try help; Ctrl-D or Ctrl-A C goes back\r\n${MARK}`,
    );
  }

  /** Takes keys. */
  take(bytes: Uint8Array): void {
    for (const action of this.#editor.take(bytes)) this.#do(action);
  }

  /** Waits until all lines are carried out. */
  settled(): Promise<void> {
    return this.#last;
  }

  #do(action: LineAction): void {
    const { write, onClose } = this.#options;
    switch (action.kind) {
      case "echo":
        return write(action.text);
      case "line":
        this.#last = this.#last.then(() => this.#run(action.line));
        return;
      case "choices":
        return write(
          `\r\n${action.choices.join("  ")}\r\n${MARK}${action.line}`,
        );
      case "close":
        write("\r\n");
        return onClose();
    }
  }

  async #run(line: string): Promise<void> {
    const { prompt, write } = this.#options;
    const lines = await prompt.run(line);
    write(lines.map((text) => `${text}\r\n`).join("") + MARK);
  }
}
