import {
  FDT_BEGIN_NODE,
  FDT_END,
  FDT_END_NODE,
  FDT_HEADER_BYTES,
  FDT_LAST_COMPATIBLE_VERSION,
  FDT_MAGIC,
  FDT_NOP,
  FDT_PROP,
  FDT_VERSION,
  type Reservation,
} from "./_format.ts";
import { type DeviceTreeNode, EMPTY, type PropertyValue } from "./node.ts";

/** A flattened tree, read back. */
export interface ParsedDeviceTree {
  /** The tree; the kinds of its values are guessed from their bytes. */
  readonly root: DeviceTreeNode;
  /** The `reg` of the vCPU that enters the kernel. */
  readonly bootCpuId: number;
  /** Memory that is in use already. */
  readonly reservations: readonly Reservation[];
}

/** Deeper trees are refused, so that nonsense cannot exhaust the stack. */
const MAXIMUM_DEPTH = 64;
/** Longer names are refused, so that reading stays linear in the blob. */
const MAXIMUM_NAME = 255;

/**
 * Reads a flattened device tree (Devicetree Specification 0.4, chapter 5).
 * The blob may come from a guest: everything in it is checked.
 *
 * @param blob The tree, version 17.
 * @returns The tree, the boot CPU and the reservations.
 * @throws {SyntaxError} If the blob is not a well-formed tree.
 * @throws {RangeError} If something in it lies outside of it.
 */
export function parseDeviceTree(blob: Uint8Array): ParsedDeviceTree {
  if (blob.length < FDT_HEADER_BYTES) {
    fail(`header is truncated: ${blob.length} bytes`);
  }
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const word = (index: number) => view.getUint32(index * 4);
  if (word(0) !== FDT_MAGIC) fail(`bad magic: 0x${word(0).toString(16)}`);
  const version = word(5);
  if (version < FDT_VERSION || word(6) > FDT_LAST_COMPATIBLE_VERSION) {
    fail(`unsupported version: ${version}`);
  }
  const total = inside(word(1), { limit: blob.length, what: "total size" });
  const structure = block("structure", {
    start: word(2),
    size: word(9),
    total,
  });
  const strings = block("strings", { start: word(3), size: word(8), total });
  if (structure.start % 4 !== 0) fail("structure block is not aligned");
  return {
    root: new StructureReader(blob, { structure, strings }).read(),
    bootCpuId: word(7),
    reservations: readReservations(view, { start: word(4), total }),
  };
}

interface Block {
  readonly start: number;
  readonly end: number;
}

function block(
  what: string,
  { start, size, total }: { start: number; size: number; total: number },
): Block {
  const end = inside(start + size, { limit: total, what: `${what} block` });
  return { start, end };
}

function readReservations(
  view: DataView,
  { start, total }: { start: number; total: number },
): Reservation[] {
  const found: Reservation[] = [];
  for (let at = start;; at += 16) {
    inside(at + 16, { limit: total, what: "memory reservation" });
    const address = readU64(view, at);
    const size = readU64(view, at + 8);
    if (address === 0 && size === 0) return found;
    found.push({ address, size });
  }
}

function readU64(view: DataView, at: number): number {
  const value = view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
  return inside(value, {
    limit: Number.MAX_SAFE_INTEGER,
    what: "memory reservation",
  });
}

/** Reads the structure block, one token after the other. */
class StructureReader {
  readonly #blob: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  readonly #strings: Block;
  #at: number;

  constructor(blob: Uint8Array, blocks: { structure: Block; strings: Block }) {
    this.#blob = blob;
    this.#view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    this.#at = blocks.structure.start;
    this.#end = blocks.structure.end;
    this.#strings = blocks.strings;
  }

  read(): DeviceTreeNode {
    if (this.#token() !== FDT_BEGIN_NODE) fail("there is no root node");
    const root = this.#node(0);
    if (root.name !== "") fail(`root node has a name: ${root.name}`);
    const last = this.#token();
    if (last !== FDT_END) fail(`token after the root node: ${last}`);
    return root;
  }

  #node(depth: number): DeviceTreeNode {
    if (depth > MAXIMUM_DEPTH) {
      fail(`nodes are nested deeper than ${depth - 1}`);
    }
    const node: DeviceTreeNode = {
      name: this.#name(),
      properties: new Map(),
      children: [],
    };
    const names = new Set<string>();
    for (;;) {
      const token = this.#token();
      if (token === FDT_END_NODE) return node;
      if (token === FDT_PROP) {
        if (node.children.length > 0) fail("property after a child node");
        const [name, value] = this.#property();
        if (node.properties.has(name)) fail(`property occurs twice: ${name}`);
        node.properties.set(name, value);
      } else if (token === FDT_BEGIN_NODE) {
        const child = this.#node(depth + 1);
        if (child.name === "") fail("node below the root has no name");
        if (names.has(child.name)) fail(`node occurs twice: ${child.name}`);
        names.add(child.name);
        node.children.push(child);
      } else {
        fail(`unknown token: ${token}`);
      }
    }
  }

  #property(): [name: string, value: PropertyValue] {
    const length = this.#word();
    const name = this.#text({
      start: this.#strings.start + this.#word(),
      limit: this.#strings.end,
    });
    if (name === "") fail("property has no name");
    const start = this.#at;
    this.#skip(length);
    return [name, guessValue(this.#blob.slice(start, start + length))];
  }

  #name(): string {
    const name = this.#text({ start: this.#at, limit: this.#end });
    this.#skip(name.length + 1);
    return name;
  }

  #text({ start, limit }: { start: number; limit: number }): string {
    let text = "";
    for (let at = start; at < limit; at++) {
      const byte = this.#blob[at]!;
      if (byte === 0) return text;
      if (byte < 0x21 || byte > 0x7e || byte === 0x2f) {
        fail(`bad byte in a name: 0x${byte.toString(16)}`);
      }
      if (text.length === MAXIMUM_NAME) fail(`name is too long: ${text}`);
      text += String.fromCharCode(byte);
    }
    return fail("name is truncated");
  }

  #token(): number {
    for (;;) {
      const token = this.#word();
      if (token !== FDT_NOP) return token;
    }
  }

  #word(): number {
    const at = this.#at;
    this.#skip(4);
    return this.#view.getUint32(at);
  }

  #skip(count: number): void {
    this.#at = inside(this.#at + Math.ceil(count / 4) * 4, {
      limit: this.#end,
      what: "structure",
    });
  }
}

/** Tells texts from numbers as `dtc` does: by what the bytes look like. */
function guessValue(data: Uint8Array): PropertyValue {
  if (data.length === 0) return EMPTY;
  if (data.at(-1) === 0) {
    const texts = new TextDecoder("latin1").decode(data.subarray(0, -1))
      .split("\0");
    if (texts.every((text) => /^[\x20-\x7e]+$/.test(text))) {
      return { type: "strings", strings: texts };
    }
  }
  if (data.length % 4 === 0) {
    const view = new DataView(data.buffer);
    const cells: number[] = [];
    for (let at = 0; at < data.length; at += 4) cells.push(view.getUint32(at));
    return { type: "cells", cells };
  }
  return { type: "bytes", bytes: data };
}

function inside(
  value: number,
  { limit, what }: { limit: number; what: string },
): number {
  if (value > limit) {
    throw new RangeError(
      `Cannot parse device tree: ${what} ends beyond ${limit}: ${value}`,
    );
  }
  return value;
}

function fail(reason: string): never {
  throw new SyntaxError(`Cannot parse device tree: ${reason}`);
}
