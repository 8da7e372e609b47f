/** "hello" and a line feed, as `xz -9` packs it. */
export const XZ_OF_HELLO: Uint8Array<ArrayBuffer> = Uint8Array.fromHex(
  "fd377a585a000004e6d6b446020021011c00000010cf58cc0100056865" +
    "6c6c6f0a000000a56097f194f6fde000011e06c12fa41d1fb6f37d0100" +
    "00000004595a",
);
