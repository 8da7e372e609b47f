/** What follows from a key in a line. */
export type LineAction =
  /** Shows a text as it is. */
  | { readonly kind: "echo"; readonly text: string }
  /** The line is finished. */
  | { readonly kind: "line"; readonly line: string }
  /** Completion is asked for. */
  | { readonly kind: "complete"; readonly start: string }
  /** End of input. */
  | { readonly kind: "close" };

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const BACKSPACE = "\x08";
const TAB = "\t";
const CTRL_U = "\x15";
const ESCAPE = "\x1b";
const DELETE = "\x7f";

const RUB_OUT = "\b \b";
const MAX_LENGTH = 4096;

/** Edits one line at a time: no history, no movement, just what one expects of a small prompt. */
export class LineEditor {
  readonly #decoder = new TextDecoder();
  #line = "";
  /** In a key's control sequence (ECMA-48), such as an arrow's: what has come of it. */
  #sequence: string | undefined;

  /** Takes keys as they come. */
  take(bytes: Uint8Array): LineAction[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    return [...text].flatMap((key) => this.#key(key));
  }

  /** Adds what completion found. */
  insert(text: string): LineAction[] {
    this.#line += text;
    return [{ kind: "echo", text }];
  }

  /** What is typed so far. */
  get line(): string {
    return this.#line;
  }

  #key(key: string): LineAction[] {
    if (this.#inSequence(key)) return [];
    switch (key) {
      case "\r":
      case "\n":
        return [{ kind: "echo", text: "\r\n" }, {
          kind: "line",
          line: this.#clear(),
        }];
      case BACKSPACE:
      case DELETE:
        return this.#rubOut();
      case CTRL_U:
        return [{
          kind: "echo",
          text: RUB_OUT.repeat([...this.#clear()].length),
        }];
      case CTRL_C:
        this.#clear();
        return [{ kind: "echo", text: "^C\r\n" }, { kind: "line", line: "" }];
      case CTRL_D:
        return this.#line === "" ? [{ kind: "close" }] : [];
      case TAB:
        return [{ kind: "complete", start: this.#line }];
      default:
        if (key < " " || this.#line.length >= MAX_LENGTH) return [];
        return this.insert(key);
    }
  }

  #inSequence(key: string): boolean {
    if (this.#sequence === undefined) {
      if (key !== ESCAPE) return false;
      this.#sequence = "";
      return true;
    }
    this.#sequence += key;
    // ESC, then [ or O, parameters, and one final character from @ on.
    const ends = /^(?:[^[O]|[[O][^@-~]*[@-~])$/.test(this.#sequence);
    if (ends || this.#sequence.length > 16) this.#sequence = undefined;
    return true;
  }

  #rubOut(): LineAction[] {
    if (this.#line === "") return [];
    this.#line = [...this.#line].slice(0, -1).join("");
    return [{ kind: "echo", text: RUB_OUT }];
  }

  #clear(): string {
    const line = this.#line;
    this.#line = "";
    return line;
  }
}
