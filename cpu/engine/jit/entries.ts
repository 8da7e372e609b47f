/**
 * Where a region can be entered without harm to its loops: a loop that is
 * entered in its middle too needs a dispatcher at its top, which every round
 * of it would pay for.
 *
 * @module
 */
import { loopsOf } from "./components.ts";
import { type Block, hasCalls, successorsOf, waysInto } from "./blocks.ts";

class Entries {
  readonly #blocks: readonly Block[];
  readonly #entries: Set<number>;

  constructor(blocks: readonly Block[], wanted: readonly number[]) {
    this.#blocks = blocks;
    this.#entries = new Set(wanted);
  }

  choose(): number[] {
    this.#visit(new Set(this.#blocks.keys()));
    return [...this.#entries];
  }

  #visit(nodes: ReadonlySet<number>): void {
    const loops = loopsOf(nodes, (node) => successorsOf(this.#blocks[node]));
    for (const loop of loops) {
      const header = this.#headerOf(loop);
      if (header === undefined) continue;
      // A call in every round costs more than a dispatcher.
      if (!hasCalls(loop, this.#blocks)) {
        this.#enterAt(header, loop);
      }
      const inner = new Set(loop);
      inner.delete(header);
      this.#visit(inner);
    }
  }

  /** Entries of a loop without calls become the one at its top. */
  #enterAt(header: number, loop: ReadonlySet<number>): void {
    const given = [...this.#entries].filter((entry) => loop.has(entry));
    if (given.length === 0) return;
    for (const entry of given) this.#entries.delete(entry);
    this.#entries.add(header);
  }

  /** Where the region itself comes into the loop, or else the first entry. */
  #headerOf(loop: ReadonlySet<number>): number | undefined {
    const [way, another] = waysInto(loop, this.#blocks);
    if (another !== undefined) return undefined;
    return way ?? [...this.#entries].find((entry) => loop.has(entry));
  }
}

/**
 * Entries in place of the wanted ones: where those lie in a loop that calls
 * nothing, its top; a thread comes by there in its next round.
 */
export function chooseEntries(
  blocks: readonly Block[],
  wanted: readonly number[],
): number[] {
  return new Entries(blocks, wanted).choose();
}
