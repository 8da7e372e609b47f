// The monitor's methods on a machine of a boot test, their results checked.
import { callMachine } from "../../monitor/call.ts";
import { checkResult } from "../../monitor/check.ts";
import { HandlerBackend } from "../../monitor/handlers.ts";
import { machineHandlers } from "../../monitor/machine_handlers/mod.ts";
import {
  findMethod,
  type MachineMethodName,
  type MethodParams,
  type MethodResult,
} from "../../monitor/methods/mod.ts";
import type { Boot } from "./driver.ts";

/** A guest's methods, called as a client calls them. */
export function methodsOf({ machine }: Boot) {
  const backend = new HandlerBackend(
    machineHandlers(machine, { quit: () => {}, wake: () => {} }),
    { state: () => machine.status },
  );
  return async <Name extends MachineMethodName>(
    name: Name,
    params: MethodParams<Name>,
  ): Promise<MethodResult<Name>> => {
    const result = await callMachine(backend, name, { params });
    checkResult(findMethod(name)!, result);
    return result;
  };
}
