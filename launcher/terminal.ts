/**
 * Remembers the modes of the terminal, for the case that the emulator ends
 * without giving it back.
 */
export class TerminalModes {
  readonly #modes: string | undefined;

  /** Asks the terminal, if standard input is one. */
  constructor() {
    this.#modes = Deno.stdin.isTerminal() ? stty("-g") : undefined;
  }

  /** Sets the modes as they were. */
  restore(): void {
    if (this.#modes !== undefined) stty(this.#modes);
  }
}

function stty(argument: string): string | undefined {
  try {
    const { success, stdout } = new Deno.Command("stty", {
      args: [argument],
      stdin: "inherit",
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    // Without the program the emulator's own care has to suffice.
    return undefined;
  }
}
