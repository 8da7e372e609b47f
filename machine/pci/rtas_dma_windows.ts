/**
 * RTAS calls that create and remove DMA windows (LoPAPR 7.3.31). The windows
 * are the bridge's, so that every function of it has the same.
 *
 * @module
 */
import { RTAS, type RtasCall, type RtasContext } from "../rtas/table.ts";
import { DMA } from "./address_map.ts";
import type { DmaWindows } from "./dma_windows.ts";
import { namesBridge } from "./rtas_arguments.ts";

/** Tokens that the bridge's node names (`ibm,ddw-applicable`, -extensions). */
export const DMA_WINDOW_TOKENS = {
  query: 0x2026,
  create: 0x2027,
  remove: 0x2028,
  reset: 0x2029,
} as const;

/** Bits for page sizes, by their binary logarithms. */
const PAGE_SIZE_BIT: Readonly<Record<number, number>> = {
  12: 0x001,
  16: 0x002,
  24: 0x004,
  21: 0x100,
};
const PAGE_SIZES = DMA.pageShifts.reduce<number>(
  (bits, shift) => bits | (PAGE_SIZE_BIT[shift] ?? 0),
  0,
);

/** Number of results of a caller that knows 64-bit block sizes. */
const RESULTS_WITH_LARGE_BLOCK = 6;

/** The calls for a bridge's windows. */
export function dmaWindowCalls(windows: DmaWindows): RtasCall[] {
  function query(call: RtasContext): number {
    if (!namesBridge(call)) return RTAS.PARAMETER_ERROR;
    const block = call.results >= RESULTS_WITH_LARGE_BLOCK
      ? [0, DMA.largestWindow]
      : [DMA.largestWindow];
    // The last: no page sizes can be migrated by DMA.
    [windows.available, ...block, PAGE_SIZES, 0].forEach((value, i) =>
      call.result(i + 1, value)
    );
    return RTAS.SUCCESS;
  }

  function create(call: RtasContext): number {
    const [pageShift, windowShift] = [call.arg(3), call.arg(4)];
    const known = DMA.pageShifts.some((shift) => shift === pageShift);
    if (!namesBridge(call) || !known || windowShift < pageShift) {
      return RTAS.PARAMETER_ERROR;
    }
    const table = windows.create(pageShift, windowShift);
    if (!table) return RTAS.HARDWARE_ERROR;
    call.result(1, table.liobn);
    call.result(2, Math.floor(table.bus / 0x1_0000_0000));
    call.result(3, table.bus % 0x1_0000_0000);
    return RTAS.SUCCESS;
  }

  function remove(call: RtasContext): number {
    return windows.remove(call.arg(0)) ? RTAS.SUCCESS : RTAS.PARAMETER_ERROR;
  }

  function reset(call: RtasContext): number {
    if (!namesBridge(call)) return RTAS.PARAMETER_ERROR;
    windows.reset();
    return RTAS.SUCCESS;
  }

  return [
    {
      name: "ibm,query-pe-dma-window",
      token: DMA_WINDOW_TOKENS.query,
      args: 3,
      results: 5,
      handle: query,
    },
    {
      name: "ibm,create-pe-dma-window",
      token: DMA_WINDOW_TOKENS.create,
      args: 5,
      results: 4,
      handle: create,
    },
    {
      name: "ibm,remove-pe-dma-window",
      token: DMA_WINDOW_TOKENS.remove,
      args: 1,
      results: 1,
      handle: remove,
    },
    {
      name: "ibm,reset-pe-dma-window",
      token: DMA_WINDOW_TOKENS.reset,
      args: 3,
      results: 1,
      handle: reset,
    },
  ];
}
