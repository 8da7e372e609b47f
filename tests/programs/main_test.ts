import assert from "node:assert/strict";
import { PROGRAMS } from "../../programs/table.ts";

const MAIN = new URL("../../programs/main.ts", import.meta.url).pathname;
const SCRIPTS = new URL("../../programs/scripts/", import.meta.url);

async function run(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-read",
      "--allow-env",
      MAIN,
      ...args,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

Deno.test("deno task programs gives 2 and one sentence for wrong usage", async () => {
  for (
    const [args, sentence] of [
      [["cobol"], "Cannot run cobol: see --help"],
      [
        ["--engine", "x"],
        "Cannot use --engine x: use interpreter or jit or both",
      ],
      [
        ["--soak", "1.5"],
        "Cannot use --soak 1.5: use seconds, from 1 to 100000",
      ],
      [
        ["--alone", "--engine", "jit"],
        "Cannot compare one engine alone: give two --engine",
      ],
    ] as const
  ) {
    const { code, stderr } = await run(...args);
    assert.equal(stderr, `${sentence}\n`);
    assert.equal(code, 2);
  }
});

Deno.test("deno task programs --help names every program", async () => {
  const { code, stdout } = await run("--help");
  assert.equal(code, 0);
  for (const { name } of PROGRAMS) assert.ok(stdout.includes(name), name);
  for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
});

Deno.test("every program has its script, which its language can read", async () => {
  const checks: Record<string, string[]> = {
    sh: ["sh", "-n"],
    pl: ["perl", "-c"],
  };
  for (const { file } of PROGRAMS) {
    const path = new URL(file, SCRIPTS).pathname;
    const [program = "", ...args] = checks[file.split(".").at(-1) ?? ""] ?? [];
    const { success, stderr } = await new Deno.Command(program, {
      args: [...args, path],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
});
