/**
 * All hypercalls that the machine answers.
 *
 * @module
 */
import { hashPageTableCalls } from "./hash_page_table.ts";
import { processTableCalls } from "./process_table.ts";
import { processorCalls } from "./processor.ts";
import { rtasCalls } from "./rtas.ts";
import { setModeCalls } from "./set_mode.ts";
import { storageCalls } from "./storage.ts";
import type { Hypercall } from "./table.ts";
import { terminalCalls } from "./terminal.ts";
import { virtualProcessorCalls } from "./virtual_processor.ts";

/** The calls that every partition has; interrupt controllers add theirs. */
export const HYPERCALLS: readonly Hypercall[] = [
  ...hashPageTableCalls,
  ...processorCalls,
  ...storageCalls,
  ...terminalCalls,
  ...virtualProcessorCalls,
  ...setModeCalls,
  ...processTableCalls,
  ...rtasCalls,
];
