// A guest's hands on an interrupt controller: registers, argument blocks,
// loads and stores, and what its vCPUs are signalled.
import type { HypercallContext } from "../../../machine/hcall/table.ts";
import {
  createInterruptController,
  interruptControllerBytes,
} from "../../../machine/interrupt_controller/mod.ts";
import type { InterruptController } from "../../../machine/interrupt_controller/controller.ts";
import type { InterruptControllerKind } from "../../../machine/partition.ts";
import { GuestRam } from "../../../machine/ram.ts";
import type { RtasContext } from "../../../machine/rtas/table.ts";

/** Enough for a 16 MiB queue that is aligned and not at 0. */
export const RAM_BYTES = 0x200_0000;

export const ALL_ONES = 2n ** 64n - 1n;

/** Result of a hypercall: R3, then R4 up. */
export interface Answer {
  readonly code: number;
  readonly results: bigint[];
}

export class Bench {
  readonly controller: InterruptController;
  readonly ram: GuestRam;
  /** By vCPU: whether the external interrupt is raised. */
  readonly pending: boolean[];
  readonly buffer: ArrayBufferLike;
  readonly bytes: number;
  timebase = 0;

  constructor(
    kind: InterruptControllerKind,
    { vcpus = 2, buffer }: { vcpus?: number; buffer?: ArrayBufferLike } = {},
  ) {
    this.bytes = interruptControllerBytes(kind, vcpus);
    this.buffer = buffer ?? new ArrayBuffer(64 + this.bytes + 64);
    this.pending = Array.from({ length: vcpus }, () => false);
    this.ram = new GuestRam(new ArrayBuffer(RAM_BYTES), {
      offset: 0,
      size: RAM_BYTES,
      written() {},
    });
    this.controller = createInterruptController(kind, {
      buffer: this.buffer,
      offset: 64,
      vcpus,
      ram: this.ram,
      setPending: (vcpu, on) => {
        this.pending[vcpu] = on;
      },
      timebase: () => this.timebase,
    });
    if (!buffer) this.controller.reset();
  }

  hcall(vcpu: number, name: string, ...args: (number | bigint)[]): Answer {
    const row = this.controller.hypercalls.find((row) => row.name === name);
    if (!row) throw new Error(`no such call: ${name}`);
    const registers = args.map((arg) => BigInt.asUintN(64, BigInt(arg)));
    const results: bigint[] = [];
    const call = {
      vcpu,
      arg: (n: number) => registers[n - 1] ?? 0n,
      number: (n: number) => Number(registers[n - 1] ?? 0n),
      result(n: number, value: bigint | number) {
        results[n - 1] = BigInt.asUintN(64, BigInt(value));
      },
    } as unknown as HypercallContext;
    return { code: row.handle(call), results };
  }

  /** Status, then results. */
  rtas(name: string, ...args: number[]): number[] {
    const row = this.controller.rtasCalls.find((row) => row.name === name);
    if (!row) throw new Error(`no such call: ${name}`);
    const results: number[] = [];
    const call = {
      vcpu: 0,
      arg: (n: number) => (args[n] ?? 0) >>> 0,
      result(n: number, value: number) {
        results[n - 1] = value;
      },
    } as unknown as RtasContext;
    return [row.handle(call), ...results];
  }

  #region(address: number, bytes: number) {
    const region = this.controller.regions.find(({ base, bytes: size }) =>
      address >= base && address + bytes <= base + size
    );
    if (!region) throw new Error(`no region at 0x${address.toString(16)}`);
    return { region, offset: address - region.base };
  }

  load(vcpu: number, address: number, bytes: number): bigint {
    const { region, offset } = this.#region(address, bytes);
    return region.load(vcpu, offset, bytes);
  }

  store(vcpu: number, address: number, bytes: number, value = 0n): void {
    const { region, offset } = this.#region(address, bytes);
    region.store(vcpu, offset, bytes, value);
  }
}

/** Repeatable random numbers below a limit (mulberry32). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}
