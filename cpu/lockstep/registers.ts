/**
 * Register blocks of the same vCPU on two engines, compared.
 *
 * @module
 */
import { Registers } from "../registers.ts";
import { STATE, STATE_BYTES, type StateName } from "../state.ts";

/**
 * What belongs to an engine rather than to the thread: where its TLBs and
 * decoded code are, what it keeps between two instructions, how an exit was
 * described (exits are compared as such).
 */
const ENGINES_OWN: ReadonlySet<StateName> = new Set<StateName>([
  "ACCESSES",
  "ACCESS_COUNTING",
  "BUDGET",
  "CODE_DROPS",
  "CODE_ENTERED",
  "CODE_LOOKUPS",
  "DECIMAL",
  "EXCEPTION",
  "EXCEPTION_SRR1",
  "EXIT",
  "EXIT_VALUE",
  "FP_COUNTING",
  "FP_DEFERRED",
  "FP_DEFERRED_NUMBERS",
  "FP_FLAGS",
  "FP_INSTRUCTIONS",
  "FP_LONG",
  "FP_LONG_INSTRUCTIONS",
  "FP_LOW",
  "FP_STATUS",
  "HELPER_CALLS",
  "PAGE_PRIVILEGED",
  "PAGE_SHIFT",
  "POOL_FREE",
  "POOL_NEXT",
  "POOL_SERIAL",
  "REGION_CALLS",
  "REGION_ENDS",
  "REGION_INSTRUCTIONS",
  "REGION_LEFT_AT",
  "REGION_LEFT_FOR",
  "REQUEST",
  "RESERVE_VALUE",
  "RUNNING",
  "SCRATCH",
  "SHOOTDOWN",
  "TIMEBASE_BUDGET",
  "TIMEBASE_UNTIL",
  "TLB_CODE",
  "TLB_DATA",
  "TLB_ENTERED",
  "TLB_HYPERVISOR",
  "TLB_JOURNAL",
  "TLB_USER_CODE",
]);

const COMPARED = (Object.keys(STATE) as StateName[])
  .filter((name) => !ENGINES_OWN.has(name));

/** Bits of each 32-bit word of a block that are compared. */
const MASKS: Int32Array = masks();

function masks(): Int32Array {
  const bytes = new Uint8Array(STATE_BYTES);
  for (const name of COMPARED) {
    const { offset, bytes: width, count } = STATE[name];
    bytes.fill(0xff, offset, offset + width * count);
  }
  return new Int32Array(bytes.buffer);
}

/** One register that differs. */
export interface RegisterDifference {
  /** As in "GPR[3]". */
  readonly name: string;
  readonly values: readonly [bigint, bigint];
}

/** Compares a vCPU's registers in two memories. */
export function compareRegisters(
  memories: readonly [WebAssembly.Memory, WebAssembly.Memory],
  state: number,
): RegisterDifference[] {
  const [first, second] = memories.map(({ buffer }) =>
    new Int32Array(buffer, state, MASKS.length)
  );
  if (!first || !second) return [];
  for (let i = 0; i < MASKS.length; i++) {
    if (((first[i] ?? 0) ^ (second[i] ?? 0)) & (MASKS[i] ?? 0)) {
      return differences(memories, state);
    }
  }
  return [];
}

function differences(
  [first, second]: readonly [WebAssembly.Memory, WebAssembly.Memory],
  state: number,
): RegisterDifference[] {
  const [a, b] = [new Registers(first, state), new Registers(second, state)];
  return COMPARED.flatMap((name) =>
    Array.from({ length: STATE[name].count }, (_, index) => {
      const values = [a.get(name, index), b.get(name, index)] as const;
      const shown = STATE[name].count === 1 ? name : `${name}[${index}]`;
      return { name: shown, values };
    }).filter(({ values: [a, b] }) => a !== b)
  );
}
