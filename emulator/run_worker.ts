import { workerData } from "node:worker_threads";
import { type DoorParts, InnerDoor } from "./door.ts";
import { type BuildMachine, MachineLoop } from "./machine_loop.ts";
import { toFault, type WorkerSetup } from "./messages.ts";

/** What a worker of {@linkcode MachineThread} is given. */
export interface WorkerStart {
  /** The inner side of the door. */
  readonly door: DoorParts;
  /** What to build. */
  readonly setup: WorkerSetup;
}

/**
 * The whole life of a machine's worker. A fault is told through the door, so
 * that it reaches the one who waits for an answer.
 */
export function runWorker(build: BuildMachine): void {
  const { door: parts, setup } = workerData as WorkerStart;
  const door = new InnerDoor(parts);
  try {
    new MachineLoop(door, build, setup).run();
  } catch (error) {
    door.post([{ kind: "fault", fault: toFault(error) }]);
  }
}
