/**
 * What a vCPU's thread serves itself instead of leaving to the machine: calls
 * and accesses that touch shared memory only, as KVM serves some in real mode.
 *
 * @module
 */
import type { MemoryLayout } from "../cpu/engine/layout.ts";
import type { ExitReason } from "../cpu/exits.ts";
import { exitOf } from "../cpu/inline/exit.ts";
import { PENDING } from "../cpu/interrupts.ts";
import type { Registers } from "../cpu/registers.ts";
import { MSR } from "../cpu/state.ts";
import type { VcpuThread } from "../cpu/threads/vcpu_thread.ts";
import { DeviceSpace } from "./device_space.ts";
import { HashTable } from "./hash_table.ts";
import { hashPageTableCalls } from "./hcall/hash_page_table.ts";
import { H } from "./hcall/codes.ts";
import type { Hypercall, VcpuCall, VcpuSideWorld } from "./hcall/table.ts";
import { createInterruptController } from "./interrupt_controller/mod.ts";
import type { Platform } from "./partition.ts";
import { GuestRam } from "./ram.ts";
import type { ServiceCounts } from "./service_counts.ts";

/** What a vCPU's services need. */
export interface VcpuServicesParts {
  readonly thread: VcpuThread;
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly platform: Platform;
  readonly counts: ServiceCounts;
  readonly timebase: () => number;
}

/** Serves one vCPU, in its thread. */
export class VcpuServices {
  readonly #thread: VcpuThread;
  readonly #counts: ServiceCounts;
  readonly #registers: Registers;
  readonly #calls: ReadonlyMap<number, Hypercall>;
  readonly #devices: DeviceSpace;
  readonly #call: VcpuCall;

  constructor(parts: VcpuServicesParts) {
    const { thread, memory: { buffer }, layout, platform, counts } = parts;
    const { registers, vcpu } = thread;
    this.#thread = thread;
    this.#counts = counts;
    this.#registers = registers;
    const ram = new GuestRam(buffer, {
      offset: layout.ram,
      size: layout.ramBytes,
      written: (address, bytes) => thread.ramWritten(address, bytes),
    });
    const controller = createInterruptController(
      platform.interruptController,
      {
        buffer,
        offset: layout.shared,
        ram,
        vcpus: platform.vcpus,
        setPending: (target, on) =>
          thread.setPending(target, PENDING.external, on),
        timebase: parts.timebase,
      },
    );
    const calls = [...hashPageTableCalls, ...controller.hypercalls];
    this.#calls = new Map(
      calls.filter(({ onVcpu }) => onVcpu).map((call) => [call.number, call]),
    );
    this.#devices = new DeviceSpace(controller.regions);
    const world: VcpuSideWorld = {
      platform,
      ram,
      hashTable: HashTable.of(buffer, layout),
      accelerator: thread,
    };
    this.#call = {
      world,
      vcpu,
      arg: (n) => registers.get("GPR", 3 + n),
      number: (n) => registers.number("GPR", 3 + n),
      result: (n, value) => registers.set("GPR", BigInt(value), 3 + n),
    };
  }

  /** Serves what the vCPU has left for, if it is served here. */
  serve(reason: ExitReason): boolean {
    if (reason === "hypercall") return this.#hypercall();
    return reason === "mmioLoad" || reason === "mmioStore"
      ? this.#access(reason)
      : false;
  }

  #hypercall(): boolean {
    const registers = this.#registers;
    const number = registers.number("GPR", 3);
    const call = this.#calls.get(number);
    // Whoever listens to calls hears of them from the machine.
    if (!call?.onVcpu || this.#counts.isTraced) return false;
    const problem = (registers.low("MSR") & Number(MSR.PR)) !== 0;
    const code = problem ? H.PRIVILEGE : call.onVcpu(this.#call);
    registers.set("GPR", BigInt(code), 3);
    this.#counts.add(this.#thread.vcpu, number, code);
    return true;
  }

  #access(reason: ExitReason): boolean {
    const registers = this.#registers;
    const exit = exitOf(registers, reason);
    if (exit.reason !== "mmio" || !this.#devices.has(exit)) return false;
    const value = this.#devices.access(this.#thread.vcpu, exit);
    registers.set("EXIT_VALUE", value, 1);
    registers.setLow("MMIO_DONE", 1);
    return true;
  }
}
