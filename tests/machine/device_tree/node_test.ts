import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  bytes,
  cells,
  createNode,
  EMPTY,
  findNode,
  propertyBytes,
  strings,
  u64,
} from "../../../machine/device_tree/node.ts";

Deno.test("createNode() keeps the order of properties and children", () => {
  const node = createNode("", {
    properties: { zeta: cells(1), "64-bit": EMPTY, alpha: undefined },
    children: [createNode("b"), undefined, createNode("a@0")],
  });
  deepStrictEqual([...node.properties.keys()], ["zeta", "64-bit"]);
  deepStrictEqual(node.children.map((child) => child.name), ["b", "a@0"]);
});

Deno.test("createNode() refuses names that a flattened tree cannot carry", () => {
  throws(() => createNode("a/b"), TypeError);
  throws(() => createNode("a b"), TypeError);
  throws(() => createNode("a\0"), TypeError);
  throws(() => createNode("", { properties: { "": EMPTY } }), TypeError);
  throws(() => createNode("", { properties: { "ä": EMPTY } }), TypeError);
});

Deno.test("createNode() refuses two children of one name", () => {
  throws(
    () => createNode("", { children: [createNode("a"), createNode("a")] }),
    { name: "TypeError", message: /Cannot create node \/: .*named a/ },
  );
});

Deno.test("cells() refuses what does not fit 32 bits", () => {
  for (const bad of [-1, 2 ** 32, 0.5, NaN]) {
    throws(() => cells(0, bad), RangeError);
  }
});

Deno.test("strings() refuses no string and zero bytes", () => {
  throws(() => strings(), TypeError);
  throws(() => strings("a\0b"), TypeError);
});

Deno.test("u64() splits into high and low cell", () => {
  deepStrictEqual(u64(0x6_0302_031b_0000), [0x60302, 0x31b0000]);
  deepStrictEqual(u64(0xffff_ffff), [0, 0xffff_ffff]);
  throws(() => u64(-1), RangeError);
  throws(() => u64(2 ** 53), RangeError);
});

Deno.test("propertyBytes() encodes as Open Firmware does", () => {
  strictEqual(propertyBytes(EMPTY).toHex(), "");
  strictEqual(propertyBytes(cells(1, 0xfedcba98)).toHex(), "00000001fedcba98");
  strictEqual(propertyBytes(strings("ab", "c")).toHex(), "61620063" + "00");
  strictEqual(propertyBytes(strings("ä")).toHex(), "c3a400");
  strictEqual(propertyBytes(bytes([1, 255])).toHex(), "01ff");
});

Deno.test("findNode() finds by path, with or without unit address", () => {
  const cpu = createNode("PowerPC,POWER9@0");
  const root = createNode("", {
    children: [createNode("cpus", { children: [cpu] })],
  });
  strictEqual(findNode(root, "/"), root);
  strictEqual(findNode(root, "/cpus/PowerPC,POWER9@0"), cpu);
  strictEqual(findNode(root, "/cpus/PowerPC,POWER9"), cpu);
  strictEqual(findNode(root, "/cpus/PowerPC,POWER9@1"), undefined);
  strictEqual(findNode(root, "/cpus/x/y"), undefined);
});
