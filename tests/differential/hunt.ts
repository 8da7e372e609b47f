/**
 * Runs random programs on two processors, and shrinks what differs.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Batch, recordOf } from "./batch.ts";
import { relocate } from "./case.ts";
import { isDeparture, same } from "./compare.ts";
import type { Generator } from "./generate.ts";
import type { Ours } from "./ours.ts";
import type { Qemu } from "./qemu.ts";
import {
  BATCH,
  isComparable,
  RECORD,
  SIGNAL,
  STORAGE_BYTES,
} from "./record.ts";
import { type Judge, judge, type Judged, shrink } from "./shrink.ts";

/** QEMU and an engine of ours in one byte order, with programs for them. */
export interface Side extends Judge {
  readonly littleEndian: boolean;
  readonly theirs: Qemu;
  readonly ours: Ours;
  readonly generator: Generator;
}

/** How far it is. */
export interface Progress {
  /** Programs whose runs have been compared. */
  programs: number;
  /** Runs of them. */
  runs: number;
  /** Instructions that our engine has completed in those runs. */
  instructions: number;
  /** Programs that showed a departure of QEMU's and nothing else. */
  departures: number;
  /** Programs that ran for ever, which are not compared. */
  endless: number;
  /** Programs that reached storage of QEMU's harness, which are not either. */
  astray: number;
}

/** What a hunt is about. */
export interface HuntOptions {
  /** Byte orders in turn, one for each batch. */
  readonly sides: readonly Side[];
  /** The first program; one with which a batch begins. */
  readonly first: number;
  readonly count: number;
  /** Told of each batch. */
  readonly onProgress: (progress: Progress) => void;
  /** Told of each difference. */
  readonly onDifference: (found: Judged, seen: Seen) => void | Promise<void>;
  /** Told of a program that differed, but does not when it runs alone. */
  readonly onLost: (program: number) => void | Promise<void>;
}

/** Where a difference was seen. */
export interface Seen {
  readonly program: number;
  readonly state: number;
}

/** A batch on its way. */
interface Flight {
  readonly side: Side;
  readonly batch: Batch;
  readonly first: number;
  readonly ours: Uint8Array;
  readonly theirs: Promise<Uint8Array>;
}

/** Compares so many programs. QEMU is always one batch behind. */
export async function hunt(options: HuntOptions): Promise<Progress> {
  const { sides, count } = options;
  const end = options.first + count;
  const progress: Progress = {
    programs: 0,
    runs: 0,
    instructions: 0,
    departures: 0,
    endless: 0,
    astray: 0,
  };
  let flight: Flight | undefined;
  for (let { first } = options; first < end; first += BATCH.programs) {
    const side = sides[first / BATCH.programs % sides.length];
    if (!side) break;
    const size = Math.min(BATCH.programs, end - first);
    const next = start(side, { first, size, progress });
    if (flight) await land(flight, progress, options);
    flight = next;
  }
  if (flight) await land(flight, progress, options);
  return progress;
}

function start(
  side: Side,
  { first, size, progress }: {
    first: number;
    size: number;
    progress: Progress;
  },
): Flight {
  const batch = new Batch();
  side.generator.fill(batch, first, size);
  const before = side.ours.instructions;
  const ours = side.ours.run(batch);
  progress.instructions += side.ours.instructions - before;
  for (let i = 0; i < BATCH.programs; i++) {
    const bad = records(batch, ours, i).find((one) => !isComparable(one));
    if (!bad) continue;
    // QEMU would not come back, or with a harness that is not what it was.
    batch.setProgram(i, [], 0);
    if (bad[RECORD.SIGNAL] === SIGNAL.endless) progress.endless++;
    else progress.astray++;
  }
  return { side, batch, first, ours, theirs: side.theirs.run(batch) };
}

function records(batch: Batch, data: Uint8Array, index: number) {
  return Array.from(
    { length: batch.runs(index) },
    (_, n) => recordOf(data, index, n),
  );
}

async function land(
  { side, batch, first, ours, theirs: promised }: Flight,
  progress: Progress,
  { onProgress, onDifference, onLost }: HuntOptions,
): Promise<void> {
  const theirs = await promised;
  for (let i = 0; i < BATCH.programs; i++) {
    const runs = batch.runs(i);
    if (runs === 0) continue;
    progress.programs++;
    progress.runs += runs;
    if (areAlike(theirs, ours, { index: i, runs })) continue;
    const found = await isolate(side, batch, i);
    if (!found) {
      await onLost(first + i);
      continue;
    }
    const smallest = await shrink(side, found.judged);
    if (isDeparture(smallest.one, smallest.theirs, smallest.ours)) {
      progress.departures++;
    } else {
      await onDifference(smallest, { program: first + i, state: found.state });
    }
  }
  onProgress(progress);
}

function areAlike(
  theirs: Uint8Array,
  ours: Uint8Array,
  { index, runs }: { index: number; runs: number },
): boolean {
  for (let n = 0; n < runs; n++) {
    const left = recordOf(theirs, index, n);
    if (Buffer.compare(left, recordOf(ours, index, n)) !== 0) return false;
  }
  const [from, to] = [index * STORAGE_BYTES, (index + 1) * STORAGE_BYTES];
  return Buffer.compare(
    theirs.subarray(from, to),
    ours.subarray(from, to),
  ) === 0;
}

/** The first run of a program that differs, as a case of its own. */
async function isolate(
  side: Side,
  batch: Batch,
  index: number,
): Promise<{ judged: Judged; state: number } | undefined> {
  let storage = batch.storage(index).slice();
  for (let state = 0; state < batch.runs(index); state++) {
    const [judged] = await judge(side, [{
      littleEndian: side.littleEndian,
      words: batch.program(index),
      record: relocate(batch.record(index, state).slice(), {
        from: index,
        to: 0,
      }),
      storage,
    }]);
    if (!judged) return undefined;
    if (!same(judged.theirs, judged.ours)) return { judged, state };
    storage = judged.theirs.storage.slice();
  }
  return undefined;
}
