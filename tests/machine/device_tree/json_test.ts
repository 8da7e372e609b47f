import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { toJson } from "../../../machine/device_tree/json.ts";
import {
  bytes,
  cells,
  createNode,
  EMPTY,
  strings,
} from "../../../machine/device_tree/node.ts";

Deno.test("toJson() shows every kind of property", () => {
  const root = createNode("", {
    properties: {
      "64-bit": EMPTY,
      model: strings("a"),
      compatible: strings("a", "b"),
      reg: cells(0, 0x40000000, 0xffffffff),
      seed: bytes([0, 0xab]),
    },
    children: [
      createNode("bus", {
        children: [
          createNode("device@1", { properties: { phandle: cells(0x1111) } }),
        ],
      }),
    ],
  });
  const device = {
    name: "device@1",
    path: "/bus/device@1",
    phandle: "0x1111",
    properties: { phandle: { cells: ["0x1111"] } },
    children: [],
  };
  deepStrictEqual(toJson(root), {
    name: "",
    path: "/",
    properties: {
      "64-bit": true,
      model: "a",
      compatible: ["a", "b"],
      reg: { cells: ["0x0", "0x40000000", "0xffffffff"] },
      seed: { bytes: "00ab" },
    },
    children: [
      { name: "bus", path: "/bus", properties: {}, children: [device] },
    ],
  });
});

Deno.test("toJson() keeps a property named like a prototype's", () => {
  const root = createNode("", {
    properties: { ["__proto__"]: cells(1), constructor: EMPTY },
  });
  const text = JSON.stringify(toJson(root).properties);
  strictEqual(text, '{"__proto__":{"cells":["0x1"]},"constructor":true}');
});
