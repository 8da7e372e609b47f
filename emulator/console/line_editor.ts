/** What follows from a key in a line. */
export type LineAction =
  /** Shows a text as it is. */
  | { readonly kind: "echo"; readonly text: string }
  /** The line is finished. */
  | { readonly kind: "line"; readonly line: string }
  /** The line can be completed in several ways. */
  | {
    readonly kind: "choices";
    readonly choices: readonly string[];
    readonly line: string;
  }
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
  readonly #complete: (start: string) => readonly string[];
  #line = "";
  /** In a key's control sequence (ECMA-48), such as an arrow's: what has come of it. */
  #sequence: string | undefined;

  /** Makes an editor; `complete` gives the words that begin with what is typed. */
  constructor(complete: (start: string) => readonly string[]) {
    this.#complete = complete;
  }

  /** Takes keys as they come. */
  take(bytes: Uint8Array): LineAction[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    return [...text].flatMap((key) => this.#key(key));
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
        return this.#completeLine();
      default:
        if (key < " " || this.#line.length >= MAX_LENGTH) return [];
        return this.#insert(key);
    }
  }

  #insert(text: string): LineAction[] {
    this.#line += text;
    return text === "" ? [] : [{ kind: "echo", text }];
  }

  #completeLine(): LineAction[] {
    const line = this.#line;
    if (/\s/.test(line)) return [];
    const choices = this.#complete(line);
    const [first] = choices;
    if (first === undefined) return [];
    const common = choices.reduce(commonStart, first).slice(line.length);
    if (choices.length === 1) return this.#insert(`${common} `);
    if (common !== "") return this.#insert(common);
    return [{ kind: "choices", choices, line }];
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

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}
