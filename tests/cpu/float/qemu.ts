/**
 * Runs cases on runner.c under QEMU's user mode.
 *
 * @module
 */
import type { FloatCase } from "./cases.ts";

/** What an instruction made of its case. */
export interface Outcome {
  readonly fpr: bigint;
  readonly fpscr: bigint;
  readonly cr: number;
  /** Whether it interrupted. */
  readonly interrupted: boolean;
}

const BEFORE_BYTES = 48;
const AFTER_BYTES = 24;

async function run(command: string, args: string[], input?: Uint8Array) {
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const fed = writer.write(input ?? new Uint8Array())
    .then(() => writer.close());
  const { success, stdout } = await child.output();
  await fed;
  if (!success) throw new Error(`Cannot record results: ${command} failed`);
  return stdout;
}

function pack(cases: readonly FloatCase[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(cases.length * BEFORE_BYTES));
  cases.forEach(({ word, cr, fpr, fpscr }, i) => {
    const at = i * BEFORE_BYTES;
    view.setUint32(at, word, true);
    view.setUint32(at + 4, cr, true);
    [...fpr, fpscr].forEach((value, j) =>
      view.setBigUint64(at + 8 + 8 * j, value, true)
    );
  });
  return new Uint8Array(view.buffer);
}

/** What QEMU's POWER9 makes of the cases. */
export async function runOnQemu(
  cases: readonly FloatCase[],
): Promise<Outcome[]> {
  const source = new URL("./runner.c", import.meta.url).pathname;
  const directory = await Deno.makeTempDir();
  try {
    const runner = `${directory}/runner`;
    await run("powerpc64le-linux-gnu-gcc", [
      "-O1",
      "-static",
      "-mcpu=power9",
      "-o",
      runner,
      source,
    ]);
    const output = await run(
      "qemu-ppc64le",
      ["-cpu", "power9", runner],
      pack(cases),
    );
    const view = new DataView(output.buffer, output.byteOffset);
    return cases.map((_, i) => {
      const at = i * AFTER_BYTES;
      return {
        fpr: view.getBigUint64(at, true),
        fpscr: view.getBigUint64(at + 8, true),
        cr: view.getUint32(at + 16, true),
        interrupted: view.getUint32(at + 20, true) !== 0,
      };
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
