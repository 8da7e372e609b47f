import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { flattenDeviceTree } from "../../../machine/device_tree/flatten.ts";
import {
  bytes,
  cells,
  createNode,
  type DeviceTreeNode,
  EMPTY,
  strings,
} from "../../../machine/device_tree/node.ts";
import { parseDeviceTree } from "../../../machine/device_tree/parse.ts";
import { createRandom, randomTree } from "./support.ts";

/** Words of the header by what they hold. */
const HEADER = {
  magic: 0,
  totalSize: 1,
  structure: 2,
  strings: 3,
  reservations: 4,
  version: 5,
  lastCompatible: 6,
  stringsSize: 8,
  structureSize: 9,
} as const;

function sample(): Uint8Array {
  return flattenDeviceTree(
    createNode("", {
      properties: { first: cells(1), second: strings("x") },
      children: [createNode("child", { properties: { third: EMPTY } })],
    }),
    { reservations: [{ address: 0x1000, size: 0x2000 }] },
  );
}

function withWord(index: number, value: number): Uint8Array {
  const blob = sample();
  new DataView(blob.buffer).setUint32(index * 4, value);
  return blob;
}

Deno.test("parseDeviceTree() guesses kinds as dtc does", () => {
  const properties = {
    empty: EMPTY,
    text: strings("abc"),
    texts: strings("ab", "cd e"),
    cells: cells(1, 2),
    looksLikeText: cells(0x61626300),
    notText: cells(0x71000000),
    bytes: bytes([1, 2, 3]),
  };
  const { root } = parseDeviceTree(
    flattenDeviceTree(createNode("", { properties })),
  );
  deepStrictEqual(Object.fromEntries(root.properties), {
    ...properties,
    looksLikeText: strings("abc"),
  });
});

Deno.test("parseDeviceTree() accepts a blob inside larger memory", () => {
  const memory = new Uint8Array(4096).fill(0xff);
  memory.set(sample(), 64);
  const { root } = parseDeviceTree(memory.subarray(64));
  deepStrictEqual(root.children[0]?.name, "child");
});

Deno.test("parseDeviceTree() refuses a bad header by name", () => {
  const cases: [keyof typeof HEADER, number, string, RegExp][] = [
    ["magic", 0xd00dfeee, "SyntaxError", /bad magic: 0xd00dfeee/],
    ["version", 16, "SyntaxError", /unsupported version: 16/],
    ["lastCompatible", 18, "SyntaxError", /unsupported version/],
    ["totalSize", 0x10000, "RangeError", /total size ends beyond/],
    ["structure", 0xfffffffc, "RangeError", /structure block/],
    ["structure", 57, "SyntaxError", /structure block is not aligned/],
    ["strings", 0x1000, "RangeError", /strings block/],
    ["stringsSize", 0xffffffff, "RangeError", /strings block/],
    ["structureSize", 0x7fffffff, "RangeError", /structure block/],
    ["structureSize", 8, "RangeError", /structure ends beyond/],
    ["reservations", 0xfffffff0, "RangeError", /memory reservation/],
  ];
  for (const [word, value, name, message] of cases) {
    throws(() => parseDeviceTree(withWord(HEADER[word], value)), {
      name,
      message,
    }, `${word} = ${value}`);
  }
});

Deno.test("parseDeviceTree() refuses a bad structure by name", () => {
  const at = new DataView(sample().buffer).getUint32(8) / 4;
  const cases: [number, number, string, RegExp][] = [
    [at, 9, "SyntaxError", /there is no root node/],
    [at + 1, 0x61000000, "SyntaxError", /root node has a name: a/],
    [at + 2, 7, "SyntaxError", /unknown token: 7/],
    [at + 3, 0xffffffff, "RangeError", /structure ends beyond/],
    [at + 3, 0x80000000, "RangeError", /structure ends beyond/],
    [at + 4, 0xffff, "SyntaxError", /name is truncated/],
    [at + 8, 0, "SyntaxError", /property occurs twice: first/],
    [at + 11, 0x2f000000, "SyntaxError", /bad byte in a name: 0x2f/],
  ];
  for (const [word, value, name, message] of cases) {
    throws(
      () => parseDeviceTree(withWord(word, value)),
      { name, message },
      `word ${word - at} = ${value}`,
    );
  }
});

Deno.test("parseDeviceTree() refuses nodes that cannot be told apart", () => {
  const child = (name: string): DeviceTreeNode => ({
    name,
    properties: new Map(),
    children: [],
  });
  const blob = (...names: string[]) =>
    flattenDeviceTree({ ...child(""), children: names.map(child) });
  throws(() => parseDeviceTree(blob("a", "a")), /node occurs twice: a/);
  throws(() => parseDeviceTree(blob("")), /node below the root has no name/);
  throws(() => parseDeviceTree(blob("n".repeat(256))), /name is too long/);
});

Deno.test("parseDeviceTree() refuses a tree that is nested too deep", () => {
  let node: DeviceTreeNode = createNode("leaf");
  for (let i = 0; i < 300; i++) node = createNode("n", { children: [node] });
  node = createNode("", { children: [node] });
  throws(() => parseDeviceTree(flattenDeviceTree(node)), {
    name: "SyntaxError",
    message: /nested deeper than 64/,
  });
});

Deno.test("parseDeviceTree() answers every truncation with an error", () => {
  const blob = sample();
  for (let length = 0; length < blob.length; length++) {
    throws(
      () => parseDeviceTree(blob.subarray(0, length)),
      isOurs,
      `${length} bytes`,
    );
  }
});

Deno.test("parseDeviceTree() survives random mutations", () => {
  const random = createRandom(2);
  const blobs = Array.from(
    { length: 20 },
    () => flattenDeviceTree(randomTree(random)),
  );
  let refused = 0;
  for (let i = 0; i < 5000; i++) {
    const blob = blobs[random(blobs.length)]!.slice();
    for (let flips = 1 + random(4); flips > 0; flips--) {
      if (random(2) === 0) blob[random(blob.length)] = random(256);
      else {blob[random(Math.min(blob.length, 120))] = [
          0,
          1,
          127,
          255,
        ][random(4)]!;}
    }
    try {
      parseDeviceTree(blob);
    } catch (error) {
      ok(isOurs(error), `unexpected error: ${error}`);
      refused++;
    }
  }
  ok(refused > 1000, `only ${refused} were refused`);
});

function isOurs(error: unknown): boolean {
  return (error instanceof SyntaxError || error instanceof RangeError) &&
    error.message.startsWith("Cannot parse device tree: ");
}
