import assert from "node:assert/strict";
import { LPCR } from "../../../cpu/state.ts";
import { H } from "../../../machine/hcall/codes.ts";
import type { Platform } from "../../../machine/partition.ts";
import { TestWorld } from "../world.ts";

const H_REGISTER_PROC_TBL = 0x37c;
const GTSE = 1;
const SEGMENT_TABLE = 2;
const RADIX = 4;
const REGISTER = 8;
const MODIFY = 16;

const RADIX_GUEST: Partial<Platform> = { mmu: "radix" };
const HASH_GUEST: Partial<Platform> = { mmu: "hash" };
const NEW_RADIX = MODIFY | REGISTER | RADIX | GTSE;
const NEW_HASH = MODIFY | REGISTER;

const RULES: readonly (readonly [
  name: string,
  platform: Partial<Platform>,
  args: readonly (number | bigint)[],
  code: number,
])[] = [
  ["what Linux asks for on radix", RADIX_GUEST, [NEW_RADIX, 0x10000, 0, 12], 0],
  ["what Linux asks for on hash", HASH_GUEST, [0, 0, 0, 0], 0],
  ["radix with flag 32", RADIX_GUEST, [NEW_RADIX | 32, 0, 0, 0], H.PARAMETER],
  ["radix that is not aligned", RADIX_GUEST, [NEW_RADIX, 0x800, 0, 0], H.P2],
  ["radix above 2^60", RADIX_GUEST, [NEW_RADIX, 1n << 60n, 0, 0], H.P2],
  ["radix with a page size", RADIX_GUEST, [NEW_RADIX, 0, 1, 0], H.P3],
  ["radix of 2^37 bytes", RADIX_GUEST, [NEW_RADIX, 0, 0, 25], H.P4],
  ["radix of 2^36 bytes", RADIX_GUEST, [NEW_RADIX, 0, 0, 24], H.SUCCESS],
  ["radix where hash was agreed", HASH_GUEST, [NEW_RADIX, 0, 0, 0], -4],
  ["hash where radix was agreed", RADIX_GUEST, [NEW_HASH, 0, 0, 0], -4],
  ["hash", HASH_GUEST, [NEW_HASH, 0x1000, 0, 4], H.SUCCESS],
  ["hash with a base above 2^38", HASH_GUEST, [NEW_HASH, 1n << 38n, 0, 0], -55],
  ["hash with page size 8", HASH_GUEST, [NEW_HASH, 0, 8, 0], H.P3],
  ["hash of 2^37 bytes", HASH_GUEST, [NEW_HASH, 0, 0, 25], H.P4],
  [
    "segment tables in memory",
    HASH_GUEST,
    [NEW_HASH | SEGMENT_TABLE, 0, 0, 0],
    H.PARAMETER,
  ],
  [
    "anything on POWER8",
    { ...HASH_GUEST, cpu: "power8" },
    [GTSE, 0, 0, 0],
    H.FUNCTION,
  ],
];

for (const [name, platform, args, code] of RULES) {
  Deno.test(`H_REGISTER_PROC_TBL answers ${code} to ${name}`, () => {
    const world = new TestWorld(platform);
    const before = world.lpcrOf();
    assert.equal(world.hcall(H_REGISTER_PROC_TBL, args).code, code);
    if (code !== H.SUCCESS) {
      assert.equal(world.lpcrOf(), before);
      assert.equal(world.accelerator.getOneReg(0, "PRTBL"), 0n);
    }
  });
}

Deno.test("H_REGISTER_PROC_TBL gives all vCPUs the radix table and its LPCR", () => {
  const world = new TestWorld({ mmu: "radix", vcpus: 2 });
  world.hcall(H_REGISTER_PROC_TBL, [NEW_RADIX, 0x20000, 0, 12]);
  const fields = LPCR.UPRT | LPCR.HR | LPCR.GTSE;
  for (const vcpu of [0, 1]) {
    assert.equal(world.accelerator.getOneReg(vcpu, "PRTBL"), 0x2000cn);
    assert.equal(world.lpcrOf(vcpu) & fields, fields);
  }
});

Deno.test("H_REGISTER_PROC_TBL without MODIFY keeps the table", () => {
  const world = new TestWorld({ mmu: "radix" });
  world.hcall(H_REGISTER_PROC_TBL, [NEW_RADIX, 0x20000, 0, 12]);
  world.hcall(H_REGISTER_PROC_TBL, [RADIX, 0x30000, 0, 3]);
  assert.equal(world.accelerator.getOneReg(0, "PRTBL"), 0x2000cn);
  assert.equal(world.lpcrOf() & LPCR.GTSE, 0n);
});

Deno.test("H_REGISTER_PROC_TBL with MODIFY alone takes the table away", () => {
  const world = new TestWorld({ mmu: "radix" });
  world.hcall(H_REGISTER_PROC_TBL, [NEW_RADIX, 0x20000, 0, 12]);
  assert.equal(
    world.hcall(H_REGISTER_PROC_TBL, [MODIFY | RADIX, -1, -1, -1]).code,
    H.SUCCESS,
  );
  assert.equal(world.accelerator.getOneReg(0, "PRTBL"), 0n);
});
