import assert from "node:assert/strict";
import { join } from "node:path";
import { LAB_DONE } from "../../guests/lab.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { eventually } from "../monitor/_raw.ts";
import { command, emulatorOf, isAlive, LIMIT_MILLISECONDS } from "./_launch.ts";

async function hasScript(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("script", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const noScript = await hasScript()
  ? ""
  : " (SKIPPED: script of bsdutils is not installed)";

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A terminal (script(1)) in which the program runs between two looks at the modes. */
class Terminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #timer: ReturnType<typeof setTimeout>;
  #seen = 0;
  text = "";

  constructor(pidFile: string, ...args: string[]) {
    // The program replaces a shell, whose process id is known.
    const program = `echo $$ > ${quote(pidFile)}; exec ${
      command(...args).map(quote).join(" ")
    }`;
    const line =
      `echo "MODES $(stty -g)"; sh -c ${quote(program)}; echo "STATUS $?"; ` +
      `echo "MODES $(stty -g)"`;
    this.#child = new Deno.Command("script", {
      args: ["--quiet", "--flush", "--command", line, "/dev/null"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    this.#timer = setTimeout(() => this.#kill(), LIMIT_MILLISECONDS);
  }

  async type(keys: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(keys));
  }

  async expect(wanted: string): Promise<void> {
    for (;;) {
      const at = this.text.indexOf(wanted, this.#seen);
      if (at >= 0) {
        this.#seen = at + wanted.length;
        return;
      }
      if (!await this.#read()) {
        throw new Error(`Cannot find ${wanted} in: ${this.text}`);
      }
    }
  }

  /** Reads to the end; gives the status and whether the modes are as before. */
  async finish(): Promise<{ status: number; restored: boolean }> {
    while (await this.#read());
    const status = /^STATUS (\d+)/m.exec(this.text)?.[1];
    const modes = [...this.text.matchAll(/MODES (\S+)/g)].map(
      ([, mode]) => mode,
    );
    assert.equal(modes.length, 2, this.text);
    return { status: Number(status), restored: modes[0] === modes[1] };
  }

  async #read(): Promise<boolean> {
    const { value, done } = await this.#output.read();
    if (value !== undefined) this.text += value;
    return !done;
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#kill();
    await this.#child.status;
    await this.#input.abort().catch(() => {});
    await this.#output.cancel();
  }
}

function terminalTest(
  name: string,
  test: (terminal: Terminal, pid: () => number) => Promise<void>,
  args = ["--guest", "lab", "--start-paused"],
): void {
  Deno.test(`${name}${noScript}`, { ignore: noScript !== "" }, async () => {
    await withTempFolder(async (folder) => {
      const pidFile = join(folder, "pid");
      await using terminal = new Terminal(pidFile, ...args);
      await test(terminal, () => Number(Deno.readTextFileSync(pidFile)));
    });
  });
}

const HELP = "\x01h";
const PROMPT = "\x01c";
const LEAVE = "\x01x";

/** Ctrl-A H is answered as soon as the emulator has the terminal. */
async function ready(terminal: Terminal): Promise<void> {
  const ask = async () => {
    while (!terminal.text.includes("Ctrl-A X")) {
      await terminal.type(HELP);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  await Promise.all([terminal.expect("Ctrl-A X"), ask()]);
}

terminalTest(
  "Ctrl-A X leaves with 0 and the terminal as it was",
  async (terminal) => {
    await ready(terminal);
    await terminal.type(LEAVE);
    assert.deepEqual(await terminal.finish(), { status: 0, restored: true });
  },
);

terminalTest(
  "Ctrl-A C shows a prompt that asks and starts the guest",
  async (terminal) => {
    await ready(terminal);
    await terminal.type(PROMPT);
    await terminal.expect("janus> ");
    await terminal.type("query-status\r");
    await terminal.expect("status: prelaunch");
    await terminal.type("cont\r");
    await terminal.expect("janus> ");
    await terminal.type(PROMPT);
    await terminal.expect(LAB_DONE);
    assert.deepEqual(await terminal.finish(), { status: 0, restored: true });
  },
);

terminalTest("a guest that ends gives the terminal back", async (terminal) => {
  await terminal.expect(LAB_DONE);
  assert.deepEqual(await terminal.finish(), { status: 0, restored: true });
}, ["--guest", "lab"]);

terminalTest("the time limit gives the terminal back", async (terminal) => {
  const { status, restored } = await terminal.finish();
  assert.equal(status, 3);
  assert.ok(restored);
}, ["--guest", "lab", "--start-paused", "--time-limit", "0.5"]);

terminalTest("SIGTERM gives the terminal back", async (terminal, pid) => {
  await ready(terminal);
  Deno.kill(pid(), "SIGTERM");
  assert.deepEqual(await terminal.finish(), { status: 143, restored: true });
});

terminalTest(
  "an emulator that is killed leaves the terminal as it was",
  async (terminal, pid) => {
    await ready(terminal);
    Deno.kill(await emulatorOf(pid()), "SIGKILL");
    assert.deepEqual(await terminal.finish(), { status: 1, restored: true });
  },
);

terminalTest(
  "a launcher that is killed leaves no emulator behind",
  async (terminal, pid) => {
    await ready(terminal);
    const launcher = pid();
    const emulator = await emulatorOf(launcher);
    Deno.kill(launcher, "SIGKILL");
    await terminal.finish();
    await eventually(async () => !await isAlive(emulator));
  },
);
