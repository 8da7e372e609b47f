/**
 * What is shown of a compiler and of what it makes, as plain data.
 *
 * @module
 */

/** Figures of a compiler. */
export interface CompilerFigures {
  readonly regions: number;
  /** Guest instructions in them. */
  readonly instructions: number;
  readonly wasmBytes: number;
  /** Milliseconds spent emitting and compiling. */
  readonly emitTime: number;
  readonly compileTime: number;
  /** Milliseconds in regions, what they call included; an estimate. */
  readonly regionTime: number;
  /** Of those, in what regions call: handlers, slow accesses; an estimate. */
  readonly helperTime: number;
  /** Ways in that were taken back, for little was done behind them. */
  readonly unproductive: number;
}

/** A region as guest code and as WebAssembly. */
export interface RegionView {
  /** Effective addresses at which it can be entered. */
  readonly entries: readonly bigint[];
  /** Whether the address leads to a region now. */
  readonly installed: boolean;
  readonly instructions: readonly {
    readonly address: bigint;
    readonly word: number;
  }[];
  readonly wasmBytes: number;
  /** Text of the module's functions. */
  readonly wasm: string;
}
