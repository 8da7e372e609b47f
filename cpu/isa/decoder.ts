/**
 * From an instruction word to its row (Book I 1.6).
 *
 * @module
 */
import type { Instruction, IsaVersion } from "./row.ts";

/** Gives the row of a big-endian instruction word, if there is one. */
export type Decoder = (word: number) => Instruction | undefined;

/** Which instructions a decoder knows. */
export interface DecoderOptions {
  /** Version of the ISA that the processor implements; default 3.0. */
  readonly version?: IsaVersion;
}

/** Bits that, with the primary opcode, select the list of candidates. */
const LOW_BITS = 11;
const LOW_MASK = (1 << LOW_BITS) - 1;

/** Whether a processor of this version has the instruction. */
export function isImplemented(
  { options: { since = "2.07", until = "3.0" } }: Instruction,
  version: IsaVersion,
): boolean {
  return since <= version && version <= until;
}

/**
 * Builds the decoder of a version of the ISA.
 *
 * Where two rows accept the same word, the one that fixes all bits of the
 * other and more besides wins.
 *
 * @throws {RangeError} where neither of two such rows is the more specific.
 */
export function buildDecoder(
  isa: readonly Instruction[],
  { version = "3.0" }: DecoderOptions = {},
): Decoder {
  const rows = isa.filter((insn) => isImplemented(insn, version))
    .sort((a, b) => ones(b.mask) - ones(a.mask));
  refuseOverlaps(rows);
  const { table, lists } = tabulate(rows);
  return function decode(word) {
    const key = ((word >>> 26) << LOW_BITS) | (word & LOW_MASK);
    const candidates = lists[table[key] ?? 0] ?? [];
    for (const insn of candidates) {
      if ((word & insn.mask) >>> 0 === insn.match) return insn;
    }
    return undefined;
  };
}

function ones(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Expects rows in order of falling number of fixed bits. */
function refuseOverlaps(rows: readonly Instruction[]): void {
  const byOpcode = Map.groupBy(rows, (insn) => insn.match >>> 26);
  for (const group of byOpcode.values()) {
    group.forEach((a, i) => {
      for (let j = i + 1; j < group.length; j++) {
        const b = group[j];
        if (!b || ((a.match ^ b.match) & a.mask & b.mask) !== 0) continue;
        if (a.mask !== b.mask && (a.mask & b.mask) >>> 0 === b.mask) continue;
        throw new RangeError(
          `Cannot tell instructions apart: "${a.syntax}" and "${b.syntax}"`,
        );
      }
    });
  }
}

/**
 * The candidates of each key, as an index into the distinct lists. Adding a
 * row to a list is memoized: thousands of keys share few lists.
 */
function tabulate(rows: readonly Instruction[]) {
  const table = new Uint16Array(64 << LOW_BITS);
  const lists: Instruction[][] = [[]];
  for (const insn of rows) {
    const extended = new Map<number, number>();
    const base = (insn.match >>> 26) << LOW_BITS;
    const fixed = insn.match & LOW_MASK;
    const free = ~insn.mask & LOW_MASK;
    // Counts through all subsets of the free bits.
    let bits = 0;
    do {
      const key = base | fixed | bits;
      const list = table[key] ?? 0;
      let next = extended.get(list);
      if (next === undefined) {
        next = lists.push([...lists[list] ?? [], insn]) - 1;
        extended.set(list, next);
      }
      table[key] = next;
      bits = (bits - free) & free;
    } while (bits !== 0);
  }
  return { table, lists };
}
