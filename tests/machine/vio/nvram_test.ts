import assert from "node:assert/strict";
import { Nvram, NVRAM_BYTES } from "../../../machine/vio/nvram.ts";

Deno.test("Nvram starts as one free partition with a valid header", () => {
  const bytes = new Nvram().read(0, 16);
  assert.equal(bytes[0], 0x7f);
  const view = new DataView(bytes.buffer);
  assert.equal(view.getUint16(2) * 16, NVRAM_BYTES);
  // The checksum adds all other bytes with end-around carry.
  let sum = 0x7f;
  for (const byte of bytes.subarray(2)) {
    sum += byte;
    if (sum > 0xff) sum -= 0xff;
  }
  assert.equal(bytes[1], sum);
});

Deno.test("Nvram.read() and write() end with the memory", () => {
  const nvram = new Nvram();
  const data = Uint8Array.of(1, 2, 3, 4);
  assert.equal(nvram.write(NVRAM_BYTES - 3, data), 3);
  assert.deepEqual([...nvram.read(NVRAM_BYTES - 3, 10)], [1, 2, 3]);
  assert.equal(nvram.write(NVRAM_BYTES + 5, data), 0);
  assert.equal(nvram.read(NVRAM_BYTES + 5, 1).length, 0);
});

Deno.test("Nvram.restore() takes what save() gave, and nothing of another size", () => {
  const nvram = new Nvram();
  nvram.write(100, Uint8Array.of(42));
  const saved = structuredClone(nvram.save());
  const other = new Nvram();
  other.restore(saved);
  assert.equal(other.read(100, 1)[0], 42);
  assert.throws(() => other.restore(new Uint8Array(8)), {
    name: "RangeError",
    message: `Cannot restore NVRAM: expected ${NVRAM_BYTES} bytes, got 8`,
  });
});
