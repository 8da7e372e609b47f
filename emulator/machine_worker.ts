// The machine's worker: a machine behind the door.
import { Machine } from "../machine/machine.ts";
import { machineHandlers } from "../monitor/machine_handlers/mod.ts";
import { runWorker } from "./run_worker.ts";

runWorker((options, host) => {
  const { engine = "jit" } = options;
  const machine = new Machine(
    { ...options, engine, jitInBackground: true },
    host,
  );
  return { machine, handlers: machineHandlers(machine, host) };
});
