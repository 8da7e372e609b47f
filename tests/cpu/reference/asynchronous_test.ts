import assert from "node:assert/strict";
import { PENDING } from "../../../cpu/interrupts.ts";
import { LPCR, MSR } from "../../../cpu/state.ts";
import { ENGINES, type EngineUnderTest, type TestEngine } from "../engines.ts";

const START = 0x2000n;
const VECTORS = [0x100, 0x200, 0x500, 0x900, 0x980, 0xa00, 0xe80, 0xf00];

/** A thread that spins at START, and at each vector that it may reach. */
function spinning({ create }: EngineUnderTest): TestEngine {
  const engine = create({ ramBytes: 1 << 16 });
  const view = new DataView(engine.ram.buffer, engine.ram.byteOffset);
  for (const at of [Number(START), ...VECTORS]) {
    view.setUint32(at, 0x4800_0000);
  }
  engine.set("NIA", START);
  engine.set("LPCR", LPCR.LPES | LPCR.HDICE);
  engine.set("DEC_EXPIRY", 1n << 62n);
  engine.set("HDEC_EXPIRY", 1n << 62n);
  return engine;
}

/** Sets what is pending and runs a little. Gives where the thread spins. */
function pend(
  engine: TestEngine,
  names: readonly (keyof typeof PENDING)[],
): bigint {
  let mask = 0;
  for (const name of names) mask |= PENDING[name];
  engine.set("PENDING", BigInt(mask));
  engine.refresh();
  engine.run(3);
  return engine.get("NIA");
}

interface Case {
  readonly name: keyof typeof PENDING;
  readonly vector: bigint;
  /** MSR bits without which a partition does not take it. */
  readonly enabledBy: bigint;
  /** Taking it clears it. */
  readonly event: boolean;
}

const PARTITION: readonly Case[] = [
  { name: "systemReset", vector: 0x100n, enabledBy: 0n, event: true },
  { name: "external", vector: 0x500n, enabledBy: MSR.EE, event: false },
  { name: "doorbell", vector: 0xa00n, enabledBy: MSR.EE, event: true },
  {
    name: "performanceMonitor",
    vector: 0xf00n,
    enabledBy: MSR.EE,
    event: true,
  },
];

for (const tested of ENGINES) {
  for (const { name, vector, enabledBy, event } of PARTITION) {
    Deno.test(`${tested.name} engine takes a pending ${name} interrupt when it is enabled`, () => {
      const engine = spinning(tested);
      engine.set("PAPR", 1n);
      if (enabledBy !== 0n) {
        engine.set("MSR", MSR.SF | MSR.ME);
        assert.equal(pend(engine, [name]), START);
      }
      engine.set("MSR", MSR.SF | MSR.ME | MSR.RI | enabledBy);
      assert.equal(pend(engine, [name]), vector);
      assert.equal(engine.get("SRR0"), START);
      assert.equal(engine.get("SRR1"), MSR.SF | MSR.ME | MSR.RI | enabledBy);
      assert.equal(engine.get("MSR"), MSR.SF | MSR.ME);
      const left = engine.get("PENDING") & BigInt(PENDING[name]);
      assert.equal(left !== 0n, !event);
    });
  }

  Deno.test(`${tested.name} engine takes pending interrupts in the order of their urgency`, () => {
    const order = [
      ["systemReset", 0x100n],
      ["external", 0x500n],
      ["doorbell", 0xa00n],
      ["performanceMonitor", 0xf00n],
    ] as const;
    for (let first = 0; first < order.length; first++) {
      const engine = spinning(tested);
      engine.set("PAPR", 1n);
      engine.set("MSR", MSR.SF | MSR.EE);
      const names = order.slice(first).map(([name]) => name);
      assert.equal(pend(engine, names), order[first]?.[1]);
    }
  });

  Deno.test(`${tested.name} engine lets a hypervisor's interrupts through to it from its guest`, () => {
    const guest = spinning(tested);
    guest.set("MSR", MSR.SF);
    assert.equal(pend(guest, ["hypervisorDoorbell"]), 0xe80n);
    assert.equal(guest.get("HSRR0"), START);
    assert.equal(guest.get("MSR"), MSR.SF | MSR.HV);
    const host = spinning(tested);
    host.set("MSR", MSR.SF | MSR.HV);
    assert.equal(pend(host, ["hypervisorDoorbell"]), START);
    host.set("MSR", MSR.SF | MSR.HV | MSR.EE);
    assert.equal(pend(host, ["hypervisorDoorbell"]), 0xe80n);
  });

  Deno.test(`${tested.name} engine keeps external interrupts from the hypervisor where LPCR[HEIC] is 1`, () => {
    const engine = spinning(tested);
    engine.set("LPCR", LPCR.LPES | LPCR.HEIC);
    engine.set("MSR", MSR.SF | MSR.HV | MSR.EE);
    assert.equal(pend(engine, ["external"]), START);
    engine.set("LPCR", LPCR.LPES);
    assert.equal(pend(engine, ["external"]), 0x500n);
  });
}
