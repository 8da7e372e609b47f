/**
 * Hypercalls by which a guest fills translation control entries (LoPAPR
 * 14.5.4.2).
 *
 * @module
 */
import { H } from "../hcall/codes.ts";
import {
  type Hypercall,
  hypercall,
  type HypercallContext,
} from "../hcall/table.ts";
import type { DmaWindows } from "./dma_windows.ts";
import { TCE, type TceTable } from "./tce_table.ts";

/** Most entries that one call may set: a page of them. */
const ENTRIES_LIMIT = 512;
const LIST_PAGE = 4096;

interface Range {
  readonly table: TceTable;
  readonly index: number;
}

/** Makes the calls for a host bridge's windows. */
export function tceHypercalls(windows: DmaWindows): Hypercall[] {
  /** What arguments 1 and 2 name: `count` entries of a table, or nothing. */
  function rangeOf(call: HypercallContext, count: number): Range | undefined {
    const table = windows.find(call.number(1));
    const address = call.number(2);
    if (!table?.covers(address)) return undefined;
    if ((address - table.bus) % table.pageBytes !== 0) return undefined;
    const index = table.indexOf(address);
    return index + count <= table.entries ? { table, index } : undefined;
  }

  function put(call: HypercallContext): number {
    const range = rangeOf(call, 1);
    const entry = call.arg(3);
    if (!range || !windows.allows(range.table, entry)) return H.PARAMETER;
    range.table.set(range.index, entry);
    return H.SUCCESS;
  }

  function get(call: HypercallContext): number {
    const range = rangeOf(call, 1);
    if (!range) return H.PARAMETER;
    call.result(1, range.table.get(range.index));
    return H.SUCCESS;
  }

  /** The entries are big-endian, in one page of the guest's memory. */
  function putIndirect(call: HypercallContext): number {
    const list = call.number(3);
    const count = call.number(4);
    const { ram } = call.world;
    if (count > ENTRIES_LIMIT || list % LIST_PAGE !== 0) return H.PARAMETER;
    if (!ram.contains(list, LIST_PAGE)) return H.PARAMETER;
    const range = rangeOf(call, count);
    if (!range) return H.PARAMETER;
    const { table, index } = range;
    for (let i = 0; i < count; i++) {
      const entry = ram.u64(list + 8 * i);
      if (!windows.allows(table, entry)) return H.PARAMETER;
      table.set(index + i, entry);
    }
    return H.SUCCESS;
  }

  /** The value is for entries that give no access. */
  function stuff(call: HypercallContext): number {
    const entry = call.arg(3);
    const count = call.number(4);
    if (count > ENTRIES_LIMIT) return H.PARAMETER;
    const range = rangeOf(call, count);
    if (!range || (entry & BigInt(TCE.all)) !== 0n) return H.PARAMETER;
    range.table.set(range.index, entry, count);
    return H.SUCCESS;
  }

  return [
    hypercall("H_GET_TCE", 0x1c, "liobn ioba", {
      handle: get,
      hypertas: "hcall-tce",
    }),
    hypercall("H_PUT_TCE", 0x20, "liobn ioba tce", {
      handle: put,
      hypertas: "hcall-tce",
    }),
    hypercall("H_STUFF_TCE", 0x138, "liobn ioba tce count", {
      handle: stuff,
      hypertas: "hcall-multi-tce",
    }),
    hypercall("H_PUT_TCE_INDIRECT", 0x13c, "liobn ioba list count", {
      handle: putIndirect,
      hypertas: "hcall-multi-tce",
    }),
  ];
}
