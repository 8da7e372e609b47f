import assert from "node:assert/strict";
import { LineEditor } from "../../emulator/console/line_editor.ts";

const WORDS = ["query-lpcr", "query-status", "quit", "stop"];

/** The screen and what came of the keys. */
function type(...chunks: (string | Uint8Array)[]) {
  const editor = new LineEditor((start) =>
    WORDS.filter((word) => word.startsWith(start))
  );
  const actions = chunks.flatMap((chunk) =>
    editor.take(
      typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk,
    )
  );
  return {
    echo: actions.map((one) => one.kind === "echo" ? one.text : "").join(""),
    lines: actions.flatMap((one) => one.kind === "line" ? [one.line] : []),
    choices: actions.flatMap((one) => one.kind === "choices" ? [one] : []),
    closed: actions.some(({ kind }) => kind === "close"),
  };
}

Deno.test("LineEditor gives finished lines and echoes keys", () => {
  const { echo, lines } = type("stop\rquit\n");
  assert.deepEqual(lines, ["stop", "quit"]);
  assert.equal(echo, "stop\r\nquit\r\n");
});

Deno.test("LineEditor rubs out characters, whole ones, and lines", () => {
  assert.deepEqual(type("stoo\x7fp\r").lines, ["stop"]);
  assert.deepEqual(type("aé\x08b\r").lines, ["ab"]);
  assert.deepEqual(type("\x7f\x7fa\r").lines, ["a"]);
  const { echo, lines } = type("abc\x15x\r");
  assert.deepEqual(lines, ["x"]);
  assert.equal(echo, `abc${"\b \b".repeat(3)}x\r\n`);
});

Deno.test("LineEditor takes characters that are cut in two", () => {
  const [first = 0, second = 0] = new TextEncoder().encode("é");
  assert.deepEqual(
    type(Uint8Array.of(first), Uint8Array.of(second, 0x0d)).lines,
    ["é"],
  );
});

Deno.test("LineEditor drops the line at Ctrl-C and closes at Ctrl-D", () => {
  assert.deepEqual(type("abc\x03x\r").lines, ["", "x"]);
  assert.equal(type("abc\x04").closed, false);
  assert.equal(type("\x04").closed, true);
});

Deno.test("LineEditor ignores arrows and other keys of control sequences", () => {
  assert.deepEqual(type("a\x1b[Ab\x1bOBc\x1b[1;5Cd\x1bxe\r").lines, ["abcde"]);
  assert.deepEqual(type("\x1b", "[", "A", "a\r").lines, ["a"]);
});

Deno.test("LineEditor completes the first word, as typed so far", () => {
  assert.deepEqual(type("s\t\r").lines, ["stop "]);
  assert.deepEqual(type("que\t\r").lines, ["query-"]);
  assert.deepEqual(type("x\t\r").lines, ["x"]);
  assert.deepEqual(type("stop s\t\r").lines, ["stop s"]);
  const { choices } = type("query-\tx");
  assert.deepEqual(choices, [{
    kind: "choices",
    choices: ["query-lpcr", "query-status"],
    line: "query-",
  }]);
});

Deno.test("LineEditor bounds a line", () => {
  assert.equal(type("a".repeat(10_000), "\r").lines[0]?.length, 4096);
});
