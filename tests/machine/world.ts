/**
 * A partition for unit tests of hypercalls and RTAS calls: real registers,
 * RAM, hash table and LPCR control, but no guest, no interrupt controller and
 * a clock that stands where it is put.
 *
 * @module
 */
import type { Accelerator } from "../../cpu/accelerator.ts";
import { layOutMemory } from "../../cpu/engine/layout.ts";
import { PENDING } from "../../cpu/interrupts.ts";
import { InlineAccelerator } from "../../cpu/inline.ts";
import { type Clock, InstructionClock } from "../../machine/clock.ts";
import { HashTable } from "../../machine/hash_table.ts";
import { HypercallDispatcher } from "../../machine/hcall/dispatch.ts";
import { HYPERCALLS } from "../../machine/hcall/mod.ts";
import type { HypercallWorld } from "../../machine/hcall/table.ts";
import { LpcrControl } from "../../machine/lpcr/control.ts";
import type { Mistake } from "../../machine/lpcr/mistakes.ts";
import type { LpcrOwner } from "../../machine/lpcr/owner.ts";
import type { Instant } from "../../machine/machine_options.ts";
import type {
  EndReason,
  PartitionEvent,
  Platform,
} from "../../machine/partition.ts";
import { FirmwareAssistedNmi } from "../../machine/firmware_assisted_nmi.ts";
import { GuestRam } from "../../machine/ram.ts";
import { SeededRandom } from "../../machine/random.ts";
import { RealTimeClock } from "../../machine/real_time_clock.ts";
import { RtasDispatcher } from "../../machine/rtas/dispatch.ts";
import { RTAS_CALLS } from "../../machine/rtas/mod.ts";
import type { RtasWorld } from "../../machine/rtas/table.ts";
import { Nvram } from "../../machine/vio/nvram.ts";
import {
  VirtualTerminal,
  VirtualTerminals,
  VTY_UNIT,
} from "../../machine/vio/vty.ts";
import { VirtualProcessorAreas } from "../../machine/virtual_processor_area.ts";

/** Seconds since 1970 at which the world's time stands: 2013-12-16 12:30. */
export const EPOCH = 1_387_197_000;

/** Guest RAM of a {@linkcode TestWorld}. */
export const RAM_BYTES = 16 * 2 ** 20;

/** What a hypercall gave: the code, and the registers from R4 up. */
export interface Answer {
  readonly code: number;
  readonly results: readonly bigint[];
}

/** What a {@linkcode TestWorld} is like. */
export interface TestWorldOptions extends Partial<Platform> {
  readonly lpcrOwner?: LpcrOwner;
  readonly mistakes?: readonly Mistake[];
}

/** The world that calls act on, and a record of what they did to it. */
export class TestWorld implements HypercallWorld, RtasWorld {
  readonly platform: Platform;
  readonly accelerator: Accelerator;
  readonly ram: GuestRam;
  readonly clock: Clock;
  readonly hashTable: HashTable;
  readonly terminal: VirtualTerminal;
  readonly terminals: VirtualTerminals;
  readonly nvram = new Nvram();
  readonly nmi: FirmwareAssistedNmi;
  readonly realTimeClock: RealTimeClock;
  readonly random = new SeededRandom(1);
  readonly processorAreas: VirtualProcessorAreas;
  readonly lpcr: LpcrControl;
  readonly hypercalls: HypercallDispatcher;
  readonly rtas: RtasDispatcher;
  readonly interrupts = { setLevel() {}, trigger() {} };
  /** Names of events that somebody listens to. */
  readonly listening = new Set<PartitionEvent["name"]>();
  readonly events: PartitionEvent[] = [];
  readonly ends: { reason: EndReason; message?: string }[] = [];
  readonly ceded: number[] = [];
  readonly prodded: number[] = [];
  readonly conferred: number[] = [];
  readonly joined = new Set<number>();
  readonly started: unknown[] = [];
  readonly stopped = new Set<number>();
  /** Error logs that wait, by class. */
  readonly logs: { class: number; log: Uint8Array }[] = [];
  /** Console output. */
  text = "";
  /** Interrupts of the terminal. */
  terminalInterrupts = 0;

  /** Who asked for registers, as `vcpu: asker`. */
  readonly asked: string[] = [];

  constructor({ lpcrOwner, mistakes, ...options }: TestWorldOptions = {}) {
    this.platform = {
      cpu: "power9",
      mmu: "hash",
      interruptController: "xive",
      memoryBytes: RAM_BYTES,
      vcpus: 1,
      ...options,
    };
    const { cpu, mmu, vcpus } = this.platform;
    const layout = layOutMemory({
      ramBytes: RAM_BYTES,
      vcpus,
      hashTableBytes: mmu === "hash" ? 2 ** 18 : 0,
      sharedBytes: 0,
    });
    const memory = new WebAssembly.Memory({
      initial: layout.pages,
      maximum: layout.pages,
      shared: true,
    });
    this.clock = new InstructionClock(EPOCH, () => 0);
    this.accelerator = new InlineAccelerator({
      cpu,
      memory,
      layout,
      timebase: () => this.clock.now(),
    });
    this.ram = new GuestRam(memory.buffer, {
      offset: layout.ram,
      size: RAM_BYTES,
      written: (address, bytes) => this.accelerator.ramWritten(address, bytes),
    });
    this.hashTable = new HashTable(
      memory.buffer,
      layout.hashTable,
      layout.hashTableBytes,
    );
    this.terminal = new VirtualTerminal(
      (bytes) => this.text += new TextDecoder("latin1").decode(bytes),
      () => this.terminalInterrupts++,
    );
    this.terminals = new VirtualTerminals(
      new Map([[VTY_UNIT, this.terminal]]),
    );
    this.realTimeClock = new RealTimeClock(this.clock);
    this.processorAreas = new VirtualProcessorAreas(this.ram, vcpus);
    this.nmi = new FirmwareAssistedNmi(this.accelerator, this.ram);
    this.lpcr = new LpcrControl(this, { owner: lpcrOwner, mistakes });
    this.hypercalls = new HypercallDispatcher(this, HYPERCALLS);
    this.rtas = new RtasDispatcher(this, RTAS_CALLS);
  }

  /** Makes a hypercall as a vCPU does: number in R3, arguments from R4. */
  hcall(
    number: number,
    args: readonly (bigint | number)[] = [],
    { vcpu = 0 }: { vcpu?: number } = {},
  ): Answer {
    const { accelerator } = this;
    const set = (index: number, value: bigint) =>
      accelerator.setOneReg(vcpu, "GPR", value, { index });
    set(3, BigInt.asUintN(64, BigInt(number)));
    for (let i = 0; i < 9; i++) {
      set(4 + i, BigInt.asUintN(64, BigInt(args[i] ?? 0)));
    }
    this.hypercalls.dispatch(vcpu);
    const get = (index: number) => accelerator.getOneReg(vcpu, "GPR", index);
    return {
      code: Number(BigInt.asIntN(64, get(3))),
      results: Array.from({ length: 9 }, (_, i) => get(4 + i)),
    };
  }

  /** Makes an RTAS call with a block at 64 KiB; gives its result cells. */
  call(
    name: string,
    args: readonly number[] = [],
    { results = 1, vcpu = 0 }: { results?: number; vcpu?: number } = {},
  ): number[] {
    const token = this.rtas.tokens.get(name);
    if (token === undefined) throw new Error(`Cannot find RTAS call: ${name}`);
    const block = 0x10000;
    [token, args.length, results, ...args].forEach((cell, i) => {
      this.ram.setU32(block + 4 * i, cell >>> 0);
    });
    this.rtas.dispatch(vcpu, block);
    return Array.from(
      { length: results },
      (_, i) => this.ram.u32(block + 12 + 4 * (args.length + i)) | 0,
    );
  }

  /** The LPCR of a vCPU. */
  lpcrOf(vcpu = 0): bigint {
    return this.accelerator.getOneReg(vcpu, "LPCR");
  }

  now(): Instant {
    return { instructions: 0, seconds: 0 };
  }

  emit(event: PartitionEvent): void {
    this.events.push(event);
  }

  listens(name: PartitionEvent["name"]): boolean {
    return this.listening.has(name);
  }

  synchronised(vcpu: number, by: string): void {
    this.asked.push(`${vcpu}: ${by}`);
  }

  end(reason: EndReason, message?: string): void {
    this.ends.push({ reason, ...message !== undefined && { message } });
  }

  cede(vcpu: number): void {
    this.ceded.push(vcpu);
  }

  confer(vcpu: number): void {
    this.conferred.push(vcpu);
  }

  join(vcpu: number): void {
    this.joined.add(vcpu);
  }

  isJoined(vcpu: number): boolean {
    return this.joined.has(vcpu) || this.stopped.has(vcpu);
  }

  prod(vcpu: number): void {
    this.prodded.push(vcpu);
  }

  isStopped(vcpu: number): boolean {
    return this.stopped.has(vcpu);
  }

  startVcpu(vcpu: number, start: object): void {
    this.stopped.delete(vcpu);
    this.started.push({ vcpu, ...start });
  }

  stopVcpu(vcpu: number): void {
    this.stopped.add(vcpu);
  }

  systemReset(vcpu: number): void {
    this.accelerator.setPending(vcpu, PENDING.systemReset, true);
  }

  takeEvent(mask: number): Uint8Array | undefined {
    const index = this.logs.findIndex((event) => event.class & mask);
    return index < 0 ? undefined : this.logs.splice(index, 1)[0]?.log;
  }
}
