import assert from "node:assert/strict";
import { profileText } from "../../bench/profile.ts";
import { readSymbols } from "../../bench/symbols.ts";

/** An ELF file that is nothing but a symbol table. */
function elfOf(
  symbols: readonly {
    name: string;
    address: bigint;
    kind: number;
    section?: number;
  }[],
  little: boolean,
): Uint8Array {
  const names = new TextEncoder().encode(
    "\0" + symbols.map(({ name }) => `${name}\0`).join(""),
  );
  const symbolsAt = 64;
  const namesAt = symbolsAt + 24 * symbols.length;
  const sectionsAt = Math.ceil((namesAt + names.length) / 8) * 8;
  const view = new DataView(new ArrayBuffer(sectionsAt + 3 * 64));
  const bytes = new Uint8Array(view.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, little ? 1 : 2]);
  view.setBigUint64(40, BigInt(sectionsAt), little);
  view.setUint16(58, 64, little);
  view.setUint16(60, 3, little);
  let nameAt = 1;
  symbols.forEach(({ name, address, kind, section = 1 }, i) => {
    const at = symbolsAt + 24 * i;
    view.setUint32(at, nameAt, little);
    view.setUint8(at + 4, 0x10 | kind);
    view.setUint16(at + 6, section, little);
    view.setBigUint64(at + 8, address, little);
    nameAt += name.length + 1;
  });
  bytes.set(names, namesAt);
  const section = (
    number: number,
    { type, offset, size, link }: Record<
      "type" | "offset" | "size" | "link",
      number
    >,
  ) => {
    const at = sectionsAt + 64 * number;
    view.setUint32(at + 4, type, little);
    view.setBigUint64(at + 24, BigInt(offset), little);
    view.setBigUint64(at + 32, BigInt(size), little);
    view.setUint32(at + 40, link, little);
  };
  const size = 24 * symbols.length;
  section(1, { type: 2, offset: symbolsAt, size, link: 2 });
  section(2, { type: 3, offset: namesAt, size: names.length, link: 0 });
  return bytes;
}

const TEXT = 0xc000000000010000n;

for (const little of [true, false]) {
  Deno.test(`readSymbols() finds functions of a ${little ? "little" : "big"}-endian kernel by address`, () => {
    const symbols = readSymbols(elfOf([
      { name: "schedule", address: TEXT + 0x400n, kind: 2 },
      { name: "_start", address: TEXT, kind: 0 },
      { name: "jiffies", address: TEXT + 0x80n, kind: 1 },
      { name: "elsewhere", address: TEXT + 0x90n, kind: 2, section: 0 },
      { name: ".Llocal", address: TEXT + 0x410n, kind: 0 },
    ], little));
    assert.equal(symbols.count, 2);
    assert.equal(symbols.nameOf(TEXT + 0x3fcn), "_start");
    assert.equal(symbols.nameOf(TEXT + 0x400n), "schedule");
    assert.equal(symbols.nameOf(TEXT + 0x420n), "schedule");
    assert.equal(symbols.nameOf(TEXT - 4n), undefined);
    assert.equal(symbols.nameOf(TEXT + 0x1000_0000n), undefined);
  });
}

Deno.test("readSymbols() finds nothing in a kernel that was stripped", () => {
  assert.equal(readSymbols(elfOf([], true)).count, 0);
});

Deno.test("profileText() prints the hottest first, and no more than asked for", () => {
  const counts = new Map([["memset", 1], ["schedule", 3]]);
  assert.equal(
    profileText(counts, 1),
    "           share  samples\nschedule  75.0 %        3",
  );
});
