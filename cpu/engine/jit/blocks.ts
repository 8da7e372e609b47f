/**
 * What a region consists of.
 *
 * @module
 */
import type { Instruction } from "../../isa/row.ts";
import type { Effects } from "./effects.ts";

/** An instruction of the region. */
export interface Placed {
  /** In instructions from the start of the region's first page. */
  readonly place: number;
  readonly word: number;
  readonly instruction: Instruction;
  /** All operand fields by number. */
  readonly known: ReadonlyMap<string, number>;
  readonly effects: Effects;
}

/** Instructions that are carried out one after the other. */
export interface Block {
  /** Place of the first. */
  readonly start: number;
  readonly body: readonly Placed[];
  /** Blocks that its branch may go to, by number. */
  readonly targets: readonly number[];
  /** Block behind it, where control may go there other than by a return. */
  readonly next: number | undefined;
  /**
   * Where a call comes back to: the block behind it, or behind the call of a
   * function that stands in the region and ends by going to another, as the
   * stubs of linkers do.
   */
  readonly back: number | undefined;
  /** Where it returns to, if it does in a function in place of its call. */
  readonly returnsTo: number | undefined;
}

/** Blocks that control goes to from a block, after its call if it has one. */
export function successorsOf(block: Block | undefined): readonly number[] {
  if (!block) return [];
  const { targets, next, back } = block;
  return [...targets, next, back].filter((to) => to !== undefined);
}

/** Blocks of a loop that are come to from outside of it, as they are met. */
export function waysInto(
  loop: ReadonlySet<number>,
  blocks: readonly Block[],
): ReadonlySet<number> {
  const ways = new Set<number>();
  blocks.forEach((block, from) => {
    if (loop.has(from)) return;
    for (const to of successorsOf(block)) if (loop.has(to)) ways.add(to);
  });
  return ways;
}

/** Whether anything in a loop goes out of the region and comes back. */
export function hasCalls(
  loop: ReadonlySet<number>,
  blocks: readonly Block[],
): boolean {
  return [...loop].some((number) => blocks[number]?.back !== undefined);
}
