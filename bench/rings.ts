/**
 * What looking into a ring costs: how long an answer takes while the guest
 * reads its disk, and how much slower the guest is while somebody subscribes.
 *
 * @module
 */
import { MachineThread } from "../emulator/machine_thread.ts";
import { callMachine } from "../monitor/call.ts";
import {
  COPIES,
  type CopyName,
  type DiskFiles,
  diskGuest,
  MARK,
} from "./disk_guest.ts";
import { MEMORY } from "./emulator.ts";
import type { BenchGuest } from "./guests.ts";
import { median } from "./statistics.ts";

/** What {@linkcode measureRings} found. */
export interface RingFigures {
  /** Milliseconds of each answer of `query-virtio-ring`. */
  readonly inspections: readonly number[];
  /** Seconds of a copy that nobody watches, and of one with a subscriber. */
  readonly alone: readonly number[];
  readonly watched: readonly number[];
  /** Events that the subscriber got. */
  readonly events: number;
}

const COPY: CopyName = "disk read";
const BOOT_SECONDS = 180;
const INSPECT_EVERY_MILLISECONDS = 20;

/** Boots a guest in this process that copies over and over. */
export async function measureRings(
  guest: BenchGuest,
  { files, folder, rounds }: {
    files: DiskFiles;
    folder: string;
    rounds: number;
  },
): Promise<RingFigures> {
  // Alone and watched in turn, and once at the end for the inspections.
  const copies = Array.from({ length: 2 * rounds + 1 }, () => COPY);
  const { kernel, initrd, append } = await diskGuest(guest, { copies, folder });
  const console = new Marks();
  await using thread = await MachineThread.start({
    machine: {
      cpu: "power9",
      mmu: "radix",
      interruptController: "xive",
      memoryBytes: MEMORY.bytes,
      vcpus: 1,
      clock: "host",
      bootargs: append,
      devices: [
        { kind: "blk", path: files.image },
        { kind: "p9", tag: "host0", path: files.share },
      ],
    },
    images: {
      kernel: (await Deno.readFile(kernel)).buffer,
      initrd: (await Deno.readFile(initrd)).buffer,
    },
    onConsole(bytes, written) {
      console.add(bytes);
      written();
    },
  });
  let events = 0;
  thread.onEvent(() => void events++);
  const watch = (on: boolean) =>
    thread.setEventInterest({
      events: on ? ["VIRTIO_NOTIFY", "VIRTIO_USED"] : [],
      hcalls: [],
      virtio: on ? [{ device: "blk0", queue: 0 }] : [],
    });
  const figures = { alone: [] as number[], watched: [] as number[] };
  await callMachine(thread, "cont");
  for (let round = 0; round < 2 * rounds; round++) {
    const watched = round % 2 === 1;
    watch(watched);
    figures[watched ? "watched" : "alone"].push(await console.copy());
  }
  watch(false);
  await console.begin();
  const inspections: number[] = [];
  let over = false;
  const end = console.end().then(() => over = true);
  while (!over) {
    const start = performance.now();
    await callMachine(thread, "query-virtio-ring", {
      params: { device: "blk0", queue: 0 },
    });
    inspections.push(performance.now() - start);
    await new Promise((resolve) =>
      setTimeout(resolve, INSPECT_EVERY_MILLISECONDS)
    );
  }
  await end;
  return { inspections, events, ...figures };
}

/** Figures as sentences, each with what it should be. */
export function ringText({ inspections, alone, watched, events }: RingFigures) {
  const slowest = Math.max(...inspections);
  const fall = 1 - median(alone) / median(watched);
  return [
    `Looking into a ring of 256 while the guest reads: median ${
      median(inspections).toFixed(1)
    } ms, slowest ${slowest.toFixed(1)} ms of ${inspections.length} ` +
    "(wanted: below 20 ms)",
    `With one subscriber (${events} events) the guest reads ${
      (100 * fall).toFixed(1)
    } % slower (wanted: below 5 %); \`${COPIES[COPY]}\``,
  ].join("\n");
}

/** The marks on a console, as they come. */
class Marks {
  readonly #decoder = new TextDecoder();
  #text = "";
  #look = () => {};

  add(bytes: Uint8Array): void {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    this.#look();
  }

  begin(): Promise<void> {
    return this.#expect(MARK.begin);
  }

  end(): Promise<void> {
    return this.#expect(MARK.end);
  }

  /** Waits for a whole copy; gives its seconds. */
  async copy(): Promise<number> {
    await this.begin();
    const start = performance.now();
    await this.end();
    return (performance.now() - start) / 1000;
  }

  async #expect(mark: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () =>
        reject(new Error(`Cannot see "${mark}": ${this.#text.slice(-300)}`)),
      BOOT_SECONDS * 1000,
    );
    this.#look = () => {
      const at = this.#text.indexOf(mark);
      if (at < 0) return;
      this.#text = this.#text.slice(at + mark.length);
      this.#look = () => {};
      resolve();
    };
    this.#look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}
