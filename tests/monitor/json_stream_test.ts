import assert from "node:assert/strict";
import { JsonStream, type JsonStreamItem } from "../../monitor/json_stream.ts";
import { Random } from "./_random.ts";

const encoder = new TextEncoder();
const LIMITS = { maxBytes: 1000, maxDepth: 8 };

function split(input: string | Uint8Array, limits = LIMITS): JsonStreamItem[] {
  const stream = new JsonStream(limits);
  const bytes = typeof input === "string" ? encoder.encode(input) : input;
  return [...stream.push(bytes), ...stream.finish()];
}

function texts(input: string | Uint8Array): string[] {
  return split(input).map((item) =>
    item.kind === "value" ? item.text : `<${item.reason}>`
  );
}

Deno.test("JsonStream finds values that no newline separates", () => {
  assert.deepEqual(texts('{"a":1}{"b":2}\n\n[3]  "four"5 6,'), [
    '{"a":1}',
    '{"b":2}',
    "[3]",
    '"four"',
    "5",
    "6",
    "<No value begins so>",
  ]);
});

Deno.test("JsonStream delimits plain values by what cannot continue them", () => {
  assert.deepEqual(texts('true null-1.5e+3{"a":false}7[8]9"x"0'), [
    "true",
    "null-1.5e+3",
    '{"a":false}',
    "7",
    "[8]",
    "9",
    '"x"',
    "0",
  ]);
});

Deno.test("JsonStream reads brackets and quotes in strings as text", () => {
  const tricky = String.raw`{"a":"}]\"\\","b":["\u007b{"]}`;
  assert.deepEqual(texts(tricky + "1"), [tricky, "1"]);
});

Deno.test("JsonStream ends at once when the first byte cannot begin JSON", () => {
  for (
    const start of ["POST / HTTP/1.1\r\n", "GET", "\n\r }", "\x16\x03", "ü"]
  ) {
    const items = split(start + '{"a":1}\n{"b":2}');
    assert.deepEqual(items, [{ kind: "end", reason: "not JSON" }]);
  }
});

Deno.test("JsonStream skips a line of nonsense and goes on with the next", () => {
  assert.deepEqual(texts('1 xyz {"a":1}\n{"b":2}'), [
    "1",
    "<No value begins so>",
    '{"b":2}',
  ]);
  assert.deepEqual(texts('{"method]\n{"b":2}'), [
    "<Control character in a string>",
    '{"b":2}',
  ]);
  assert.deepEqual(texts('[{"method"]} 3\n4'), [
    "<Brackets do not match>",
    "4",
  ]);
  assert.deepEqual(texts('{"a":\x00} 3\n4'), ["<Control character>", "4"]);
});

Deno.test("JsonStream reports an input that ends within a value", () => {
  for (const open of ['{"a":1', '"abc', "[[1]", '"\\']) {
    assert.deepEqual(texts(open), ["<Input ends within a value>"]);
  }
});

Deno.test("JsonStream refuses text that is not UTF-8 and reads on", () => {
  const bytes = Uint8Array.of(0x22, 0xc3, 0x22, 0x20, 0x31);
  assert.deepEqual(texts(bytes), ["<Not UTF-8>", "1"]);
});

Deno.test("JsonStream bounds the nesting", () => {
  assert.deepEqual(texts("[".repeat(8) + "]".repeat(8)), [
    "[".repeat(8) + "]".repeat(8),
  ]);
  assert.deepEqual(texts("[".repeat(9) + "]".repeat(9) + "\n1"), [
    "<Nesting is deeper than 8>",
    "1",
  ]);
});

Deno.test("JsonStream takes a value of the largest size and ends beyond it", () => {
  const fits = `"${"x".repeat(998)}"`;
  assert.deepEqual(split(fits), [{ kind: "value", text: fits }]);
  for (
    const large of [
      `"${"x".repeat(999)}"`,
      "1".repeat(1001),
      `[${" ".repeat(999)}]`,
    ]
  ) {
    assert.deepEqual(split(large + "\n1"), [{
      kind: "end",
      reason: "too large",
    }]);
  }
});

Deno.test("JsonStream finds the same however the bytes are cut", () => {
  const random = new Random(20140131);
  const pieces = [
    '{"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"}',
    '"\\u00e4ä€😀\\\\\\""',
    "[[],{},[{}]]",
    "12345",
    "true",
    " \r\n\t",
    '{"a":[1,2}',
    '"broken\n',
    "\n",
    "}",
    "x",
    "\xff",
    "[".repeat(10),
    `"${"y".repeat(300)}"`,
  ];
  for (let round = 0; round < 300; round++) {
    const count = 1 + random.below(12);
    let text = "0 ";
    for (let i = 0; i < count; i++) text += random.pick(pieces);
    const bytes = encoder.encode(text);
    const whole = split(bytes);
    const stream = new JsonStream(LIMITS);
    const items: JsonStreamItem[] = [];
    for (let at = 0; at < bytes.length;) {
      const next = Math.min(bytes.length, at + random.below(7));
      // A copy, because a transport reuses its buffer after each chunk.
      const chunk = bytes.slice(at, next);
      items.push(...stream.push(chunk));
      chunk.fill(0x58);
      at = next;
    }
    items.push(...stream.finish());
    assert.deepEqual(items, whole, JSON.stringify(text));
  }
});
