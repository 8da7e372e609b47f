/**
 * What a guest that waits at its prompt costs the host.
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
import { usageOf } from "./processes.ts";
import { megabytes, table } from "./statistics.ts";

/** A guest at its prompt. */
export interface RestSample {
  readonly emulator: string;
  /** Processor time per time, as a share of one core. */
  readonly cpuShare: number;
  readonly residentBytes: number;
  /** What of it is guest memory, and what is kept beside it for speed. */
  readonly largestMappingBytes: number;
}

const BOOT_SECONDS = 180;
/** Until what a guest does after its start is done. */
const SETTLE_SECONDS = 5;

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** Boots a guest, lets it settle, and watches it for a while. */
export async function measureRest(
  emulator: Emulator,
  { seconds }: { seconds: number },
): Promise<RestSample> {
  await using running = new Running(emulator);
  await running.expect(READY_MARK, { seconds: BOOT_SECONDS });
  await running.expect("# ", { seconds: BOOT_SECONDS });
  await sleep(SETTLE_SECONDS);
  const before = usageOf(running.pid);
  const start = performance.now();
  await sleep(seconds);
  const after = usageOf(running.pid);
  const elapsed = (performance.now() - start) / 1000;
  return {
    emulator: emulator.name,
    cpuShare: (after.cpuSeconds - before.cpuSeconds) / elapsed,
    residentBytes: after.residentBytes,
    largestMappingBytes: after.largestMappingBytes,
  };
}

/** What {@linkcode benchRest} found. */
export interface RestResult {
  readonly samples: readonly RestSample[];
  readonly text: string;
}

/** Measures both emulators, one after the other. */
export async function benchRest(
  guest: BenchGuest,
  { figure, seconds, peer }: {
    figure: "idle" | "memory";
    seconds: number;
    peer: boolean;
  },
): Promise<RestResult> {
  const samples: RestSample[] = [];
  for (const emulator of [janus(guest), ...peer ? [qemu(guest)] : []]) {
    samples.push(await measureRest(emulator, { seconds }));
  }
  const text = table([
    ["", ...HEADS[figure]],
    ...samples.map((sample) => [sample.emulator, ...CELLS[figure](sample)]),
  ]);
  return { samples, text };
}

const HEADS = {
  idle: ["processor time"],
  memory: ["resident", "largest mapping", "beside it"],
} as const;

const CELLS = {
  idle: ({ cpuShare }: RestSample) => [
    `${(cpuShare * 100).toFixed(1)} % of a core`,
  ],
  memory: ({ residentBytes, largestMappingBytes }: RestSample) => [
    megabytes(residentBytes),
    megabytes(largestMappingBytes),
    megabytes(residentBytes - largestMappingBytes),
  ],
} as const;
