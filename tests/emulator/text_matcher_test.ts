import assert from "node:assert/strict";
import { TextMatcher } from "../../emulator/console/text_matcher.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Where in the whole stream the text ends, with chunks of a size. */
function find(text: string, stream: string, size: number): number | undefined {
  const matcher = new TextMatcher(text);
  const bytes = encode(stream);
  for (let at = 0; at < bytes.length; at += size) {
    const end = matcher.push(bytes.subarray(at, at + size));
    if (end !== undefined) return at + end;
  }
  return undefined;
}

Deno.test("TextMatcher finds a text wherever chunks are cut", () => {
  const stream = "READY-READY-MARREADY-MARK\r\n/ # ";
  for (let size = 1; size <= stream.length; size++) {
    assert.equal(find("READY-MARK", stream, size), 25, `size ${size}`);
  }
});

Deno.test("TextMatcher agrees with indexOf() on texts that repeat themselves", () => {
  let seed = 1;
  const random = () => seed = (seed * 48271) % 2147483647;
  const letters = (length: number) =>
    Array.from({ length }, () => "ab"[random() % 2]).join("");
  for (let i = 0; i < 500; i++) {
    const text = letters(1 + random() % 6);
    const stream = letters(random() % 40);
    const at = stream.indexOf(text);
    assert.equal(
      find(text, stream, 1 + random() % 7),
      at < 0 ? undefined : at + text.length,
      `${text} in ${stream}`,
    );
  }
});

Deno.test("TextMatcher looks for UTF-8 and finds it cut within a character", () => {
  assert.equal(find("größer", "ist größer", 1), 12);
});

Deno.test("TextMatcher refuses an empty text", () => {
  assert.throws(() => new TextMatcher(""), RangeError);
});
