import {
  bytes,
  cells,
  createNode,
  type DeviceTreeNode,
  EMPTY,
  propertyBytes,
  type PropertyValue,
  strings,
} from "../../../machine/device_tree/node.ts";

/**
 * A generator of repeatable random numbers.
 *
 * @returns A function that returns a whole number from 0 to `limit` - 1.
 */
export function createRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return Math.floor(state / 0x1_0000_0000 * limit);
  };
}

/** A random tree with every kind of property. */
export function randomTree(
  random: (limit: number) => number,
  name = "",
  depth = 0,
): DeviceTreeNode {
  const properties: Record<string, PropertyValue> = {};
  for (let i = random(6); i > 0; i--) {
    properties[`property,${random(40)}`] = randomValue(random);
  }
  const count = depth < 4 ? random(5) : 0;
  const children = Array.from(
    { length: count },
    (_, index) => randomTree(random, `node@${index.toString(16)}`, depth + 1),
  );
  return createNode(name, { properties, children });
}

function randomValue(random: (limit: number) => number): PropertyValue {
  const list = Array.from({ length: 1 + random(5) }, () => random(2 ** 32));
  switch (random(4)) {
    case 0:
      return EMPTY;
    case 1:
      return cells(...list);
    case 2:
      return strings(...list.map((number) => number.toString(36)));
    default:
      return bytes(list);
  }
}

/** A tree with every value as bytes, so that trees can be compared. */
export function comparable(node: DeviceTreeNode): unknown {
  return {
    name: node.name,
    properties: Array.from(node.properties, ([name, value]) => [
      name,
      propertyBytes(value).toHex(),
    ]),
    children: node.children.map(comparable),
  };
}
