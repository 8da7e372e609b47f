import assert from "node:assert/strict";
import { FPSCR } from "../../../cpu/isa/softfloat/mod.ts";
import { Random } from "./_cases.ts";
import { element, runRow, vrt, vsrOf, vsrs } from "./_rows.ts";

const LONG = (1n << 64n) - 1n;
const SIGN = 1n << 63n;

/** vrldmi for one doubleword, as the book writes it; QEMU 7.2 differs. */
function rotateMaskInsert(t: bigint, a: bigint, b: bigint): bigint {
  const begin = b >> 16n & 63n;
  const end = b >> 8n & 63n;
  const count = b & 63n;
  const rotated = (a << count | a >> (64n - count)) & LONG;
  const from = LONG >> begin;
  const to = LONG << (63n - end) & LONG;
  const mask = begin <= end ? from & to : from | to;
  return rotated & mask | t & ~mask & LONG;
}

Deno.test("vrldmi inserts under the mask and keeps the rest of VRT", () => {
  const random = new Random("vrldmi");
  for (let i = 0; i < 100; i++) {
    const [t, a, b] = [random.bits(128), random.bits(128), random.bits(128)];
    const expected = [0, 1].map((n) =>
      rotateMaskInsert(element(t, 8, n), element(a, 8, n), element(b, 8, n))
    ).reduce((all, half) => all << 64n | half, 0n);
    assert.equal(vrt("vrldmi", { t, a, b }), expected);
  }
});

/** XT of a row on XA = vs1, XB = vs2, XT = vs3. */
function xt(
  name: string,
  { a, b, t }: Record<"a" | "b" | "t", bigint>,
  fpscr: bigint,
): bigint {
  const state = { VSR: vsrs({ 1: a, 2: b, 3: t }), FPSCR: fpscr };
  return vsrOf(runRow(name, { XA: 1, XB: 2, XT: 3 }, state), 3);
}

/** A double between 1 and 2. */
function one(random: Random): bigint {
  return 1023n << 52n | random.bits(52);
}

for (const kind of ["add", "sub"]) {
  for (const type of ["a", "m"]) {
    Deno.test(`xsnm${kind}${type}dp negates after it has rounded, up and down too`, () => {
      const random = new Random(kind + type);
      for (let i = 0; i < 40; i++) {
        const operands = {
          a: one(random) << 64n,
          b: one(random) << 64n,
          t: one(random) << 64n,
        };
        const fpscr = random.bits(2);
        const plain = xt(`xsm${kind}${type}dp`, operands, fpscr) >> 64n;
        const negative = xt(`xsnm${kind}${type}dp`, operands, fpscr) >> 64n;
        assert.equal(negative, plain ^ SIGN);
      }
    });
  }
}

const SIGNALING = 0x7ff4000000000000n;
const ONE = 0x3ff0000000000000n;
const THIRD = 0x3fd5555555555555n;

Deno.test("xsadddp leaves XT alone where an enabled invalid operation occurs", () => {
  const state = {
    VSR: vsrs({ 1: SIGNALING << 64n, 2: ONE << 64n, 3: 5n }),
    FPSCR: FPSCR.VE,
  };
  const result = runRow("xsadddp", { XA: 1, XB: 2, XT: 3 }, state);
  assert.equal(result.raised, undefined, "MSR[FE0,FE1] are 0");
  assert.equal(vsrOf(result, 3), 5n);
  assert.equal(
    result.state.FPSCR,
    FPSCR.FX | FPSCR.FEX | FPSCR.VX | FPSCR.VXSNAN | FPSCR.VE,
  );
});

Deno.test("xvadddp leaves all of XT alone where one element is inexact and that is enabled", () => {
  const state = {
    VSR: vsrs({ 1: ONE << 64n | ONE, 2: ONE << 64n | THIRD, 3: 5n }),
    FPSCR: FPSCR.XE,
  };
  const result = runRow("xvadddp", { XA: 1, XB: 2, XT: 3 }, state);
  assert.equal(vsrOf(result, 3), 5n);
  assert.equal(
    result.state.FPSCR,
    FPSCR.FX | FPSCR.FEX | FPSCR.XX | FPSCR.XE,
  );
});

Deno.test("xvcvspsxws gives the least integer for a NaN beside an invalid number", () => {
  const b = 0x7f8000007fc00000_ff8000007fa00000n;
  const state = { VSR: vsrs({ 2: b }) };
  const result = runRow("xvcvspsxws", { XB: 2, XT: 3 }, state);
  assert.equal(vsrOf(result, 3), 0x7fffffff80000000_8000000080000000n);
});
