/**
 * RTAS calls that give functions their message-signalled interrupts
 * (LoPAPR 7.3.10.5).
 *
 * @module
 */
import { RTAS, type RtasCall, type RtasContext } from "../rtas/table.ts";
import { MESSAGE_PORT } from "./address_map.ts";
import type { PciFunction } from "./function.ts";
import { NO_MESSAGE } from "./message.ts";
import type { MessageSources, SourceAllocator } from "./message_sources.ts";
import { type FunctionLookup, functionOf } from "./rtas_arguments.ts";

type MessageKind = MessageSources["kind"];

/** What ibm,change-msi is to do. */
const FUNCTION = {
  query: 0,
  /** Any kind, or MSI only where the caller does not ask for the kind. */
  change: 1,
  /** Back to the platform's default: none. */
  reset: 2,
  changeMsi: 3,
  changeMsix: 4,
  /** MSI with an address below 4 GiB: there is no such port here. */
  changeMsi32: 5,
} as const;

/** Kinds as the call names them. */
const KIND_NUMBER: Readonly<Record<MessageKind, number>> = { msi: 1, msix: 2 };

/** Number of results with which the caller asks for the kind. */
const RESULTS_WITH_KIND = 4;

const EDGE = 1;

/** How many vectors of a kind a function has. */
function vectorsOf(fn: PciFunction, kind: MessageKind): number {
  return (kind === "msi" ? fn.msi?.vectors : fn.msix?.vectors) ?? 0;
}

/** MSI comes in powers of 2 only. */
function possible(kind: MessageKind, count: number): number {
  return kind === "msi" ? 2 ** Math.floor(Math.log2(count)) : count;
}

/** Writes a function's messages; all others are taken back. */
function program(fn: PciFunction, sources: MessageSources | undefined): void {
  const message = (kind: MessageKind, vector: number) =>
    sources?.kind === kind && vector < sources.count
      ? {
        addressHigh: MESSAGE_PORT.high,
        addressLow: MESSAGE_PORT.low,
        data: sources.first + vector,
      }
      : NO_MESSAGE;
  fn.msi?.setMessage(message("msi", 0), sources?.count ?? 0);
  for (let vector = 0; vector < vectorsOf(fn, "msix"); vector++) {
    fn.msix?.setMessage(vector, message("msix", vector));
  }
}

/** The calls for a bus. */
export function messageCalls(
  bus: FunctionLookup,
  allocator: SourceAllocator,
): RtasCall[] {
  /** The kind that a function number means for a device; none: refused. */
  function kindOf(
    call: RtasContext,
    fn: PciFunction,
  ): MessageKind | undefined {
    switch (call.arg(3)) {
      case FUNCTION.changeMsi:
        return "msi";
      case FUNCTION.changeMsix:
        return "msix";
      case FUNCTION.query:
      case FUNCTION.reset:
        return allocator.of(fn.slot)?.kind ?? "msi";
      case FUNCTION.change:
        return call.results >= RESULTS_WITH_KIND && fn.msix ? "msix" : "msi";
      default:
        return undefined;
    }
  }

  function change(
    fn: PciFunction,
    { kind, wanted }: { kind: MessageKind; wanted: number },
  ): void {
    const count = possible(kind, Math.min(wanted, vectorsOf(fn, kind)));
    const sources = allocator.allocate(fn.slot, { kind, count });
    if (sources) program(fn, sources);
  }

  function release(fn: PciFunction): void {
    allocator.release(fn.slot);
    program(fn, undefined);
  }

  function changeMsi(call: RtasContext): number {
    const fn = functionOf(call, bus);
    const kind = fn && kindOf(call, fn);
    if (!fn || !kind) return RTAS.PARAMETER_ERROR;
    const request = call.arg(3);
    const wanted = call.arg(4);
    // With 0 either explicit function takes both kinds back, and it is no
    // error where there is nothing: guests do so before anything else.
    if (request === FUNCTION.reset) release(fn);
    else if (request !== FUNCTION.query) {
      if (wanted === 0) release(fn);
      else if (vectorsOf(fn, kind) === 0) return RTAS.PARAMETER_ERROR;
      else change(fn, { kind, wanted });
    }
    const sources = allocator.of(fn.slot);
    call.result(1, sources?.count ?? 0);
    // All was done by one call, so nobody needs the next sequence number.
    call.result(2, call.arg(5) + 1);
    if (call.results >= RESULTS_WITH_KIND) {
      call.result(3, KIND_NUMBER[sources?.kind ?? kind]);
    }
    return RTAS.SUCCESS;
  }

  function querySource(call: RtasContext): number {
    const fn = functionOf(call, bus);
    const sources = fn && allocator.of(fn.slot);
    const vector = call.arg(3);
    if (!sources || vector >= sources.count) return RTAS.PARAMETER_ERROR;
    call.result(1, sources.first + vector);
    call.result(2, EDGE);
    return RTAS.SUCCESS;
  }

  return [
    {
      name: "ibm,query-interrupt-source-number",
      token: 0x2018,
      args: 4,
      results: 3,
      handle: querySource,
    },
    {
      name: "ibm,change-msi",
      token: 0x2019,
      args: 6,
      results: 3,
      handle: changeMsi,
    },
  ];
}
