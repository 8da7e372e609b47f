import type { CallContext, MonitorBackend } from "./backend.ts";
import { checkParams } from "./check.ts";
import { MonitorError } from "./errors.ts";
import {
  findMethod,
  type MachineMethodName,
  type MethodParams,
  type MethodResult,
} from "./methods/mod.ts";

/** The host itself, which no server has numbered. */
export const HOST: CallContext = { client: 0 };

/**
 * Calls a machine's method through the table, from the host's own side.
 *
 * @throws {MonitorError} When there is no such method, its parameters do not
 * fit, or the machine refuses
 */
export function callMachine<Name extends MachineMethodName>(
  backend: MonitorBackend,
  name: Name,
  options?: { params?: MethodParams<Name>; context?: CallContext },
): Promise<MethodResult<Name>>;
/** The same for a name and parameters that no compiler has seen. */
export function callMachine(
  backend: MonitorBackend,
  name: string,
  options?: { params?: unknown; context?: CallContext },
): Promise<unknown>;
export async function callMachine(
  backend: MonitorBackend,
  name: string,
  options: { params?: unknown; context?: CallContext } = {},
): Promise<unknown> {
  const method = findMethod(name);
  if (method?.home !== "machine") throw MonitorError.of("methodNotFound");
  const params = checkParams(method, options.params);
  return await backend.call(name, params, options.context ?? HOST);
}
