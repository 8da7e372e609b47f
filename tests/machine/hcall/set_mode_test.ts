import assert from "node:assert/strict";
import { LPCR } from "../../../cpu/state.ts";
import { H } from "../../../machine/hcall/codes.ts";
import { TestWorld } from "../world.ts";

const H_SET_MODE = 0x31c;
const CIABR = 1;
const DAWR0 = 2;
const ADDR_TRANS = 3;
const LE = 4;

/** mflags, resource, value1, value2 and the code that the table demands. */
const RULES: readonly (readonly [
  name: string,
  args: readonly (number | bigint)[],
  code: number,
])[] = [
  ["LE 0", [0, LE, 0, 0], H.SUCCESS],
  ["LE 1", [1, LE, 0, 0], H.SUCCESS],
  ["LE 2", [2, LE, 0, 0], H.UNSUPPORTED_FLAG],
  ["LE with all mflags", [-1, LE, 0, 0], H.UNSUPPORTED_FLAG],
  ["LE with value1", [1, LE, 1, 0], H.P3],
  ["LE with value2", [1, LE, 0, 1], H.P4],
  ["LE with both values: value1 counts", [1, LE, 1, 1], H.P3],
  ["LE with bad flag and value2: value2 counts", [2, LE, 0, 1], H.P4],
  ["ADDR_TRANS 0", [0, ADDR_TRANS, 0, 0], H.SUCCESS],
  ["ADDR_TRANS 1, reserved", [1, ADDR_TRANS, 0, 0], H.UNSUPPORTED_FLAG],
  ["ADDR_TRANS 2, not offered", [2, ADDR_TRANS, 0, 0], H.UNSUPPORTED_FLAG],
  ["ADDR_TRANS 3", [3, ADDR_TRANS, 0, 0], H.SUCCESS],
  ["ADDR_TRANS 4", [4, ADDR_TRANS, 0, 0], H.UNSUPPORTED_FLAG],
  ["ADDR_TRANS with value1", [3, ADDR_TRANS, 1n << 63n, 0], H.P3],
  ["ADDR_TRANS with value2", [3, ADDR_TRANS, 0, 1], H.P4],
  ["CIABR", [0, CIABR, 0x1002, 0], H.SUCCESS],
  ["CIABR with mflags", [1, CIABR, 3, 1], H.UNSUPPORTED_FLAG],
  ["CIABR with value2", [0, CIABR, 3, 1], H.P4],
  ["CIABR of the hypervisor", [0, CIABR, 3, 0], H.P3],
  ["DAWR0", [0, DAWR0, 0x1000, 0x1b], H.SUCCESS],
  ["DAWR0 with mflags", [1, DAWR0, 0, 4], H.UNSUPPORTED_FLAG],
  ["DAWR0 of the hypervisor", [0, DAWR0, 0, 4], H.P4],
  ["resource 0", [0, 0, 0, 0], H.P2],
  ["DAWR1, which comes with POWER10", [0, 5, 0, 0], H.P2],
  ["a resource beyond 32 bits", [0, (1n << 32n) + 4n, 0, 0], H.P2],
  ["a bad resource with bad values", [9, 99, 9, 9], H.P2],
];

for (const [name, args, code] of RULES) {
  Deno.test(`H_SET_MODE answers ${code} to ${name}`, () => {
    const world = new TestWorld();
    const before = world.lpcrOf();
    assert.equal(world.hcall(H_SET_MODE, args).code, code);
    if (code !== H.SUCCESS) assert.equal(world.lpcrOf(), before);
  });
}

Deno.test("H_SET_MODE LE sets ILE of all vCPUs and touches nothing else", () => {
  const world = new TestWorld({ vcpus: 3 });
  const before = [0, 1, 2].map((vcpu) => world.lpcrOf(vcpu));
  world.hcall(H_SET_MODE, [1, LE, 0, 0], { vcpu: 1 });
  [0, 1, 2].forEach((vcpu) => {
    assert.equal(world.lpcrOf(vcpu), (before[vcpu] ?? 0n) | LPCR.ILE);
  });
  world.hcall(H_SET_MODE, [0, LE, 0, 0], { vcpu: 2 });
  assert.deepEqual([0, 1, 2].map((vcpu) => world.lpcrOf(vcpu)), before);
});

Deno.test("H_SET_MODE ADDR_TRANS sets AIL of all vCPUs and keeps ILE", () => {
  const world = new TestWorld({ vcpus: 2 });
  world.hcall(H_SET_MODE, [1, LE, 0, 0]);
  world.hcall(H_SET_MODE, [3, ADDR_TRANS, 0, 0]);
  for (const vcpu of [0, 1]) {
    assert.equal(world.lpcrOf(vcpu) & LPCR.AIL, LPCR.AIL);
    assert.equal(world.lpcrOf(vcpu) & LPCR.ILE, LPCR.ILE);
  }
  world.hcall(H_SET_MODE, [0, ADDR_TRANS, 0, 0]);
  assert.equal(world.lpcrOf(1) & LPCR.AIL, 0n);
  assert.equal(world.lpcrOf(1) & LPCR.ILE, LPCR.ILE);
});

Deno.test("H_SET_MODE CIABR and DAWR0 concern the calling vCPU alone", () => {
  const world = new TestWorld({ vcpus: 2 });
  const { accelerator } = world;
  world.hcall(H_SET_MODE, [0, CIABR, 0x4002, 0], { vcpu: 1 });
  world.hcall(H_SET_MODE, [0, DAWR0, 0x5000, 0x1b], { vcpu: 1 });
  assert.equal(accelerator.getOneReg(1, "CIABR"), 0x4002n);
  assert.equal(accelerator.getOneReg(1, "DAWR0"), 0x5000n);
  assert.equal(accelerator.getOneReg(1, "DAWRX0"), 0x1bn);
  assert.equal(accelerator.getOneReg(0, "CIABR"), 0n);
  assert.equal(accelerator.getOneReg(0, "DAWR0"), 0n);
});

Deno.test("H_SET_MODE tells of each LPCR that changes, and of no other", () => {
  const world = new TestWorld({ vcpus: 2 });
  world.hcall(H_SET_MODE, [1, LE, 0, 0]);
  world.hcall(H_SET_MODE, [1, LE, 0, 0]);
  assert.deepEqual(
    world.events.map(({ name, data }) => [name, data.vcpu, data.cause]),
    [
      ["LPCR_CHANGE", 0, "H_SET_MODE LE"],
      ["LPCR_CHANGE", 1, "H_SET_MODE LE"],
    ],
  );
  const { before, after } = world.events[0]?.data ?? {};
  assert.equal(BigInt(String(after)) ^ BigInt(String(before)), LPCR.ILE);
  assert.equal(world.lpcr.lastChange(1)?.cause, "H_SET_MODE LE");
});
