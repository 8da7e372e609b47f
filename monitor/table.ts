import type * as z from "zod";

/** The states of a machine, by the names that QMP's RunState gives them. */
export const RUN_STATES = [
  "prelaunch",
  "running",
  "paused",
  "shutdown",
  "guest-panicked",
] as const;

/** A state of a machine. */
export type RunState = typeof RUN_STATES[number];

/** What {@linkcode method} describes: one row of the table. */
export interface Method<
  Name extends string = string,
  Params extends z.ZodObject = z.ZodObject,
  Result extends z.ZodType = z.ZodType,
  Home extends "server" | "machine" = "server" | "machine",
> {
  /** Name on the wire. */
  readonly name: Name;
  /** One sentence without full stop, for help and documentation. */
  readonly summary: string;
  /** Schema of the parameters, required ones first; also their order by position. */
  readonly params: Params;
  /** Schema of the result. */
  readonly result: Result;
  /** States of the machine in which the method may be called. */
  readonly when: "any" | readonly RunState[];
  /** Who carries it out: the server that owns the sockets, or the machine. */
  readonly home: Home;
  /** A call and its answer. */
  readonly example: {
    /** Parameters as a client writes them. */
    readonly params: z.input<Params>;
    /** What the machine may answer. */
    readonly result: z.input<Result>;
  };
}

/** Any row of the table. */
export type AnyMethod = Method<
  string,
  z.ZodObject,
  // deno-lint-ignore no-explicit-any -- the example's type is contravariant in no useful way
  z.ZodType<any, any>
>;

/**
 * Describes one method that the machine carries out.
 *
 * From the description derive dispatch, checks, errors, `rpc.discover`, help
 * and `docs/monitor.md`.
 */
export function method<
  const Name extends string,
  Params extends z.ZodObject,
  Result extends z.ZodType,
>(
  description: Omit<Method<Name, Params, Result, "machine">, "home">,
): Method<Name, Params, Result, "machine"> {
  return { ...description, home: "machine" };
}

/** Describes one method that the server itself answers. */
export function serverMethod<
  const Name extends string,
  Params extends z.ZodObject,
  Result extends z.ZodType,
>(
  description: Omit<Method<Name, Params, Result, "server">, "home">,
): Method<Name, Params, Result, "server"> {
  return { ...description, home: "server" };
}
