// docs/endianness.md, typed as it stands: every command in its order, every
// line that it shows in what comes of it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { DEBIAN } from "./guests.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { PROJECT } from "../docs/_imports.ts";

/** One fenced block: what to type, or what is to be seen. */
interface Block {
  readonly language: string;
  readonly lines: readonly string[];
}

/** A fence of three grave accents, a language, and what is up to the next. */
const FENCED = /^\x60{3}(\w+)\n([^\x60]*)^\x60{3}$/gm;

/** Longest time for a line to come; a boot takes seconds. */
const PATIENCE = 240_000;

const TASKS: Readonly<Record<string, readonly string[]>> = {
  run: [
    "--allow-run",
    "--allow-read",
    "--allow-write",
    "--allow-env",
    "main.ts",
  ],
  monitor: ["--allow-read", "--allow-write", "--allow-net", "monitor/cli.ts"],
};

function readBlocks(): Block[] {
  const page = Deno.readTextFileSync(join(PROJECT, "docs/endianness.md"));
  return [...page.matchAll(FENCED)].map((
    [, language = "", body = ""],
  ) => ({ language, lines: body.trimEnd().split("\n") }));
}

/** The words of a command line; single quotes keep one together. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map((
    [, quoted, plain],
  ) => quoted ?? plain ?? "");
}

/** "deno task NAME …" as what the task runs, in another folder. */
function command(line: string, cwd: string, stdin: "piped" | "null") {
  const [deno, task, name = "", ...args] = words(line);
  assert.deepEqual([deno, task], ["deno", "task"], line);
  const permissions = TASKS[name];
  assert.ok(permissions, `no such task: ${name}`);
  const flags = permissions.slice(0, -1);
  const script = join(PROJECT, permissions.at(-1) ?? "");
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...flags, script, ...args],
    cwd,
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

/** The first terminal, with a machine in it. */
class FirstTerminal {
  text = "";
  #seen = 0;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<void>[];

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#reading = [child.stdout, child.stderr].map(async (stream) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        this.text += text;
      }
    });
  }

  async type(line: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Waits for the lines, in their order, beyond what was waited for before. */
  async expect(lines: readonly string[]): Promise<void> {
    const limit = Date.now() + PATIENCE;
    for (const line of lines) {
      const found = () => this.text.indexOf(line, this.#seen);
      while (found() < 0) {
        if (Date.now() > limit) {
          assert.fail(`"${line}" does not come:\n${this.text.slice(-2000)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      this.#seen = found() + line.length;
    }
  }

  async end(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Promise.all(this.#reading);
    await this.#writer.abort().catch(() => {});
  }
}

/** What an answer is to show: lines in their order, "…" for what is between. */
function assertShows(answer: string, lines: readonly string[]): void {
  let at = 0;
  for (const line of lines.map((line) => line.trim())) {
    if (line === "…") continue;
    const found = answer.indexOf(line, at);
    assert.ok(found >= 0, `no ${line} from there on:\n${answer.slice(at)}`);
    at = found + line.length;
  }
}

/** Types the page. */
async function typeAll(blocks: readonly Block[], folder: string) {
  let first: FirstTerminal | undefined;
  let answer = "";
  try {
    for (const { language, lines } of blocks) {
      if (language !== "sh") assert.ok(first, "no machine runs");
      else answer = "";
      for (const line of language === "sh" ? lines : []) {
        if (line.startsWith("deno task run")) {
          await first?.end();
          first = new FirstTerminal(command(line, folder, "piped").spawn());
          await first.expect(["Monitor listens at"]);
          continue;
        }
        const { success, stdout, stderr } = await command(line, folder, "null")
          .output();
        assert.ok(success, `${line}: ${new TextDecoder().decode(stderr)}`);
        answer += new TextDecoder().decode(stdout);
      }
      const shown = lines.filter((line) => line !== "…");
      if (language === "text") assertShows(answer, lines);
      if (language === "console") await first?.expect(shown);
      if (language === "input") {
        for (const line of lines) await first?.type(line);
      }
    }
    assert.doesNotMatch(first?.text ?? "", /still alive/);
  } finally {
    await first?.end();
  }
}

Deno.test("docs/endianness.md has blocks of known kinds", () => {
  const kinds = new Set(readBlocks().map(({ language }) => language));
  assert.deepEqual([...kinds].sort(), ["console", "input", "sh", "text"]);
});

Deno.test({
  name: `docs/endianness.md shows what it says${DEBIAN.missing}`,
  ignore: DEBIAN.missing !== "",
  fn: () =>
    withTempFolder(async (folder) => {
      await DEBIAN.load();
      await typeAll(readBlocks(), folder);
    }),
});
