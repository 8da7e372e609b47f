/**
 * One instruction on many operands, in a loop of the guest's own, so that an
 * engine does with it what it does with a loop: keep it decoded, compile it.
 *
 * @module
 */
import type { Instruction } from "../../../cpu/isa/row.ts";
import { MSR } from "../../../cpu/state.ts";
import { op } from "../../differential/assembler.ts";
import type { EngineUnderTest } from "../engines.ts";

/** Vector-scalar registers that the instruction names, and FPSCR. */
export interface Operands {
  /** The target as it was, then A, B and C. */
  readonly vsr: readonly [bigint, bigint, bigint, bigint];
  readonly fpscr: bigint;
}

/** What it left. */
export interface Left {
  readonly target: bigint;
  readonly fpscr: bigint;
}

const CODE = 0x1000;
const TABLE = 0x8000;
/** FPSCR in 16 bytes, then the four registers. */
const ENTRY_BYTES = 80;
const ATTN = op("attn");
const MSR_START = MSR.SF | MSR.HV | MSR.FP | MSR.VEC | MSR.VSX | MSR.LE;
/** Where FPSCR passes through. */
const SCRATCH = 20;

/** The first number of the registers of a row: 32 for vector registers. */
function baseOf({ fields }: Instruction): 0 | 32 {
  return fields.has("VRT") ? 32 : 0;
}

/** Fields that name the target and A, B and C, so far as a row has them. */
export const PLACES: Readonly<Record<string, number>> = {
  ...{ FRT: 1, FRA: 2, FRB: 3, FRC: 4 },
  ...{ XT: 1, XA: 2, XB: 3 },
  ...{ VRT: 1, VRA: 2, VRB: 3, VRC: 4 },
};

/** Most operands of a run. */
export const MOST = 160;

/** What the instruction leaves of each; a floating-point interrupt is off. */
export function runBatch(
  { create }: EngineUnderTest,
  row: Instruction,
  { word, operands }: { word: number; operands: readonly Operands[] },
): Left[] {
  const engine = create();
  const { ram } = engine;
  const view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  const base = baseOf(row);
  const code = [
    op("lfd", { FRT: SCRATCH, RA: 3, D: 0 }),
    op("mtfsf", { FLM: 255, FRB: SCRATCH, L: 1 }),
    ...[1, 2, 3, 4].map((n) => op("lxv", { XT: base + n, RA: 3, DQ: 16 * n })),
    word,
    op("stxv", { XS: base + 1, RA: 3, DQ: 16 }),
    op("mffs", { FRT: SCRATCH }),
    op("stfd", { FRS: SCRATCH, RA: 3, D: 0 }),
    op("addi", { RT: 3, RA: 3, SI: ENTRY_BYTES }),
  ];
  const back = op("bc", { BO: 16, BI: 0, BD: -4 * code.length });
  [...code, back, ATTN].forEach((one, i) =>
    view.setUint32(CODE + 4 * i, one, true)
  );
  const put = (at: number, value: bigint) => {
    view.setBigUint64(at, BigInt.asUintN(64, value), true);
    view.setBigUint64(at + 8, value >> 64n, true);
  };
  const get = (at: number) =>
    view.getBigUint64(at + 8, true) << 64n | view.getBigUint64(at, true);
  operands.forEach(({ fpscr, vsr }, i) => {
    const at = TABLE + ENTRY_BYTES * i;
    put(at, fpscr);
    vsr.forEach((value, n) => put(at + 16 * (n + 1), value));
  });
  engine.refresh();
  engine.set("MSR", MSR_START);
  engine.set("NIA", BigInt(CODE));
  engine.set("CTR", BigInt(operands.length));
  engine.set("GPR", BigInt(TABLE), 3);
  let reason = "";
  for (let i = 0; i < 100 && reason !== "attn"; i++) reason = engine.run(1000);
  if (reason !== "attn") {
    throw new Error(`Cannot finish ${row.name}: ${reason}`);
  }
  return operands.map((_, i) => {
    const at = TABLE + ENTRY_BYTES * i;
    return { target: get(at + 16), fpscr: view.getBigUint64(at, true) };
  });
}
