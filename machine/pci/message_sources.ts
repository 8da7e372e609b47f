/**
 * Who has which of the interrupt sources for messages: functions get
 * consecutive ones by ibm,change-msi (LoPAPR 7.3.10.5).
 *
 * @module
 */
import { SOURCE } from "../source_numbers.ts";
import { arrayOf, fieldsOf, numberOf } from "./check.ts";

/** Sources that there are for messages. */
export const MESSAGE_SOURCES = SOURCE.end - SOURCE.pciMsi;

/** What a function has been given. */
export interface MessageSources {
  readonly kind: "msi" | "msix";
  /** Number of the first source. */
  readonly first: number;
  readonly count: number;
}

/** Sources by the slot of the function that has them. */
export class SourceAllocator {
  readonly #owned = new Map<number, MessageSources>();

  /** What a slot has. */
  of(slot: number): MessageSources | undefined {
    return this.#owned.get(slot);
  }

  /** Whether a source belongs to a slot. */
  owns(slot: number, source: number): boolean {
    const sources = this.#owned.get(slot);
    return sources !== undefined && source >= sources.first &&
      source < sources.first + sources.count;
  }

  /**
   * Gives a slot sources in place of those that it has: consecutive, and for
   * MSI aligned to their number, because the vector replaces low bits there.
   * Undefined, and nothing changed, where so many are not to be had.
   */
  allocate(
    slot: number,
    { kind, count }: Pick<MessageSources, "kind" | "count">,
  ): MessageSources | undefined {
    const alignment = kind === "msi" ? 2 ** Math.ceil(Math.log2(count)) : 1;
    const others = [...this.#owned].filter(([owner]) => owner !== slot)
      .map(([, sources]) => sources)
      .sort((a, b) => a.first - b.first);
    let first = align(SOURCE.pciMsi, alignment);
    for (const other of others) {
      if (first + count <= other.first) break;
      first = Math.max(first, align(other.first + other.count, alignment));
    }
    if (first + count > SOURCE.end) return undefined;
    const sources = { kind, first, count };
    this.#owned.set(slot, sources);
    return sources;
  }

  /** Takes a slot's sources back. */
  release(slot: number): void {
    this.#owned.delete(slot);
  }

  reset(): void {
    this.#owned.clear();
  }

  save(): (MessageSources & { slot: number })[] {
    return [...this.#owned].map(([slot, sources]) => ({ slot, ...sources }));
  }

  /** Throws TypeError or RangeError for what `save()` cannot have given. */
  restore(state: unknown, slots: ReadonlySet<number>): void {
    const length = Array.isArray(state) ? state.length : 0;
    const entries = arrayOf(state, { what: "message sources", length }).map(
      (entry) => sourcesOf(entry, slots),
    );
    const numbers = entries.flatMap(({ first, count }) =>
      Array.from({ length: count }, (_, i) => first + i)
    );
    const owners = new Set(entries.map(({ slot }) => slot));
    if (
      new Set(numbers).size !== numbers.length || owners.size !== length
    ) {
      throw new RangeError("Cannot restore PCI: message sources occur twice");
    }
    this.#owned.clear();
    for (const { slot, ...sources } of entries) this.#owned.set(slot, sources);
  }
}

function align(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

function sourcesOf(
  entry: unknown,
  slots: ReadonlySet<number>,
): MessageSources & { slot: number } {
  const fields = fieldsOf(entry, "message sources");
  const slot = numberOf(fields, "slot", 31);
  const first = numberOf(fields, "first", SOURCE.end - 1);
  const count = numberOf(fields, "count", SOURCE.end - first);
  const { kind } = fields;
  if (kind !== "msi" && kind !== "msix") {
    throw new TypeError(`Cannot restore PCI: kind of messages: ${kind}`);
  }
  if (first < SOURCE.pciMsi || count < 1 || !slots.has(slot)) {
    throw new RangeError(
      `Cannot restore PCI: ${count} message sources of slot ${slot} from: ${first}`,
    );
  }
  return { slot, kind, first, count };
}
