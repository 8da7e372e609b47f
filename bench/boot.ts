/**
 * How long a guest takes from the start of the emulator to its shell.
 *
 * @module
 */
import { READY_MARK } from "../guests/initramfs.ts";
import {
  type BenchGuest,
  type Emulator,
  janus,
  qemu,
  Running,
} from "./emulator.ts";
import { type Usage, usageOf } from "./processes.ts";
import { median, megabytes, table } from "./statistics.ts";

/** One boot. */
export interface BootSample extends Usage {
  readonly emulator: string;
  /** From the start of the program to the mark on the console. */
  readonly seconds: number;
}

const LIMIT_SECONDS = 180;

/** Boots a guest, measures, and ends it. */
export async function measureBoot(emulator: Emulator): Promise<BootSample> {
  const start = performance.now();
  await using running = new Running(emulator);
  await running.expect(READY_MARK, { seconds: LIMIT_SECONDS });
  const seconds = (performance.now() - start) / 1000;
  return { emulator: emulator.name, seconds, ...usageOf(running.pid) };
}

/** What {@linkcode benchBoot} found. */
export interface BootResult {
  readonly samples: readonly BootSample[];
  /** Of the medians of the times. */
  readonly ratio: number | undefined;
  /** Of the times of each pair. */
  readonly pairRatios: readonly number[];
  readonly text: string;
}

/** Boots in turn with both, since a host's speed drifts; prints as it goes. */
export async function benchBoot(
  guest: BenchGuest,
  { pairs, peer, onSample }: {
    pairs: number;
    peer: boolean;
    onSample: (sample: BootSample) => void;
  },
): Promise<BootResult> {
  const emulators = [janus(guest), ...peer ? [qemu(guest)] : []];
  const samples: BootSample[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    for (const emulator of emulators) {
      const sample = await measureBoot(emulator);
      onSample(sample);
      samples.push(sample);
    }
  }
  return summarize(samples);
}

/** Medians, their ratio, and how the ratio spreads over the pairs. */
export function summarize(samples: readonly BootSample[]): BootResult {
  const names = [...new Set(samples.map(({ emulator }) => emulator))];
  const of = (name: string) => samples.filter((s) => s.emulator === name);
  const rows = names.map((name) => {
    const own = of(name);
    const times = own.map(({ seconds }) => seconds);
    return [
      name,
      `${median(times).toFixed(2)} s`,
      `${Math.min(...times).toFixed(2)}-${Math.max(...times).toFixed(2)}`,
      megabytes(median(own.map(({ residentBytes }) => residentBytes))),
      `${median(own.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)} s`,
    ];
  });
  const head = ["", "median", "range", "resident", "processor"];
  const lines = [table([head, ...rows])];
  const [ours = [], theirs = []] = names.map((name) =>
    of(name).map(({ seconds }) => seconds)
  );
  const pairRatios = theirs.map((time, i) => (ours[i] ?? NaN) / time);
  const ratio = theirs.length > 0 ? median(ours) / median(theirs) : undefined;
  if (ratio !== undefined) {
    lines.push(
      `Ratio of the medians ${ratio.toFixed(2)}; of the pairs ` +
        `${Math.min(...pairRatios).toFixed(2)} to ` +
        `${Math.max(...pairRatios).toFixed(2)}`,
    );
  }
  return { samples, ratio, pairRatios, text: lines.join("\n") };
}
