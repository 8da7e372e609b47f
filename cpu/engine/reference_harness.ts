/**
 * One instruction on the reference engine, from plain data to plain data: for
 * tests of rows.
 *
 * @module
 */
import { INTERRUPTS } from "../interrupts.ts";
import type { ExitReason } from "../exits.ts";
import type { Instruction, IsaVersion } from "../isa/row.ts";
import { MSR, STATE, STATE_BYTES, type StateName } from "../state.ts";
import { ReferenceEngine } from "./reference.ts";

/** Registers by name: a number, or the elements of an array. */
export type PlainState = {
  [name in StateName]?: bigint | readonly bigint[];
};

/** What one instruction did. */
export interface InstructionResult {
  /** Registers that changed, with their new value (all elements of arrays). */
  readonly changed: PlainState;
  /** All registers afterwards. */
  readonly state: Readonly<Record<StateName, bigint | readonly bigint[]>>;
  /** RAM afterwards. */
  readonly memory: Uint8Array;
  /** The interrupt that it raised, by name; it is not taken. */
  readonly raised: string | undefined;
  /** Why it leaves the engine, if it does. */
  readonly exit: ExitReason | undefined;
}

/** How to run it. */
export interface RunInstructionOptions {
  /** The row to try; default: all rows are known. */
  readonly instruction?: Instruction;
  /** MSR[LE]; default false. Ignored where the state has MSR. */
  readonly littleEndian?: boolean;
  /** RAM from real address 0; default 64 KiB of zeros. Not changed. */
  readonly memory?: Uint8Array;
  readonly version?: IsaVersion;
}

const RAM_BYTES = 0x10000;

/** Facilities on, hypervisor real mode, at 0x1000, on a POWER9. */
const START: PlainState = {
  MSR: MSR.SF | MSR.HV | MSR.FP | MSR.VEC | MSR.VSX | MSR.ME,
  NIA: 0x1000n,
  FSCR: (1n << 56n) - 1n,
  HFSCR: (1n << 56n) - 1n,
  PVR: 0x4e1202n,
  RESERVE_ADDRESS: (1n << 64n) - 1n,
};

/** Every register by name, arrays as arrays. */
function snapshot(engine: ReferenceEngine): InstructionResult["state"] {
  const all: Partial<Record<StateName, bigint | readonly bigint[]>> = {};
  for (const name of Object.keys(STATE) as StateName[]) {
    const { count } = STATE[name];
    all[name] = count === 1
      ? engine.registers.get(name)
      : Array.from({ length: count }, (_, i) => engine.registers.get(name, i));
  }
  return all as InstructionResult["state"];
}

function load(engine: ReferenceEngine, state: PlainState): void {
  for (const [key, content] of Object.entries(state)) {
    const name = key as StateName;
    const elements = typeof content === "bigint" ? [content] : content;
    elements.forEach((element, i) => engine.registers.set(name, element, i));
  }
}

/** Carries out one instruction word on the given registers. */
export function runInstruction(
  word: number,
  state: PlainState = {},
  { instruction, littleEndian = false, memory, version = "3.0" }:
    RunInstructionOptions = {},
): InstructionResult {
  const ramBytes = memory ? Math.ceil(memory.length / 8) * 8 : RAM_BYTES;
  const buffer = new ArrayBuffer(STATE_BYTES + ramBytes);
  const ram = new Uint8Array(buffer, STATE_BYTES);
  if (memory) ram.set(memory);
  const engine = new ReferenceEngine({
    memory: { buffer },
    stateOffset: 0,
    ramOffset: STATE_BYTES,
    ramBytes,
    version,
    ...instruction && { isa: [instruction] },
  });
  load(engine, START);
  if (littleEndian) {
    engine.registers.set("MSR", engine.registers.get("MSR") | MSR.LE);
  }
  load(engine, state);
  const before = snapshot(engine);
  const exit = engine.carryOut(word);
  const after = snapshot(engine);
  const changed: PlainState = {};
  for (const name of Object.keys(STATE) as StateName[]) {
    if (String(before[name]) !== String(after[name])) {
      changed[name] = after[name];
    }
  }
  const raised = INTERRUPTS[Number(after.EXCEPTION as bigint) - 1]?.name;
  return { changed, state: after, memory: ram, raised, exit };
}
