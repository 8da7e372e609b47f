import { checkState } from "../monitor/check.ts";
import { MonitorError } from "../monitor/errors.ts";
import type { MethodHandlers } from "../monitor/handlers.ts";
import { findMethod } from "../monitor/methods/mod.ts";
import type { RunState } from "../monitor/table.ts";

/** A call as it reached the machine, its parameters checked. */
export interface Call {
  readonly method: string;
  readonly params: unknown;
  readonly client: number;
}

/**
 * Carries out a call at once.
 *
 * @param call The call.
 * @param handlers The machine's methods.
 * @param state The machine's state, which decides what may be called.
 * @returns The result.
 * @throws {MonitorError} If the call is refused.
 * @throws {TypeError} If the answer would come later.
 */
export function invoke(
  { method: name, params, client }: Call,
  { handlers, state }: {
    handlers: Partial<MethodHandlers>;
    state: RunState;
  },
): unknown {
  const method = findMethod(name);
  if (method?.home !== "machine") throw MonitorError.of("methodNotFound");
  checkState(method, state);
  // The table pairs each name with its parameters, which the caller checked.
  const handler = handlers[name as keyof MethodHandlers] as
    | ((params: unknown, context: { client: number }) => unknown)
    | undefined;
  if (handler === undefined) {
    throw MonitorError.of("unsupported", {
      message: `Cannot ${name}: this machine does not provide it`,
    });
  }
  const result = handler(params, { client });
  if (result instanceof Promise) {
    throw new TypeError(`Cannot ${name}: its answer does not come at once`);
  }
  return result;
}
