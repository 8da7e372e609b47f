/**
 * What the PCI calls of RTAS have in common: a configuration address and the
 * bridge's BUID (LoPAPR 7.3.3).
 *
 * @module
 */
import type { RtasContext } from "../rtas/table.ts";
import { BUID } from "./address_map.ts";
import type { PciFunction } from "./function.ts";

/** The bus as RTAS calls it. */
export interface FunctionLookup {
  /** The function at a place of the bus. */
  find(bus: number, devfn: number): PciFunction | undefined;
}

/** Whether arguments 1 and 2 name the bridge. */
export function namesBridge(call: RtasContext): boolean {
  return call.arg(1) === BUID.high && call.arg(2) === BUID.low;
}

/** The function at a configuration address: bus 23:16, devfn 15:8. */
export function functionAt(
  lookup: FunctionLookup,
  address: number,
): PciFunction | undefined {
  return lookup.find((address >>> 16) & 0xff, (address >>> 8) & 0xff);
}

/** The function that arguments 0 to 2 name. */
export function functionOf(
  call: RtasContext,
  lookup: FunctionLookup,
): PciFunction | undefined {
  return namesBridge(call) ? functionAt(lookup, call.arg(0)) : undefined;
}
