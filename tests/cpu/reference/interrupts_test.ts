import assert from "node:assert/strict";
import { ReferenceEngine } from "../../../cpu/engine/reference.ts";
import { bits, value } from "../../../cpu/engine/reference/values.ts";
import {
  deliver,
  type InterruptName,
  interruptNumber,
  interruptOf,
  INTERRUPTS,
} from "../../../cpu/interrupts.ts";
import { LPCR, MSR, STATE_BYTES } from "../../../cpu/state.ts";

const CIA = 0xc000_0000_0001_2340n;
const CAUSE = 0x20_0000n;
const HILE_POWER9 = 1n << 59n;
const HILE_POWER8 = 1n << 44n;

/** Interrupts that a partition does not raise by itself. */
const INJECTED: ReadonlySet<string> = new Set([
  "systemReset",
  "machineCheck",
  "external",
  "hypervisorEmulationAssistance",
]);

interface Vector {
  readonly name: InterruptName;
  readonly at: bigint;
  readonly saves?: "HSRR" | "LR";
  /** Enters the hypervisor where there is one. */
  readonly hypervisor?: true;
  /** LPCR[AIL] does not move it. */
  readonly fixed?: true;
  readonly next?: true;
}

/** The book's figure, written down a second time. */
const VECTORS: readonly Vector[] = [
  { name: "systemReset", at: 0x100n, hypervisor: true, fixed: true },
  { name: "machineCheck", at: 0x200n, hypervisor: true, fixed: true },
  { name: "dataStorage", at: 0x300n },
  { name: "dataSegment", at: 0x380n },
  { name: "instructionStorage", at: 0x400n },
  { name: "instructionSegment", at: 0x480n },
  { name: "external", at: 0x500n },
  { name: "alignment", at: 0x600n },
  { name: "program", at: 0x700n },
  { name: "fpUnavailable", at: 0x800n },
  { name: "decrementer", at: 0x900n },
  { name: "hypervisorDecrementer", at: 0x980n, saves: "HSRR" },
  { name: "doorbell", at: 0xa00n },
  { name: "systemCall", at: 0xc00n, next: true },
  { name: "trace", at: 0xd00n },
  { name: "hypervisorEmulationAssistance", at: 0xe40n, saves: "HSRR" },
  { name: "hypervisorDoorbell", at: 0xe80n, saves: "HSRR" },
  { name: "performanceMonitor", at: 0xf00n },
  { name: "vectorUnavailable", at: 0xf20n },
  { name: "vsxUnavailable", at: 0xf40n },
  { name: "facilityUnavailable", at: 0xf60n },
  { name: "hypervisorFacilityUnavailable", at: 0xf80n, saves: "HSRR" },
  { name: "systemCallVectored", at: 0x1_7000n, saves: "LR", next: true },
];

function engine(): ReferenceEngine {
  const made = new ReferenceEngine({
    memory: { buffer: new ArrayBuffer(STATE_BYTES + 0x1000) },
    stateOffset: 0,
    ramOffset: STATE_BYTES,
    ramBytes: 0x1000,
    isa: [],
  });
  made.registers.set("PVR", 0x4e1202n);
  made.registers.set("LPCR", LPCR.LPES);
  return made;
}

/** Takes an interrupt and gives the new NIA. */
function take(
  { ops }: ReferenceEngine,
  name: InterruptName,
  details = 0n,
): bigint {
  return bits(
    ops.call(
      deliver,
      value(BigInt(interruptNumber(name))),
      value(CIA),
      value(details),
    ),
  );
}

/** A guest's MSR with much set that interrupts must clear. */
const BUSY = MSR.SF | MSR.EE | MSR.PR | MSR.FP | MSR.VEC | MSR.VSX | MSR.ME |
  MSR.FE0 | MSR.FE1 | MSR.SE | MSR.BE | MSR.IR | MSR.DR | MSR.PMM | MSR.RI |
  MSR.LE;

Deno.test("INTERRUPTS has each interrupt of the book's figure and no other", () => {
  assert.deepEqual(
    INTERRUPTS.map(({ name }) => name).toSorted(),
    VECTORS.map(({ name }) => name).toSorted(),
  );
});

Deno.test("interruptNumber() counts from 1 and interruptOf() is its inverse", () => {
  for (const { name } of VECTORS) {
    const number = interruptNumber(name);
    assert.ok(number > 0);
    assert.equal(interruptOf(number)?.name, name);
  }
  assert.equal(interruptOf(0), undefined);
});

for (const { name, at, saves = "SRR", hypervisor, fixed, next } of VECTORS) {
  Deno.test(`deliver() takes ${name} in the hypervisor as the book says`, () => {
    const vcpu = engine();
    const { registers } = vcpu;
    registers.set("MSR", BUSY | MSR.HV);
    registers.set("RESERVE_ADDRESS", 0x1000n);
    const isCall = next === true;
    assert.equal(take(vcpu, name, isCall ? 0n : CAUSE), at);
    const cause = name === "trace" ? CAUSE | 0x4000_0000n : CAUSE;
    const [address, msr] = saves === "SRR"
      ? ["SRR0", "SRR1"] as const
      : saves === "HSRR"
      ? ["HSRR0", "HSRR1"] as const
      : ["LR", "CTR"] as const;
    assert.equal(registers.get(address), isCall ? CIA + 4n : CIA);
    assert.equal(
      registers.get(msr),
      BUSY | MSR.HV | (isCall ? 0n : cause),
    );
    const kept = saves === "LR"
      ? MSR.ME | MSR.EE | MSR.RI
      : saves === "HSRR"
      ? MSR.ME | MSR.RI
      : name === "machineCheck"
      ? 0n
      : MSR.ME;
    assert.equal(registers.get("MSR"), MSR.SF | MSR.HV | kept);
    assert.equal(registers.get("RESERVE_ADDRESS"), (1n << 64n) - 1n);
  });

  Deno.test(`deliver() relocates ${name} by LPCR[AIL] as the book says`, () => {
    const vcpu = engine();
    const { registers } = vcpu;
    registers.set("PAPR", 1n);
    const moved = saves === "LR"
      ? [at, 0xc000_0000_0000_3000n]
      : [0x1_8000n + at, 0xc000_0000_0000_4000n + at];
    // A partition's program interrupt stands in for emulation assistance.
    const offset = name === "hypervisorEmulationAssistance" ? 0x740n : 0n;
    for (const ail of [0n, 1n, 2n, 3n]) {
      registers.set("LPCR", LPCR.LPES | ail << 23n);
      registers.set("MSR", BUSY);
      const applies = ail >= 2n && !fixed;
      const target = applies ? moved[Number(ail) - 2] ?? 0n : at;
      assert.equal(take(vcpu, name), target - offset);
      const relocation = registers.get("MSR") & (MSR.IR | MSR.DR);
      assert.equal(relocation, applies ? MSR.IR | MSR.DR : 0n);
      registers.set("MSR", BUSY & ~MSR.DR);
      assert.equal(take(vcpu, name), at - offset, "MSR[DR] was 0");
    }
  });

  Deno.test(`deliver() takes ${name} in the byte order that its owner wants`, () => {
    const vcpu = engine();
    const { registers } = vcpu;
    const little = () => (registers.get("MSR") & MSR.LE) !== 0n;
    const enters = hypervisor === true || saves === "HSRR";
    for (
      const [pvr, hile] of [
        [0x4e1202n, HILE_POWER9],
        [0x4d0200n, HILE_POWER8],
      ] as const
    ) {
      for (
        const [ile, hid0, hv, papr, kept = ile] of [
          [0n, 0n, 0n, 1n],
          [1n, 0n, 0n, 1n],
          [0n, 0n, 0n, 1n, 1n],
          [1n, 0n, 0n, 1n, 0n],
          [0n, hile, 0n, 1n],
          [0n, hile, 1n, 0n],
          [1n, 0n, 1n, 0n],
          [1n, 0n, 0n, 0n, 0n],
          [0n, hile, 0n, 0n],
        ] as const
      ) {
        registers.set("PVR", pvr);
        registers.set("LPCR", LPCR.LPES | (ile ? LPCR.ILE : 0n));
        registers.set("INTR_MSR", MSR.SF | kept);
        registers.set("HID0", hid0);
        registers.set("PAPR", papr);
        registers.set("MSR", MSR.SF | (hv ? MSR.HV : 0n));
        take(vcpu, name);
        const inHypervisor = papr === 0n && (hv === 1n || enters);
        // What a hypervisor injects goes by the MSR that it keeps.
        const own = papr === 1n && INJECTED.has(name) ? kept : ile;
        assert.equal(little(), (inHypervisor ? hid0 : own) !== 0n);
        assert.equal(
          (registers.get("MSR") & MSR.HV) !== 0n,
          inHypervisor,
        );
      }
    }
  });
}

Deno.test("deliver() gives scv its own entry for each level", () => {
  const vcpu = engine();
  vcpu.registers.set("PAPR", 1n);
  vcpu.registers.set("MSR", MSR.SF);
  assert.equal(take(vcpu, "systemCallVectored", 3n), 0x1_7060n);
  vcpu.registers.set("LPCR", LPCR.AIL | LPCR.LPES);
  vcpu.registers.set("MSR", MSR.SF | MSR.IR | MSR.DR);
  const target = 0xc000_0000_0000_3000n + 127n * 32n;
  assert.equal(take(vcpu, "systemCallVectored", 127n), target);
});

Deno.test("deliver() enters the hypervisor for sc 1 of its guest only", () => {
  for (const [level, hv] of [[0n, 0n], [1n, MSR.HV]] as const) {
    const vcpu = engine();
    vcpu.registers.set("MSR", MSR.SF | MSR.PR);
    assert.equal(take(vcpu, "systemCall", level), 0xc00n);
    assert.equal(vcpu.registers.get("MSR") & MSR.HV, hv);
    assert.equal(vcpu.registers.get("SRR1"), MSR.SF | MSR.PR);
  }
});

Deno.test("deliver() takes external interrupts into the hypervisor where LPCR[LPES] is 0", () => {
  const vcpu = engine();
  const { registers } = vcpu;
  registers.set("LPCR", 0n);
  registers.set("MSR", MSR.SF | MSR.EE | MSR.RI);
  assert.equal(take(vcpu, "external"), 0x500n);
  assert.equal(registers.get("HSRR0"), CIA);
  assert.equal(registers.get("HSRR1"), MSR.SF | MSR.EE | MSR.RI);
  assert.equal(registers.get("SRR0"), 0n);
  assert.equal(registers.get("MSR"), MSR.SF | MSR.HV | MSR.RI);
});

Deno.test("deliver() turns emulation assistance into a program interrupt for a partition", () => {
  const vcpu = engine();
  const { registers } = vcpu;
  registers.set("PAPR", 1n);
  registers.set("MSR", BUSY);
  assert.equal(take(vcpu, "hypervisorEmulationAssistance"), 0x700n);
  assert.equal(registers.get("SRR0"), CIA);
  assert.equal(registers.get("SRR1"), BUSY | 0x8_0000n);
  assert.equal(registers.get("HSRR0"), 0n);
});

Deno.test("deliver() does not relocate what leaves a hash partition for its hypervisor", () => {
  for (
    const [hr, target] of [
      [0n, 0xe80n],
      [LPCR.HR, 0xc000_0000_0000_4e80n],
    ] as const
  ) {
    const vcpu = engine();
    vcpu.registers.set("LPCR", LPCR.AIL | LPCR.LPES | hr);
    vcpu.registers.set("MSR", MSR.SF | MSR.IR | MSR.DR);
    assert.equal(take(vcpu, "hypervisorDoorbell"), target);
  }
});
