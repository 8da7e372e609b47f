/**
 * Small guest programs for tests of engines: an assembler by rows, and how a
 * program gets into an engine's RAM.
 *
 * @module
 */
import { layOutMemory, type MemoryLayout } from "../../../cpu/engine/layout.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { MSR } from "../../../cpu/state.ts";
import type { TestEngine } from "../engines.ts";

// Special cases of a row come behind it, under the same name.
const ROWS = new Map(
  ISA.filter(({ options }) => options.until !== "2.07")
    .toReversed()
    .map((row) => [row.name, row]),
);

/** The word of an instruction by its row's name. */
export function op(
  name: string,
  fields: Readonly<Record<string, number>> = {},
): number {
  const row = ROWS.get(name);
  if (!row) throw new RangeError(`Cannot assemble: no row ${name}`);
  return encode(row, fields);
}

/** Instructions that programs use most. */
export const ATTN: number = op("attn");
export const BLR: number = op("bclr", { BO: 20 });
export const RFID: number = op("rfid");

/** RT := SI. */
export function li(RT: number, SI: number): number {
  return op("addi", { RT, RA: 0, SI });
}

/** RA := RS. */
export function mr(RA: number, RS: number): number {
  return op("or", { RS, RA, RB: RS });
}

/** A branch and link over a distance in bytes. */
export function bl(distance: number): number {
  return op("b", { LI: distance, LK: 1 });
}

/** The most privileged real mode, in the given byte order. */
export function realMode(littleEndian: boolean): bigint {
  return MSR.SF | MSR.HV | MSR.ME | MSR.FP | MSR.VEC | MSR.VSX |
    (littleEndian ? MSR.LE : 0n);
}

/** Puts instruction words into RAM. */
export function putCode(
  { ram }: TestEngine,
  { at, littleEndian }: { at: number; littleEndian: boolean },
  words: readonly number[],
): void {
  const view = new DataView(ram.buffer, ram.byteOffset);
  words.forEach((word, i) => view.setUint32(at + 4 * i, word, littleEndian));
}

/** A number of so many bytes, as the byte order has it in storage. */
export function bytesOf(
  value: bigint,
  { bytes, littleEndian }: { bytes: number; littleEndian: boolean },
): Uint8Array {
  const out = Uint8Array.from(
    { length: bytes },
    (_, i) => Number(value >> BigInt(8 * i) & 0xffn),
  );
  return littleEndian ? out : out.reverse();
}

/** The reverse of {@linkcode bytesOf}. */
export function valueOf(bytes: Uint8Array, littleEndian: boolean): bigint {
  const ordered = littleEndian ? bytes : bytes.slice().reverse();
  return ordered.reduceRight((value, byte) => value << 8n | BigInt(byte), 0n);
}

/** Pseudo-random numbers below a bound, the same for the same seed. */
export function generator(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The shared memory of vCPUs with nothing beside their RAM. */
export function guestMemory(ramBytes: number, { vcpus = 1 } = {}): {
  layout: MemoryLayout;
  memory: WebAssembly.Memory;
  ram: DataView;
} {
  const layout = layOutMemory({
    ramBytes,
    vcpus,
    hashTableBytes: 0,
    sharedBytes: 0,
  });
  const memory = new WebAssembly.Memory({
    initial: layout.pages,
    maximum: layout.pages,
    shared: true,
  });
  return {
    layout,
    memory,
    ram: new DataView(memory.buffer, layout.ram, ramBytes),
  };
}
