// Programs of the host that tests check a guest's work with.
import assert from "node:assert/strict";

/** Where mke2fs and e2fsck are, on hosts whose PATH leaves it out. */
const PATH = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`;

/** Runs a program to its end; gives its status and what it printed. */
export function runHost(
  program: string,
  ...args: string[]
): { code: number; text: string } {
  const { code, stdout, stderr } = new Deno.Command("env", {
    args: [`PATH=${PATH}`, program, ...args],
    stdin: "null",
  }).outputSync();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** As `runHost`, for a program that must succeed. */
export function mustRun(program: string, ...args: string[]): string {
  const { code, text } = runHost(program, ...args);
  assert.equal(code, 0, `${program} ${args.join(" ")}: ${text}`);
  return text;
}

/** What a test's name says where a program is not installed; "" where it is. */
export function missingTool(program: string, debianPackage: string): string {
  const { code } = runHost("sh", "-c", `command -v ${program}`);
  return code === 0
    ? ""
    : ` [SKIPPED, NO ${program.toUpperCase()}: install ${debianPackage}]`;
}
