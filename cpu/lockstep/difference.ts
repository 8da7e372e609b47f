/**
 * How the first difference between two engines is told.
 *
 * @module
 */
import type { Exit } from "../accelerator.ts";
import type { RegisterDifference } from "./registers.ts";

/** What was found, as plain data. */
export interface Difference {
  readonly vcpu: number;
  /** Instructions that the vCPU had completed when both were still alike. */
  readonly from: number;
  /** Those of the interpreter when they no longer were. */
  readonly to: number;
  /** Address of the next instruction when both were still alike. */
  readonly nia: bigint;
  readonly exits?: readonly [Exit, Exit];
  readonly registers?: readonly RegisterDifference[];
  /** Real address of a word, and what both have there. */
  readonly storage?: {
    readonly address: number;
    readonly values: readonly [number, number];
  };
  /** What was asked for a different number of times. */
  readonly asked?: {
    readonly what: string;
    readonly counts: readonly number[];
  };
  /** Regions that ran meanwhile: guest code beside WebAssembly. */
  readonly code: readonly string[];
}

function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

function exitText(exit: Exit): string {
  return JSON.stringify(
    exit,
    (_, value) => typeof value === "bigint" ? hex(value) : value,
  );
}

function linesOf(difference: Difference): string[] {
  const { vcpu, from, to, nia, exits, registers, storage, asked, code } =
    difference;
  const both = (first: unknown, second: unknown) =>
    `interpreter ${first}, JIT ${second}`;
  return [
    `Cannot go on: engines differ on vCPU ${vcpu} in the instructions from ` +
    `${from} to ${to}, begun at ${hex(nia)}`,
    ...exits ? [`  exit: ${both(exitText(exits[0]), exitText(exits[1]))}`] : [],
    ...(registers ?? []).map(({ name, values: [first, second] }) =>
      `  ${name}: ${both(hex(first), hex(second))}`
    ),
    ...storage
      ? [
        `  word at ${hex(storage.address)}: ` +
        both(hex(storage.values[0]), hex(storage.values[1])),
      ]
      : [],
    ...asked
      ? [`  ${asked.what}: ${both(asked.counts[0], asked.counts[1])}`]
      : [],
    ...code,
  ];
}

/** The engines have come apart: one of them is wrong. */
export class EngineDifference extends Error {
  override readonly name = "EngineDifference";
  readonly difference: Difference;

  constructor(difference: Difference) {
    super(linesOf(difference).join("\n"));
    this.difference = difference;
  }
}
