/**
 * The engines of XIVE, for what works on all of them.
 *
 * @module
 */
import type { InterruptControllerOptions } from "../options.ts";
import type { EventQueues } from "./event_queues.ts";
import type { EventSources } from "./event_sources.ts";
import type { ThreadContexts } from "./thread_contexts.ts";

/** The parts of XIVE on one state. */
export interface XiveParts {
  readonly sources: EventSources;
  readonly queues: EventQueues;
  readonly threads: ThreadContexts;
  readonly ram: InterruptControllerOptions["ram"];
}
