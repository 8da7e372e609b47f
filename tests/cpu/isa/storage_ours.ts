/** Carries out storage cases on one of our engines. */
import { MSR } from "../../../cpu/state.ts";
import type { EngineUnderTest, TestEngine } from "../engines.ts";
import {
  BUFFER,
  BUFFER_BYTES,
  SLOT,
  type StorageCase,
  type StorageOutcome,
} from "./storage_case.ts";

const SC = 0x4400_0002;

const XER_BITS = { SO: 31, OV: 30, CA: 29, OV32: 19, CA32: 18 } as const;
const XER_LOW = 0x3ffff;

function load(engine: TestEngine, before: StorageCase): void {
  const view = new DataView(engine.ram.buffer, engine.ram.byteOffset);
  const little = (before.msr & MSR.LE) !== 0n;
  [...before.words, SC].forEach((word, i) =>
    view.setUint32(SLOT + 4 * i, word, little)
  );
  engine.ram.set(before.storage, BUFFER);
  before.gpr.forEach((value, i) => engine.set("GPR", value, i));
  for (let i = 0; i < 8; i++) {
    engine.set("CR", BigInt((before.cr >>> (28 - 4 * i)) & 15), i);
  }
  for (const [name, bit] of Object.entries(XER_BITS)) {
    const flag = BigInt((before.xer >>> bit) & 1);
    engine.set(name as keyof typeof XER_BITS, flag);
  }
  engine.set("XER_COUNT", BigInt(before.xer & 0x7f));
  engine.set("XER_RESERVED", BigInt(before.xer & XER_LOW & ~0x7f));
  engine.set("LR", before.lr);
  engine.set("CTR", before.ctr);
  engine.set("DAR", 0n);
  engine.set("DSISR", 0n);
  // Problem state without translation, which takes tables to have.
  engine.set("MSR", before.msr & ~(MSR.EE | MSR.IR | MSR.DR));
  engine.set("NIA", BigInt(SLOT));
  engine.refresh();
}

function outcome(engine: TestEngine): StorageOutcome {
  let cr = 0;
  for (let i = 0; i < 8; i++) cr = cr * 16 + Number(engine.get("CR", i));
  let xer = Number(engine.get("XER_COUNT") | engine.get("XER_RESERVED"));
  for (const [name, bit] of Object.entries(XER_BITS)) {
    xer |= Number(engine.get(name as keyof typeof XER_BITS)) << bit;
  }
  return {
    gpr: Array.from({ length: 32 }, (_, i) => engine.get("GPR", i)),
    cr,
    xer: xer >>> 0,
    lr: engine.get("LR"),
    ctr: engine.get("CTR"),
    storage: engine.ram.slice(BUFFER, BUFFER + BUFFER_BYTES),
    vector: Number(engine.get("NIA")),
    srr0: engine.get("SRR0"),
    srr1: engine.get("SRR1"),
    dar: engine.get("DAR"),
    dsisr: Number(engine.get("DSISR")),
    fscr: engine.get("FSCR"),
  };
}

/**
 * What each of the cases did, one after the other on the same processor: a
 * POWER9 of a partition.
 */
export function runOnEngine(
  { create }: EngineUnderTest,
  cases: readonly StorageCase[],
): StorageOutcome[] {
  const engine = create({ ramBytes: 1 << 16 });
  engine.set("PAPR", 1n);
  engine.set("PVR", 0x4e1202n);
  engine.set("LPCR", 0x3_f008n);
  engine.set("MMCR0", 0x8000_0000n);
  // What the runner has there: r31 of the case before.
  engine.set("SPRG1", 0x5a5a_5a5a_1234_5678n);
  engine.set("AMOR", (1n << 64n) - 1n);
  engine.set("RESERVE_ADDRESS", (1n << 64n) - 1n);
  return cases.map((before) => {
    load(engine, before);
    // Two instructions, `sc`, and a turn for each that left the engine.
    for (let turn = 0; turn < 6; turn++) {
      engine.run(1);
      const nia = Number(engine.get("NIA"));
      if (nia < SLOT || nia > SLOT + 8) break;
    }
    return outcome(engine);
  });
}
