import assert from "node:assert/strict";
import {
  type PlainState,
  runInstruction,
  type RunInstructionOptions,
} from "../../../cpu/engine/reference_harness.ts";
import { ReferenceEngine } from "../../../cpu/engine/reference.ts";
import { PENDING } from "../../../cpu/interrupts.ts";
import { type Instruction, type Meaning, row } from "../../../cpu/isa/row.ts";
import { MSR, STATE_BYTES } from "../../../cpu/state.ts";

/** An instruction of the test's own: RT, RA, RB are 3, 4, 5. */
const WORD = 0x7c64_2b9c;

function test(meaning: Meaning<"X">): Instruction {
  return row("test RT,RA,RB", "X", [31, 462], meaning);
}

function gprs(values: Readonly<Record<number, bigint>>): bigint[] {
  return Array.from({ length: 32 }, (_, i) => values[i] ?? 0n);
}

function run(
  meaning: Meaning<"X">,
  state: PlainState = {},
  options: RunInstructionOptions = {},
) {
  return runInstruction(WORD, state, {
    ...options,
    instruction: test(meaning),
  });
}

function memory(): Uint8Array {
  return Uint8Array.from({ length: 0x4000 }, (_, i) => i & 0xff);
}

/** LD: RT := storage at RA. */
const load: Meaning<"X"> = (m, f) => m.setGpr(f.RT, m.load(8, m.gpr(f.RA)));
const store: Meaning<"X"> = (m, f) => m.store(8, m.gpr(f.RA), m.gpr(f.RT));

Deno.test("runInstruction() tells registers that changed, and NIA", () => {
  const { changed, raised, exit } = run(
    (m, f) => m.setGpr(f.RT, m.add(m.gpr(f.RA), m.gpr(f.RB))),
    { GPR: gprs({ 4: 1n, 5: 2n }) },
  );
  assert.deepEqual(changed, {
    GPR: gprs({ 3: 3n, 4: 1n, 5: 2n }),
    NIA: 0x1004n,
    INSTRUCTIONS: 1n,
  });
  assert.equal(raised, undefined);
  assert.equal(exit, undefined);
});

Deno.test("load() reads bytes in the order of MSR[LE] from any alignment", () => {
  const state = { GPR: gprs({ 4: 0xffdn }) };
  for (
    const [littleEndian, expected] of [
      [false, 0xfdfe_ff00_0102_0304n],
      [true, 0x0403_0201_00ff_fefdn],
    ] as const
  ) {
    const result = run(load, state, { littleEndian, memory: memory() });
    assert.equal((result.state.GPR as bigint[])[3], expected);
    const reversed = run(
      (m, f) => m.setGpr(f.RT, m.loadReversed(8, m.gpr(f.RA))),
      state,
      { littleEndian: !littleEndian, memory: memory() },
    );
    assert.equal((reversed.state.GPR as bigint[])[3], expected);
  }
});

Deno.test("store() writes bytes in the order of MSR[LE]", () => {
  const state = { GPR: gprs({ 3: 0x0102_0304_0506_0708n, 4: 0xffbn }) };
  const bytes = [1, 2, 3, 4, 5, 6, 7, 8];
  const big = run(store, state).memory.subarray(0xffb, 0x1003);
  assert.deepEqual([...big], bytes);
  const little = run(store, state, { littleEndian: true }).memory;
  assert.deepEqual([...little.subarray(0xffb, 0x1003)], bytes.toReversed());
});

Deno.test("loadQuadword() gives one number in the order of MSR[LE]", () => {
  const take: Meaning<"X"> = (m) =>
    m.setVsrNumber(m.const(40), m.loadQuadword(m.const(0x10)));
  const big = run(take, {}, { memory: memory() });
  const value = 0x1011_1213_1415_1617_1819_1a1b_1c1d_1e1fn;
  assert.equal((big.state.VSR as bigint[])[40], value);
  const options = { memory: memory(), littleEndian: true };
  const little = run(take, {}, options);
  const reversed = 0x1f1e_1d1c_1b1a_1918_1716_1514_1312_1110n;
  assert.equal((little.state.VSR as bigint[])[40], reversed);
});

Deno.test("ea() keeps 32 bits where MSR[SF] is 0", () => {
  const wide: Meaning<"X"> = (m, f) => m.setGpr(f.RT, m.ea(m.gpr(f.RA)));
  const GPR = gprs({ 4: 0xffff_ffff_0000_0010n });
  const narrow = run(wide, { GPR, MSR: 0n });
  assert.equal((narrow.state.GPR as bigint[])[3], 0x10n);
  const full = run(wide, { GPR });
  assert.equal((full.state.GPR as bigint[])[3], 0xffff_ffff_0000_0010n);
});

Deno.test("storeConditional() stores where the reservation is for it and storage is unchanged", () => {
  const conditional: Meaning<"X"> = (m, f) =>
    m.setGpr(
      f.RT,
      m.bit(m.storeConditional(8, m.gpr(f.RA), m.const(0x55))),
    );
  const base = {
    GPR: gprs({ 4: 0x10n }),
    RESERVE_ADDRESS: 0x10n,
    RESERVE_BYTES: 8n,
    RESERVE_VALUE: [0x1011_1213_1415_1617n, 0n],
  } satisfies PlainState;
  const cases: readonly [PlainState, bigint][] = [
    [{}, 1n],
    [{ RESERVE_ADDRESS: 0x18n }, 0n],
    [{ RESERVE_BYTES: 4n }, 0n],
    [{ RESERVE_VALUE: [0n, 0n] }, 0n],
  ];
  for (const [other, stored] of cases) {
    const state = { ...base, ...other };
    const result = run(conditional, state, { memory: memory() });
    assert.equal((result.state.GPR as bigint[])[3], stored);
    assert.equal(result.memory[0x17] === 0x55, stored === 1n);
    assert.equal(result.state.RESERVE_ADDRESS, (1n << 64n) - 1n);
  }
});

Deno.test("loadReserve() notes what it has read", () => {
  const { changed } = run(
    (m, f) => m.setGpr(f.RT, m.loadReserve(4, m.gpr(f.RA))),
    { GPR: gprs({ 4: 0x14n }) },
    { memory: memory() },
  );
  assert.equal(changed.RESERVE_ADDRESS, 0x14n);
  assert.equal(changed.RESERVE_BYTES, 4n);
  assert.deepEqual(changed.RESERVE_VALUE, [0x1415_1617n, 0n]);
});

Deno.test("loadReserve() and readModifyWrite() raise alignment where the address is not natural", () => {
  const reserve: Meaning<"X"> = (m, f) => void m.loadReserve(8, m.gpr(f.RA));
  const modify: Meaning<"X"> = (m, f) =>
    void m.readModifyWrite(8, m.gpr(f.RA), (old) => old);
  for (const meaning of [reserve, modify]) {
    const result = run(meaning, { GPR: gprs({ 4: 0x14n }) });
    assert.equal(result.raised, "alignment");
    assert.equal(result.changed.DAR, 0x14n);
    assert.equal(result.changed.NIA, undefined);
    assert.equal(result.changed.INSTRUCTIONS, undefined);
  }
});

Deno.test("readModifyWrite() stores the update and gives the old value", () => {
  const result = run(
    (m, f) =>
      m.setGpr(
        f.RT,
        m.readModifyWrite(
          4,
          m.gpr(f.RA),
          (old) => m.add(old, m.const(1)),
        ),
      ),
    { GPR: gprs({ 4: 0x1cn }) },
    { memory: memory(), littleEndian: true },
  );
  assert.equal((result.state.GPR as bigint[])[3], 0x1f1e_1d1cn);
  assert.deepEqual([...result.memory.subarray(0x1c, 0x20)], [
    0x1d,
    0x1d,
    0x1e,
    0x1f,
  ]);
});

Deno.test("zeroBlock() clears the aligned block that holds the address", () => {
  const result = run(
    (m, f) => m.zeroBlock(128, m.gpr(f.RA)),
    { GPR: gprs({ 4: 0x1fdn }) },
    { memory: memory().fill(0xff) },
  );
  const cleared = [...result.memory.keys()].filter((i) =>
    result.memory[i] === 0
  );
  assert.deepEqual([cleared[0], cleared.at(-1), cleared.length], [
    0x180,
    0x1ff,
    128,
  ]);
});

Deno.test("jump() ends the meaning and drops the low two bits", () => {
  const result = run((m, f) => {
    m.setGpr(f.RT, m.cia());
    m.jump(m.const(0x2003));
    m.setGpr(f.RT, m.const(0));
  });
  assert.equal((result.state.GPR as bigint[])[3], 0x1000n);
  assert.equal(result.state.NIA, 0x2000n);
});

Deno.test("program() gives each cause its SRR1 bit", () => {
  const bits = {
    floatingPoint: 0x10_0000n,
    privileged: 0x4_0000n,
    trap: 0x2_0000n,
  } as const;
  for (const cause of ["floatingPoint", "privileged", "trap"] as const) {
    const result = run((m) => m.program(cause));
    assert.equal(result.raised, "program");
    assert.equal(result.state.EXCEPTION_SRR1, bits[cause]);
  }
});

Deno.test("program() asks the hypervisor about illegal instructions, with the word in HEIR", () => {
  const result = run((m) => m.program("illegal"));
  assert.equal(result.raised, "hypervisorEmulationAssistance");
  assert.equal(result.state.HEIR, BigInt(WORD));
});

Deno.test("carryOut() treats a word that no row describes as illegal", () => {
  const result = runInstruction(0, {}, { instruction: test(() => {}) });
  assert.equal(result.raised, "hypervisorEmulationAssistance");
  assert.equal(result.state.HEIR, 0n);
});

Deno.test("privileged() and hypervisor() deny by MSR[PR] and MSR[HV]", () => {
  const table = [
    [MSR.HV, undefined, undefined],
    [0n, undefined, "program"],
    [MSR.PR, "program", "program"],
    [MSR.PR | MSR.HV, "program", "program"],
  ] as const;
  for (const [msr, privileged, hypervisor] of table) {
    const state = { MSR: msr };
    assert.equal(run((m) => m.privileged(), state).raised, privileged);
    assert.equal(run((m) => m.hypervisor(), state).raised, hypervisor);
  }
});

Deno.test("require() raises the unavailable interrupt of a facility", () => {
  const table = [
    ["FP", "fpUnavailable"],
    ["VEC", "vectorUnavailable"],
    ["VSX", "vsxUnavailable"],
  ] as const;
  for (const [facility, raised] of table) {
    const need: Meaning<"X"> = (m) => m.require(facility);
    assert.equal(run(need, { MSR: MSR.SF }).raised, raised);
    assert.equal(run(need, { MSR: MSR[facility] }).raised, undefined);
  }
});

Deno.test("requireFacility() denies problem state by FSCR and puts the cause there", () => {
  const need: Meaning<"X"> = (m) => m.requireFacility("TAR");
  const user = MSR.SF | MSR.HV | MSR.PR;
  const denied = run(need, { MSR: user, FSCR: 0xff00_0000_0000_0004n });
  assert.equal(denied.raised, "facilityUnavailable");
  assert.equal(denied.state.FSCR, 0x0800_0000_0000_0004n);
  const allowed = run(need, { MSR: user, FSCR: 0x100n });
  assert.equal(allowed.raised, undefined);
  const system = run(need, { MSR: MSR.SF | MSR.HV, FSCR: 0n });
  assert.equal(system.raised, undefined);
});

Deno.test("requireFacility() denies a guest by HFSCR, but not a partition", () => {
  const need: Meaning<"X"> = (m) => m.requireFacility("MSGP");
  const guest = run(need, { MSR: MSR.SF, HFSCR: 0n });
  assert.equal(guest.raised, "hypervisorFacilityUnavailable");
  assert.equal(guest.state.HFSCR, 10n << 56n);
  const partition = run(need, { MSR: MSR.SF, HFSCR: 0n, PAPR: 1n });
  assert.equal(partition.raised, undefined);
});

Deno.test("requireFacility() denies transactions by MSR[TM] and the performance monitor by PMCC", () => {
  const tm: Meaning<"X"> = (m) => m.requireFacility("TM");
  const off = run(tm, { MSR: MSR.SF | MSR.HV });
  assert.equal(off.raised, "facilityUnavailable");
  assert.equal((off.state.FSCR as bigint) >> 56n, 5n);
  assert.equal(run(tm, { MSR: MSR.HV | MSR.TM }).raised, undefined);
  const pm: Meaning<"X"> = (m) => m.requireFacility("PM");
  const user = { MSR: MSR.HV | MSR.PR };
  for (
    const [pmcc, raised] of [
      [0n, undefined],
      [1n, "facilityUnavailable"],
      [2n, undefined],
      [3n, undefined],
    ] as const
  ) {
    assert.equal(run(pm, { ...user, MMCR0: pmcc << 18n }).raised, raised);
  }
});

Deno.test("exit() completes the instruction, then leaves", () => {
  const { exit, changed } = run((m, f) => {
    m.exit("message", m.const(0x123));
    m.setGpr(f.RT, m.const(7));
  });
  assert.equal(exit, "message");
  assert.equal((changed.EXIT_VALUE as bigint[])[0], 0x123n);
  assert.equal((changed.GPR as bigint[])[3], 7n);
  assert.equal(changed.NIA, 0x1004n);
});

/** A big-endian engine in hypervisor real mode with code at 0x1000. */
function engineWith(
  words: readonly number[],
  options: {
    isa?: readonly Instruction[];
    timebase?: () => bigint;
    ramBytes?: number;
  } = {},
): ReferenceEngine {
  const { ramBytes = 0x4000 } = options;
  const buffer = new ArrayBuffer(STATE_BYTES + ramBytes);
  const engine = new ReferenceEngine({
    memory: { buffer },
    stateOffset: 0,
    ramOffset: STATE_BYTES,
    isa: [test(load)],
    ...options,
    ramBytes,
  });
  const view = new DataView(buffer, STATE_BYTES);
  words.forEach((word, i) => view.setUint32(0x1000 + 4 * i, word));
  engine.registers.set("PVR", 0x4e1202n);
  engine.registers.set("MSR", MSR.SF | MSR.HV | MSR.ME);
  engine.registers.set("NIA", 0x1000n);
  engine.registers.set("DEC_EXPIRY", 1n << 62n);
  engine.registers.set("HDEC_EXPIRY", 1n << 62n);
  return engine;
}

Deno.test("ReferenceEngine fetches instructions in the order of MSR[LE]", () => {
  const mark: Meaning<"X"> = (m, f) => m.setGpr(f.RT, m.const(9));
  const engine = engineWith([0x9c2b_647c], { isa: [test(mark)] });
  engine.registers.set("MSR", MSR.SF | MSR.HV | MSR.LE);
  assert.equal(engine.run(1), "budget");
  assert.equal(engine.registers.get("GPR", 3), 9n);
});

Deno.test("ReferenceEngine traces each instruction where MSR[SE] is 1", () => {
  const engine = engineWith([WORD]);
  const msr = MSR.SF | MSR.HV | MSR.ME | MSR.SE;
  engine.registers.set("MSR", msr);
  engine.step();
  assert.equal(engine.registers.get("NIA"), 0xd00n);
  assert.equal(engine.registers.get("SRR0"), 0x1004n);
  // Bits 33 and 35: a trace interrupt, after a load.
  assert.equal(engine.registers.get("SRR1"), msr | 0x5000_0000n);
});

Deno.test("ReferenceEngine does not trace what raised another interrupt", () => {
  const trap: Meaning<"X"> = (m) => m.program("trap");
  const engine = engineWith([WORD], { isa: [test(trap)] });
  engine.registers.set("MSR", MSR.SF | MSR.HV | MSR.SE);
  engine.step();
  assert.equal(engine.registers.get("NIA"), 0x700n);
});

Deno.test("ReferenceEngine traces branches only where MSR[BE] is 1", () => {
  const jump = row(
    "b[l][a] LI",
    "I",
    [18],
    (m, f) => m.jumpRelative(f.LI, false),
  );
  const engine = engineWith([WORD, 0x4800_0008], {
    isa: [test(load), jump],
  });
  engine.registers.set("MSR", MSR.SF | MSR.HV | MSR.BE);
  engine.step();
  assert.equal(engine.registers.get("NIA"), 0x1004n);
  engine.step();
  assert.equal(engine.registers.get("NIA"), 0xd00n);
  assert.equal(engine.registers.get("SRR0"), 0x100cn);
});

Deno.test("ReferenceEngine stops at a machine check while MSR[ME] is 0", () => {
  const engine = engineWith([WORD]);
  engine.registers.set("MSR", MSR.SF | MSR.HV);
  engine.registers.set("PENDING", BigInt(PENDING.machineCheck));
  assert.equal(engine.run(5), "checkstop");
});

Deno.test("ReferenceEngine holds the decrementer interrupt as long as DEC is negative", () => {
  let now = 99n;
  const engine = engineWith([WORD, WORD], { timebase: () => now });
  const { registers } = engine;
  registers.set("MSR", MSR.SF | MSR.HV | MSR.EE);
  registers.set("DEC_EXPIRY", 100n);
  engine.step();
  assert.equal(registers.get("NIA"), 0x1004n);
  now = 101n;
  engine.step();
  assert.equal(registers.get("SRR0"), 0x1004n);
  const pending = () => registers.get("PENDING") & BigInt(PENDING.decrementer);
  assert.notEqual(pending(), 0n);
  registers.set("DEC_EXPIRY", 1000n);
  engine.step();
  assert.equal(pending(), 0n);
});

Deno.test("ReferenceEngine leaves when it is kicked", () => {
  const engine = engineWith([WORD, WORD]);
  engine.registers.set("REQUEST", 1n);
  assert.equal(engine.run(2), "kick");
  assert.equal(engine.registers.get("NIA"), 0x1000n);
  assert.equal(engine.run(2), "budget");
});

Deno.test("ReferenceEngine restores what it saved, and nothing of another size", () => {
  const engine = engineWith([WORD]);
  const saved = engine.save();
  engine.run(1);
  assert.equal(engine.registers.get("NIA"), 0x1004n);
  engine.restore(saved);
  assert.equal(engine.registers.get("NIA"), 0x1000n);
  assert.deepEqual(engine.save(), saved);
  assert.throws(() => engine.restore(saved.subarray(1)), {
    name: "RangeError",
    message: "Cannot restore vCPU: expected 8192 bytes, got 8191",
  });
});
