// Starts the program as its task does.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** The permissions of the task `run`. */
const PERMISSIONS = [
  "--allow-run",
  "--allow-read",
  "--allow-write",
  "--allow-env",
];

/** The words of the command, for a shell or for Deno.Command. */
export function command(...args: string[]): [string, ...string[]] {
  return [Deno.execPath(), "run", "--no-prompt", ...PERMISSIONS, MAIN, ...args];
}

/** No run in these tests takes longer. */
export const LIMIT_MILLISECONDS = 60_000;

/** How a run ended. */
export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the program to its end, with nothing on standard input. */
export async function run(...args: string[]): Promise<RunResult> {
  const running = start(args);
  await running.child.stdin.close();
  return await running.result;
}

/** A run under way. */
export interface Running {
  child: Deno.ChildProcess;
  result: Promise<RunResult>;
}

/** Starts the program; it is killed when it takes too long. */
export function start(args: string[]): Running {
  const [program, ...rest] = command(...args);
  const child = new Deno.Command(program, {
    args: rest,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MILLISECONDS);
  const finish = async () => {
    const [stdout, stderr, { code }] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.status,
    ]);
    clearTimeout(timer);
    return { code, stdout, stderr };
  };
  return { child, result: finish() };
}

/** Reads a file of proc(5), which Deno itself may not. */
async function readProc(path: string): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("cat", {
    args: [`/proc/${path}`],
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout) : undefined;
}

/** The emulator that a launcher has started. */
export async function emulatorOf(launcher: number): Promise<number> {
  const text = await readProc(`${launcher}/task/${launcher}/children`);
  const children = text?.split(" ").filter(Boolean).map(Number) ?? [];
  assert.equal(children.length, 1, `children: ${text}`);
  return children[0]!;
}

/** Whether a process is there and no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readProc(`${pid}/stat`);
  return stat !== undefined && !/\) Z /.test(stat);
}
