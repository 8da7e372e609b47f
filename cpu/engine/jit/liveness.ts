/**
 * Which registers a region must have in its locals, and which of them differ
 * from what the vCPU's block holds.
 *
 * @module
 */
import type { Block } from "./blocks.ts";
import type { FieldState } from "./condition_fields.ts";
import { only, REGISTER, type RegisterSet } from "./registers.ts";

/** What holds where a block begins. */
export interface BlockStart {
  /** Written in the region, on some way, and not stored since. */
  readonly dirty: RegisterSet;
  /** In their locals; a way into the region loads them. */
  readonly live: RegisterSet;
  readonly fields: readonly FieldState[];
}

/** Blocks behind a block, without those that a call comes back to. */
function successors({ targets, next }: Block): readonly number[] {
  return next === undefined ? targets : [...targets, next];
}

interface Summary {
  /** Read before they are written. */
  readonly exposed: RegisterSet;
  readonly written: RegisterSet;
  /** CR fields whose last write is a comparison, and is not conditional. */
  readonly compared: RegisterSet;
  /** Those of which it is one of numbers. */
  readonly numbers: RegisterSet;
  readonly unsure: RegisterSet;
}

function summarize({ body }: Block): Summary {
  let [exposed, written, compared, numbers, unsure] = [0n, 0n, 0n, 0n, 0n];
  for (const { effects } of body) {
    exposed |= effects.reads & ~written;
    written |= effects.writes;
    compared |= effects.writes & ~effects.maybe;
    numbers = (numbers & ~effects.writes) | effects.numbers;
    unsure = (unsure & ~(effects.writes & ~effects.maybe)) | effects.maybe;
  }
  return { exposed, written, compared: compared & ~unsure, numbers, unsure };
}

/** Repeats until nothing changes. */
function settle(step: () => boolean): void {
  while (step());
}

/** Works out what holds at the start of each block. */
export function liveness(
  blocks: readonly Block[],
  /** Blocks at which the registers have just been loaded. */
  loaded: ReadonlySet<number>,
  /** Registers that are stored whenever they are written. */
  through: RegisterSet,
): BlockStart[] {
  const summaries = blocks.map(summarize);
  const dirty = blocks.map(() => 0n);
  settle(() => {
    let changed = false;
    blocks.forEach((block, i) => {
      const out = (dirty[i] ?? 0n) | ((summaries[i]?.written ?? 0n) & ~through);
      for (const to of successors(block)) {
        const before = dirty[to] ?? 0n;
        if ((out & ~before) === 0n) continue;
        dirty[to] = before | out;
        changed = true;
      }
    });
    return changed;
  });
  const live = blocks.map((_, i) =>
    (dirty[i] ?? 0n) | (summaries[i]?.exposed ?? 0n)
  );
  settle(() => {
    let changed = false;
    for (let i = blocks.length - 1; i >= 0; i--) {
      const block = blocks[i];
      const summary = summaries[i];
      if (!block || !summary) continue;
      let out = 0n;
      for (const to of successors(block)) out |= live[to] ?? 0n;
      const before = live[i] ?? 0n;
      const now = before | (out & ~summary.written);
      if (now === before) continue;
      live[i] = now;
      changed = true;
    }
    return changed;
  });
  const fields = fieldStates(blocks, summaries, loaded);
  return blocks.map((_, i) => ({
    dirty: dirty[i] ?? 0n,
    live: live[i] ?? 0n,
    fields: fields[i] ?? [],
  }));
}

function fieldStates(
  blocks: readonly Block[],
  summaries: readonly Summary[],
  loaded: ReadonlySet<number>,
): FieldState[][] {
  const states = blocks.map((_, i) =>
    new Array<FieldState | undefined>(8).fill(
      loaded.has(i) ? "loaded" : undefined,
    )
  );
  settle(() => {
    let changed = false;
    blocks.forEach((block, i) => {
      const summary = summaries[i];
      const before = states[i];
      if (!summary || !before) return;
      for (let n = 0; n < 8; n++) {
        const field = only(REGISTER.crField(n));
        const out = summary.compared & field
          ? summary.numbers & field ? "numbers" : "integers"
          : summary.unsure & field
          ? "either"
          : before[n];
        if (out === undefined) continue;
        for (const to of successors(block)) {
          const there = states[to];
          if (!there) continue;
          const now = there[n] === undefined || there[n] === out
            ? out
            : "either";
          if (there[n] === now) continue;
          there[n] = now;
          changed = true;
        }
      }
    });
    return changed;
  });
  return states.map((row) => row.map((state) => state ?? "either"));
}
