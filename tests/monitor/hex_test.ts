import assert from "node:assert/strict";
import { base64Length, decodeBytes, encodeBytes } from "../../monitor/bytes.ts";
import {
  formatHex,
  formatHexPair,
  hex64,
  parseHex,
} from "../../monitor/hex.ts";

Deno.test("formatHex() and parseHex() are inverse", () => {
  for (const value of [0n, 1n, 0x3d3f408n, 0xffff_ffff_ffff_ffffn]) {
    assert.equal(parseHex(formatHex(value)), value);
    assert.ok(hex64.safeParse(formatHex(value)).success);
  }
  assert.equal(formatHex(4096), "0x1000");
});

Deno.test("formatHex() refuses what is no unsigned integer", () => {
  for (const value of [-1, -1n, 1.5, NaN]) {
    assert.throws(() => formatHex(value), RangeError);
  }
});

Deno.test("parseHex() refuses other text", () => {
  for (const text of ["", "0x", "12", "0xg", "-0x1"]) {
    assert.throws(() => parseHex(text), SyntaxError);
  }
});

Deno.test("formatHexPair() joins two halves", () => {
  assert.equal(formatHexPair(0, 0), "0x0");
  assert.equal(formatHexPair(0, 0x80000000), "0x80000000");
  assert.equal(formatHexPair(0xc0000000, 0x10), "0xc000000000000010");
});

Deno.test("encodeBytes() and decodeBytes() are inverse", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  for (const length of [0, 1, 2, 3, 255]) {
    const part = bytes.subarray(256 - length);
    const { data, hex } = encodeBytes(part);
    assert.deepEqual(decodeBytes({ data }), part.slice());
    assert.deepEqual(decodeBytes({ hex }), part.slice());
    assert.equal(base64Length(data), length);
  }
  assert.deepEqual(decodeBytes({ text: "ä" }), Uint8Array.of(0xc3, 0xa4));
});
