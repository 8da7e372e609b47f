import assert from "node:assert/strict";
import { Random } from "./_cases.ts";
import { runRow, vsrOf, vsrs } from "./_rows.ts";

const PLUS = 0xcn;
const MINUS = 0xdn;

interface Operands {
  readonly a?: bigint;
  readonly b: bigint;
  readonly fields?: Readonly<Record<string, number>>;
}

/** VRT = v3 and CR6 of a row on VRA = v1 and VRB = v2. */
function decimal(name: string, { a, b, fields = {} }: Operands) {
  const state = { VSR: vsrs({ 33: a ?? 0n, 34: b, 35: 7n }) };
  const registers = a === undefined ? {} : { VRA: 1 };
  const all = { VRT: 3, VRB: 2, ...registers, ...fields };
  const result = runRow(name, all, state);
  const cr = result.state.CR;
  return {
    vrt: vsrOf(result, 35),
    cr6: typeof cr === "bigint" ? undefined : cr[6],
  };
}

/** A decimal number of at most 31 digits as the vector holds it. */
function coded(value: bigint): bigint {
  const digits = value < 0n ? -value : value;
  return BigInt(`0x${digits}`) << 4n | (value < 0n ? MINUS : PLUS);
}

/** LT, GT, EQ of a number. */
function orderOf(value: bigint): bigint {
  return value < 0n ? 8n : value > 0n ? 4n : 2n;
}

function randomNumber(random: Random): bigint {
  const value = random.bits(120) % 10n ** 31n;
  const size = 10n ** BigInt(random.below(32));
  return (random.below(2) ? value : -value) % size;
}

Deno.test("bcdadd. and bcdsub. add and subtract numbers of 31 digits", () => {
  const random = new Random("sum");
  const limit = 10n ** 31n;
  for (let i = 0; i < 200; i++) {
    const [a, b] = [randomNumber(random), randomNumber(random)];
    for (
      const [name, sum] of [["bcdadd.", a + b], ["bcdsub.", a - b]] as const
    ) {
      const { vrt, cr6 } = decimal(name, {
        a: coded(a),
        b: coded(b),
        fields: { PS: 0 },
      });
      const overflow = sum >= limit || sum <= -limit;
      assert.equal(cr6, orderOf(sum) | (overflow ? 1n : 0n));
      if (!overflow) assert.equal(vrt, coded(sum));
    }
  }
});

Deno.test("bcdadd. gives all ones and SO for what is no decimal number", () => {
  const bad = 0x1fn << 4n | PLUS;
  const { vrt, cr6 } = decimal("bcdadd.", {
    a: bad,
    b: bad ^ 1n,
    fields: { PS: 0 },
  });
  assert.equal(vrt, (1n << 128n) - 1n);
  assert.equal(cr6, 1n);
});

Deno.test("bcdadd. compares the unbounded sum where digits are lost", () => {
  const { vrt, cr6 } = decimal("bcdadd.", {
    a: coded(10n ** 31n - 1n),
    b: coded(1n),
    fields: { PS: 0 },
  });
  assert.equal(vrt, PLUS);
  assert.equal(cr6, 5n);
});

Deno.test("bcdcfsq. and bcdctsq. convert from and to binary", () => {
  const random = new Random("quadword");
  for (let i = 0; i < 60; i++) {
    const value = randomNumber(random);
    const quadword = BigInt.asUintN(128, value);
    const there = decimal("bcdcfsq.", { b: quadword, fields: { PS: 0 } });
    assert.deepEqual(there, { vrt: coded(value), cr6: orderOf(value) });
    const back = decimal("bcdctsq.", { b: coded(value) });
    assert.deepEqual(back, { vrt: quadword, cr6: orderOf(value) });
  }
});

Deno.test("bcdcfsq. sets SO from 10^31 on", () => {
  const limit = 10n ** 31n;
  const fields = { PS: 0 };
  assert.equal(decimal("bcdcfsq.", { b: limit - 1n, fields }).cr6, 4n);
  assert.equal(decimal("bcdcfsq.", { b: limit, fields }).cr6, 5n);
});

/** A count of digits in byte 7 of VRA. */
function shiftBy(count: number): bigint {
  return BigInt.asUintN(8, BigInt(count)) << 64n;
}

Deno.test("bcdus. shifts 32 digits without looking for a sign", () => {
  const wrong = decimal("bcdus.", { a: shiftBy(-4), b: coded(1n) });
  assert.equal(wrong.cr6, 1n, "12 is no digit");
  const digits = 0x1234_0000_0000_0000_0000_0000_0000_0005n;
  assert.deepEqual(decimal("bcdus.", { a: shiftBy(0), b: 5n }), {
    vrt: 5n,
    cr6: 4n,
  });
  assert.deepEqual(decimal("bcdus.", { a: shiftBy(-31), b: digits }), {
    vrt: 1n,
    cr6: 4n,
  });
  assert.deepEqual(decimal("bcdus.", { a: shiftBy(31), b: digits }), {
    vrt: 5n << 124n,
    cr6: 5n,
  });
  assert.deepEqual(decimal("bcdus.", { a: shiftBy(-32), b: digits }), {
    vrt: 0n,
    cr6: 2n,
  });
});

Deno.test("bcdsr. rounds half away from zero when it shifts right", () => {
  const fields = { PS: 0 };
  for (
    const [value, count, expected] of [
      [1249n, -2, 12n],
      [1250n, -2, 13n],
      [-1250n, -2, -13n],
      [9999n, -1, 1000n],
      [49n, -2, 0n],
      [50n, -2, 1n],
      [7n, 2, 700n],
    ] as const
  ) {
    const { vrt } = decimal("bcdsr.", {
      a: shiftBy(count),
      b: coded(value),
      fields,
    });
    const sign = value < 0n ? MINUS : PLUS;
    assert.equal(vrt >> 4n, coded(expected) >> 4n, `${value} by ${count}`);
    assert.equal(vrt & 15n, sign);
  }
});

Deno.test("bcdcpsgn. takes VRB's sign where VRT is VRB", () => {
  const state = { VSR: vsrs({ 33: coded(12n), 34: coded(-3n) }) };
  const result = runRow("bcdcpsgn.", { VRT: 2, VRA: 1, VRB: 2 }, state);
  assert.equal(vsrOf(result, 34), coded(-12n));
});
