/**
 * What the compiler makes of guest code, for people who look at it: nothing is
 * installed.
 *
 * @module
 */
import { disassembleModule } from "../../wasm/disassembler.ts";
import type { HandlerTable } from "../handler_table.ts";
import {
  FIRST_REGION_RECORD,
  type MemoryLayout,
  RECORD_BYTES,
} from "../layout.ts";
import { STATE } from "../../state.ts";
import { type CompileRequest, RegionCompiler, splitPlace } from "./compiler.ts";
import type { RegionView } from "./view.ts";

/**
 * Compiles the region at an address, as the vCPU's present context maps it.
 *
 * @returns Nothing where the code has not been decoded, or makes no region
 */
export function viewRegion(
  { memory, layout, table }: {
    memory: WebAssembly.Memory;
    layout: MemoryLayout;
    table: HandlerTable;
  },
  { state, address, littleEndian }: {
    /** Offset of the vCPU's register block. */
    state: number;
    address: bigint;
    littleEndian: boolean;
  },
): RegionView | undefined {
  const view = new DataView(memory.buffer);
  const codeTlb = view.getUint32(state + STATE.TLB_CODE.offset, true);
  if (codeTlb === 0) return undefined;
  const request: CompileRequest & { state: number } = {
    littleEndian,
    address,
    codeTlb,
    state,
  };
  const region = new RegionCompiler(memory, layout, table).compile(request);
  if (!region) return undefined;
  const page = address & ~0xfffn;
  const addressOf = (place: number) =>
    BigInt.asUintN(64, page + 4n * BigInt(place));
  const instructions = [];
  for (let i = 0; i < region.words.length; i += 2) {
    const [place = 0, word = 0] = region.words.subarray(i, i + 2);
    instructions.push({ address: addressOf(place), word: word >>> 0 });
  }
  const own = region.pages.find(({ number }) => number === 0);
  const at = splitPlace(Number(address & 0xfffn) >> 2).at;
  const record = own
    ? view.getUint32(own.decoded + at * RECORD_BYTES, true)
    : 0;
  return {
    entries: region.entries.map(addressOf),
    installed: record >= FIRST_REGION_RECORD,
    instructions: instructions.sort((a, b) => a.address < b.address ? -1 : 1),
    wasmBytes: region.bytes.length,
    wasm: disassembleModule(region.bytes),
  };
}
