// A thread whose machine is a fake: it prints, takes and breaks as it is told.
import {
  MachineThread,
  type MachineThreadOptions,
} from "../../emulator/machine_thread.ts";
import type { MachineEnd } from "../../emulator/messages.ts";

/** What the fake machine does. */
export interface FakeScript {
  /** Printed slice by slice. */
  print?: string[];
  /** How it ends when all is printed; it goes on idly if absent. */
  end?: MachineEnd;
  /** Bytes printed in each slice, without end. */
  flood?: number;
  /** Hypercalls made in each slice. */
  hcall?: string[];
  /** How many typed bytes it holds. */
  room?: number;
  /** Does not read what is typed. */
  deaf?: boolean;
  /** Never idle. */
  busy?: boolean;
  /** Breaks in a slice. */
  crash?: boolean;
  /** Never comes out of a slice. */
  hang?: boolean;
  /** Cannot be built. */
  refuse?: string;
}

/** The fake's worker. */
export const FAKE_WORKER = new URL("./_fake_worker.ts", import.meta.url);

/** Starts a thread with a fake machine. */
export function startFake(
  script: FakeScript,
  options: Partial<MachineThreadOptions> = {},
): Promise<MachineThread> {
  return MachineThread.start({
    machine: {
      cpu: "power9",
      mmu: "radix",
      interruptController: "xive",
      memoryBytes: 2 ** 28,
      vcpus: 1,
      clock: "host",
      bootargs: JSON.stringify(script),
    },
    images: { kernel: new ArrayBuffer(0) },
    onConsole: (_, written) => written(),
    worker: FAKE_WORKER,
    ...options,
  });
}

/** Calls a method as the host. */
export function call(
  thread: MachineThread,
  method: string,
  params: unknown = {},
): Promise<unknown> {
  return thread.call(method, params, { client: 0 });
}

/** Collects console output as text. */
export class Collector {
  readonly #decoder = new TextDecoder();
  text = "";
  bytes = 0;

  readonly take = (bytes: Uint8Array, written: () => void) => {
    this.text += this.#decoder.decode(bytes, { stream: true });
    this.bytes += bytes.length;
    written();
  };
}
