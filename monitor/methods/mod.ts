import type * as z from "zod";
import type { AnyMethod } from "../table.ts";
import { queryHcalls, queryRtas, queryUnimplemented } from "./calls.ts";
import { queryClock } from "./clock.ts";
import { consoleWrite } from "./console.ts";
import { queryDeviceTree } from "./device_tree.ts";
import { queryInterrupts } from "./interrupts.ts";
import { memoryRead, memoryWrite } from "./memory.ts";
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
import { queryCpusFast, queryLpcr } from "./vcpus.ts";

const rows = [
  queryVersion,
  queryStatus,
  stop,
  cont,
  systemReset,
  systemPowerdown,
  quit,
  queryCpusFast,
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
  queryDeviceTree,
  queryInterrupts,
  queryClock,
  consoleWrite,
  subscribe,
  unsubscribe,
  authenticate,
  rpcDiscover,
] as const;

type Row = typeof rows[number];

/** The name of a method. */
export type MethodName = Row["name"];

/** The name of a method that the machine carries out. */
export type MachineMethodName = Extract<Row, { home: "machine" }>["name"];

type RowOf<Name extends MethodName> = Extract<Row, { name: Name }>;

/** Parameters as a client writes them: what has a default may be left out. */
export type MethodParams<Name extends MethodName> = z.input<
  RowOf<Name>["params"]
>;

/** Parameters as a handler gets them: checked, with defaults filled in. */
export type CheckedParams<Name extends MethodName> = z.output<
  RowOf<Name>["params"]
>;

/** What a method answers. */
export type MethodResult<Name extends MethodName> = z.output<
  RowOf<Name>["result"]
>;

/** The table: every method of the monitor, in the order of its documentation. */
export const METHODS: readonly AnyMethod[] = rows;

const byName = new Map<string, AnyMethod>(rows.map((row) => [row.name, row]));

/** Finds a row of the table. */
export function findMethod(name: string): AnyMethod | undefined {
  return byName.get(name);
}
