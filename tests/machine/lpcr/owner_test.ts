// The three owners of LPCR give a guest the same world, and the machine a
// different one.
import assert from "node:assert/strict";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { H } from "../../../machine/hcall/codes.ts";
import type { Mistake } from "../../../machine/lpcr/mistakes.ts";
import { LPCR_OWNERS, type LpcrOwner } from "../../../machine/lpcr/owner.ts";
import { TestWorld } from "../world.ts";

const H_SET_MODE = 0x31c;
const H_REGISTER_PROC_TBL = 0x37c;
const OWNERS = Object.keys(LPCR_OWNERS) as LpcrOwner[];
const ALL = LPCR.ILE | LPCR.AIL;

/** H_SET_MODE(LE) and (ADDR_TRANS) as a little-endian guest makes them. */
function askForLittle(world: TestWorld): void {
  assert.equal(world.hcall(H_SET_MODE, [3, 3, 0, 0]).code, H.SUCCESS);
  assert.equal(world.hcall(H_SET_MODE, [1, 4, 0, 0]).code, H.SUCCESS);
}

function fieldsOf(world: TestWorld): bigint[] {
  return [0, 1, 2].map((vcpu) => world.lpcrOf(vcpu) & ALL);
}

function injectedLittle(world: TestWorld): boolean[] {
  return [0, 1, 2].map((vcpu) =>
    (world.accelerator.getOneReg(vcpu, "INTR_MSR") & MSR.LE) !== 0n
  );
}

for (const lpcrOwner of OWNERS) {
  Deno.test(`LpcrControl lets H_SET_MODE reach every vCPU under ${lpcrOwner}`, () => {
    const world = new TestWorld({ vcpus: 3, lpcrOwner });
    askForLittle(world);
    assert.deepEqual(fieldsOf(world), [ALL, ALL, ALL]);
    assert.deepEqual(injectedLittle(world), [true, true, true]);
    assert.equal(world.lpcr.lastChange(2)?.cause, "H_SET_MODE LE");
    assert.equal(world.hcall(H_SET_MODE, [0, 4, 0, 0]).code, H.SUCCESS);
    assert.deepEqual(fieldsOf(world), [LPCR.AIL, LPCR.AIL, LPCR.AIL]);
    assert.deepEqual(injectedLittle(world), [false, false, false]);
  });

  Deno.test(`LpcrControl lets a started vCPU take over ILE and AIL under ${lpcrOwner}`, () => {
    const world = new TestWorld({ vcpus: 3, lpcrOwner });
    askForLittle(world);
    // What start-cpu finds after a reset of the vCPU's registers.
    world.accelerator.setOneReg(2, "LPCR", 0n, { mask: ALL });
    world.lpcr.started(2, 0);
    assert.deepEqual(fieldsOf(world), [ALL, ALL, ALL]);
    assert.deepEqual(injectedLittle(world), [true, true, true]);
  });

  Deno.test(`LpcrControl holds a pinned ILE under ${lpcrOwner}`, () => {
    const world = new TestWorld({ vcpus: 3, lpcrOwner });
    world.lpcr.pin(1, false, "test");
    askForLittle(world);
    assert.deepEqual(fieldsOf(world), [ALL, LPCR.AIL, ALL]);
    world.lpcr.started(1, 0);
    assert.deepEqual(fieldsOf(world), [ALL, LPCR.AIL, ALL]);
    world.lpcr.pin(1, undefined, "test");
    assert.deepEqual(fieldsOf(world), [ALL, ALL, ALL]);
  });
}

Deno.test("LpcrControl leaves the machine's copy stale under accelerator-poll until it polls", () => {
  const world = new TestWorld({ vcpus: 3, lpcrOwner: "accelerator-poll" });
  const { events, lpcr } = world;
  askForLittle(world);
  assert.equal(lpcr.copyOf(1).value & ALL, 0n);
  assert.equal(lpcr.copyOf(1).source, "power-on");
  assert.equal(events.length, 0, "nobody has told the machine");
  assert.equal(lpcr.isLittleEndian(1, "test"), true);
  assert.equal(lpcr.copyOf(1).value & ALL, ALL);
  assert.equal(lpcr.copyOf(1).source, "read");
  assert.equal(lpcr.copyOf(0).value & ALL, 0n, "of the others as before");
  assert.deepEqual(events.map(({ data }) => [data.vcpu, data.cause]), [
    [1, "test"],
  ]);
});

Deno.test("LpcrControl knows what it wrote without asking", () => {
  const world = new TestWorld({ vcpus: 3 });
  askForLittle(world);
  assert.equal(world.lpcr.copyOf(2).value, world.lpcrOf(2));
  assert.equal(world.lpcr.copyOf(2).source, "written");
  const { length } = world.asked;
  assert.equal(world.lpcr.isLittleEndian(2, "test"), true);
  assert.equal(world.asked.length, length);
});

Deno.test("LpcrControl.told() makes the machine know, and changes nothing", () => {
  const world = new TestWorld({ vcpus: 3, lpcrOwner: "accelerator-propagate" });
  askForLittle(world);
  assert.equal(world.lpcr.copyOf(1).value & ALL, 0n);
  const write = { value: ALL, mask: ALL, cause: "H_SET_MODE" };
  world.lpcr.told(write);
  assert.equal(world.lpcr.copyOf(1).value & ALL, ALL);
  assert.equal(world.lpcr.copyOf(1).source, "told");
  assert.equal(world.events.length, 3);
});

Deno.test("LpcrControl.restore() takes what save() gave", () => {
  const world = new TestWorld({ vcpus: 3, lpcrOwner: "accelerator-poll" });
  world.lpcr.pin(1, true, "test");
  askForLittle(world);
  const saved = structuredClone(world.lpcr.save());
  const other = new TestWorld({ vcpus: 3, lpcrOwner: "accelerator-poll" });
  other.lpcr.restore(saved);
  assert.deepEqual(other.lpcr.save(), saved);
  assert.deepEqual(other.lpcr.copyOf(1), world.lpcr.copyOf(1));
});

function mistaken(mistake: Mistake, lpcrOwner: LpcrOwner): TestWorld {
  const mistakes = [mistake];
  return new TestWorld({ vcpus: 3, mmu: "radix", lpcrOwner, mistakes });
}

for (const owner of OWNERS) {
  Deno.test(`the mistake calling-vcpu-only leaves the others big-endian under ${owner}`, () => {
    const world = mistaken("calling-vcpu-only", owner);
    askForLittle(world);
    assert.deepEqual(fieldsOf(world), [ALL, 0n, 0n]);
    world.lpcr.started(1, 0);
    assert.deepEqual(fieldsOf(world), [ALL, 0n, 0n]);
  });

  Deno.test(`the mistake interrupt-msr leaves injected interrupts big-endian under ${owner}`, () => {
    const world = mistaken("interrupt-msr", owner);
    askForLittle(world);
    assert.deepEqual(fieldsOf(world), [ALL, ALL, ALL]);
    assert.deepEqual(injectedLittle(world), [false, false, false]);
    world.lpcr.started(1, 0);
    assert.deepEqual(injectedLittle(world), [false, false, false]);
  });
}

Deno.test("the mistake no-synchronise undoes what the accelerator set", () => {
  const world = mistaken("no-synchronise", "accelerator-poll");
  askForLittle(world);
  assert.deepEqual(fieldsOf(world), [ALL, ALL, ALL]);
  const [table, flags] = [0x10000, 0x1d];
  assert.equal(
    world.hcall(H_REGISTER_PROC_TBL, [flags, table, 0, 0xc]).code,
    H.SUCCESS,
  );
  assert.deepEqual(fieldsOf(world), [0n, 0n, 0n]);
  assert.equal(world.lpcrOf(0) & LPCR.HR, LPCR.HR, "what it wanted is there");
});

for (const owner of ["machine", "accelerator-propagate"] as const) {
  Deno.test(`the mistake no-synchronise does no harm where the copy is right, under ${owner}`, () => {
    const world = mistaken("no-synchronise", owner);
    askForLittle(world);
    if (owner === "accelerator-propagate") {
      world.lpcr.told({ value: ALL, mask: ALL, cause: "H_SET_MODE" });
    }
    world.hcall(H_REGISTER_PROC_TBL, [0x1d, 0x10000, 0, 0xc]);
    assert.deepEqual(fieldsOf(world), [ALL, ALL, ALL]);
  });
}
