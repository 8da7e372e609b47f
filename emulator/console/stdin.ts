const READ_SIZE = 65_536;

/**
 * Hands on what standard input brings, until it ends or cannot be read, which
 * comes to the same. The next bytes are read when `take` has resolved.
 */
export async function readStdin(
  take: (bytes: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const buffer = new Uint8Array(READ_SIZE);
  for (;;) {
    let length: number | null;
    try {
      length = await Deno.stdin.read(buffer);
    } catch {
      return;
    }
    if (length === null) return;
    await take(buffer.slice(0, length));
  }
}
