/**
 * Chains for those who look on: followed as far as they go, also where the
 * device would break.
 *
 * @module
 */
import {
  describeDescriptor,
  type DescriptorView,
  isThere,
  RawValues,
  readGuest,
} from "./_inspect_memory.ts";
import { DESCRIPTOR_BYTES, MAX_CHAIN_DESCRIPTORS } from "./descriptors.ts";
import type { ByteOrder, GuestMemory } from "./world.ts";

/** What has become of a chain. */
export type ChainProgress = "waiting" | "taken" | "done";

/** A descriptor of a chain. */
export interface ChainDescriptorView extends DescriptorView {
  /** Whether it lies in an indirect table. */
  readonly indirect: boolean;
}

/** A chain as people read it. */
export interface ChainView {
  /** Head's index (split ring), or the buffer's id (packed ring). */
  readonly id: number;
  /** Place in the available ring, or first slot in the descriptor ring. */
  readonly place: number;
  /**
   * `waiting`: the device has not seen it; `taken`: it has it; `done`: the
   * driver has it back, and may have used its memory for something else.
   */
  readonly progress: ChainProgress;
  /** In the chain's order, those of an indirect table in place of it. */
  readonly descriptors: readonly ChainDescriptorView[];
  /** Bytes that the device may read. */
  readonly readable: number;
  /** Bytes that the device may write. */
  readonly writable: number;
  /** Why the device would refuse it; undefined where it would not. */
  readonly problem: string | undefined;
}

/** What chains are followed in. */
export interface ChainSource {
  readonly form: "split" | "packed";
  readonly memory: GuestMemory;
  readonly order: ByteOrder;
  readonly table: RawValues;
  readonly size: number;
}

/** Follows chains, up to a number of descriptors in all. */
export class ChainFollower {
  readonly #source: ChainSource;
  #left: number;

  constructor(source: ChainSource, limit: number) {
    this.#source = source;
    this.#left = limit;
  }

  /** Whether nothing more can be shown. */
  get exhausted(): boolean {
    return this.#left <= 0;
  }

  /** Follows the chain that begins at an index of the descriptor table. */
  follow(
    start: number,
    { place, progress }: { place: number; progress: ChainProgress },
  ): ChainView & { readonly slots: number } {
    const { form, table, size } = this.#source;
    const descriptors: ChainDescriptorView[] = [];
    let problem: string | undefined;
    let slots = 0;
    let id = start;
    for (let index: number | undefined = start; index !== undefined;) {
      if (index >= size) {
        problem = `descriptor ${index} is not there: the ring has ${size}`;
        break;
      }
      if (slots === size) {
        problem = "the chain loops";
        break;
      }
      slots++;
      const descriptor = describeDescriptor(table, index, form);
      id = descriptor.id ?? start;
      problem ??= this.#add(descriptors, descriptor);
      if (this.exhausted) break;
      index = this.#next(descriptor);
    }
    problem ??= faultOf(descriptors, this.#source.memory);
    const total = (write: boolean) =>
      descriptors.filter(({ flags }) => flags.includes("write") === write)
        .reduce((sum, { length }) => sum + length, 0);
    return {
      id,
      place,
      progress,
      descriptors,
      readable: total(false),
      writable: total(true),
      problem,
      slots,
    };
  }

  /** Where a chain goes on in the ring; undefined at its end. */
  #next({ index, next, flags }: DescriptorView): number | undefined {
    if (!flags.includes("next") || flags.includes("indirect")) return undefined;
    return next ?? (index + 1) % this.#source.size;
  }

  /** Adds a descriptor, or its table's; gives what is wrong with it. */
  #add(
    to: ChainDescriptorView[],
    descriptor: DescriptorView,
  ): string | undefined {
    if (!descriptor.flags.includes("indirect")) {
      this.#left--;
      to.push({ ...descriptor, indirect: false });
      return undefined;
    }
    const { index, address, length, flags } = descriptor;
    if (flags.includes("next")) {
      return `descriptor ${index} is indirect and goes on`;
    }
    if (length === 0 || length % DESCRIPTOR_BYTES !== 0) {
      return `the indirect table of descriptor ${index} has ${length} bytes`;
    }
    const { memory, order } = this.#source;
    const entries = Math.min(length / DESCRIPTOR_BYTES, MAX_CHAIN_DESCRIPTORS);
    const bytes = readGuest(memory, address, entries * DESCRIPTOR_BYTES);
    if (bytes === undefined) {
      return `the indirect table at 0x${address.toString(16)} is not there`;
    }
    return this.#addTable(to, new RawValues(bytes, order), entries);
  }

  #addTable(
    to: ChainDescriptorView[],
    table: RawValues,
    entries: number,
  ): string | undefined {
    const { form } = this.#source;
    let index = 0;
    for (let count = 0; count < entries; count++) {
      if (this.#left-- <= 0) return undefined;
      const descriptor = describeDescriptor(table, index, form);
      to.push({ ...descriptor, indirect: true });
      if (descriptor.flags.includes("indirect")) {
        return `entry ${index} of an indirect table is indirect`;
      }
      if (form === "split") {
        if (!descriptor.flags.includes("next")) return undefined;
        index = descriptor.next ?? 0;
        if (index >= entries) {
          return `entry ${index} of an indirect table is not there`;
        }
      } else index++;
    }
    return form === "split" ? "the indirect table loops" : undefined;
  }
}

/** The first thing that is wrong with a chain's buffers. */
function faultOf(
  descriptors: readonly ChainDescriptorView[],
  memory: GuestMemory,
): string | undefined {
  let writes = false;
  for (const { index, address, length, flags } of descriptors) {
    const where = `buffer of descriptor ${index}`;
    if (length === 0) return `${where} is empty`;
    if (!isThere(memory, address, length)) {
      return `${where}, ${length} bytes at 0x${
        address.toString(16)
      }, is not there`;
    }
    const write = flags.includes("write");
    if (writes && !write) return `${where} is to be read, after one to write`;
    writes = write;
  }
  return undefined;
}
