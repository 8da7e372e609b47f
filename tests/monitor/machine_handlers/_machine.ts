// A machine with a program of a few instructions, and its methods.
import { Machine } from "../../../machine/machine.ts";
import type { MachineOptions } from "../../../machine/machine_options.ts";
import type { MonitorEvent } from "../../../monitor/backend.ts";
import { callMachine } from "../../../monitor/call.ts";
import { checkEvent, checkResult } from "../../../monitor/check.ts";
import { HandlerBackend } from "../../../monitor/handlers.ts";
import {
  machineHandlers,
  toConsoleEvent,
  toMonitorEvent,
} from "../../../monitor/machine_handlers/mod.ts";
import {
  findMethod,
  type MachineMethodName,
  type MethodParams,
  type MethodResult,
} from "../../../monitor/methods/mod.ts";
import { buildElf } from "../../machine/boot/elf_fixture.ts";

/** Slices that a guest of these tests may take. */
const MAX_SLICES = 20_000;

/** The program's words by real address. */
export type Program = Readonly<Record<number, readonly number[]>>;

/** How the program enters H_SET_MODE's resource LE with value 1, and stays. */
export const SET_MODE_LE: Program = {
  0: [
    0x3860031c, // li r3,0x31c
    0x38800001, // li r4,1
    0x38a00004, // li r5,4
    0x38c00000, // li r6,0
    0x38e00000, // li r7,0
    0x44000022, // sc 1
    0x48000000, // b .
  ],
};

/** A big-endian ELF file of the program, entered at 0. */
export function programImage(program: Program): Uint8Array {
  const segments = Object.entries(program).map(([address, words]) => {
    const bytes = new Uint8Array(words.length * 4);
    const view = new DataView(bytes.buffer);
    words.forEach((word, i) => view.setUint32(4 * i, word));
    return { address: BigInt(address), bytes };
  });
  return buildElf({ entry: 0n, segments });
}

/** A machine under test, its methods called as a client calls them. */
export class MachineUnderTest {
  readonly machine: Machine;
  readonly events: MonitorEvent[] = [];
  quits = 0;
  wakes = 0;
  text = "";
  readonly #backend: HandlerBackend;

  constructor(options: Partial<MachineOptions> & { kernel: Uint8Array }) {
    const cpu = options.cpu ?? "power9";
    this.machine = new Machine({
      cpu,
      mmu: cpu === "power8" ? "hash" : "radix",
      interruptController: cpu === "power8" ? "xics" : "xive",
      memoryBytes: 256 * 2 ** 20,
      vcpus: 1,
      bootargs: "quiet",
      clock: "instructions",
      epoch: 1_900_000_000,
      ...options,
    }, {
      console: (bytes) => {
        this.text += new TextDecoder().decode(bytes);
        this.#note(toConsoleEvent(bytes, this.machine.now()));
      },
      event: (event, at) => this.#note(toMonitorEvent(event, { at, cpu })),
      listens: () => true,
    });
    this.#backend = new HandlerBackend(
      machineHandlers(this.machine, {
        quit: () => void this.quits++,
        wake: () => void this.wakes++,
      }),
      { state: () => this.machine.status },
    );
  }

  /** Calls a method; what it answers must be what the table says. */
  async call<Name extends MachineMethodName>(
    name: Name,
    params?: MethodParams<Name>,
  ): Promise<MethodResult<Name>> {
    const result = await callMachine(
      this.#backend,
      name,
      params === undefined ? {} : { params },
    );
    checkResult(findMethod(name)!, result);
    return result;
  }

  /** Lets the guest run until the condition holds. */
  runUntil(condition: () => boolean): void {
    this.machine.start();
    for (let i = 0; !condition(); i++) {
      if (i === MAX_SLICES) throw new Error("The guest takes too long");
      this.machine.slice();
    }
  }

  /** Lets the guest run for some slices. */
  runSlices(count: number): void {
    let left = count;
    this.runUntil(() => left-- === 0);
  }

  #note(event: MonitorEvent): void {
    checkEvent(event);
    this.events.push(event);
  }
}
