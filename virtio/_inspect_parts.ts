/**
 * What views of rings of both forms are made of.
 *
 * @module
 */
import type { ChainView } from "./_inspect_chain.ts";
import type { Queue } from "./queue.ts";
import type { RingProgress } from "./ring.ts";
import type { RawPart } from "./ring_view.ts";
import type { ByteOrder, GuestMemory } from "./world.ts";

/** What a view is made of. */
export interface RingParts {
  readonly queue: Queue;
  readonly memory: GuestMemory;
  readonly order: ByteOrder;
  readonly size: number;
  readonly eventIndex: boolean;
  readonly progress: RingProgress;
  /** Most descriptors of chains. */
  readonly shown: number;
  readonly raw: readonly [RawPart, RawPart, RawPart];
}

/** What the device would refuse. Chains that are done are past that. */
export function chainProblems(chains: readonly ChainView[]): string[] {
  return chains.filter(({ progress }) => progress === "waiting")
    .flatMap(({ id, place, problem }) =>
      problem === undefined ? [] : [`chain ${id} at place ${place}: ${problem}`]
    );
}

/** 0 to size - 1. */
export function places(size: number): number[] {
  return Array.from({ length: size }, (_, place) => place);
}
