import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { flattenDeviceTree } from "../../../machine/device_tree/flatten.ts";
import { cells, createNode, EMPTY } from "../../../machine/device_tree/node.ts";
import { parseDeviceTree } from "../../../machine/device_tree/parse.ts";
import { comparable, createRandom, randomTree } from "./support.ts";

Deno.test("flattenDeviceTree() writes the smallest tree byte by byte", () => {
  const root = createNode("", { properties: { "a,b": cells(0x12345678) } });
  const words = [
    // Magic, total size, offsets of structure, strings and reservations.
    "d00dfeed 0000005c 00000038 00000058 00000028",
    // Version, last compatible version, boot CPU, sizes of strings, structure.
    "00000011 00000010 00000005 00000004 00000020",
    // The end of the reservations.
    "00000000 00000000 00000000 00000000",
    // Begin node "", property of 4 bytes with name 0, end node, end.
    "00000001 00000000 00000003 00000004 00000000 12345678 00000002 00000009",
    // "a,b"
    "612c6200",
  ];
  strictEqual(
    flattenDeviceTree(root, { bootCpuId: 5 }).toHex(),
    words.join(" ").replaceAll(" ", ""),
  );
});

Deno.test("flattenDeviceTree() stores a property name once", () => {
  const child = (name: string) =>
    createNode(name, { properties: { "a-rather-long-name": EMPTY } });
  const one = flattenDeviceTree(createNode("", { children: [child("a")] }));
  const two = flattenDeviceTree(
    createNode("", { children: [child("a"), child("b")] }),
  );
  strictEqual(two.length - one.length, 4 + 4 + 12 + 4);
});

Deno.test("flattenDeviceTree() round-trips through parseDeviceTree()", () => {
  const random = createRandom(1);
  let properties = 0;
  for (let i = 0; i < 200; i++) {
    const root = randomTree(random);
    const reservations = Array.from({ length: random(4) }, () => ({
      address: random(2 ** 50),
      size: 1 + random(2 ** 40),
    }));
    const bootCpuId = random(2 ** 32);
    const blob = flattenDeviceTree(root, { bootCpuId, reservations });
    const parsed = parseDeviceTree(blob);
    deepStrictEqual(comparable(parsed.root), comparable(root));
    deepStrictEqual(parsed.reservations, reservations);
    strictEqual(parsed.bootCpuId, bootCpuId);
    deepStrictEqual(
      flattenDeviceTree(parsed.root, { bootCpuId, reservations }),
      blob,
    );
    properties += root.properties.size;
  }
  ok(properties > 100);
});

Deno.test("flattenDeviceTree() aligns names and values of every length", () => {
  for (let length = 1; length < 10; length++) {
    const name = "n".repeat(length);
    const root = createNode("", {
      properties: {
        p: { type: "bytes", bytes: new Uint8Array(length).fill(255) },
      },
      children: [createNode(name, { properties: { q: cells(length) } })],
    });
    const parsed = parseDeviceTree(flattenDeviceTree(root));
    deepStrictEqual(comparable(parsed.root), comparable(root));
  }
});

Deno.test("flattenDeviceTree() refuses reservations out of range", () => {
  const reservations = [{ address: -1, size: 1 }];
  throws(() => flattenDeviceTree(createNode(""), { reservations }), RangeError);
});
