import type { AnyMethod } from "../table.ts";
import { balloon, balloonPoll, queryBalloon } from "./balloon.ts";
import { queryHcalls, queryRtas, queryUnimplemented } from "./calls.ts";
import { queryClock } from "./clock.ts";
import { consoleWrite } from "./console.ts";
import { queryDeviceTree } from "./device_tree.ts";
import { countFloat, queryFloat } from "./float.ts";
import { queryInterrupts } from "./interrupts.ts";
import { countAccesses, jitRegion, queryJit } from "./jit.ts";
import { memoryRead, memoryWrite } from "./memory.ts";
import { queryNet } from "./net.ts";
import { queryPci } from "./pci.ts";
import {
  xQueryVirtio,
  xQueryVirtioQueueElement,
  xQueryVirtioQueueStatus,
  xQueryVirtioStatus,
} from "./qemu_virtio.ts";
import { queryRegisters, setRegister } from "./registers.ts";
import {
  cont,
  quit,
  stop,
  systemPowerdown,
  systemReset,
} from "./run_control.ts";
import {
  authenticate,
  rpcDiscover,
  subscribe,
  unsubscribe,
} from "./session.ts";
import { queryStatus, queryVersion } from "./status.ts";
import { disassemble, translate } from "./translation.ts";
import { queryCpus, queryCpusFast, queryLpcr } from "./vcpus.ts";
import {
  diagnoseVirtio,
  forceByteOrder,
  queryVirtio,
  queryVirtioQueue,
  queryVirtioRing,
  virtioInject,
} from "./virtio.ts";

/** The table: every method of the monitor, in the order of its documentation. */
export const METHODS = [
  queryVersion,
  queryStatus,
  stop,
  cont,
  systemReset,
  systemPowerdown,
  quit,
  queryCpusFast,
  queryCpus,
  queryLpcr,
  queryRegisters,
  setRegister,
  memoryRead,
  memoryWrite,
  translate,
  disassemble,
  queryHcalls,
  queryRtas,
  queryUnimplemented,
  countFloat,
  queryFloat,
  queryDeviceTree,
  queryInterrupts,
  queryPci,
  queryVirtio,
  queryVirtioQueue,
  queryVirtioRing,
  diagnoseVirtio,
  forceByteOrder,
  virtioInject,
  balloon,
  queryBalloon,
  balloonPoll,
  queryNet,
  xQueryVirtio,
  xQueryVirtioStatus,
  xQueryVirtioQueueStatus,
  xQueryVirtioQueueElement,
  queryClock,
  queryJit,
  countAccesses,
  jitRegion,
  consoleWrite,
  subscribe,
  unsubscribe,
  authenticate,
  rpcDiscover,
] as const;

/** A row of the table. */
export type MethodRow = typeof METHODS[number];

/** The name of a method. */
export type MethodName = MethodRow["name"];

/** The name of a method that the machine carries out. */
export type MachineMethodName = Extract<MethodRow, { home: "machine" }>["name"];

/** The row of a name. */
export type MethodRowOf<Name extends MethodName> = Extract<
  MethodRow,
  { name: Name }
>;

// `_zod` is where zod keeps a schema's types for libraries; z.input and
// z.output are short for it, but would put zod into our documented interface.

/** Parameters as a client writes them: what has a default may be left out. */
export type MethodParams<Name extends MethodName> = MethodRowOf<
  Name
>["params"]["_zod"]["input"];

/** Parameters as a handler gets them: checked, with defaults filled in. */
export type CheckedParams<Name extends MethodName> = MethodRowOf<
  Name
>["params"]["_zod"]["output"];

/** What a method answers. */
export type MethodResult<Name extends MethodName> = MethodRowOf<
  Name
>["result"]["_zod"]["output"];

const byName = new Map<string, AnyMethod>(
  METHODS.map((row) => [row.name, row]),
);

/** Finds a row of the table. */
export function findMethod(name: string): AnyMethod | undefined {
  return byName.get(name);
}
