/** Private hypercall by which the blob hands an RTAS call to the machine. */
export const H_RTAS = 0xf000;

/**
 * Builds the code that a guest enters for RTAS: a hypercall and a return. The
 * argument block's address comes in r3 (LoPAR 2.9, chapter "Run-Time
 * Abstraction Services"), and
 * leaves in r4.
 *
 * The words are big-endian whatever the guest, which must enter RTAS in
 * big-endian, 32-bit real mode.
 *
 * @returns The code, position-independent.
 */
export function rtasBlob(): Uint8Array {
  const instructions = [
    0x7c64_1b78, // mr r4,r3
    0x3c60_0000, // lis r3,0
    0x6063_0000 | H_RTAS, // ori r3,r3,H_RTAS
    0x4400_0022, // sc 1
    0x4e80_0020, // blr
  ];
  const view = new DataView(new ArrayBuffer(instructions.length * 4));
  instructions.forEach((word, index) => view.setUint32(index * 4, word));
  return new Uint8Array(view.buffer);
}
