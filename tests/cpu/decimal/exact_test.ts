import assert from "node:assert/strict";
import { decimalArithmetic } from "../../../cpu/isa/decimal_arithmetic.ts";
import { disassemble } from "../../../cpu/isa/disassembler.ts";
import { extractField } from "../../../cpu/isa/forms.ts";
import { ENGINES } from "../engines.ts";
import type { Case } from "../vector/_cases.ts";
import { CaseRunner } from "../vector/_machine.ts";
import { makeCase, type Setting } from "./_cases.ts";
import { type Operation, run } from "./_exact.ts";
import { decode, encode, FORMATS } from "./_format.ts";

const CASES = 250;

/** Any rounding mode, and any enables. */
const ENABLING: Setting = (random) =>
  random.bits(3) << 32n | (random.below(2) ? random.bits(5) << 3n : 0n);

function operand({ before: { vsr } }: Case, number: number, pair: boolean) {
  const high = (vsr[number] ?? 0n) >> 64n;
  return pair ? high << 64n | (vsr[number | 1] ?? 0n) >> 64n : high;
}

for (const engine of ENGINES) {
  Deno.test(`${engine.name} computes decimals as exact fractions do`, () => {
    const runner = new CaseRunner(engine);
    for (const insn of decimalArithmetic.rows) {
      const pair = insn.name.endsWith("q");
      const format = pair ? FORMATS.extended : FORMATS.long;
      const operation = insn.name.slice(1, 4) as Operation;
      for (let i = 0; i < CASES; i++) {
        const one = makeCase(insn, i, ENABLING);
        const { word, before } = one;
        const [t, a, b] = ["T", "A", "B"].map((letter) => {
          const field = insn.fields.get(`FR${letter}${pair ? "p" : ""}`);
          assert(field);
          return extractField(field, word);
        }) as [
          number,
          number,
          number,
        ];
        const operands = [
          operand(one, a, pair),
          operand(one, b, pair),
        ] as const;
        const expected = run(operation, operands, {
          format,
          fpscr: before.fpscr,
        });
        const after = runner.run(one, { littleEndian: true });
        const bits = operand({ word, before: after }, t, pair);
        const old = operand(one, t, pair);
        const message = `${disassemble(insn, word)} on ${
          operands.map((x) => x.toString(16))
        } FPSCR ${before.fpscr.toString(16)}`;
        assert.equal(
          bits.toString(16),
          (expected.bits ?? old).toString(16),
          message,
        );
        assert.equal(
          after.fpscr.toString(16),
          expected.fpscr.toString(16),
          message,
        );
      }
    }
  });
}

Deno.test("decode() and encode() agree on every declet that is preferred", () => {
  for (const format of Object.values(FORMATS)) {
    for (let i = 0n; i < 1000n; i++) {
      const coefficient = i * 1000n + 999n - i;
      const value = {
        kind: "finite",
        negative: i % 2n === 1n,
        coefficient,
        exponent: Number(i) % (format.most + 1),
      } as const;
      assert.deepEqual(decode(encode(value, format), format), value);
    }
  }
  // The examples of appendix B: 005, 009, 055, 099, 555, 999.
  const declets = [5, 9, 55, 99, 555, 999].map((three) =>
    encode({
      kind: "finite",
      negative: false,
      coefficient: BigInt(three),
      exponent: 0,
    }, FORMATS.long) & 1023n
  );
  assert.deepEqual(declets, [5n, 9n, 0x055n, 0x05fn, 0x2d5n, 0x0ffn]);
});
