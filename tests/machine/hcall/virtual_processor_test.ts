import assert from "node:assert/strict";
import { PENDING } from "../../../cpu/interrupts.ts";
import { MSR } from "../../../cpu/state.ts";
import type {
  Dispatch,
  DispatchReason,
  PreemptReason,
} from "../../../machine/dispatch.ts";
import { H } from "../../../machine/hcall/codes.ts";
import { RAM_BYTES, TestWorld } from "../world.ts";

const H_REGISTER_VPA = 0xdc;
const H_CEDE = 0xe0;
const H_CONFER = 0xe4;
const H_PROD = 0xe8;
const H_JOIN = 0x298;
const H_SIGNAL_SYS_RESET = 0x380;

/** Subfunctions, in place in the flags. */
const VPA = 1n << 45n;
const LOG = 2n << 45n;
const SHADOW = 3n << 45n;
const NO_VPA = 5n << 45n;
const NO_LOG = 6n << 45n;
const NO_SHADOW = 7n << 45n;

const AT = 0x8000;

/** A world with areas whose sizes stand in them at AT and above. */
function prepared(): TestWorld {
  const world = new TestWorld({ vcpus: 2 });
  world.ram.setU16(AT + 4, 640);
  world.ram.setU32(AT + 0x1000 + 4, 0x200);
  world.ram.setU32(AT + 0x2000 + 4, 0x1000);
  return world;
}

function register(
  world: TestWorld,
  flags: bigint,
  address: number | bigint = 0,
  vcpu = 0,
): number {
  return world.hcall(H_REGISTER_VPA, [flags, vcpu, address]).code;
}

Deno.test("H_REGISTER_VPA registers VPA, SLB shadow and dispatch log in this order", () => {
  const world = prepared();
  assert.equal(register(world, SHADOW, AT + 0x1000), H.RESOURCE);
  assert.equal(register(world, LOG, AT + 0x2000), H.RESOURCE);
  assert.equal(register(world, VPA, AT), H.SUCCESS);
  assert.equal(register(world, SHADOW, AT + 0x1000), H.SUCCESS);
  assert.equal(register(world, LOG, AT + 0x2000), H.SUCCESS);
  assert.deepEqual(world.processorAreas.of(0), {
    vpa: AT,
    slbShadow: AT + 0x1000,
    dispatchTraceLog: AT + 0x2000,
    dispatchTraceLogBytes: 0x1000,
    dispatchTraceIndex: 0,
  });
  assert.equal(world.processorAreas.of(1)?.vpa, 0);
});

Deno.test("H_REGISTER_VPA takes the VPA back only after what depends on it", () => {
  const world = prepared();
  register(world, VPA, AT);
  register(world, SHADOW, AT + 0x1000);
  register(world, LOG, AT + 0x2000);
  assert.equal(register(world, NO_VPA), H.RESOURCE);
  assert.equal(register(world, NO_SHADOW), H.SUCCESS);
  assert.equal(register(world, NO_VPA), H.RESOURCE);
  assert.equal(register(world, NO_LOG), H.SUCCESS);
  assert.equal(register(world, NO_VPA), H.SUCCESS);
  assert.equal(world.processorAreas.of(0)?.vpa, 0);
});

Deno.test("H_REGISTER_VPA says in the VPA that the processor is shared", () => {
  const world = prepared();
  register(world, VPA, AT);
  assert.equal(world.ram.u8(AT + 10), 2);
});

const REFUSED: readonly (readonly [string, bigint, number | bigint])[] = [
  ["address 0", VPA, 0],
  ["a VPA that is not on a cache line", VPA, AT + 64],
  ["a VPA beyond RAM", VPA, RAM_BYTES],
  ["a VPA that only begins in RAM", VPA, RAM_BYTES - 512],
  ["a VPA at 2^63", VPA, 1n << 63n],
  ["a VPA of 0 bytes", VPA, AT + 0x4000],
  ["a VPA across pages", VPA, AT + 0x5f00],
  ["an SLB shadow beyond RAM", SHADOW, RAM_BYTES],
  ["a dispatch log that only begins in RAM", LOG, RAM_BYTES - 128],
  ["subfunction 0", 0n, AT],
  ["subfunction 4", 4n << 45n, AT],
];

for (const [name, flags, address] of REFUSED) {
  Deno.test(`H_REGISTER_VPA refuses ${name}`, () => {
    const world = prepared();
    world.ram.setU16(AT + 0x5f04, 640);
    world.ram.setU32(RAM_BYTES - 124, 0xffff_ffff);
    assert.equal(register(world, flags, address), H.PARAMETER);
    assert.deepEqual(world.processorAreas.of(0)?.vpa, 0);
  });
}

Deno.test("H_REGISTER_VPA refuses a processor that does not exist", () => {
  const world = prepared();
  assert.equal(register(world, VPA, AT, 2), H.PARAMETER);
  assert.equal(register(world, VPA, AT, -1), H.PARAMETER);
});

const PLACE = { nia: 0xc000_0000_0000_1234n, msr: MSR.SF | MSR.EE };

/** What a vCPU goes on with that was taken off at tick 100. */
function dispatch(
  reason: PreemptReason,
  more: { reason: DispatchReason; now: number },
): Dispatch {
  return { away: { reason, since: 100 }, place: () => PLACE, ...more };
}

Deno.test("VirtualProcessorAreas keeps the yield count odd while a vCPU is off", () => {
  const { processorAreas } = prepared();
  const world = prepared();
  const areas = world.processorAreas;
  const prod = dispatch("cede", { reason: "prod", now: 200 });
  areas.preempted(0);
  areas.dispatched(0, prod);
  assert.equal(processorAreas.yieldCount(0), undefined, "no VPA");
  assert.equal(world.ram.u32(AT + 0x100), 0);
  register(world, VPA, AT);
  const counts = [
    () => areas.preempted(0),
    () => areas.preempted(0),
    () => areas.dispatched(0, prod),
    () => areas.dispatched(0, prod),
    () => areas.preempted(0),
  ].map((step) => {
    step();
    return areas.yieldCount(0);
  });
  assert.deepEqual(counts, [1, 1, 2, 2, 3]);
});

Deno.test("VirtualProcessorAreas.dispatched() tells how long was waited, and for what", () => {
  const world = prepared();
  const { processorAreas: areas, ram } = world;
  register(world, VPA, AT);
  areas.dispatched(0, dispatch("cede", { reason: "external", now: 130 }));
  areas.dispatched(0, dispatch("timeSlice", { reason: "timeSlice", now: 107 }));
  areas.dispatched(0, dispatch("confer", { reason: "conferred", now: 101 }));
  assert.equal(ram.u64(AT + 0x168), 30n, "by its own wish");
  assert.equal(ram.u64(AT + 0x158), 8n, "for want of a turn");
});

Deno.test("VirtualProcessorAreas.dispatched() logs what the mask asks for, in a circle", () => {
  const world = prepared();
  const { processorAreas: areas, ram } = world;
  const log = AT + 0x2000;
  ram.setU32(log + 4, 2 * 48 + 7);
  register(world, VPA, AT);
  assert.equal(register(world, LOG, log), H.SUCCESS);
  const index = () => ram.u64(AT + 0x218);
  const cede = dispatch("cede", { reason: "decrementer", now: 130 });
  areas.dispatched(0, cede);
  assert.equal(index(), 0n, "nothing is asked for");
  ram.setU8(AT + 0xb8, 1);
  areas.dispatched(0, dispatch("confer", { reason: "conferred", now: 130 }));
  assert.equal(index(), 0n);
  areas.dispatched(0, cede);
  assert.equal(index(), 1n);
  const entry = ram.view(log, 48);
  const view = new DataView(entry.buffer, entry.byteOffset, 48);
  assert.deepEqual([view.getUint8(0), view.getUint8(1)], [3, 2]);
  assert.equal(view.getUint16(2), 0);
  assert.deepEqual([4, 8, 12].map((at) => view.getUint32(at)), [0, 0, 30]);
  assert.equal(view.getBigUint64(16), 130n);
  assert.equal(view.getBigUint64(32), PLACE.nia);
  assert.equal(view.getBigUint64(40), PLACE.msr);
  ram.setU8(AT + 0xb8, 3);
  for (const now of [108, 109]) {
    areas.dispatched(0, dispatch("timeSlice", { reason: "timeSlice", now }));
  }
  assert.equal(index(), 3n);
  assert.deepEqual([view.getUint8(0), view.getUint8(1)], [7, 4]);
  assert.deepEqual([4, 8, 12].map((at) => view.getUint32(at)), [9, 0, 0]);
  assert.equal(ram.u32(log + 96), 0, "two entries have room, no third");
  assert.equal(register(world, LOG, log + 0x80), H.PARAMETER, "of no size");
  ram.setU32(log + 4, 0x60);
  assert.equal(register(world, LOG, log), H.SUCCESS);
  assert.equal(index(), 0n, "a log begins anew");
});

Deno.test("VirtualProcessorAreas.restore() takes what save() gave", () => {
  const world = prepared();
  register(world, VPA, AT);
  register(world, SHADOW, AT + 0x1000);
  const saved = structuredClone(world.processorAreas.save());
  const other = prepared();
  other.processorAreas.restore(saved);
  assert.deepEqual(other.processorAreas.save(), saved);
});

Deno.test("VirtualProcessorAreas.restore() refuses areas beyond RAM", () => {
  const world = prepared();
  const [first, second] = world.processorAreas.save();
  assert(first && second);
  for (
    const bad of [
      { ...first, vpa: RAM_BYTES },
      { ...first, vpa: 0.5 },
      { ...first, vpa: AT, slbShadow: -1 },
      { ...first, dispatchTraceLog: AT, dispatchTraceLogBytes: 47 },
      { ...first, dispatchTraceIndex: -1 },
    ]
  ) {
    assert.throws(() => world.processorAreas.restore([bad, second]), {
      name: "RangeError",
      message: /^Cannot restore processor areas: /,
    });
  }
  assert.throws(() => world.processorAreas.restore([first]), RangeError);
  assert.equal(world.processorAreas.of(0)?.vpa, 0);
});

Deno.test("H_CEDE enables interrupts and halts the caller", () => {
  const world = new TestWorld({ vcpus: 2 });
  assert.equal(world.hcall(H_CEDE, [], { vcpu: 1 }).code, H.SUCCESS);
  assert.deepEqual(world.ceded, [1]);
  assert.equal(world.accelerator.getOneReg(1, "MSR") & MSR.EE, MSR.EE);
  assert.equal(world.accelerator.getOneReg(0, "MSR") & MSR.EE, 0n);
});

Deno.test("H_PROD wakes a vCPU that exists", () => {
  const world = new TestWorld({ vcpus: 2 });
  assert.equal(world.hcall(H_PROD, [1]).code, H.SUCCESS);
  assert.equal(world.hcall(H_PROD, [2]).code, H.PARAMETER);
  assert.equal(world.hcall(H_PROD, [-1]).code, H.PARAMETER);
  assert.deepEqual(world.prodded, [1]);
});

Deno.test("H_CONFER accepts a vCPU that exists, or all", () => {
  const world = new TestWorld({ vcpus: 2 });
  const codes = [0, 1, -1, 2, -2].map((target) =>
    world.hcall(H_CONFER, [target, 0]).code
  );
  assert.deepEqual(codes, [0, 0, 0, H.PARAMETER, H.PARAMETER]);
  assert.deepEqual(world.conferred, [0], "only where the target is off");
});

Deno.test("H_CONFER yields to a vCPU that is off as the caller saw it", () => {
  const world = prepared();
  register(world, VPA, AT, 1);
  const confer = (count: number) => {
    const before = world.conferred.length;
    assert.equal(world.hcall(H_CONFER, [1, count]).code, H.SUCCESS);
    return world.conferred.length > before;
  };
  assert.equal(confer(0), false, "it runs");
  world.processorAreas.preempted(1);
  assert.equal(confer(0), false, "it was off meanwhile");
  assert.equal(confer(1), true);
});

Deno.test("H_JOIN waits until the last, which goes on", () => {
  const world = new TestWorld({ vcpus: 3 });
  const join = (vcpu: number) => world.hcall(H_JOIN, [], { vcpu }).code;
  const { accelerator } = world;
  accelerator.setOneReg(1, "MSR", MSR.EE, { mask: MSR.EE });
  assert.equal(join(1), H.BAD_MODE);
  accelerator.setOneReg(1, "MSR", 0n, { mask: MSR.EE });
  world.stopped.add(2);
  assert.equal(join(1), H.SUCCESS);
  assert.deepEqual([...world.joined], [1]);
  assert.equal(join(0), H.CONTINUE);
  assert.deepEqual([...world.joined], [1]);
});

Deno.test("H_SIGNAL_SYS_RESET reaches one vCPU, all, or all others", () => {
  const signalled = (target: number) => {
    const world = new TestWorld({ vcpus: 3 });
    const { code } = world.hcall(H_SIGNAL_SYS_RESET, [target], { vcpu: 1 });
    const bits = [0, 1, 2].map((vcpu) =>
      Number(world.accelerator.getOneReg(vcpu, "PENDING"))
    );
    return [code, ...bits.map((value) => value & PENDING.systemReset)];
  };
  assert.deepEqual(signalled(2), [H.SUCCESS, 0, 0, 1]);
  assert.deepEqual(signalled(-1), [H.SUCCESS, 1, 1, 1]);
  assert.deepEqual(signalled(-2), [H.SUCCESS, 1, 0, 1]);
  assert.deepEqual(signalled(3), [H.PARAMETER, 0, 0, 0]);
  assert.deepEqual(signalled(-3), [H.PARAMETER, 0, 0, 0]);
});
