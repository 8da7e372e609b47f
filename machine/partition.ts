/**
 * What hypercalls, RTAS calls and devices may use of the machine that they
 * belong to. The machine implements it; its parts know only this.
 *
 * @module
 */
import type { Accelerator, CpuModel } from "../cpu/accelerator.ts";
import type { Clock } from "./clock.ts";
import type { VirtioEvent } from "../virtio/world.ts";
import type { GuestRam } from "./ram.ts";

/** How the guest translates addresses. */
export type MmuKind = "radix" | "hash";

/** Which interrupt controller the guest sees. */
export type InterruptControllerKind = "xive" | "xics";

/** The platform as it was chosen; constant over a machine's life. */
export interface Platform {
  readonly cpu: CpuModel;
  readonly mmu: MmuKind;
  readonly interruptController: InterruptControllerKind;
  readonly memoryBytes: number;
  readonly vcpus: number;
}

/** Why a partition ended. */
export type EndReason =
  | "power-off"
  | "reset"
  | "panic"
  | "checkstop"
  | "host-request";

/** Something that happened, for those who subscribe. */
export interface PartitionEvent {
  readonly name:
    | "STOP"
    | "RESUME"
    | "RESET"
    | "SHUTDOWN"
    | "GUEST_PANICKED"
    | "LPCR_CHANGE"
    | "HCALL"
    | "CONSOLE"
    | "BALLOON_CHANGE"
    | VirtioEvent["name"];
  readonly data: Record<string, unknown>;
}

/** The wires from devices to the interrupt controller. */
export interface InterruptLines {
  /** Sets a level-sensitive source (LSI). */
  setLevel(source: number, on: boolean): void;
  /** Triggers a message-signalled source. */
  trigger(source: number): void;
}

/** The machine's face towards its parts. */
export interface Partition {
  readonly platform: Platform;
  readonly accelerator: Accelerator;
  readonly ram: GuestRam;
  readonly clock: Clock;
  readonly interrupts: InterruptLines;
  /** Tells subscribers; cheap where nobody listens to the name. */
  emit(event: PartitionEvent): void;
  /** Whether anybody listens to events of the name. */
  listens(name: PartitionEvent["name"]): boolean;
  /** Registers of a vCPU were asked for, other than a call's arguments. */
  synchronised(vcpu: number, by: string): void;
  /** Ends or restarts the guest once the current call is done. */
  end(reason: EndReason, message?: string): void;
  /** Halts a vCPU until an interrupt is pending (H_CEDE). */
  cede(vcpu: number): void;
  /** Takes a vCPU off until the others have had their turns (H_CONFER). */
  confer(vcpu: number): void;
  /** Halts a vCPU until H_PROD, whatever else comes (H_JOIN). */
  join(vcpu: number): void;
  /** Whether a vCPU has joined, or is stopped. */
  isJoined(vcpu: number): boolean;
  /** Wakes a vCPU that has ceded, or makes its next H_CEDE return (H_PROD). */
  prod(vcpu: number): void;
  /** Whether a vCPU waits for start-cpu. */
  isStopped(vcpu: number): boolean;
  /** Starts a stopped vCPU big-endian, with the caller's ILE and AIL. */
  startVcpu(
    vcpu: number,
    start: { address: number; argument: number; caller: number },
  ): void;
  /** Stops a vCPU until start-cpu. */
  stopVcpu(vcpu: number): void;
  /** Raises a system reset interrupt at a vCPU. */
  systemReset(vcpu: number): void;
  /** The next event (error log) of the classes in the mask, if there is one. */
  takeEvent(mask: number): Uint8Array | undefined;
}
