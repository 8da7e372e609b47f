/**
 * Looks for a text in a stream of bytes, however it is cut into chunks. Takes
 * time proportional to the stream's length (Knuth, Morris, Pratt).
 */
export class TextMatcher {
  readonly #text: Uint8Array;
  readonly #fallback: Int32Array;
  #matched = 0;

  /**
   * Makes a matcher.
   *
   * @param text What to look for, as UTF-8; not empty
   * @throws {RangeError} If the text is empty
   */
  constructor(text: string) {
    this.#text = new TextEncoder().encode(text);
    if (this.#text.length === 0) {
      throw new RangeError("Cannot look for a text: it is empty");
    }
    this.#fallback = fallbacks(this.#text);
  }

  /**
   * Takes the next chunk.
   *
   * @returns Where in the chunk the text has ended for the first time, or
   * undefined
   */
  push(chunk: Uint8Array): number | undefined {
    for (const [at, byte] of chunk.entries()) {
      while (this.#matched > 0 && byte !== this.#text[this.#matched]) {
        this.#matched = this.#fallback[this.#matched - 1]!;
      }
      if (byte === this.#text[this.#matched]) this.#matched++;
      if (this.#matched === this.#text.length) {
        this.#matched = 0;
        return at + 1;
      }
    }
    return undefined;
  }
}

/** For each prefix: the length of the longest other prefix that it ends with. */
function fallbacks(text: Uint8Array): Int32Array {
  const lengths = new Int32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) {
      length = lengths[length - 1]!;
    }
    if (text[at] === text[length]) length++;
    lengths[at] = length;
  }
  return lengths;
}
