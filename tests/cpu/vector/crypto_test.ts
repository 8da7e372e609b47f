import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { element, vrt } from "./_rows.ts";
import { Random } from "./_cases.ts";

// FIPS 197, appendix B: input, cipher key and round keys of AES-128.
const INPUT = 0x3243f6a8885a308d313198a2e0370734n;
const OUTPUT = 0x3925841d02dc09fbdc118597196a0b32n;
const ROUND_KEYS = [
  0x2b7e151628aed2a6abf7158809cf4f3cn,
  0xa0fafe1788542cb123a339392a6c7605n,
  0xf2c295f27a96b9435935807a7359f67fn,
  0x3d80477d4716fe3e1e237e446d7a883bn,
  0xef44a541a8525b7fb671253bdb0bad00n,
  0xd4d1c6f87c839d87caf2b8bc11f915bcn,
  0x6d88a37a110b3efddbf98641ca0093fdn,
  0x4e54f70e5f5fc9f384a64fb24ea6dc4fn,
  0xead27321b58dbad2312bf5607f8d292fn,
  0xac7766f319fadc2128d12941575c006en,
  0xd014f9a8c9ee2589e13f0cc8b6630ca6n,
];

Deno.test("vcipher and vcipherlast encrypt the example of FIPS 197", () => {
  const [first = 0n, ...keys] = ROUND_KEYS;
  const state = keys.reduce(
    (a, b, i) => vrt(i === 9 ? "vcipherlast" : "vcipher", { a, b }),
    INPUT ^ first,
  );
  assert.equal(state, OUTPUT);
});

Deno.test("vncipher and vncipherlast decrypt the example of FIPS 197", () => {
  const [last = 0n, ...keys] = [...ROUND_KEYS].reverse();
  const state = keys.reduce(
    (a, b, i) => vrt(i === 9 ? "vncipherlast" : "vncipher", { a, b }),
    OUTPUT ^ last,
  );
  assert.equal(state, INPUT);
});

Deno.test("vsbox substitutes as FIPS 197 tables it", () => {
  const a = 0x00010210537f80aac1d2e3f4feff1963n;
  assert.equal(vrt("vsbox", { a }), 0x637c77caedd2cdac78b511bfbb16d4fbn);
});

const WORD = 0xffffffffn;

/** First 32 bits of the fractional parts of roots of primes (FIPS 180-4). */
function rootBits(prime: number, root: 2 | 3): bigint {
  // The integer root of prime × 2^(32 root), by bisection.
  const target = BigInt(prime) << BigInt(32 * root);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** BigInt(root) <= target) low = middle;
    else high = middle;
  }
  return low & WORD;
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) {
    if (found.every((p) => n % p !== 0)) found.push(n);
  }
  return found;
}

/** One of the four functions by vshasigmaw: σ0, σ1 or Σ0, Σ1. */
function sigma(x: bigint, ST: 0 | 1, which: 0 | 1): bigint {
  const SIX = which ? 8 : 0;
  const result = vrt("vshasigmaw", { a: x << 96n }, { ST, SIX });
  return element(result, 4, 0);
}

/** SHA-256 of a message of less than 56 bytes, with the row's functions. */
function sha256(message: string): string {
  const block = new DataView(new ArrayBuffer(64));
  new Uint8Array(block.buffer).set(new TextEncoder().encode(message));
  block.setUint8(message.length, 0x80);
  block.setUint32(60, 8 * message.length);
  const w = Array.from(
    { length: 16 },
    (_, i) => BigInt(block.getUint32(4 * i)),
  );
  const word = (i: number) => w[i] ?? 0n;
  for (let t = 16; t < 64; t++) {
    const sum = sigma(word(t - 2), 0, 1) + word(t - 7) +
      sigma(word(t - 15), 0, 0) + word(t - 16);
    w.push(sum & WORD);
  }
  const initial = primes(8).map((p) => rootBits(p, 2));
  const constants = primes(64).map((p) => rootBits(p, 3));
  let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] =
    initial;
  constants.forEach((k, t) => {
    const choice = (e & f) ^ (~e & WORD & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const t1 = h + sigma(e, 1, 1) + choice + k + word(t);
    const t2 = sigma(a, 1, 0) + majority;
    [h, g, f, e, d, c, b, a] = [
      g,
      f,
      e,
      (d + t1) & WORD,
      c,
      b,
      a,
      (t1 + t2) & WORD,
    ];
  });
  return [a, b, c, d, e, f, g, h].map((x, i) =>
    ((x + (initial[i] ?? 0n)) & WORD).toString(16).padStart(8, "0")
  ).join("");
}

Deno.test("vshasigmaw computes what SHA-256 needs", () => {
  const expected = createHash("sha256").update("abc").digest("hex");
  assert.equal(sha256("abc"), expected);
});

function carryLess(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let i = 0n; b >> i > 0n; i++) if (b >> i & 1n) product ^= a << i;
  return product;
}

for (
  const [name, bytes] of [
    ["vpmsumb", 1],
    ["vpmsumh", 2],
    ["vpmsumw", 4],
    ["vpmsumd", 8],
  ] as const
) {
  Deno.test(`${name} adds products of binary polynomials`, () => {
    const random = new Random(name);
    for (let i = 0; i < 50; i++) {
      const [a, b] = [random.bits(128), random.bits(128)];
      let expected = 0n;
      for (let j = 0; j < 16 / bytes; j += 2) {
        const first = carryLess(element(a, bytes, j), element(b, bytes, j));
        const second = carryLess(
          element(a, bytes, j + 1),
          element(b, bytes, j + 1),
        );
        expected = expected << BigInt(16 * bytes) | first ^ second;
      }
      assert.equal(vrt(name, { a, b }), expected);
    }
  });
}
