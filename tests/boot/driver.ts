/**
 * Boots a guest in this thread and talks to it over its console.
 *
 * @module
 */
import assert from "node:assert/strict";
import { LPCR, MSR } from "../../cpu/state.ts";
import { Machine } from "../../machine/machine.ts";
import type { Instant, MachineOptions } from "../../machine/machine_options.ts";
import type { PartitionEvent } from "../../machine/partition.ts";
import type { LoadedGuest } from "./guests.ts";

/** What a boot chooses. The rest is 512 MiB and one vCPU. */
export type BootOptions =
  & Pick<MachineOptions, "cpu" | "mmu" | "interruptController">
  & Partial<MachineOptions>;

/** Longest time on the host that a guest may take to print something. */
const PATIENCE_SECONDS = 120;

/** Longest sleep of an idle guest, so that patience is checked. */
const NAP_MILLISECONDS = 50;

/** Hypercalls whose events are kept; a boot makes tens of thousands of others. */
const KEPT = new Set(["H_SET_MODE", "H_REGISTER_PROC_TBL"]);

/** A machine with its console as text. */
export class Boot {
  readonly machine: Machine;
  readonly events: (PartitionEvent & { at: Instant })[] = [];
  /** Everything that the guest printed. */
  text = "";
  #seen = 0;
  readonly #decoder = new TextDecoder();

  constructor(guest: LoadedGuest, options: BootOptions) {
    this.machine = new Machine({
      memoryBytes: 512 * 2 ** 20,
      vcpus: 1,
      clock: "host",
      kernel: guest.kernel,
      ...guest.initrd && { initrd: guest.initrd },
      bootargs: guest.append,
      ...options,
    }, {
      console: (bytes) => {
        this.text += this.#decoder.decode(bytes, { stream: true });
      },
      event: (event, at) => {
        if (event.name === "HCALL" && !KEPT.has(String(event.data.name))) {
          return;
        }
        this.events.push({ ...event, at });
      },
      listens: (name) => name !== "CONSOLE",
      // What the network answers by itself needs no host.
      sockets: () => ({ request: () => {}, connect: () => {} }),
    });
  }

  /** Ends the machine's threads, where it has any. */
  [Symbol.dispose](): void {
    this.machine.close();
  }

  /** Runs until the guest has printed the text, beyond what was seen before. */
  expect(text: string, { seconds = PATIENCE_SECONDS } = {}): string {
    const found = () => this.text.indexOf(text, this.#seen);
    this.runUntil(() => found() >= 0, { seconds, what: `"${text}"` });
    const start = this.#seen;
    this.#seen = found() + text.length;
    return this.text.slice(start, this.#seen);
  }

  /** Runs until a condition holds. */
  runUntil(
    condition: () => boolean,
    { seconds = PATIENCE_SECONDS, what = "condition" }: {
      seconds?: number;
      what?: string;
    } = {},
  ): void {
    const limit = performance.now() + seconds * 1000;
    while (!condition()) {
      const { words, index } = this.machine.bell;
      const rung = Atomics.load(words, index);
      const idle = this.machine.slice();
      if (this.machine.status !== "running") break;
      if (performance.now() > limit) break;
      if (idle > 0) {
        Atomics.wait(words, index, rung, Math.min(idle, NAP_MILLISECONDS));
      }
    }
    if (condition()) return;
    const { status, ended } = this.machine;
    assert.fail(
      `Cannot see ${what}: guest is ${status} (${ended?.reason ?? "no end"}: ${
        ended?.message ?? ""
      }) at 0x${this.machine.accelerator.getOneReg(0, "NIA").toString(16)}\n` +
        this.text.slice(-2000),
    );
  }

  /** Types at the console. */
  type(text: string): void {
    const bytes = new TextEncoder().encode(text);
    assert.equal(this.machine.typeConsole(bytes), bytes.length);
  }

  /** Runs to the shell's prompt. */
  toShell(): this {
    if (this.machine.status === "prelaunch") this.machine.start();
    this.expect("READY-MARK");
    this.expect("# ");
    return this;
  }

  /** What a command prints, without the line ends of the terminal. */
  run(command: string): string {
    // Written so that the echo of the line is not taken for the end.
    this.type(`${command}; echo EN''D-OF-OUTPUT\n`);
    this.expect("EN''D-OF-OUTPUT");
    const output = this.expect("END-OF-OUTPUT");
    this.expect("# ");
    return output.replaceAll("\r", "").replace(/\n?END-OF-OUTPUT$/, "").trim();
  }

  /** Runs until the machine has ended; gives why. */
  end(): string | undefined {
    this.runUntil(() => this.machine.status !== "running", { what: "an end" });
    return this.machine.ended?.reason;
  }

  /** Events of a name, in their order. */
  eventsOf(name: PartitionEvent["name"]): Record<string, unknown>[] {
    return this.events.filter((event) => event.name === name)
      .map(({ data }) => data);
  }

  /** LPCR[ILE] of the first vCPU. */
  get interruptsLittleEndian(): boolean {
    const { accelerator } = this.machine;
    return (accelerator.getOneReg(0, "LPCR") & LPCR.ILE) !== 0n;
  }

  /** MSR[LE] of the first vCPU. */
  get littleEndian(): boolean {
    return (this.machine.accelerator.getOneReg(0, "MSR") & MSR.LE) !== 0n;
  }
}
