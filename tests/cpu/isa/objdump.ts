/** Asks GNU objdump for its text of instruction words. */

const COMMAND = "powerpc64le-linux-gnu-objdump";

/** Whether objdump may be run and can be. */
export async function hasObjdump(): Promise<boolean> {
  const run = await Deno.permissions.query({ name: "run", command: COMMAND });
  if (run.state !== "granted") return false;
  try {
    await new Deno.Command(COMMAND, { args: ["--version"], stdout: "null" })
      .output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Texts of words that lie one behind the other from address 0. */
export async function objdump(
  words: readonly number[],
  cpu: "power8" | "power9" = "power9",
): Promise<string[]> {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(i * 4, word));
  const file = await Deno.makeTempFile({ prefix: "janus_objdump_" });
  try {
    await Deno.writeFile(file, bytes);
    const args = `-D -z -b binary -m powerpc:common64 -EB -M ${cpu},raw`;
    const { stdout } = await new Deno.Command(COMMAND, {
      args: [...args.split(" "), file],
    }).output();
    const texts: string[] = [];
    for (const line of new TextDecoder().decode(stdout).split("\n")) {
      const [, offset, text] = /^ *([0-9a-f]+):\t[^\t]*\t(.*)$/.exec(line) ??
        [];
      if (offset === undefined || text === undefined) continue;
      texts[parseInt(offset, 16) / 4] = text.trimEnd();
    }
    return words.map((_, i) => texts[i] ?? "");
  } finally {
    await Deno.remove(file);
  }
}

/**
 * Where our text deliberately differs, as objdump would have written it.
 *
 * `mfcr` has no operand FXM in the book; objdump prints a stand-in for it.
 */
export function withoutOddities(text: string): string {
  return text.replace(/^(mfcr .*),-1$/, "$1");
}
