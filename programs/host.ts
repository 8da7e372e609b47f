/**
 * The same scripts under the host's own programs: a judge that is no emulator.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { GuestProgram } from "./table.ts";
import type { Outcome } from "./transcript.ts";

/** The first version of OpenSSL that has all that the scripts use. */
const OPENSSL = /^OpenSSL 3\./;

/** Runs a script on the host; `undefined` where it has no OpenSSL 3 or no shell. */
export async function hostOutcome(
  { file, command: [program, ...args] }: GuestProgram,
): Promise<Outcome | undefined> {
  const version = await run("openssl", ["version"]);
  if (version === undefined || !OPENSSL.test(version.output)) return undefined;
  const path = fileURLToPath(new URL(`scripts/${file}`, import.meta.url));
  return await run(program, [path, ...args]);
}

async function run(
  program: string,
  args: readonly string[],
): Promise<Outcome | undefined> {
  const start = performance.now();
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      env: { LC_ALL: "C" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return {
      output: decoder.decode(stdout) + decoder.decode(stderr),
      status: code,
      seconds: (performance.now() - start) / 1000,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
