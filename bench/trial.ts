/**
 * One boot of one emulator: its time to the shell, then each workload by the
 * guest's own clock, then the memory that it has come to need.
 *
 * @module
 */
import { READY_MARK } from "../guests/mod.ts";
import { type Emulator, MEMORY } from "./emulator.ts";
import { type BenchGuest, DONE_MARK } from "./guests.ts";
import { usageOf } from "./processes.ts";
import type { ByteOrder } from "./programs/build.ts";
import { Running } from "./running.ts";
import type { Workload } from "./workloads.ts";

/** One figure. */
export interface Figure {
  readonly name: string;
  readonly order: ByteOrder;
  /** Seconds, or bytes. */
  readonly value: number;
  /** Of the output, where there is any. */
  readonly checksum?: string;
}

const BOOT_SECONDS = 180;
const WORKLOAD_SECONDS = 600;

/** "BENCH name checksum microseconds", or the end. */
const LINE = new RegExp(
  `BENCH (\\S+) ([0-9a-f]{16}) (\\d+)\\r?\\n|${DONE_MARK}`,
);

/** A program of ours came to something else than on every other processor. */
export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

/** Runs a guest once. */
export async function runTrial(
  emulator: Emulator,
  { guest, order, workloads, onFigure }: {
    guest: BenchGuest;
    order: ByteOrder;
    workloads: readonly Workload[];
    onFigure: (figure: Figure) => void;
  },
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (figure: Omit<Figure, "order">) => {
    figures.push({ ...figure, order });
    onFigure({ ...figure, order });
  };
  const start = performance.now();
  await using running = new Running(emulator.commandLine(guest));
  await running.expect(new RegExp(READY_MARK), { seconds: BOOT_SECONDS });
  add({ name: "boot", value: (performance.now() - start) / 1000 });
  for (;;) {
    const [, name, checksum, microseconds] = await running.expect(LINE, {
      seconds: WORKLOAD_SECONDS,
    });
    if (name === undefined || checksum === undefined) break;
    const workload = workloads.find((workload) => workload.name === name);
    if (/^0+$/.test(checksum)) {
      throw new WrongAnswer(`Cannot measure ${name}: it failed in the guest`);
    }
    if (workload?.checksum !== undefined && workload.checksum !== checksum) {
      throw new WrongAnswer(
        `Cannot measure ${name}: ${emulator.name} came to ${checksum}, ` +
          `not ${workload.checksum}`,
      );
    }
    add({ name, value: Number(microseconds) / 1e6, checksum });
  }
  const { residentBytes, guestBytes } = usageOf(running.pid, MEMORY.bytes);
  add({ name: "memory", value: residentBytes - guestBytes });
  return figures;
}
