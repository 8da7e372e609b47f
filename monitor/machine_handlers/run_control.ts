/**
 * Identity, state, run and stop.
 *
 * @module
 */
import type { Machine } from "../../machine/machine.ts";
import type { MethodHandlers } from "../handlers.ts";
import { describeVersion } from "../version.ts";

/** What the handlers ask of the one who runs the machine. */
export interface RunControlHost {
  /** Ends the emulator soon; the answer is still to be sent. */
  quit(): void;
  /** The machine may have something to do again: it is not to be left asleep. */
  wake?(): void;
}

/** The methods of `methods/status.ts` and `methods/run_control.ts`. */
export type RunControlHandlers = Pick<
  MethodHandlers,
  | "query-version"
  | "query-status"
  | "stop"
  | "cont"
  | "system_reset"
  | "system_powerdown"
  | "quit"
>;

/** Handlers of identity, state, run and stop. */
export function runControlHandlers(
  machine: Machine,
  host: RunControlHost,
): RunControlHandlers {
  return {
    "query-version": describeVersion,
    "query-status"() {
      const { status, ended } = machine;
      return {
        status,
        running: status === "running",
        ...ended && { reason: ended.reason },
        ...ended?.message !== undefined && { message: ended.message },
      };
    },
    stop() {
      machine.stop();
      return {};
    },
    cont() {
      machine.start();
      host.wake?.();
      return {};
    },
    system_reset() {
      machine.reset();
      host.wake?.();
      return {};
    },
    system_powerdown() {
      machine.powerDown();
      host.wake?.();
      return {};
    },
    quit() {
      host.quit();
      return {};
    },
  };
}
