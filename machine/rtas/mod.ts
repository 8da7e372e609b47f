/**
 * All RTAS calls that every partition has; interrupt controllers add theirs.
 *
 * @module
 */
import { nmiCalls } from "./nmi.ts";
import { platformCalls } from "./platform.ts";
import { processorRtasCalls } from "./processors.ts";
import type { RtasCall } from "./table.ts";

/** The calls, by token. */
export const RTAS_CALLS: readonly RtasCall[] = [
  ...platformCalls,
  ...processorRtasCalls,
  ...nmiCalls,
];
