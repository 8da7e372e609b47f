/**
 * A pseries partition: the parts put together.
 *
 * @module
 */
import type { Accelerator, EngineView, Exit } from "../cpu/accelerator.ts";
import { layOutMemory } from "../cpu/engine/layout.ts";
import { PENDING } from "../cpu/interrupts.ts";
import { prepareDirectEntry } from "./boot/direct_entry.ts";
import { parseElf } from "./boot/elf.ts";
import {
  type Clock,
  type ClockState,
  HostClock,
  InstructionClock,
  TIMEBASE_FREQUENCY,
} from "./clock.ts";
import { createAccelerator } from "./create_accelerator.ts";
import type { DeviceTreeNode } from "./device_tree/node.ts";
import { DeviceSpace } from "./device_space.ts";
import { type PendingEvent, powerDownEvent } from "./events.ts";
import {
  FirmwareAssistedNmi,
  type NmiHandlers,
} from "./firmware_assisted_nmi.ts";
import { HashTable, hashTableShift } from "./hash_table.ts";
import { ExitCounts } from "./exit_counts.ts";
import { H } from "./hcall/codes.ts";
import { HypercallDispatcher } from "./hcall/dispatch.ts";
import { HYPERCALLS } from "./hcall/mod.ts";
import type { HypercallWorld } from "./hcall/table.ts";
import {
  createInterruptController,
  interruptControllerBytes,
} from "./interrupt_controller/mod.ts";
import type { InterruptController } from "./interrupt_controller/controller.ts";
import { LpcrControl, type LpcrState } from "./lpcr/control.ts";
import {
  type Bell,
  checkMachineOptions,
  defaultAccelerator,
  FIXED_EPOCH,
  type Instant,
  type MachineHost,
  type MachineOptions,
  type MachineStatus,
} from "./machine_options.ts";
import type { EndReason, PartitionEvent, Platform } from "./partition.ts";
import { HostBridge, type HostBridgeState } from "./pci/host_bridge.ts";
import { GuestRam } from "./ram.ts";
import {
  HostRandom,
  type RandomSource,
  type RandomState,
  SeededRandom,
} from "./random.ts";
import { restoreRam, type SavedRam, saveRam } from "./ram_state.ts";
import { RealTimeClock } from "./real_time_clock.ts";
import type { HostTimes, Scheduler } from "./scheduling.ts";
import { RtasDispatcher } from "./rtas/dispatch.ts";
import { RTAS_CALLS } from "./rtas/mod.ts";
import type { RtasWorld } from "./rtas/table.ts";
import { ServiceCounts } from "./service_counts.ts";
import { SOURCE } from "./source_numbers.ts";
import { Synchronisations } from "./synchronisations.ts";
import { treeOptions } from "./tree.ts";
import { Nvram } from "./vio/nvram.ts";
import { VirtualTerminal, VirtualTerminals, VTY_UNIT } from "./vio/vty.ts";
import {
  type ProcessorAreas,
  VirtualProcessorAreas,
} from "./virtual_processor_area.ts";
import { Vcpus, type VcpuState, type VcpuStatus } from "./vcpus.ts";
import type { Port } from "../virtio/console/port.ts";
import { PAGE_BYTES } from "../virtio/balloon/pages.ts";
import { VirtioDevices } from "./virtio/adapter.ts";
import { createDevice } from "./virtio/create_device.ts";
import type { DeviceParts } from "./virtio/device_parts.ts";
import { deviceNames, type DeviceOptionsKind } from "./virtio/options.ts";
import { typedConsole } from "./virtio/typed_console.ts";
import { WorkQueue } from "./work_queue.ts";

/**
 * Instructions that a vCPU runs before the machine looks around, where time
 * follows them.
 */
const SLICE = 65_536;

/** All of a machine's state as plain data. */
export interface MachineState {
  readonly version: 1;
  readonly platform: Platform;
  readonly vcpus: readonly VcpuState[];
  readonly clock: ClockState;
  readonly ram: SavedRam;
  readonly hashTable: Uint8Array;
  readonly interrupts: unknown;
  readonly pci: HostBridgeState;
  readonly terminal: { input: number[]; signals: number };
  readonly nvram: Uint8Array;
  readonly nmi: NmiHandlers | null;
  readonly processorAreas: readonly ProcessorAreas[];
  readonly random: RandomState;
  readonly events: readonly PendingEvent[];
  readonly lpcr: LpcrState;
}

/** A partition that can be run in slices. */
export class Machine implements HypercallWorld, RtasWorld {
  readonly platform: Platform;
  /** Counted up when a vCPU needs the machine that may sleep. */
  readonly bell: Bell;
  readonly accelerator: Accelerator;
  readonly ram: GuestRam;
  readonly clock: Clock;
  readonly hashTable: HashTable;
  readonly interrupts: InterruptController;
  readonly pci: HostBridge;
  readonly virtio: VirtioDevices;
  /** What devices put off. */
  readonly work = new WorkQueue();
  readonly terminals: VirtualTerminals;
  readonly nvram = new Nvram();
  readonly nmi: FirmwareAssistedNmi;
  readonly realTimeClock: RealTimeClock;
  readonly random: RandomSource;
  readonly processorAreas: VirtualProcessorAreas;
  readonly lpcr: LpcrControl;
  /** Who has asked for vCPUs' registers. */
  readonly synchronisations: Synchronisations;
  /** Why vCPUs have left the guest. */
  readonly exits: ExitCounts;
  readonly hypercalls: HypercallDispatcher;
  readonly rtas: RtasDispatcher;
  readonly options: MachineOptions;
  readonly #host: MachineHost;
  readonly #terminal: VirtualTerminal;
  /** The virtio console that is typed at in place of the vty. */
  readonly #typed: Port | undefined;
  readonly #devices: DeviceSpace;
  readonly #vcpus: Vcpus;
  readonly #scheduler: Scheduler;
  /** Of what vCPUs' threads serve themselves. */
  readonly #serviceCounts: ServiceCounts;
  #status: MachineStatus = "prelaunch";
  #events: PendingEvent[] = [];
  #ending: { reason: EndReason; message?: string } | undefined;
  #ended: { reason: EndReason; message?: string } | undefined;
  #tree!: DeviceTreeNode;

  constructor(options: MachineOptions, host: MachineHost) {
    checkMachineOptions(options);
    const { cpu, mmu, interruptController, memoryBytes, vcpus } = options;
    this.options = options;
    this.#host = host;
    this.platform = { cpu, mmu, interruptController, memoryBytes, vcpus };
    const { accelerator: kind = defaultAccelerator(options) } = options;
    this.bell = host.bell ??
      { words: new Int32Array(new SharedArrayBuffer(4)), index: 0 };
    const layout = layOutMemory({
      threads: kind === "threads",
      ramBytes: memoryBytes,
      vcpus,
      hashTableBytes: mmu === "hash" ? 2 ** hashTableShift(memoryBytes) : 0,
      sharedBytes: interruptControllerBytes(interruptController, vcpus),
    });
    const memory = new WebAssembly.Memory({
      initial: layout.pages,
      maximum: layout.pages,
      shared: true,
    });
    this.#serviceCounts = new ServiceCounts(vcpus);
    this.synchronisations = new Synchronisations(vcpus);
    this.exits = new ExitCounts(vcpus);
    this.clock = options.clock === "host"
      ? new HostClock(options.epoch ?? Math.floor(Date.now() / 1000))
      : new InstructionClock(
        options.epoch ?? FIXED_EPOCH,
        () => this.instructions(),
      );
    this.random = options.clock === "host"
      ? new HostRandom()
      : new SeededRandom(options.seed ?? 0);
    const { accelerator, schedule } = createAccelerator(kind, {
      cpu,
      engine: options.engine,
      jitInBackground: options.jitInBackground,
      jitThreshold: options.jitThreshold,
      memory,
      layout,
      clock: this.clock,
      random: this.random,
      bell: this.bell,
      platform: this.platform,
      counts: this.#serviceCounts,
    });
    this.accelerator = accelerator;
    this.ram = new GuestRam(memory.buffer, {
      offset: layout.ram,
      size: memoryBytes,
      written: (address, bytes) => this.accelerator.ramWritten(address, bytes),
    });
    this.hashTable = HashTable.of(memory.buffer, layout);
    this.interrupts = createInterruptController(interruptController, {
      buffer: memory.buffer,
      offset: layout.shared,
      ram: this.ram,
      vcpus,
      setPending: (vcpu, on) =>
        this.accelerator.setPending(vcpu, PENDING.external, on),
      timebase: () => this.clock.now(),
    });
    this.pci = new HostBridge({
      ram: this.ram,
      interrupts: this.interrupts,
      written: (address, bytes) => this.accelerator.ramWritten(address, bytes),
    });
    this.virtio = new VirtioDevices(this);
    this.#addDevices();
    this.#typed = typedConsole(options.bootargs, this.virtio.all);
    this.#devices = new DeviceSpace([
      ...this.interrupts.regions,
      ...this.pci.regions,
    ]);
    this.#terminal = new VirtualTerminal(
      (bytes) => this.#consoleOutput(bytes),
      () => this.interrupts.trigger(SOURCE.vio),
    );
    this.terminals = new VirtualTerminals(
      new Map([[VTY_UNIT, this.#terminal]]),
    );
    this.realTimeClock = new RealTimeClock(this.clock);
    this.processorAreas = new VirtualProcessorAreas(this.ram, vcpus);
    this.nmi = new FirmwareAssistedNmi(this.accelerator, this.ram);
    this.#vcpus = new Vcpus(this);
    this.#scheduler = schedule({
      vcpus,
      states: this.#vcpus,
      serve: (vcpu, exit) => {
        this.#serve(vcpu, exit);
        return this.#ending !== undefined;
      },
      budget: (deadline) => this.#budget(deadline),
    });
    this.lpcr = new LpcrControl(this, {
      owner: options.lpcrOwner,
      mistakes: options.mistakes,
    });
    this.hypercalls = new HypercallDispatcher(this, [
      ...HYPERCALLS,
      ...this.interrupts.hypercalls,
      ...this.pci.hypercalls,
    ], (number) => this.#serviceCounts.of(number));
    this.rtas = new RtasDispatcher(this, [
      ...RTAS_CALLS,
      ...this.interrupts.rtasCalls,
      ...this.pci.rtasCalls,
    ]);
    this.#boot();
  }

  /** prelaunch, running, paused, shutdown or guest-panicked. */
  get status(): MachineStatus {
    return this.#status;
  }

  /** Why the guest ended, once it has. */
  get ended(): { reason: EndReason; message?: string } | undefined {
    return this.#ended;
  }

  /** Where the host's time has gone. */
  get hostTimes(): HostTimes {
    return this.#scheduler.times;
  }

  /** The engine, as far as there is something to see. */
  get engineView(): EngineView | undefined {
    const { accelerator } = this;
    return "view" in accelerator ? accelerator.view as EngineView : undefined;
  }

  /** The device tree that the guest was given. */
  get deviceTree(): DeviceTreeNode {
    return this.#tree;
  }

  /** Accesses to real addresses where there is nothing. */
  get unassignedAccesses(): number {
    return this.#devices.unassigned;
  }

  /** Instructions that all vCPUs have completed since reset. */
  instructions(): number {
    let sum = 0;
    for (let vcpu = 0; vcpu < this.platform.vcpus; vcpu++) {
      sum += this.accelerator.instructions(vcpu);
    }
    return sum;
  }

  /** The present moment in the guest's terms. */
  now(): Instant {
    return {
      instructions: this.instructions(),
      seconds: this.clock.now() / TIMEBASE_FREQUENCY,
    };
  }

  /** Lets the guest run: from prelaunch, or after stop. */
  start(): void {
    if (this.#status !== "prelaunch" && this.#status !== "paused") return;
    this.#status = "running";
    this.clock.start();
    this.#scheduler.start();
    this.emit({ name: "RESUME", data: {} });
  }

  /** Stops the vCPUs and virtual time. */
  stop(): void {
    if (this.#status !== "running") return;
    this.#scheduler.stop();
    this.#finish();
    // An exit that was served yet may have ended the guest.
    if (this.#status !== "running") return;
    this.#scheduler.stop();
    this.#status = "paused";
    this.clock.stop();
    this.emit({ name: "STOP", data: {} });
  }

  /**
   * Restarts the guest from its kernel's entry. One that had ended waits to be
   * started.
   */
  reset(): void {
    this.#scheduler.stop();
    this.#ending = undefined;
    this.#boot();
    if (this.#ended) {
      this.#ended = undefined;
      this.#status = "paused";
    }
    if (this.#status === "running") this.#scheduler.start();
    this.emit({
      name: "RESET",
      data: { guest: false, reason: "host-request" },
    });
  }

  /** Ends the threads that run beside the machine's; nothing runs after that. */
  close(): void {
    this.#scheduler.close();
  }

  /** Presses the power button: the guest is asked to shut down. */
  powerDown(): void {
    this.#events.push(powerDownEvent());
    this.interrupts.trigger(SOURCE.epow);
  }

  /** Bytes typed at the console; gives how many there was room for. */
  typeConsole(bytes: Uint8Array): number {
    return this.#typed?.input(bytes) ?? this.#terminal.type(bytes);
  }

  /**
   * Runs each vCPU for a while. Gives the milliseconds for which there is
   * nothing to do: 0 to be called again at once, Infinity until input comes.
   */
  slice(): number {
    if (this.#status !== "running") return Infinity;
    if (this.work.next < Infinity) this.work.run(this.clock.now());
    this.#serviceCounts.isTraced = this.listens("HCALL");
    const { busy, ended, deadline } = this.#scheduler.round();
    if (ended) {
      this.#finish();
      return this.#status === "running" ? 0 : Infinity;
    }
    if (busy) return 0;
    const next = Math.min(deadline, this.work.next);
    if (next === Infinity) return Infinity;
    return this.clock.idle(next, { awaited: this.virtio.expectant });
  }

  /** With a clock that follows instructions, a slice ends at the deadline. */
  #budget(deadline: number): number {
    const left = Math.min(deadline, this.work.next) - this.clock.now();
    return Math.max(1, Math.min(SLICE, left));
  }

  #serve(vcpu: number, exit: Exit): void {
    if (exit.reason === "hypercall" && this.#acceleratorAnswers(vcpu)) return;
    this.exits.add(vcpu, exit.reason);
    switch (exit.reason) {
      case "hypercall":
        return void this.hypercalls.dispatch(vcpu);
      case "mmio":
        return this.accelerator.completeMmio(
          vcpu,
          this.#devices.access(vcpu, exit),
        );
      case "halt":
        return this.cede(vcpu);
      case "attn":
        return this.end("checkstop", "support processor attention");
      case "checkstop":
        return this.end("checkstop", exit.message);
      case "message":
        return this.#vcpus.message(vcpu, exit.value);
      case "budget":
        return this.#vcpus.endTurn(vcpu);
      case "kick":
        return;
    }
  }

  /**
   * What stands before the machine where the accelerator owns LPCR: it carries
   * H_SET_MODE out, as KVM could, and may then raise the call all the same.
   */
  #acceleratorAnswers(vcpu: number): boolean {
    if (this.lpcr.handler === "machine") return false;
    const call = this.hypercalls.find(vcpu);
    if (call?.home !== "lpcr-owner") return false;
    const code = this.hypercalls.dispatch(vcpu);
    if (this.lpcr.owner !== "accelerator-propagate") return true;
    this.exits.add(vcpu, "hypercall");
    if (code === H.SUCCESS) this.hypercalls.tell(vcpu, call);
    return true;
  }

  synchronised(vcpu: number, by: string): void {
    this.synchronisations.add(vcpu, by);
  }

  emit(event: PartitionEvent): void {
    if (this.#host.listens(event.name)) this.#host.event(event, this.now());
  }

  listens(name: PartitionEvent["name"]): boolean {
    return this.#host.listens(name);
  }

  end(reason: EndReason, message?: string): void {
    this.#ending ??= { reason, ...message !== undefined && { message } };
  }

  cede(vcpu: number): void {
    this.#vcpus.cede(vcpu);
  }

  confer(vcpu: number): void {
    this.#vcpus.preempt(vcpu, "confer");
  }

  join(vcpu: number): void {
    this.#vcpus.join(vcpu);
  }

  isJoined(vcpu: number): boolean {
    const status = this.#vcpus.status(vcpu);
    return status === "joined" || status === "stopped";
  }

  prod(vcpu: number): void {
    this.#vcpus.prod(vcpu);
  }

  isStopped(vcpu: number): boolean {
    return this.#vcpus.status(vcpu) === "stopped";
  }

  /** How a vCPU stands. */
  vcpuStatus(vcpu: number): VcpuStatus {
    return this.#vcpus.status(vcpu);
  }

  startVcpu(
    vcpu: number,
    start: { address: number; argument: number; caller: number },
  ): void {
    this.#vcpus.start(vcpu, start);
    this.lpcr.started(vcpu, start.caller);
  }

  stopVcpu(vcpu: number): void {
    this.#vcpus.stop(vcpu);
  }

  systemReset(vcpu: number): void {
    this.#vcpus.systemReset(vcpu);
  }

  takeEvent(mask: number): Uint8Array | undefined {
    const index = this.#events.findIndex((event) => event.class & mask);
    return index < 0 ? undefined : this.#events.splice(index, 1)[0]?.log;
  }

  #consoleOutput(bytes: Uint8Array): void {
    this.#host.console(bytes);
  }

  #balloonChanged(device: string, pages: number): void {
    const actual = Math.max(0, this.platform.memoryBytes - pages * PAGE_BYTES);
    this.emit({ name: "BALLOON_CHANGE", data: { device, actual } });
  }

  #addDevices(): void {
    const { devices = [], virtio, memoryBytes } = this.options;
    const { world } = this.virtio;
    const numbers = new Map<DeviceOptionsKind, number>();
    const parts: Omit<DeviceParts, "onBalloon" | "sockets" | "number"> = {
      defer: (work) => this.work.defer(work),
      memory: world.memory(false),
      memoryBytes,
      clock: {
        now: () => world.now() / 1e6,
        later: (milliseconds, work) => world.later(milliseconds * 1e6, work),
      },
      console: (bytes) => this.#consoleOutput(bytes),
      onClose: (close) => this.virtio.onClose(close),
    };
    deviceNames(devices).forEach((name, i) => {
      const device = devices[i];
      if (!device) return;
      const number = numbers.get(device.kind) ?? 0;
      numbers.set(device.kind, number + 1);
      const own = {
        number,
        sockets: () => this.#host.sockets?.(name),
        wire: (port: string) => this.#host.port?.(name, port),
        onBalloon: (pages: number) => this.#balloonChanged(name, pages),
      };
      this.virtio.add(createDevice(device, { ...parts, ...own }), {
        ...virtio,
        ...device,
        name,
      });
    });
  }

  /** Carries out what `end` asked for. */
  #finish(): void {
    this.#scheduler.stop();
    const ending = this.#ending;
    this.#ending = undefined;
    if (!ending) return;
    if (ending.reason === "reset") {
      this.#boot();
      this.emit({
        name: "RESET",
        data: { guest: true, reason: "guest-reset" },
      });
      this.#scheduler.start();
      return;
    }
    this.clock.stop();
    this.#ended = ending;
    if (ending.reason === "power-off") {
      this.#status = "shutdown";
      this.emit({
        name: "SHUTDOWN",
        data: { guest: true, reason: "guest-shutdown" },
      });
      return;
    }
    this.#status = "guest-panicked";
    this.emit({
      name: "GUEST_PANICKED",
      data: { reason: ending.reason, message: ending.message ?? "" },
    });
  }

  /** Everything as after power-on, the guest loaded and ready to enter. */
  #boot(): void {
    this.#scheduler.reset();
    this.#vcpus.reset();
    this.nmi.reset();
    this.hashTable.clear();
    this.interrupts.reset();
    this.pci.reset();
    this.processorAreas.reset();
    this.#terminal.reset();
    this.#typed?.discardInput();
    this.lpcr.reset();
    this.#events = [];
    const entry = prepareDirectEntry({
      kernel: parseElf(this.options.kernel),
      ...this.options.initrd && { initrd: this.options.initrd },
      ram: this.ram.view(0, this.ram.size) as Uint8Array<ArrayBuffer>,
      tree: treeOptions(this.options, {
        hypertasFunctions: this.hypercalls.hypertasFunctions,
        rtasTokens: this.rtas.tokens,
        pciNodes: [this.pci.node()],
        random: this.random,
      }),
    });
    this.#tree = entry.tree;
    this.nmi.rtasBase = entry.layout.rtas.start;
    for (const [index, value] of entry.gpr) {
      this.accelerator.setOneReg(0, "GPR", value, { index });
    }
    this.accelerator.setOneReg(0, "NIA", BigInt(entry.entry));
  }

  /** All state as plain data; the machine must not be in a slice. */
  save(): MachineState {
    return this.#whileStopped(() => this.#save());
  }

  /** Keeps the vCPUs from running meanwhile. */
  #whileStopped<T>(action: () => T): T {
    this.#scheduler.stop();
    try {
      return action();
    } finally {
      if (this.#status === "running") this.#scheduler.start();
    }
  }

  #save(): MachineState {
    return {
      version: 1,
      platform: this.platform,
      vcpus: this.#vcpus.save(),
      clock: this.clock.save(),
      ram: saveRam(this.ram),
      hashTable: this.hashTable.save(),
      interrupts: this.interrupts.save(),
      pci: this.pci.save(),
      terminal: this.#terminal.save(),
      nvram: this.nvram.save(),
      nmi: this.nmi.save(),
      processorAreas: this.processorAreas.save(),
      random: this.random.save(),
      events: [...this.#events],
      lpcr: this.lpcr.save(),
    };
  }

  /**
   * Takes the state of a machine of the same platform.
   *
   * @throws {RangeError} If the state is of another platform or malformed.
   */
  restore(state: MachineState): void {
    const wanted = JSON.stringify(this.platform);
    if (state.version !== 1 || JSON.stringify(state.platform) !== wanted) {
      throw new RangeError(
        `Cannot restore machine: state is of another platform: ${
          JSON.stringify(state.platform)
        }`,
      );
    }
    this.#whileStopped(() => this.#restore(state));
  }

  #restore(state: MachineState): void {
    this.#scheduler.reset();
    this.#vcpus.restore(state.vcpus);
    this.clock.restore(state.clock);
    restoreRam(this.ram, state.ram);
    this.hashTable.restore(state.hashTable);
    this.interrupts.restore(state.interrupts);
    this.pci.restore(state.pci);
    this.#terminal.restore(state.terminal);
    this.nvram.restore(state.nvram);
    this.nmi.restore(state.nmi);
    this.processorAreas.restore(state.processorAreas);
    this.random.restore(state.random);
    this.lpcr.restore(state.lpcr);
    this.#events = [...state.events];
  }
}
