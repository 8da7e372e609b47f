/**
 * Guest memory.
 *
 * Effective addresses are translated as for a load, whatever is done: who
 * looks from outside may write where the guest may only read.
 *
 * @module
 */
import type { Machine } from "../../machine/machine.ts";
import { decodeBytes, encodeBytes } from "../bytes.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex, parseHex } from "../hex.ts";
import type { CheckedParams, MethodResult } from "../methods/mod.ts";
import { checkVcpu } from "./_check.ts";
import { locateAll } from "./addresses.ts";

/** The methods of `methods/memory.ts`. */
export type MemoryHandlers = Pick<
  MethodHandlers,
  "memory-read" | "memory-write"
>;

/** Handlers of guest memory. */
export function memoryHandlers(machine: Machine): MemoryHandlers {
  return {
    "memory-read": (params) => readMemory(machine, params),
    "memory-write": (params) => writeMemory(machine, params),
  };
}

function readMemory(
  machine: Machine,
  { vcpu, address: text, length, space }: CheckedParams<"memory-read">,
): MethodResult<"memory-read"> {
  checkVcpu(machine, vcpu);
  const address = parseHex(text);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of locateAll(machine, { address, length, space, vcpu })) {
    bytes.set(machine.ram.view(part.start, part.length), at);
    at += part.length;
  }
  return { address: formatHex(address), length, ...encodeBytes(bytes) };
}

function writeMemory(
  machine: Machine,
  { vcpu, address: text, space, ...encoded }: CheckedParams<"memory-write">,
): MethodResult<"memory-write"> {
  checkVcpu(machine, vcpu);
  const address = parseHex(text);
  const bytes = decodeBytes(encoded);
  const { length } = bytes;
  let at = 0;
  for (const part of locateAll(machine, { address, length, space, vcpu })) {
    machine.ram.write(part.start, bytes.subarray(at, at += part.length));
  }
  return { address: formatHex(address), length };
}
