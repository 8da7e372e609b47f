import assert from "node:assert/strict";
import { LPCR, MSR, type StateName } from "../../../cpu/state.ts";
import { ENGINES, type EngineUnderTest, type TestEngine } from "../engines.ts";

const START = 0x2000n;
const SPIN = 0x4800_0000;

interface Case {
  readonly name: string;
  readonly word: number;
  readonly vector: bigint;
  /** SRR1 bits 33:36 and 42:47; default 0. */
  readonly cause?: bigint;
  /** MSR bits beside SF, ME and RI that are on. */
  readonly msr?: bigint;
  /** The saved address is that of the next instruction. */
  readonly next?: true;
  readonly given?: readonly (readonly [StateName, bigint])[];
  /** Registers that tell more. */
  readonly then?: readonly (readonly [StateName, bigint])[];
}

/** Interrupts of a partition's instructions (Book III 7.5). */
const CASES: readonly Case[] = [
  { name: "sc", word: 0x4400_0002, vector: 0xc00n, next: true },
  { name: "trap", word: 0x7fe0_0008, vector: 0x700n, cause: 0x2_0000n },
  {
    name: "a privileged instruction in problem state",
    word: 0x7c60_00a6, // mfmsr r3
    vector: 0x700n,
    msr: MSR.PR,
    cause: 0x4_0000n,
  },
  {
    name: "a word that is no instruction",
    word: 0x0000_0000,
    vector: 0x700n,
    cause: 0x8_0000n,
  },
  {
    name: "floating point without MSR[FP]",
    word: 0xfc20_1090, // fmr f1,f2
    vector: 0x800n,
  },
  {
    name: "a vector instruction without MSR[VEC]",
    word: 0x1001_1484, // vor v0,v1,v2
    vector: 0xf20n,
    msr: MSR.FP | MSR.VSX,
  },
  {
    name: "a VSX instruction without MSR[VSX]",
    word: 0xf001_1490, // xxlor vs0,vs1,vs2
    vector: 0xf40n,
    msr: MSR.FP | MSR.VEC,
  },
  {
    name: "TAR in problem state without FSCR[TAR]",
    word: 0x7c6f_caa6, // mfspr r3,815
    vector: 0xf60n,
    msr: MSR.PR,
    then: [["FSCR", 8n << 56n]],
  },
  {
    name: "a reservation of an address that is not natural",
    word: 0x7c60_2028, // lwarx r3,0,r4
    vector: 0x600n,
    then: [["DAR", 0x3001n]],
  },
  {
    name: "a load beyond RAM in real mode",
    word: 0xe865_0000, // ld r3,0(r5)
    vector: 0x300n,
    then: [["DAR", 1n << 40n], ["DSISR", 0x0800_0000n]],
  },
];

/** A thread with `word` at START, and every vector a branch to itself. */
function prepare(
  { create }: EngineUnderTest,
  { littleEndian, handlersLittle, word }: {
    littleEndian: boolean;
    handlersLittle: boolean;
    word: number;
  },
): TestEngine {
  const engine = create({ ramBytes: 1 << 17 });
  const view = new DataView(engine.ram.buffer, engine.ram.byteOffset);
  for (let at = 0; at < 0x1000; at += 32) {
    view.setUint32(at, SPIN, handlersLittle);
  }
  view.setUint32(0x1_7020, SPIN, handlersLittle);
  view.setUint32(Number(START), word, littleEndian);
  view.setUint32(Number(START) + 4, SPIN, littleEndian);
  engine.set("PAPR", 1n);
  engine.set("LPCR", LPCR.LPES | (handlersLittle ? LPCR.ILE : 0n));
  engine.set("INTR_MSR", handlersLittle ? MSR.LE : 0n);
  engine.set("NIA", START);
  engine.set("GPR", 0x3001n, 4);
  engine.set("GPR", 1n << 40n, 5);
  return engine;
}

for (const tested of ENGINES) {
  for (const { name, word, vector, ...more } of CASES) {
    const { cause = 0n, msr = 0n, next, given = [], then = [] } = more;
    for (
      const [littleEndian, handlersLittle] of [
        [false, false],
        [false, true],
        [true, false],
        [true, true],
      ] as const
    ) {
      const from = littleEndian ? "LE" : "BE";
      const to = handlersLittle ? "LE" : "BE";
      Deno.test(`${tested.name} engine takes an interrupt for ${name}, ${from} to ${to}`, () => {
        const mode = { littleEndian, handlersLittle, word };
        const engine = prepare(tested, mode);
        for (const [register, value] of given) engine.set(register, value);
        const old = MSR.SF | MSR.ME | MSR.RI | msr |
          (littleEndian ? MSR.LE : 0n);
        engine.set("MSR", old);
        engine.refresh();
        assert.equal(engine.run(4), "budget");
        assert.equal(engine.get("NIA"), vector);
        assert.equal(engine.get("SRR0"), next ? START + 4n : START);
        assert.equal(engine.get("SRR1"), old | cause);
        assert.equal(
          engine.get("MSR"),
          MSR.SF | MSR.ME | (handlersLittle ? MSR.LE : 0n),
        );
        for (const [register, value] of then) {
          assert.equal(engine.get(register), value, register);
        }
      });
    }
  }

  Deno.test(`${tested.name} engine takes scv through LR and CTR`, () => {
    const engine = prepare(tested, {
      littleEndian: true,
      handlersLittle: true,
      word: 0x4400_0021, // scv 1
    });
    const msr = MSR.SF | MSR.ME | MSR.RI | MSR.EE | MSR.PR | MSR.LE;
    engine.set("MSR", msr);
    engine.set("FSCR", 1n << 12n);
    engine.set("DEC_EXPIRY", 1n << 62n);
    engine.refresh();
    engine.run(4);
    assert.equal(engine.get("NIA"), 0x1_7020n);
    assert.equal(engine.get("LR"), START + 4n);
    assert.equal(engine.get("CTR"), msr);
    const kept = MSR.SF | MSR.ME | MSR.RI | MSR.EE | MSR.LE;
    assert.equal(engine.get("MSR"), kept);
  });

  Deno.test(`${tested.name} engine traces after each instruction where MSR[SE] is 1`, () => {
    const engine = prepare(tested, {
      littleEndian: false,
      handlersLittle: false,
      word: 0x3860_0007, // li r3,7
    });
    const msr = MSR.SF | MSR.ME | MSR.SE;
    engine.set("MSR", msr);
    engine.refresh();
    engine.run(1);
    assert.equal(engine.get("GPR", 3), 7n);
    assert.equal(engine.get("NIA"), 0xd00n);
    assert.equal(engine.get("SRR0"), START + 4n);
    assert.equal(engine.get("SRR1"), msr | 0x4000_0000n);
  });

  Deno.test(`${tested.name} engine goes on behind rfid with what it restores`, () => {
    const engine = prepare(tested, {
      littleEndian: false,
      handlersLittle: false,
      word: 0x4c00_0024, // rfid
    });
    engine.set("MSR", MSR.SF | MSR.ME);
    engine.set("SRR0", START + 7n);
    engine.set("SRR1", MSR.SF | MSR.FP | MSR.RI);
    engine.refresh();
    engine.run(3);
    assert.equal(engine.get("NIA"), START + 4n);
    // MSR[ME] is the hypervisor's to change.
    const kept = MSR.SF | MSR.ME | MSR.FP | MSR.RI;
    assert.equal(engine.get("MSR"), kept);
  });
}
