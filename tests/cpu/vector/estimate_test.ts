import assert from "node:assert/strict";
import { Random } from "./_cases.ts";
import { element, vrt } from "./_rows.ts";

const view = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): bigint {
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
}

function numberOf(bits: bigint): number {
  view.setUint32(0, Number(bits));
  return view.getFloat32(0);
}

function first(name: string, b: number): number {
  return numberOf(element(vrt(name, { b: bitsOf(b) << 96n }), 4, 0));
}

/** Singles of any size, the same each time. */
function singles(seed: string, count: number, limit: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const size = 2 ** (random.below(30) - 22);
    const value = Number(random.bits(24)) / 2 ** 24 * size * limit;
    return Math.fround(random.below(2) ? value : -value);
  });
}

Deno.test("vexptefp keeps the book's relative error of 1/16, and a far better one", () => {
  for (const x of singles("exponential", 300, 1)) {
    if (Math.abs(x) > 126) continue;
    const expected = 2 ** x;
    const error = Math.abs(first("vexptefp", x) - expected) / expected;
    assert(error < 2 ** -23, `2^${x}: off by ${error}`);
  }
});

Deno.test("vexptefp follows the book's table of special operands", () => {
  assert.equal(first("vexptefp", -Infinity), 0);
  assert.equal(first("vexptefp", -0), 1);
  assert.equal(first("vexptefp", 0), 1);
  assert.equal(first("vexptefp", Infinity), Infinity);
  assert.equal(first("vexptefp", NaN), NaN);
  assert.equal(first("vexptefp", 1e30), Infinity);
  assert.equal(first("vexptefp", -1e30), 0);
});

Deno.test("vlogefp keeps the book's absolute error of 1/32, and a far better one", () => {
  for (const x of singles("logarithm", 300, 1e6)) {
    const magnitude = Math.abs(x);
    if (magnitude === 0) continue;
    const expected = Math.log2(magnitude);
    const error = Math.abs(first("vlogefp", magnitude) - expected);
    const allowed = 2 ** -23 * Math.max(1, Math.abs(expected));
    assert(error < allowed, `log2 ${magnitude}: off by ${error}`);
  }
});

Deno.test("vlogefp follows the book's table of special operands", () => {
  assert.equal(first("vlogefp", -Infinity), NaN);
  assert.equal(first("vlogefp", -1), NaN);
  assert.equal(first("vlogefp", -0), -Infinity);
  assert.equal(first("vlogefp", 0), -Infinity);
  assert.equal(first("vlogefp", Infinity), Infinity);
  assert.equal(first("vlogefp", NaN), NaN);
  assert.equal(first("vlogefp", 8), 3);
});
