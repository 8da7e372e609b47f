/** What a key behind Ctrl-A asks for. */
export type KeyCommand = "leave" | "prompt" | "help";

/** What came from the keyboard. */
export type KeyAction =
  | { readonly kind: "input"; readonly bytes: Uint8Array }
  | { readonly kind: "command"; readonly command: KeyCommand };

const CTRL_A = 0x01;

const COMMANDS: Readonly<Record<string, KeyCommand>> = {
  x: "leave",
  c: "prompt",
  h: "help",
};

/** What Ctrl-A does, a line each. */
export const KEYS_HELP: readonly string[] = [
  "Ctrl-A X       leave",
  "Ctrl-A C       monitor prompt, and back to the console",
  "Ctrl-A H       this help",
  "Ctrl-A Ctrl-A  type Ctrl-A at the guest",
];

/** Tells what is meant for the guest from what is meant for the emulator. */
export class ConsoleKeys {
  #escaped = false;

  /** Takes bytes as they come, which may cut a pair of keys in two. */
  take(bytes: Uint8Array): KeyAction[] {
    const actions: KeyAction[] = [];
    let start = 0;
    const input = (end: number) => {
      if (end > start) {
        actions.push({ kind: "input", bytes: bytes.slice(start, end) });
      }
    };
    bytes.forEach((byte, at) => {
      if (!this.#escaped) {
        if (byte !== CTRL_A) return;
        input(at);
        this.#escaped = true;
        start = at + 1;
        return;
      }
      this.#escaped = false;
      // The second Ctrl-A is the first byte of what the guest gets.
      start = byte === CTRL_A ? at : at + 1;
      const command = COMMANDS[String.fromCharCode(byte).toLowerCase()];
      if (command !== undefined) actions.push({ kind: "command", command });
    });
    if (!this.#escaped) input(bytes.length);
    return actions;
  }
}
