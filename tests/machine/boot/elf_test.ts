import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { parseElf } from "../../../machine/boot/elf.ts";
import { loadElf } from "../../../machine/boot/load_elf.ts";
import {
  buildElf,
  descriptor,
  type Fixture,
  linuxLike,
} from "./elf_fixture.ts";
import { createRandom, hasGuest, readGuest, testWith } from "./support.ts";

const CODE = new Uint8Array(64);

/** An ELFv1 program whose entry point is a descriptor in a data segment. */
function withDescriptor(options: Partial<Fixture> = {}): Fixture {
  return {
    entry: 0x2_0010n,
    segments: [
      { address: 0x1_0000n, bytes: CODE },
      {
        address: 0x2_0010n,
        bytes: descriptor(0x1_0008n, 0x2_8000n),
        executable: false,
      },
    ],
    ...options,
  };
}

Deno.test("parseElf() reads kernels of both byte orders", () => {
  for (const byteOrder of ["big", "little"] as const) {
    const image = parseElf(buildElf(linuxLike(byteOrder)));
    strictEqual(image.byteOrder, byteOrder);
    strictEqual(image.abi, byteOrder === "big" ? 1 : 2);
    strictEqual(image.entry, 0xc000_0000_0000_0000n);
    strictEqual(image.toc, undefined);
    deepStrictEqual(image.segments, [{
      fileOffset: 0x400,
      fileSize: 8,
      memorySize: 0x2000,
      virtualAddress: 0xc000_0000_0000_0000n,
      physicalAddress: 0n,
      executable: true,
    }]);
  }
});

Deno.test("parseElf() takes the ABI from the byte order when flags are 0", () => {
  const abi = (byteOrder: "big" | "little") =>
    parseElf(buildElf({ ...linuxLike(byteOrder), flags: 0 })).abi;
  strictEqual(abi("big"), 1);
  strictEqual(abi("little"), 2);
});

Deno.test("parseElf() reads a function descriptor in a data segment", () => {
  const image = parseElf(buildElf(withDescriptor()));
  strictEqual(image.entry, 0x1_0008n);
  strictEqual(image.toc, 0x2_8000n);
});

Deno.test("parseElf() reads a function descriptor in an executable .opd", () => {
  const bytes = new Uint8Array(64);
  bytes.set(descriptor(0x1_0000n, 0x1_8000n), 32);
  const segments = [{ address: 0x1_0000n, bytes }];
  const entry = 0x1_0020n;
  const image = parseElf(buildElf({ entry, segments, opd: entry }));
  strictEqual(image.entry, 0x1_0000n);
  strictEqual(image.toc, 0x1_8000n);
  const code = parseElf(buildElf({ entry, segments, opd: 0x1_0008n }));
  strictEqual(code.entry, entry);
});

Deno.test("parseElf() knows no descriptors in ELFv2", () => {
  throws(() => parseElf(buildElf(withDescriptor({ flags: 2 }))), {
    name: "SyntaxError",
    message: /no instruction at the entry point: 0x20010/,
  });
});

Deno.test("parseElf() refuses what it cannot load, by name", () => {
  const kernel = linuxLike("big");
  const [segment] = kernel.segments;
  const elf32 = buildElf(kernel);
  elf32[4] = 1;
  const badClass = buildElf(kernel);
  badClass[4] = 3;
  const badOrder = buildElf(kernel);
  badOrder[5] = 0;
  const smallHeaders = buildElf(kernel);
  smallHeaders[55] = 32;
  const hugeOffset = buildElf(kernel);
  new DataView(hugeOffset.buffer).setBigUint64(32, 2n ** 64n - 1n);
  const cases: [Uint8Array, string, RegExp][] = [
    [new Uint8Array(0), "SyntaxError", /: not an ELF file$/],
    [new TextEncoder().encode("#!/bin/sh"), "SyntaxError", /not an ELF file/],
    [elf32, "TypeError", /32-bit ELF file/],
    [badClass, "SyntaxError", /bad ELF identification: class 3, data 2/],
    [badOrder, "SyntaxError", /bad ELF identification: class 2, data 0/],
    [smallHeaders, "SyntaxError", /program headers are too small: 32/],
    [hugeOffset, "RangeError", /file is truncated/],
    [buildElf({ ...kernel, machine: 62 }), "TypeError", /machine 62$/],
    [
      buildElf({ ...kernel, type: 1 }),
      "TypeError",
      /not an executable.* type 1$/,
    ],
    [buildElf({ ...kernel, flags: 3 }), "TypeError", /unknown ELF ABI/],
    [buildElf({ ...kernel, segments: [] }), "SyntaxError", /nothing to load/],
    [
      buildElf({ ...kernel, segments: [{ ...segment!, memorySize: 4 }] }),
      "SyntaxError",
      /more bytes in the file than in memory: 8, 4/,
    ],
    [buildElf({ ...kernel, entry: 0x10n }), "SyntaxError", /entry point: 0x10/],
    [
      buildElf({ ...kernel, entry: kernel.entry + 2n }),
      "SyntaxError",
      /entry point/,
    ],
    [
      buildElf(withDescriptor({ entry: 0x2_0018n })),
      "SyntaxError",
      /entry point: 0x28000/,
    ],
    [
      buildElf(withDescriptor({ entry: 0x2_0020n })),
      "RangeError",
      /function descriptor .* not in the file: 0x20020/,
    ],
  ];
  for (const [bytes, name, message] of cases) {
    throws(() => parseElf(bytes), { name, message }, String(message));
  }
});

Deno.test("parseElf() answers every truncation with an error", () => {
  const whole = buildElf(withDescriptor({ opd: 0x2_0010n }));
  parseElf(whole);
  // The last bytes are padding behind the section names.
  const end = whole.length - 0x80 + 6;
  for (let length = 0; length < end; length++) {
    throws(() => parseElf(whole.subarray(0, length)), isOurs, `${length}`);
  }
});

Deno.test("parseElf() and loadElf() survive random mutations", () => {
  const random = createRandom(3);
  const files = [
    buildElf(linuxLike("big")),
    buildElf(linuxLike("little")),
    buildElf(withDescriptor({ opd: 0x2_0010n })),
  ];
  const ram = new Uint8Array(0x100_0000);
  let refused = 0;
  for (let i = 0; i < 10_000; i++) {
    const file = files[random(files.length)]!.slice();
    for (let flips = 1 + random(6); flips > 0; flips--) {
      file[random(random(4) === 0 ? file.length : 176)] = random(256);
    }
    try {
      loadElf(parseElf(file), ram);
    } catch (error) {
      ok(isOurs(error), `unexpected error: ${error}`);
      refused++;
    }
  }
  ok(refused > 1000, `only ${refused} were refused`);
});

for (const [directory, byteOrder] of [["be", "big"], ["le", "little"]]) {
  const name = `${directory}/vmlinux.xz`;
  testWith(`parseElf() reads Linux, ${byteOrder}-endian`, {
    needs: { [`GUEST ${name}`]: hasGuest(name) },
    fn() {
      const image = parseElf(readGuest(name));
      strictEqual(image.byteOrder, byteOrder);
      strictEqual(image.abi, byteOrder === "big" ? 1 : 2);
      strictEqual(image.entry, 0xc000_0000_0000_0000n);
      const ram = new Uint8Array(0x400_0000).fill(0xff);
      const loadAddress = 0x40_0000;
      const { start, end, entry } = loadElf(image, ram, { loadAddress });
      deepStrictEqual([start, entry], [loadAddress, loadAddress]);
      ok(end > start + image.bytes.length * 0.9);
      // The first instruction is FIXUP_ENDIAN's: tdi 0,r0,0x48, in big-endian.
      const first = ram.subarray(entry, entry + 4);
      const word = byteOrder === "big" ? "08000048" : "48000008";
      strictEqual(first.toHex(), word);
      deepStrictEqual([ram[start - 1], ram[end - 1], ram[end]], [255, 0, 255]);
    },
  });
}

function isOurs(error: unknown): boolean {
  return (error instanceof SyntaxError || error instanceof TypeError ||
    error instanceof RangeError) &&
    error.message.startsWith("Cannot load kernel: ");
}
