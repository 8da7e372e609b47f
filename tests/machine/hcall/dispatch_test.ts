import assert from "node:assert/strict";
import { MSR } from "../../../cpu/state.ts";
import { H, returnCodeName } from "../../../machine/hcall/codes.ts";
import { HypercallDispatcher } from "../../../machine/hcall/dispatch.ts";
import { HYPERCALLS } from "../../../machine/hcall/mod.ts";
import { createRandom } from "../device_tree/support.ts";
import { RAM_BYTES, TestWorld } from "../world.ts";

Deno.test("HypercallDispatcher answers H_FUNCTION to numbers without a row", () => {
  const world = new TestWorld();
  for (const number of [0, 1, 0x320, 0xf008, 2 ** 40]) {
    assert.equal(world.hcall(number).code, H.FUNCTION);
  }
  assert.equal(world.hcall(-1).code, H.FUNCTION);
});

Deno.test("HypercallDispatcher answers H_PRIVILEGE in problem state and does nothing", () => {
  const world = new TestWorld();
  world.accelerator.setOneReg(0, "MSR", MSR.PR, { mask: MSR.PR });
  const before = world.lpcrOf();
  assert.equal(world.hcall(0x31c, [1, 4, 0, 0]).code, H.PRIVILEGE);
  assert.equal(world.lpcrOf(), before);
  assert.equal(world.hcall(0x320).code, H.PRIVILEGE);
});

Deno.test("HypercallDispatcher tells of calls with names only where somebody listens", () => {
  const world = new TestWorld();
  world.hcall(0x31c, [0, 4, 0, 0]);
  assert.deepEqual(world.events, []);
  world.listening.add("HCALL");
  world.hcall(0x31c, [0, 4, 1, 0]);
  world.hcall(0x320, [1, 2, 3, 4]);
  assert.deepEqual(world.events, [
    {
      name: "HCALL",
      data: {
        vcpu: 0,
        name: "H_SET_MODE",
        number: "0x31c",
        args: { mflags: "0x0", resource: "0x4", value1: "0x1", value2: "0x0" },
        result: "H_P3",
      },
    },
    {
      name: "HCALL",
      data: {
        vcpu: 0,
        name: "0x320",
        number: "0x320",
        args: { r4: "0x1", r5: "0x2", r6: "0x3", r7: "0x4" },
        result: "H_FUNCTION",
      },
    },
  ]);
});

Deno.test("HypercallDispatcher.statistics() counts by name with the last result", () => {
  const world = new TestWorld();
  world.hcall(0x31c, [1, 4, 0, 0]);
  world.hcall(0x31c, [7, 4, 0, 0]);
  world.hcall(0x320);
  assert.deepEqual(world.hypercalls.statistics(), [
    {
      name: "H_SET_MODE",
      number: 0x31c,
      count: 2,
      lastResult: "H_UNSUPPORTED_FLAG",
    },
    { name: "0x320", number: 0x320, count: 1, lastResult: "H_FUNCTION" },
  ]);
});

Deno.test("HypercallDispatcher.statistics() stays small when a guest invents numbers", () => {
  const world = new TestWorld();
  for (let i = 0; i < 2000; i++) world.hcall(0x100000 + 4 * i);
  assert(world.hypercalls.statistics().length <= 300);
});

Deno.test("HypercallDispatcher refuses a table with a number twice", () => {
  const world = new TestWorld();
  const [first] = HYPERCALLS;
  assert(first);
  assert.throws(() => new HypercallDispatcher(world, [first, first]), {
    name: "RangeError",
    message: "Cannot build hypercall table: a number is taken",
  });
});

Deno.test("HYPERCALLS have multiples of 4 as numbers and names of PAPR's form", () => {
  for (const { name, number } of HYPERCALLS) {
    assert.equal(number % 4, 0, name);
    assert.match(name, /^H_[A-Z0-9_]+$/);
  }
});

Deno.test("returnCodeName() names codes and shows the others as numbers", () => {
  assert.equal(returnCodeName(-4), "H_PARAMETER");
  assert.equal(returnCodeName(-256), "H_UNSUPPORTED_FLAG");
  assert.equal(returnCodeName(-12345), "-12345");
});

/** Values at which checks of bounds tend to be wrong. */
const EDGES = [
  0n,
  1n,
  2n,
  16n,
  17n,
  0x8000n,
  0x10000n,
  BigInt(RAM_BYTES) - 4096n,
  BigInt(RAM_BYTES) - 1n,
  BigInt(RAM_BYTES),
  0x7100_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 32n,
  (1n << 53n) - 1n,
  1n << 53n,
  1n << 62n,
  1n << 63n,
  (1n << 64n) - 4096n,
  (1n << 64n) - 1n,
];

for (const mmu of ["hash", "radix"] as const) {
  Deno.test(`HypercallDispatcher survives edge and random arguments to every call on ${mmu}`, () => {
    const world = new TestWorld({ mmu, vcpus: 2 });
    const random = createRandom(20131216);
    const argument = () => {
      const word = () => BigInt(random(2 ** 32));
      const kind = random(4);
      if (kind === 0) return word() << 32n | word();
      if (kind === 1) return 1n << BigInt(random(64));
      return EDGES[random(EDGES.length)] ?? 0n;
    };
    for (const { name, number } of HYPERCALLS) {
      for (let i = 0; i < 300; i++) {
        const args = Array.from({ length: 8 }, argument);
        const { code } = world.hcall(number, args, { vcpu: i % 2 });
        assert(Number.isInteger(code), `${name}(${args}) gave ${code}`);
      }
    }
  });
}
