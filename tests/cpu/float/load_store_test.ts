import assert from "node:assert/strict";
import { runInstruction } from "../../../cpu/engine/reference_harness.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import {
  floatLoads,
  floatPairs,
  floatStores,
} from "../../../cpu/isa/float_load_store.ts";
import { bitsOf, generator } from "./cases.ts";

const ROWS = [floatLoads, floatStores, floatPairs].flatMap(({ rows }) => rows);
const AT = 0x100;

interface Access {
  readonly name: string;
  /** f4 and f5. */
  readonly fpr?: readonly [bigint, bigint];
  readonly memory?: Uint8Array;
  readonly littleEndian?: boolean;
  readonly RA?: number;
}

/** Runs a load or store at AT: 0x20 in r9 and the rest in r10 or D. */
function access({ name, fpr = [0n, 0n], RA = 9, ...options }: Access) {
  const instruction = ROWS.find((row) => row.name === name);
  assert.ok(instruction, name);
  const indexed = instruction.fields.has("RB");
  const register = [...instruction.fields.keys()].find((f) =>
    f.startsWith("F")
  );
  const offset = indexed
    ? { RB: 10 }
    : { [instruction.fields.has("D") ? "D" : "DS"]: AT - 0x20 };
  const gpr = Array<bigint>(32).fill(0n);
  gpr[9] = 0x20n;
  gpr[10] = BigInt(AT - 0x20);
  const vsr = Array<bigint>(64).fill(0n);
  vsr[4] = fpr[0] << 64n;
  vsr[5] = fpr[1] << 64n;
  const word = encode(instruction, { [register ?? ""]: 4, RA, ...offset });
  const result = runInstruction(word, { GPR: gpr, VSR: vsr }, {
    instruction,
    ...options,
  });
  const after = result.state.VSR as readonly bigint[];
  return {
    ...result,
    fpr: [4, 5].map((n) => (after[n] ?? 0n) >> 64n),
    ra: (result.state.GPR as readonly bigint[])[9],
    view: new DataView(result.memory.buffer, result.memory.byteOffset),
  };
}

function memoryWith(write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(0x200);
  write(new DataView(bytes.buffer));
  return bytes;
}

function bits32(x: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, x);
  return view.getUint32(0);
}

Deno.test("lfs widens every kind of single exactly", () => {
  const random = generator(7n);
  const words = Array.from({ length: 200 }, () => Number(random() >> 32n));
  words.push(0, 0x8000_0000, 1, 0x8000_0001, 0x7f_ffff, 0x80_0000, 0x7f7f_ffff);
  for (const word of words) {
    const memory = memoryWith((view) => view.setUint32(AT, word));
    const single = new DataView(memory.buffer).getFloat32(AT);
    if (Number.isNaN(single)) continue;
    assert.equal(access({ name: "lfs", memory }).fpr[0], bitsOf(single));
  }
});

Deno.test("lfs keeps infinities and NaNs bit for bit", () => {
  const expected: [number, bigint][] = [
    [0x7f80_0000, 0x7ff0_0000_0000_0000n],
    [0xff80_0000, 0xfff0_0000_0000_0000n],
    [0x7f80_0001, 0x7ff0_0000_2000_0000n],
    [0xffc1_2345, 0xfff8_2468_a000_0000n],
  ];
  for (const [word, double] of expected) {
    const memory = memoryWith((view) => view.setUint32(AT, word));
    assert.equal(access({ name: "lfs", memory }).fpr[0], double);
  }
});

Deno.test("stfs stores singles exactly and cuts what does not fit", () => {
  const random = generator(8n);
  for (let n = 0; n < 200; n++) {
    const word = Number(random() >> 32n);
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, word);
    const single = view.getFloat32(0);
    if (Number.isNaN(single)) continue;
    const stored = access({ name: "stfs", fpr: [bitsOf(single), 0n] });
    assert.equal(stored.view.getUint32(AT), word);
  }
  const cut: [bigint, number][] = [
    // Not rounded: bits beyond a single's are dropped.
    [bitsOf(1 + 2 ** -23 + 2 ** -24), bits32(1 + 2 ** -23)],
    // Denormalized by shifting, dropped bits lost.
    [bitsOf(2 ** -149 * 1.75), 1],
    [bitsOf(-(2 ** -127)), 0x8040_0000],
    // Undefined below; here zero of the same sign.
    [bitsOf(-(2 ** -150)), 0x8000_0000],
    // Exponents beyond a single's are cut to its eight bits.
    [bitsOf(2 ** 128), 0x7f80_0000],
    [bitsOf(2 ** 300 * 1.5), 0x55c0_0000],
    [0x7ff0_0000_2000_0000n, 0x7f80_0001],
  ];
  for (const [double, word] of cut) {
    const stored = access({ name: "stfs", fpr: [double, 0n] });
    assert.equal(stored.view.getUint32(AT), word, double.toString(16));
  }
});

Deno.test("lfd, stfd and stfiwx move bits in the order of MSR[LE]", () => {
  const bits = 0x0123_4567_89ab_cdefn;
  for (const littleEndian of [false, true]) {
    const memory = memoryWith((view) =>
      view.setBigUint64(AT, bits, littleEndian)
    );
    assert.equal(access({ name: "lfdx", memory, littleEndian }).fpr[0], bits);
    const stored = access({ name: "stfd", fpr: [bits, 0n], littleEndian });
    assert.equal(stored.view.getBigUint64(AT, littleEndian), bits);
    const word = access({ name: "stfiwx", fpr: [bits, 0n], littleEndian });
    assert.equal(word.view.getUint32(AT, littleEndian), 0x89ab_cdef);
  }
});

Deno.test("lfiwax and lfiwzx extend a word by its sign and by zeros", () => {
  const memory = memoryWith((view) => view.setUint32(AT, 0x8765_4321));
  assert.equal(
    access({ name: "lfiwax", memory }).fpr[0],
    0xffff_ffff_8765_4321n,
  );
  assert.equal(access({ name: "lfiwzx", memory }).fpr[0], 0x8765_4321n);
});

Deno.test("pairs take the even register first, or last when little-endian", () => {
  const [even, odd] = [0x1111_2222_3333_4444n, 0x5555_6666_7777_8888n];
  for (const littleEndian of [false, true]) {
    const first = littleEndian ? odd : even;
    const second = littleEndian ? even : odd;
    const memory = memoryWith((view) => {
      view.setBigUint64(AT, first, littleEndian);
      view.setBigUint64(AT + 8, second, littleEndian);
    });
    for (const name of ["lfdp", "lfdpx"]) {
      assert.deepEqual(access({ name, memory, littleEndian }).fpr, [even, odd]);
    }
    for (const name of ["stfdp", "stfdpx"]) {
      const { view } = access({ name, fpr: [even, odd], littleEndian });
      assert.equal(view.getBigUint64(AT, littleEndian), first);
      assert.equal(view.getBigUint64(AT + 8, littleEndian), second);
    }
  }
});

Deno.test("update forms set RA and refuse r0", () => {
  const updating = ROWS.filter(({ name }) => /ux?$/.test(name));
  assert.equal(updating.length, 8);
  for (const { name } of updating) {
    assert.equal(access({ name }).ra, BigInt(AT), name);
    const refused = access({ name, RA: 0 });
    assert.equal(refused.raised, "hypervisorEmulationAssistance", name);
    assert.equal(refused.changed.VSR, undefined);
  }
});
