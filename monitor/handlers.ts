import type { CallContext, MonitorBackend, MonitorEvent } from "./backend.ts";
import { checkState } from "./check.ts";
import { MonitorError } from "./errors.ts";
import {
  type CheckedParams,
  findMethod,
  type MachineMethodName,
  type MethodResult,
} from "./methods/mod.ts";
import type { RunState } from "./table.ts";

/** One function for each method that the machine carries out. */
export type MethodHandlers = {
  [Name in MachineMethodName]: (
    params: CheckedParams<Name>,
    context: CallContext,
  ) => MethodResult<Name> | Promise<MethodResult<Name>>;
};

/** What {@linkcode HandlerBackend} needs beside the handlers. */
export interface HandlerBackendOptions {
  /** The machine's state now; decides which methods may be called. */
  state: () => RunState;
}

/**
 * A backend made of handlers: finds the handler, refuses what the machine's
 * state forbids, and spreads events. It stands where the machine is.
 */
export class HandlerBackend implements MonitorBackend {
  readonly #handlers: Partial<MethodHandlers>;
  readonly #state: () => RunState;
  readonly #listeners = new Set<(event: MonitorEvent) => void>();

  /** Methods without handler are answered as unsupported, by name. */
  constructor(
    handlers: Partial<MethodHandlers>,
    options: HandlerBackendOptions,
  ) {
    this.#handlers = handlers;
    this.#state = options.state;
  }

  /** Carries out a method, see {@linkcode MonitorBackend.call}. */
  async call(
    name: string,
    params: unknown,
    context: CallContext,
  ): Promise<unknown> {
    const method = findMethod(name);
    if (method?.home !== "machine") throw MonitorError.of("methodNotFound");
    checkState(method, this.#state());
    // The table pairs each name with its parameters, which the caller checked.
    const handler = this.#handlers[name as MachineMethodName] as
      | ((params: unknown, context: CallContext) => unknown)
      | undefined;
    if (handler === undefined) {
      throw MonitorError.of("unsupported", {
        message: `Cannot ${name}: this machine does not provide it`,
      });
    }
    return await handler(params, context);
  }

  /** Listens, see {@linkcode MonitorBackend.onEvent}. */
  onEvent(listener: (event: MonitorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells every listener of an event. */
  emit(event: MonitorEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
