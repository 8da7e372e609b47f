/**
 * Hypercalls of virtual terminals (LoPAPR 16.4.1).
 *
 * @module
 */
import { H } from "./codes.ts";
import { hypercall, type HypercallContext } from "./table.ts";

/** Characters that two registers hold. */
const LIMIT = 16;

function putTermChar(call: HypercallContext): number {
  const terminal = call.world.terminals.find(call.number(1));
  const length = call.number(2);
  if (!terminal || length > LIMIT) return H.PARAMETER;
  const bytes = new Uint8Array(LIMIT);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, call.arg(3));
  view.setBigUint64(8, call.arg(4));
  terminal.put(bytes.subarray(0, length));
  return H.SUCCESS;
}

function getTermChar(call: HypercallContext): number {
  const terminal = call.world.terminals.find(call.number(1));
  if (!terminal) return H.PARAMETER;
  const bytes = new Uint8Array(LIMIT);
  const typed = terminal.get(LIMIT);
  bytes.set(typed);
  const view = new DataView(bytes.buffer);
  call.result(1, typed.length);
  call.result(2, view.getBigUint64(0));
  call.result(3, view.getBigUint64(8));
  return H.SUCCESS;
}

function vioSignal(call: HypercallContext): number {
  const terminal = call.world.terminals.find(call.number(1));
  const mode = call.number(2);
  if (!terminal) return H.PARAMETER;
  if (mode > 1) return H.PARAMETER;
  terminal.signals = mode;
  return H.SUCCESS;
}

/** The calls, by number. */
export const terminalCalls = [
  hypercall("H_GET_TERM_CHAR", 0x54, "unit", {
    handle: getTermChar,
    hypertas: "hcall-term",
  }),
  hypercall("H_PUT_TERM_CHAR", 0x58, "unit length char0_7 char8_15", {
    handle: putTermChar,
    hypertas: "hcall-term",
  }),
  hypercall("H_VIO_SIGNAL", 0x104, "unit mode", {
    handle: vioSignal,
    hypertas: "hcall-vio",
  }),
];
