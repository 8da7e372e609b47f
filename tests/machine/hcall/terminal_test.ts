import assert from "node:assert/strict";
import { H } from "../../../machine/hcall/codes.ts";
import { VTY_UNIT } from "../../../machine/vio/vty.ts";
import { TestWorld } from "../world.ts";

const H_GET_TERM_CHAR = 0x54;
const H_PUT_TERM_CHAR = 0x58;
const H_VIO_SIGNAL = 0x104;

/** "Hello, w" and "orld!" in the upper bytes, as registers hold them. */
const HELLO = [0x48656c6c6f2c2077n, 0x6f726c6421000000n] as const;

function type(world: TestWorld, text: string): number {
  return world.terminal.type(new TextEncoder().encode(text));
}

Deno.test("H_PUT_TERM_CHAR prints the bytes of its registers, first byte highest", () => {
  const world = new TestWorld();
  const { code } = world.hcall(H_PUT_TERM_CHAR, [VTY_UNIT, 13, ...HELLO]);
  assert.equal(code, H.SUCCESS);
  assert.equal(world.text, "Hello, world!");
});

Deno.test("H_PUT_TERM_CHAR takes unit 0 as the console and prints 0 to 16 bytes", () => {
  const world = new TestWorld();
  const lengths = [0, 1, 16];
  for (const length of lengths) {
    world.hcall(H_PUT_TERM_CHAR, [0, length, ...HELLO]);
  }
  assert.equal(world.text, "HHello, world!\0\0\0");
});

const REFUSED: readonly (readonly [string, (bigint | number)[]])[] = [
  ["17 bytes", [VTY_UNIT, 17]],
  ["2^64 - 1 bytes", [VTY_UNIT, -1]],
  ["a unit that does not exist", [VTY_UNIT + 1, 1]],
  ["a unit beyond 32 bits", [(1n << 32n) + BigInt(VTY_UNIT), 1]],
];

for (const [name, args] of REFUSED) {
  Deno.test(`H_PUT_TERM_CHAR refuses ${name} and prints nothing`, () => {
    const world = new TestWorld();
    const { code } = world.hcall(H_PUT_TERM_CHAR, [...args, ...HELLO]);
    assert.equal(code, H.PARAMETER);
    assert.equal(world.text, "");
  });
}

Deno.test("H_GET_TERM_CHAR gives typed bytes, 16 at a time, in order", () => {
  const world = new TestWorld();
  type(world, "Hello, world! Bye.");
  const first = world.hcall(H_GET_TERM_CHAR, [VTY_UNIT]);
  assert.deepEqual(
    [first.code, ...first.results.slice(0, 3)],
    [H.SUCCESS, 16n, HELLO[0], 0x6f726c6421204279n],
  );
  assert.deepEqual(
    world.hcall(H_GET_TERM_CHAR, [VTY_UNIT]).results.slice(0, 3),
    [2n, 0x652e000000000000n, 0n],
  );
  assert.deepEqual(
    world.hcall(H_GET_TERM_CHAR, [VTY_UNIT]).results.slice(0, 3),
    [0n, 0n, 0n],
  );
});

Deno.test("H_GET_TERM_CHAR refuses a unit that does not exist", () => {
  const { code } = new TestWorld().hcall(H_GET_TERM_CHAR, [VTY_UNIT + 1]);
  assert.equal(code, H.PARAMETER);
});

Deno.test("VirtualTerminal.type() interrupts once until all was read", () => {
  const world = new TestWorld();
  type(world, "a");
  type(world, "b");
  assert.equal(world.terminalInterrupts, 1);
  world.hcall(H_GET_TERM_CHAR, [VTY_UNIT]);
  type(world, "c");
  assert.equal(world.terminalInterrupts, 2);
});

Deno.test("VirtualTerminal.type() takes 64 KiB and says how much it took", () => {
  const world = new TestWorld();
  assert.equal(world.terminal.type(new Uint8Array(65_530)), 65_530);
  assert.equal(type(world, "0123456789"), 6);
  assert.equal(type(world, "x"), 0);
});

Deno.test("H_VIO_SIGNAL silences the terminal, and input waits for it to speak", () => {
  const world = new TestWorld();
  assert.equal(world.hcall(H_VIO_SIGNAL, [VTY_UNIT, 0]).code, H.SUCCESS);
  type(world, "a");
  assert.equal(world.terminalInterrupts, 0);
  assert.equal(world.hcall(H_VIO_SIGNAL, [VTY_UNIT, 1]).code, H.SUCCESS);
  assert.equal(world.terminalInterrupts, 1);
});

Deno.test("H_VIO_SIGNAL refuses other modes and other units", () => {
  const world = new TestWorld();
  assert.equal(world.hcall(H_VIO_SIGNAL, [VTY_UNIT, 2]).code, H.PARAMETER);
  assert.equal(world.hcall(H_VIO_SIGNAL, [VTY_UNIT + 1, 1]).code, H.PARAMETER);
});

Deno.test("VirtualTerminal.restore() takes what save() gave", () => {
  const world = new TestWorld();
  type(world, "Hello");
  world.hcall(H_VIO_SIGNAL, [VTY_UNIT, 0]);
  const saved = structuredClone(world.terminal.save());
  const other = new TestWorld();
  other.terminal.restore(saved);
  assert.deepEqual(other.terminal.save(), saved);
  assert.equal(other.hcall(H_GET_TERM_CHAR, [VTY_UNIT]).results[0], 5n);
  type(other, "a");
  assert.equal(other.terminalInterrupts, 0);
});
