import { type DeviceTreeNode, type PropertyValue } from "./node.ts";

/**
 * A property's value for people and programs: `true` for an empty property, a
 * text or a list of texts, 32-bit cells as hex numbers, or bytes as hex digits.
 */
export type PropertyJson =
  | true
  | string
  | string[]
  | { cells: string[] }
  | { bytes: string };

/** A node of the device tree as JSON. */
export interface DeviceTreeJson {
  /** Name with unit address; empty for the root. */
  name: string;
  /** Full path, `/` for the root. */
  path: string;
  /** How other nodes refer to this one, if any does, as a hex number. */
  phandle?: string;
  /** The properties by name. */
  properties: Record<string, PropertyJson>;
  /** The nodes below. */
  children: DeviceTreeJson[];
}

/** Which part of a tree {@linkcode toJson} shows. */
export interface ToJsonOptions {
  /** Full path of the node; default `/`, the root. */
  readonly path?: string;
  /** Levels of children below the node; default all. */
  readonly depth?: number;
}

/**
 * Turns a tree, or what is below a node of it, into JSON.
 *
 * @param node The root, or the node.
 * @param options Where it is, and how much of it is wanted.
 * @returns Plain data, nothing lost but the distinction of one text from a
 * list of one.
 */
export function toJson(
  node: DeviceTreeNode,
  { path = "/", depth = Infinity }: ToJsonOptions = {},
): DeviceTreeJson {
  const phandle = node.properties.get("phandle");
  const prefix = path === "/" ? "" : path;
  const children = depth > 0 ? node.children : [];
  const json: DeviceTreeJson = {
    name: node.name,
    path,
    // Not an object literal: a property may be named "__proto__".
    properties: Object.fromEntries(
      Array.from(
        node.properties,
        ([name, value]) => [name, valueToJson(value)],
      ),
    ),
    children: children.map((child) =>
      toJson(child, { path: `${prefix}/${child.name}`, depth: depth - 1 })
    ),
  };
  if (phandle?.type === "cells" && phandle.cells.length === 1) {
    json.phandle = hex(phandle.cells[0]!);
  }
  return json;
}

function valueToJson(value: PropertyValue): PropertyJson {
  switch (value.type) {
    case "empty":
      return true;
    case "strings":
      return value.strings.length === 1
        ? value.strings[0]!
        : [...value.strings];
    case "cells":
      return { cells: value.cells.map(hex) };
    case "bytes":
      return {
        bytes: Array.from(
          value.bytes,
          (byte) => byte.toString(16).padStart(2, "0"),
        ).join(""),
      };
  }
}

function hex(cell: number): string {
  return `0x${cell.toString(16)}`;
}
