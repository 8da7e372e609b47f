import { strictEqual, throws } from "node:assert/strict";
import { type ElfImage, parseElf } from "../../../machine/boot/elf.ts";
import { loadElf, placeElf } from "../../../machine/boot/load_elf.ts";
import { buildElf, descriptor, linuxLike } from "./elf_fixture.ts";

const MIB = 0x10_0000;

/** An ELFv1 program that is linked at the addresses where it wants to be. */
function program(): ElfImage {
  return parseElf(buildElf({
    entry: 0x2_0000n,
    segments: [
      {
        address: 0x2_0000n,
        bytes: descriptor(0x1_0004n, 0x2_8000n),
        executable: false,
      },
      { address: 0x1_0000n, bytes: Uint8Array.of(9, 9, 9, 9, 8, 8, 8, 8) },
    ],
  }));
}

Deno.test("loadElf() puts a kernel at 0 and clears its bss", () => {
  const ram = new Uint8Array(MIB).fill(0xff);
  const placement = loadElf(parseElf(buildElf(linuxLike("little"))), ram);
  strictEqual(placement.start, 0);
  strictEqual(placement.end, 0x2000);
  strictEqual(placement.entry, 0);
  strictEqual(ram.subarray(0, 10).toHex(), "01020304050607080000");
  strictEqual(ram.subarray(8, 0x2000).every((byte) => byte === 0), true);
  strictEqual(ram[0x2000], 0xff);
});

Deno.test("loadElf() moves a kernel to where it is told", () => {
  const image = parseElf(buildElf(linuxLike("big")));
  const ram = new Uint8Array(8 * MIB).fill(0xff);
  const placement = loadElf(image, ram, { loadAddress: 4 * MIB });
  strictEqual(placement.start, 4 * MIB);
  strictEqual(placement.end, 4 * MIB + 0x2000);
  strictEqual(placement.entry, 4 * MIB);
  const around = ram.subarray(4 * MIB - 1, 4 * MIB + 10).toHex();
  strictEqual(around, "ff" + "0102030405060708" + "0000");
  throws(() => loadElf(image, ram, { loadAddress: 0x8000 }), RangeError);
});

Deno.test("loadElf() keeps a program where it is linked", () => {
  const ram = new Uint8Array(MIB);
  const placement = loadElf(program(), ram, { loadAddress: 0x8_0000 });
  strictEqual(placement.start, 0x1_0000);
  strictEqual(placement.end, 0x2_0018);
  strictEqual(placement.entry, 0x1_0004);
  strictEqual(placement.toc, 0x2_8000n);
  strictEqual(ram[0x1_0004], 8);
});

Deno.test("placeElf() translates a kernel's TOC with its entry point", () => {
  const high = 0xc000_0000_0000_0000n;
  const image = parseElf(buildElf({
    entry: high + 0x20n,
    segments: [{
      address: high,
      physicalAddress: high,
      bytes: Uint8Array.from([
        ...new Uint8Array(0x20),
        ...descriptor(high, high + 0x8000n),
      ]),
    }],
    opd: high + 0x20n,
  }));
  const placement = placeElf(image, {
    loadAddress: 4 * MIB,
    memoryBytes: 8 * MIB,
  });
  strictEqual(placement.entry, 4 * MIB);
  strictEqual(placement.toc, 4n * BigInt(MIB) + 0x8000n);
});

Deno.test("placeElf() refuses what memory is too small for", () => {
  const image = parseElf(buildElf(linuxLike("big")));
  const loadAddress = 4 * MIB;
  placeElf(image, { loadAddress, memoryBytes: 4 * MIB + 0x2000 });
  throws(() => placeElf(image, { loadAddress, memoryBytes: 4 * MIB }), {
    name: "RangeError",
    message: "Cannot load kernel: it does not fit in memory of 4 MiB: " +
      "it ends at 0x402000",
  });
  const huge = { ...image.segments[0]!, memorySize: 2 ** 63 };
  throws(
    () => placeElf({ ...image, segments: [huge] }, { memoryBytes: 2 ** 32 }),
    RangeError,
  );
});

Deno.test("placeElf() refuses segments that overlap", () => {
  const image = program();
  const [first, second] = image.segments;
  const segments = [first!, { ...second!, memorySize: 0x1_0001 }];
  throws(() => placeElf({ ...image, segments }, { memoryBytes: MIB }), {
    name: "RangeError",
    message: "Cannot load kernel: segments overlap: at 0x20000",
  });
});
