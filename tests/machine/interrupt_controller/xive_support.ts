// What a guest does with XIVE, by name.
import { strictEqual } from "node:assert/strict";
import { type Answer, Bench } from "./support.ts";

export const IPI = 1;
export const MSI = 0x1300;
export const LSI = 0x1200;

/** As PAPR's flags name them. */
export const FLAG = { setEisn: 2, mask: 1, alwaysNotify: 1 } as const;

export const ESB_BASE = 0x6_0100_0000_0000;
export const END_ESB_BASE = ESB_BASE + 0x4000_0000;
export const TIMA_OS = 0x6_0302_031a_0000;
export const TIMA_USER = 0x6_0302_031b_0000;

/** Offsets in a management page. */
export const OP = {
  eoi: 0x000,
  storeEoi: 0x400,
  get: 0x800,
  set00: 0xc00,
  set01: 0xd00,
  set10: 0xe00,
  set11: 0xf00,
} as const;

/** The priority that all queues of these tests have but where they say. */
export const PRIORITY = 6;

export class XiveBench extends Bench {
  constructor(options: { vcpus?: number; buffer?: ArrayBufferLike } = {}) {
    super("xive", options);
  }

  /** A call that has to work. */
  call(name: string, ...args: (number | bigint)[]): Answer["results"] {
    const { code, results } = this.hcall(0, name, ...args);
    strictEqual(code, 0, name);
    return results;
  }

  /** Gives a vCPU a queue at 64 KiB times its number and one. */
  queue(vcpu: number, {
    priority = PRIORITY,
    address = 0x10000 * (vcpu + 1),
    shift = 16,
    flags = FLAG.alwaysNotify as number,
  } = {}): number {
    this.call("H_INT_SET_QUEUE_CONFIG", flags, vcpu, priority, address, shift);
    return address;
  }

  /** Sends a source to a queue and unmasks it. */
  route(
    source: number,
    vcpu: number,
    { eisn = source + 0x100000, priority = PRIORITY } = {},
  ): number {
    this.call(
      "H_INT_SET_SOURCE_CONFIG",
      FLAG.setEisn,
      source,
      vcpu,
      priority,
      eisn,
    );
    this.esb(source, OP.set00);
    return eisn;
  }

  /** A load from a source's management page, by H_INT_ESB for an LSI. */
  esb(source: number, offset: number): number {
    if (source >= LSI && source < MSI) {
      return Number(this.call("H_INT_ESB", 0, source, offset, 0)[0]);
    }
    return Number(this.load(0, managementPage(source) + offset, 8));
  }

  cppr(vcpu: number, cppr: number): void {
    this.store(vcpu, TIMA_OS + 0x11, 1, BigInt(cppr));
  }

  /** Acknowledges: NSR and CPPR. */
  ack(vcpu: number): { nsr: number; cppr: number } {
    const value = Number(this.load(vcpu, TIMA_OS + 0x810, 2));
    return { nsr: value >> 8, cppr: value & 0xff };
  }

  /** An entry of a queue: generation and data. */
  entry(address: number, index: number): { toggle: number; data: number } {
    const word = this.ram.u32(address + 4 * index);
    return { toggle: word >>> 31, data: word & 0x7fff_ffff };
  }
}

/** Two vCPUs that take everything, each with a queue. */
export function readyBench(): XiveBench {
  const bench = new XiveBench();
  for (const vcpu of [0, 1]) {
    bench.queue(vcpu);
    bench.cppr(vcpu, 0xff);
  }
  return bench;
}

export function triggerPage(source: number): number {
  return ESB_BASE + source * 0x20000;
}

export function managementPage(source: number): number {
  return triggerPage(source) + 0x10000;
}
