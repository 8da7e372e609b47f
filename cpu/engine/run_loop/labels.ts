/**
 * Where the parts of the run loop go on.
 *
 * @module
 */
import type { Label } from "../../wasm/code.ts";

/** Ways to other code, from anywhere in the loop. */
export interface LoopLabels {
  /** EXCEPTION is set by the current instruction, which has not been done. */
  readonly raised: Label;
  /** `nia` and `left` are set. */
  readonly jump: Label;
}

/** Ways on that a record has. */
export interface RecordLabels extends LoopLabels {
  /** `p` and `q` are those of the next record, in the same page. */
  readonly dispatch: Label;
}
