/** Tells the person a sentence, on standard error. */
export function tell(sentence: string): void {
  let bytes = new TextEncoder().encode(`${sentence}\n`);
  try {
    while (bytes.length > 0) {
      bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
    }
  } catch {
    // Nobody listens; there is no other way to tell.
  }
}
