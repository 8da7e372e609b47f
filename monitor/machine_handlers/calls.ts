/**
 * What the guest has called, and what it has missed.
 *
 * @module
 */
import { H } from "../../machine/hcall/codes.ts";
import { HYPERCALLS } from "../../machine/hcall/mod.ts";
import type { Machine } from "../../machine/machine.ts";
import { MonitorError } from "../errors.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex } from "../hex.ts";
import type { MethodResult } from "../methods/mod.ts";
import { instructionNamer } from "./instructions.ts";

/** The methods of `methods/calls.ts`. */
export type CallHandlers = Pick<
  MethodHandlers,
  "query-hcalls" | "query-rtas" | "query-unimplemented"
>;

const MAX_NAMES = 256;
const MAX_WORDS = 16;

const CODES: ReadonlyMap<string, number> = new Map(
  Object.entries(H).map(([name, code]) => [`H_${name}`, code]),
);

/** A return code by PAPR's name, or by its number where it has none. */
export function hypercallResult(
  name: string,
): { value: number; name: string | null } {
  const value = CODES.get(name);
  return value === undefined
    ? { value: Number(name), name: null }
    : { value, name };
}

/** Handlers of calls and of what is not there. */
export function callHandlers(machine: Machine): CallHandlers {
  return {
    "query-hcalls": ({ names }) => queryHypercalls(machine, names),
    "query-rtas": ({ names }) => queryRtas(machine, names),
    "query-unimplemented": () => queryUnimplemented(machine),
  };
}

function queryHypercalls(
  machine: Machine,
  names: string[] | undefined,
): MethodResult<"query-hcalls"> {
  const called: MethodResult<"query-hcalls"> = machine.hypercalls.statistics()
    .map(({ name, number, count, lastResult }) => ({
      name,
      // A call without a name is named by its number, which is exact there.
      number: name.startsWith("0x") ? name : formatHex(number),
      count,
      last: hypercallResult(lastResult),
    }));
  const numbers = new Map(
    [...HYPERCALLS, ...machine.interrupts.hypercalls]
      .map(({ name, number }) => [name, number]),
  );
  return pick(called, names, (name) => {
    const number = numbers.get(name);
    if (number === undefined) return undefined;
    return { name, number: formatHex(number), count: 0, last: null };
  });
}

function queryRtas(
  machine: Machine,
  names: string[] | undefined,
): MethodResult<"query-rtas"> {
  const called: MethodResult<"query-rtas"> = machine.rtas.statistics()
    .map(({ name, token, count, lastStatus }) => ({
      name,
      token,
      count,
      last: lastStatus,
    }));
  const { tokens } = machine.rtas;
  return pick(called, names, (name) => {
    const token = tokens.get(name);
    if (token === undefined) return undefined;
    return { name, token, count: 0, last: null };
  });
}

/** The rows of the names; those never called are made by `uncalled`. */
function pick<Row extends { name: string }>(
  called: Row[],
  names: string[] | undefined,
  uncalled: (name: string) => Row | undefined,
): Row[] {
  if (!names) return called;
  return names.map((name) => {
    const row = called.find((row) => row.name === name) ?? uncalled(name);
    if (row) return row;
    throw MonitorError.of("notFound", {
      message: `Cannot find call: ${name}`,
    });
  });
}

function queryUnimplemented(
  machine: Machine,
): MethodResult<"query-unimplemented"> {
  const { nameOf, textOf } = instructionNamer(machine.platform.cpu);
  const byName = Map.groupBy(
    machine.accelerator.unknown,
    ([word]) => nameOf(word),
  );
  return Array.from(byName, ([name, words]) => ({
    name,
    count: words.reduce((sum, [, count]) => sum + count, 0),
    words: words.toSorted(([, a], [, b]) => b - a).slice(0, MAX_WORDS)
      .map(([word, count]) => ({
        word: formatHex(word),
        text: textOf(word),
        count,
      })),
  })).sort((a, b) => b.count - a.count).slice(0, MAX_NAMES);
}
