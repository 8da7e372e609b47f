import {
  FDT_BEGIN_NODE,
  FDT_END,
  FDT_END_NODE,
  FDT_HEADER_BYTES,
  FDT_LAST_COMPATIBLE_VERSION,
  FDT_MAGIC,
  FDT_PROP,
  FDT_VERSION,
  type Reservation,
} from "./_format.ts";
import { type DeviceTreeNode, propertyBytes, u64 } from "./node.ts";

export type { Reservation };

/** What a flattened tree says besides the tree. */
export interface FlattenOptions {
  /** The `reg` of the vCPU that enters the kernel. @default {0} */
  readonly bootCpuId?: number;
  /** Memory that is in use already. @default {[]} */
  readonly reservations?: readonly Reservation[];
}

/**
 * Flattens a device tree (Devicetree Specification 0.4, chapter 5, version 17).
 *
 * @param root The tree.
 * @param options Boot CPU and memory reservations.
 * @returns The blob that a kernel takes in r3, always big-endian.
 */
export function flattenDeviceTree(
  root: DeviceTreeNode,
  options: FlattenOptions = {},
): Uint8Array {
  const structure = new Writer();
  const names = new StringBlock();
  writeNode(root, { structure, names });
  structure.word(FDT_END);

  const reservations = options.reservations ?? [];
  const reservationsAt = FDT_HEADER_BYTES;
  const structureAt = reservationsAt + (reservations.length + 1) * 16;
  const stringsAt = structureAt + structure.length;
  const total = stringsAt + names.writer.length;

  const blob = new Writer();
  blob.word(FDT_MAGIC);
  blob.word(total);
  blob.word(structureAt);
  blob.word(stringsAt);
  blob.word(reservationsAt);
  blob.word(FDT_VERSION);
  blob.word(FDT_LAST_COMPATIBLE_VERSION);
  blob.word(options.bootCpuId ?? 0);
  blob.word(names.writer.length);
  blob.word(structure.length);
  for (const { address, size } of reservations) {
    [...u64(address), ...u64(size)].forEach((cell) => blob.word(cell));
  }
  for (let i = 0; i < 4; i++) blob.word(0);
  blob.bytes(structure.finish());
  blob.bytes(names.writer.finish());
  return blob.finish();
}

interface Blocks {
  readonly structure: Writer;
  readonly names: StringBlock;
}

function writeNode(node: DeviceTreeNode, blocks: Blocks): void {
  const { structure, names } = blocks;
  structure.word(FDT_BEGIN_NODE);
  structure.text(node.name);
  structure.align();
  for (const [name, value] of node.properties) {
    const data = propertyBytes(value);
    structure.word(FDT_PROP);
    structure.word(data.length);
    structure.word(names.offset(name));
    structure.bytes(data);
    structure.align();
  }
  for (const child of node.children) writeNode(child, blocks);
  structure.word(FDT_END_NODE);
}

/** Property names, each stored once. */
class StringBlock {
  readonly writer = new Writer();
  readonly #offsets = new Map<string, number>();

  offset(name: string): number {
    let offset = this.#offsets.get(name);
    if (offset === undefined) {
      offset = this.writer.length;
      this.#offsets.set(name, offset);
      this.writer.text(name);
    }
    return offset;
  }
}

/** A growing big-endian byte string. */
class Writer {
  #data = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  word(value: number): void {
    const at = this.#grow(4);
    new DataView(this.#data.buffer).setUint32(at, value);
  }

  bytes(data: Uint8Array): void {
    const at = this.#grow(data.length);
    this.#data.set(data, at);
  }

  text(text: string): void {
    this.bytes(new TextEncoder().encode(text + "\0"));
  }

  align(): void {
    this.#grow(-this.#length & 3);
  }

  finish(): Uint8Array {
    return this.#data.slice(0, this.#length);
  }

  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#data.length) {
      const larger = new Uint8Array(this.#length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    return at;
  }
}
