// A radix tree that the guest registers and the monitor writes.
import type { MachineUnderTest, Program } from "./_machine.ts";

const TABLES = {
  process: 0x10000,
  root: 0x20000,
  level2: 0x30000,
  level3: 0x31000,
  level4: 0x32000,
} as const;

/** Registers the process table at 0x10000 with a radix tree, and stays. */
export const REGISTER_RADIX: Program = {
  0: [
    0x3860037c, // li r3,0x37c: H_REGISTER_PROC_TBL
    0x3880001d, // li r4,0x1d: modify, register, radix, GTSE
    0x3ca00001, // lis r5,1
    0x38c00000, // li r6,0
    0x38e00000, // li r7,0: 4 KiB
    0x44000022, // sc 1
    0x48000000, // b .
  ],
};

/** Bits of a page table entry that say what may be done with the page. */
export const EAA = { read: 4n, write: 2n, execute: 1n } as const;

const VALID = 1n << 63n;
const LEAF = 1n << 62n;
/** Reference and change are set, so that no access has to set them. */
const REFERENCED = 0x180n;
const PRIVILEGED = 8n;

/** Where the tree's pages of 4 KiB begin. */
export const BASE = 0xc000_0000_0000_0000n;

/** Maps consecutive pages from {@linkcode BASE} on, and translation on. */
export async function mapPages(
  guest: MachineUnderTest,
  pages: readonly { real: number; eaa: bigint }[],
): Promise<void> {
  const put = async (address: number, value: bigint) => {
    await guest.call("memory-write", {
      address: `0x${address.toString(16)}`,
      hex: value.toString(16).padStart(16, "0"),
    });
  };
  // 52 bits in four levels: 13, 9, 9 and 9 (Book III 6.7.10).
  await put(TABLES.process, 0x4000_0000_0000_00adn | BigInt(TABLES.root));
  await put(TABLES.root, VALID | BigInt(TABLES.level2) | 9n);
  await put(TABLES.level2, VALID | BigInt(TABLES.level3) | 9n);
  await put(TABLES.level3, VALID | BigInt(TABLES.level4) | 9n);
  for (const [i, { real, eaa }] of pages.entries()) {
    await put(
      TABLES.level4 + 8 * i,
      VALID | LEAF | BigInt(real) | REFERENCED | PRIVILEGED | eaa,
    );
  }
  await guest.call("set-register", {
    register: "msr",
    value: "0x30",
    mask: "0x30",
  });
}
