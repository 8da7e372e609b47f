/**
 * From the addresses of a request to guest RAM.
 *
 * @module
 */
import {
  type ProbedTranslation,
  probeTranslation,
} from "../../cpu/mmu/probe.ts";
import type { ACCESS } from "../../cpu/mmu/mod.ts";
import { MSR } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import { MonitorError } from "../errors.ts";
import { formatHex } from "../hex.ts";

/** What is done at an address. */
export type Access = keyof typeof ACCESS;

/** A range of addresses as a request names it. */
export interface AddressRange {
  readonly address: bigint;
  readonly length: number;
  readonly space: "physical" | "effective";
  /** Whose translation applies to effective addresses. */
  readonly vcpu: number;
}

/** Consecutive bytes of guest RAM. */
export interface RamRange {
  readonly start: number;
  readonly length: number;
}

/** Translates for one vCPU without a trace in the guest. */
export function probe(
  { accelerator: { memory, layout } }: Machine,
  { vcpu, address, access }: {
    vcpu: number;
    address: bigint;
    access: Access;
  },
): ProbedTranslation {
  const { hashTable, hashTableBytes, ram, ramBytes } = layout;
  const block = layout.vcpus[vcpu];
  if (!block) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
  return probeTranslation({
    memory,
    stateOffset: block.state,
    ramOffset: ram,
    ramBytes,
    ...hashTableBytes > 0 &&
      { hashTable: { offset: hashTable, bytes: hashTableBytes } },
  }, { ea: address, access });
}

/** An effective address is as wide as MSR[SF] says (Book I 1.10.3). */
export function effectiveAddress(
  { accelerator }: Machine,
  { vcpu, address }: { vcpu: number; address: bigint },
): bigint {
  const wide = (accelerator.getOneReg(vcpu, "MSR") & MSR.SF) !== 0n;
  return BigInt.asUintN(wide ? 64 : 32, address);
}

/**
 * Where a range lies in RAM, page by page, up to the first byte that is not
 * accessible; `failed` is its address, if there is one.
 */
export function locate(
  machine: Machine,
  range: AddressRange,
  access: Access = "load",
): { ranges: RamRange[]; failed?: bigint } {
  const ranges: RamRange[] = [];
  let { address, length } = range;
  while (length > 0) {
    const found = range.space === "physical"
      ? { real: address, pageBytes: Infinity }
      : probe(machine, {
        vcpu: range.vcpu,
        address: address = effectiveAddress(machine, { ...range, address }),
        access,
      });
    if (!("real" in found) || found.real >= BigInt(machine.ram.size)) {
      return { ranges, failed: address };
    }
    const start = Number(found.real);
    const inPage = found.pageBytes === Infinity
      ? length
      : found.pageBytes - start % found.pageBytes;
    const part = Math.min(length, inPage, machine.ram.size - start);
    ranges.push({ start, length: part });
    address += BigInt(part);
    length -= part;
  }
  return { ranges };
}

/** Where a range lies; throws "not accessible" unless it lies there wholly. */
export function locateAll(machine: Machine, range: AddressRange): RamRange[] {
  const { ranges, failed } = locate(machine, range);
  if (failed === undefined) return ranges;
  throw notAccessible(failed);
}

/** The error of an address behind which there is no RAM. */
export function notAccessible(address: bigint): MonitorError {
  const text = formatHex(address);
  return MonitorError.of("notAccessible", {
    message: `Cannot access memory: nothing at ${text}`,
    data: { address: text },
  });
}
