/**
 * The device tree as plain data: what Open Firmware calls a package is a node
 * with ordered properties and children.
 *
 * The data is structured-clonable, so a tree can be saved, restored and sent
 * between threads as it is.
 *
 * @module
 */

/**
 * A property's value. Every kind is bytes in the end; the kind says how the
 * binding means them, which a flattened tree no longer knows.
 */
export type PropertyValue =
  /** Present or absent, like `64-bit`. */
  | { readonly type: "empty" }
  /** One or more texts, each ended by a zero byte. */
  | { readonly type: "strings"; readonly strings: readonly string[] }
  /** 32-bit numbers, big-endian. */
  | { readonly type: "cells"; readonly cells: readonly number[] }
  /** Anything else. */
  | { readonly type: "bytes"; readonly bytes: Uint8Array };

/** A node of the device tree. */
export interface DeviceTreeNode {
  /** Name with unit address, such as `memory@0`; empty for the root. */
  readonly name: string;
  /** The properties in the order in which they were added. */
  readonly properties: Map<string, PropertyValue>;
  /** The nodes below this one. */
  readonly children: DeviceTreeNode[];
}

/** What {@linkcode createNode} puts into a node. */
export interface NodeContents {
  /** Properties by name; those that are `undefined` are left out. */
  readonly properties?: Readonly<Record<string, PropertyValue | undefined>>;
  /** The nodes below; those that are `undefined` are left out. */
  readonly children?: readonly (DeviceTreeNode | undefined)[];
}

/**
 * Makes a node.
 *
 * @param name Name with unit address; empty for the root.
 * @param contents Properties and children.
 * @returns The node.
 * @throws {TypeError} If a name is not one that a flattened tree can carry, or
 * if two children have the same name.
 */
export function createNode(
  name: string,
  contents: NodeContents = {},
): DeviceTreeNode {
  checkName(name, "node");
  const properties = new Map<string, PropertyValue>();
  for (const [key, value] of Object.entries(contents.properties ?? {})) {
    checkName(key, "property");
    if (value !== undefined) properties.set(key, value);
  }
  const children: DeviceTreeNode[] = [];
  const names = new Set<string>();
  for (const child of contents.children ?? []) {
    if (child === undefined) continue;
    if (names.has(child.name)) {
      throw new TypeError(
        `Cannot create node ${
          name || "/"
        }: two children are named ${child.name}`,
      );
    }
    names.add(child.name);
    children.push(child);
  }
  return { name, properties, children };
}

/** The value of a property that is only there or not. */
export const EMPTY: PropertyValue = Object.freeze({ type: "empty" });

/**
 * Makes a value of one or more texts.
 *
 * @param texts The texts; none may contain a zero byte.
 * @returns The value.
 * @throws {TypeError} If there is no text, or one contains a zero byte.
 */
export function strings(...texts: string[]): PropertyValue {
  if (texts.length === 0) {
    throw new TypeError("Cannot make a string property: there is no string");
  }
  for (const text of texts) {
    if (text.includes("\0")) {
      throw new TypeError(
        `Cannot make a string property: zero byte in ${JSON.stringify(text)}`,
      );
    }
  }
  return { type: "strings", strings: texts };
}

/**
 * Makes a value of 32-bit numbers.
 *
 * @param numbers The cells, each 0 to 2^32 - 1.
 * @returns The value.
 * @throws {RangeError} If a number does not fit a cell.
 */
export function cells(...numbers: number[]): PropertyValue {
  for (const number of numbers) {
    if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff) {
      throw new RangeError(
        `Cannot make a cell: not a 32-bit number: ${number}`,
      );
    }
  }
  return { type: "cells", cells: numbers };
}

/**
 * Makes a value of raw bytes.
 *
 * @param data The bytes; they are copied.
 * @returns The value.
 */
export function bytes(data: Iterable<number>): PropertyValue {
  return { type: "bytes", bytes: Uint8Array.from(data) };
}

/**
 * Splits an address or size into two cells, high one first.
 *
 * @param value A whole number, 0 to 2^53 - 1.
 * @returns The two cells.
 * @throws {RangeError} If the value is not such a number.
 */
export function u64(value: number): [high: number, low: number] {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot split into cells: out of range: ${value}`);
  }
  return [Math.floor(value / 0x1_0000_0000), value % 0x1_0000_0000];
}

/**
 * Finds a node by its full path.
 *
 * @param root Where the path starts.
 * @param path Such as `/cpus/PowerPC,POWER9@0`; `/` is the root itself. A name
 * without its unit address finds the first node of that name, as in Open
 * Firmware (IEEE 1275, 4.3.2).
 * @returns The node, or `undefined`.
 */
export function findNode(
  root: DeviceTreeNode,
  path: string,
): DeviceTreeNode | undefined {
  let node: DeviceTreeNode | undefined = root;
  for (const name of path.split("/")) {
    if (name === "") continue;
    const parent: DeviceTreeNode = node;
    node = parent.children.find((child) => child.name === name) ??
      parent.children.find((child) => child.name.split("@")[0] === name);
    if (node === undefined) return undefined;
  }
  return node;
}

/**
 * Encodes a property's value as Open Firmware does.
 *
 * @param value The value.
 * @returns Its bytes, big-endian whatever the guest's byte order.
 */
export function propertyBytes(value: PropertyValue): Uint8Array {
  switch (value.type) {
    case "empty":
      return new Uint8Array(0);
    case "bytes":
      return value.bytes;
    case "strings":
      return new TextEncoder().encode(value.strings.join("\0") + "\0");
    case "cells": {
      const view = new DataView(new ArrayBuffer(value.cells.length * 4));
      value.cells.forEach((cell, index) => view.setUint32(index * 4, cell));
      return new Uint8Array(view.buffer);
    }
  }
}

function checkName(name: string, kind: "node" | "property"): void {
  if (
    !/^[\x21-\x7e]*$/.test(name) || name.includes("/") ||
    (kind === "property" && name === "")
  ) {
    throw new TypeError(
      `Cannot create ${kind}: bad name: ${JSON.stringify(name)}`,
    );
  }
}
