/**
 * One storage access on an engine, seen from outside: what a guest would find.
 *
 * @module
 */
import { MSR } from "../../../cpu/state.ts";
import type { TestEngine } from "../engines.ts";

/** What happened. */
export type Outcome =
  | "done"
  | { readonly device: bigint }
  | {
    readonly vector: number;
    /** DSISR for data, the cause bits of SRR1 for instructions. */
    readonly why: number;
    /** DAR for data, SRR0 for instructions. */
    readonly address: bigint;
  };

/** An access to try. */
export interface Attempt {
  readonly ea: bigint;
  readonly access?: "load" | "store" | "fetch";
  /** In problem state; default false. */
  readonly problem?: boolean;
  /** With translation; default true. */
  readonly translated?: boolean;
}

const CODE = 0x2000;
const BRANCH_TO_SELF = 0x4800_0000;
/** ld r3,0(r4) and std r5,0(r4). */
const LD = 0xe864_0000;
const STD = 0xf8a4_0000;
const VECTORS = [0x200, 0x300, 0x380, 0x400, 0x480, 0x700, 0xe40];

/** The doubleword that an attempted store writes. */
export const STORED = 0x0123_4567_89ab_cdefn;

/** A big-endian word into RAM. */
export function putWord(
  { ram }: Pick<TestEngine, "ram">,
  address: number,
  word: number,
): void {
  new DataView(ram.buffer, ram.byteOffset).setUint32(address, word);
}

/** A big-endian doubleword into RAM. */
export function putDoubleword(
  { ram }: Pick<TestEngine, "ram">,
  address: number,
  value: bigint,
): void {
  new DataView(ram.buffer, ram.byteOffset).setBigUint64(address, value);
}

/** A big-endian doubleword of RAM. */
export function getDoubleword(
  { ram }: Pick<TestEngine, "ram">,
  address: number,
): bigint {
  return new DataView(ram.buffer, ram.byteOffset).getBigUint64(address);
}

/**
 * Lets the engine carry out one access, big-endian in a partition. Loads come
 * to GPR 3. Only the relocation bit that the access needs is on.
 */
export function attempt(engine: TestEngine, what: Attempt): Outcome {
  const { ea, access = "load", problem = false, translated = true } = what;
  for (const vector of VECTORS) putWord(engine, vector, BRANCH_TO_SELF);
  putWord(engine, CODE, access === "store" ? STD : LD);
  putWord(engine, CODE + 4, BRANCH_TO_SELF);
  const fetch = access === "fetch";
  const relocate = !translated ? 0n : fetch ? MSR.IR : MSR.DR;
  engine.set("PAPR", 1n);
  engine.set("MSR", MSR.SF | MSR.ME | relocate | (problem ? MSR.PR : 0n));
  engine.set("NIA", fetch ? ea : BigInt(CODE));
  engine.set("GPR", ea, 4);
  engine.set("GPR", STORED, 5);
  engine.set("DAR", 0n);
  engine.set("DSISR", 0n);
  engine.set("SRR1", 0n);
  engine.refresh();
  const reason = engine.run(4);
  if (reason === "mmio") return { device: engine.get("EXIT_VALUE", 0) };
  const nia = engine.get("NIA");
  if (nia === (fetch ? ea : BigInt(CODE + 4))) return "done";
  const vector = Number(nia);
  const data = vector === 0x300 || vector === 0x380 || vector === 0x200;
  return {
    vector,
    why: Number(
      data ? engine.get("DSISR") : engine.get("SRR1") & 0x783f_0000n,
    ),
    address: engine.get(data ? "DAR" : "SRR0"),
  };
}
