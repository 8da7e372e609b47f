/**
 * Random execution tests of the Microwatt soft core: an image of 128 KiB at
 * real address 0, run from there in little-endian 64-bit hypervisor real mode
 * until `attn`, and the registers it must leave. Fixed-point instructions of
 * ISA 3.0 only.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MSR } from "../../../cpu/state.ts";
import type { EngineUnderTest, TestEngine } from "../engines.ts";

/** One run. */
export interface GoldenRun {
  readonly name: string;
  readonly image: Uint8Array;
  /** "GPR0 0000…": one register a line; GPR31 has no value. */
  readonly expected: string;
}

/** More than any run needs. */
const INSTRUCTIONS = 200_000;

/** HID0[HILE] of the POWER9: interrupts are taken in little-endian mode. */
const HILE = 1n << 59n;

/** The registers of a `.out` file by name. */
function parse(expected: string): ReadonlyMap<string, string> {
  const registers = new Map<string, string>();
  for (const line of expected.split("\n")) {
    const [name = "", value = ""] = line.trim().split(/\s+/);
    if (value !== "") registers.set(name, value.toLowerCase());
  }
  return registers;
}

/** XER as mfxer gives it. */
function xerOf(engine: TestEngine): bigint {
  return engine.get("SO") << 31n | engine.get("OV") << 30n |
    engine.get("CA") << 29n | engine.get("OV32") << 19n |
    engine.get("CA32") << 18n | engine.get("XER_RESERVED") |
    engine.get("XER_COUNT");
}

function crOf(engine: TestEngine): bigint {
  let cr = 0n;
  for (let i = 0; i < 8; i++) cr = cr << 4n | engine.get("CR", i);
  return cr;
}

function valueOf(engine: TestEngine, name: string): bigint {
  if (name === "CR") return crOf(engine);
  if (name === "XER") return xerOf(engine);
  if (name === "LR" || name === "CTR") return engine.get(name);
  return engine.get("GPR", Number(name.slice("GPR".length)));
}

/** Runs one and asserts that every register is as it must be. */
export function checkGoldenRun(
  { create }: EngineUnderTest,
  { name, image, expected }: GoldenRun,
): void {
  const engine = create({ ramBytes: 1 << 20 });
  engine.ram.set(image);
  engine.set("MSR", MSR.SF | MSR.HV | MSR.LE);
  engine.set("HID0", HILE);
  engine.refresh();
  assert.equal(engine.run(INSTRUCTIONS), "attn", `run ${name}`);
  const registers = parse(expected);
  assert.equal(registers.size, 35, `registers in ${name}.out`);
  const wrong = [...registers].filter(([register, value]) =>
    valueOf(engine, register) !== BigInt(`0x${value}`)
  ).map(([register, value]) =>
    `${register}: ${valueOf(engine, register).toString(16)}, not ${value}`
  );
  assert.deepEqual(wrong, [], `run ${name}`);
}
