/**
 * One row per hypercall: number, name, arguments, what it does.
 *
 * @module
 */
import type { HashTable } from "../hash_table.ts";
import type { VirtualTerminals } from "../vio/vty.ts";
import type { Accelerator } from "../../cpu/accelerator.ts";
import type { Partition, Platform } from "../partition.ts";
import type { GuestRam } from "../ram.ts";
import type { RtasCalls } from "../rtas/table.ts";
import type { VirtualProcessorAreas } from "../virtual_processor_area.ts";
import type { LpcrControl } from "../lpcr/control.ts";
import type { RandomSource } from "../random.ts";

/** Parts of the machine that hypercalls work on. */
export interface HypercallWorld extends Partition {
  /** Absent where the guest cannot use the hash MMU. */
  readonly hashTable: HashTable;
  readonly terminals: VirtualTerminals;
  readonly rtas: RtasCalls;
  readonly processorAreas: VirtualProcessorAreas;
  readonly lpcr: LpcrControl;
  readonly random: RandomSource;
}

/** What calls that a vCPU's thread can answer may use: all in shared memory. */
export interface VcpuSideWorld {
  readonly platform: Platform;
  readonly ram: GuestRam;
  readonly hashTable: HashTable;
  readonly accelerator: Pick<Accelerator, "dropTranslationsTo">;
}

/** One call under way: its arguments and where its results go. */
export interface HypercallContext<World = HypercallWorld> {
  readonly world: World;
  /** The vCPU that calls. */
  readonly vcpu: number;
  /** Argument n from 1: R4 is 1. */
  arg(n: number): bigint;
  /** Argument n as a number; exact below 2^53, a large number beyond. */
  number(n: number): number;
  /** Sets result n from 1: R4 is 1. */
  result(n: number, value: bigint | number): void;
}

/** A call that the vCPU's thread answers. */
export type VcpuCall = HypercallContext<VcpuSideWorld>;

/**
 * Where a call may be answered: on the vCPU's side, as KVM answers some in real
 * mode; by the machine; or by whoever owns LPCR.
 */
export type HypercallHome = "vcpu" | "machine" | "lpcr-owner";

/** One hypercall. */
export interface Hypercall {
  /** "H_SET_MODE". */
  readonly name: string;
  /** R3: a multiple of 4. */
  readonly number: number;
  /** Names of the arguments, in the order of R4 up. */
  readonly args: readonly string[];
  /** What it touches decides where it can be answered. */
  readonly home: HypercallHome;
  /** Name in `ibm,hypertas-functions`, where it has one. */
  readonly hypertas?: string;
  /** Carries the call out and gives the return code. */
  readonly handle: (call: HypercallContext) => number;
  /** The same in the vCPU's thread, where that can be: home is `vcpu` then. */
  readonly onVcpu?: (call: VcpuCall) => number;
  /** What the machine does where the accelerator has carried the call out. */
  readonly told?: (call: HypercallContext) => void;
}

/** Describes a hypercall. */
export function hypercall(
  name: string,
  number: number,
  args: string,
  options:
    & Pick<Hypercall, "handle">
    & Partial<Pick<Hypercall, "home" | "hypertas" | "told">>,
): Hypercall {
  return {
    name,
    number,
    args: args === "" ? [] : args.split(" "),
    home: "machine",
    ...options,
  };
}

/** Describes a hypercall that touches shared memory only. */
export function vcpuHypercall(
  name: string,
  number: number,
  args: string,
  { handle, hypertas }: {
    handle: (call: VcpuCall) => number;
    hypertas: string;
  },
): Hypercall {
  const onVcpu = handle;
  const options = { handle, hypertas, home: "vcpu" } as const;
  return { ...hypercall(name, number, args, options), onVcpu };
}
