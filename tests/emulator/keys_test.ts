import assert from "node:assert/strict";
import { ConsoleKeys } from "../../emulator/console/keys.ts";

/** What comes of chunks, input as text. */
function take(...chunks: string[]): string[] {
  const keys = new ConsoleKeys();
  return chunks.flatMap((chunk) =>
    keys.take(new TextEncoder().encode(chunk)).map((action) =>
      action.kind === "input"
        ? `"${new TextDecoder().decode(action.bytes)}"`
        : action.command
    )
  );
}

Deno.test("ConsoleKeys hands input on, control characters too", () => {
  assert.deepEqual(take("ls -l\r"), ['"ls -l\r"']);
  assert.deepEqual(take("\x03\x04\x1b[A\0\xff"), ['"\x03\x04\x1b[A\0\xff"']);
  assert.deepEqual(take(""), []);
});

Deno.test("ConsoleKeys knows the keys behind Ctrl-A, in both cases", () => {
  assert.deepEqual(take("\x01x"), ["leave"]);
  assert.deepEqual(take("\x01X"), ["leave"]);
  assert.deepEqual(take("\x01c\x01C"), ["prompt", "prompt"]);
  assert.deepEqual(take("\x01h"), ["help"]);
});

Deno.test("ConsoleKeys keeps the order of input and commands", () => {
  assert.deepEqual(take("ab\x01ccd\x01hef"), [
    '"ab"',
    "prompt",
    '"cd"',
    "help",
    '"ef"',
  ]);
});

Deno.test("ConsoleKeys remembers Ctrl-A from one chunk to the next", () => {
  assert.deepEqual(take("a\x01", "xb"), ['"a"', "leave", '"b"']);
  assert.deepEqual(take("\x01", "\x01", "x"), ['"\x01"', '"x"']);
});

Deno.test("ConsoleKeys types one Ctrl-A for two, and nothing for an unknown pair", () => {
  assert.deepEqual(take("a\x01\x01b"), ['"a"', '"\x01b"']);
  assert.deepEqual(take("\x01\x01\x01\x01"), ['"\x01"', '"\x01"']);
  assert.deepEqual(take("a\x01qb"), ['"a"', '"b"']);
});
