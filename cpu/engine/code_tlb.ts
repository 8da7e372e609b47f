/**
 * The code TLB, as emitted code and whoever compiles that see it, and the way
 * from an address to its record.
 *
 * @module
 */
import { STATE } from "../state.ts";
import type { Code, Local } from "../wasm/code.ts";
import { CODE_TLB, RECORD_BYTES } from "./layout.ts";

/** Offsets within an entry: address of the page, and its decoded form. */
export const CODE_ENTRY = { tag: 0, decoded: 8 } as const;

/** Bits of an address that say which instruction of its page is meant. */
const IN_PAGE = 0xffc;

/**
 * Pushes the code TLB's entry for the address (i64) that the closure pushes;
 * local 0 is the vCPU's block.
 */
export function pushCodeEntry(c: Code, pushAddress: () => void): void {
  pushAddress();
  c.i64(12 - Math.log2(CODE_TLB.entryBytes));
  c.op("i64.shr_u");
  c.op("i32.wrap_i64");
  c.i32((CODE_TLB.entries - 1) * CODE_TLB.entryBytes);
  c.op("i32.and");
  c.get(0);
  c.memory("i32.load", STATE.TLB_CODE.offset);
  c.op("i32.add");
}

/** Pushes what says whether an entry is for an address: both are equal (i64). */
export function pushCodeTags(c: Code, entry: Local, address: Local): void {
  c.get(entry);
  c.memory("i64.load", CODE_ENTRY.tag);
  c.get(address);
  c.i64(-4096);
  c.op("i64.and");
}

/** Goes from the decoded page that is pushed to the record of an address. */
export function addRecord(c: Code, address: Local): void {
  c.get(address);
  c.op("i32.wrap_i64");
  c.i32(IN_PAGE);
  c.op("i32.and");
  // Instructions are of four bytes.
  c.i32(Math.log2(RECORD_BYTES / 4));
  c.op("i32.shl");
  c.op("i32.add");
}

/**
 * The decoded page of an address, by its halves, if a context's code TLB has
 * it. For threads that compile: an entry may be changing.
 */
export function findDecodedPage(
  view: DataView,
  codeTlb: number,
  { low, high }: { low: number; high: number },
): number | undefined {
  const index = (low >>> 12) & (CODE_TLB.entries - 1);
  const entry = codeTlb + index * CODE_TLB.entryBytes;
  const found = view.getUint32(entry, true) === ((low & ~0xfff) >>> 0) &&
    view.getUint32(entry + 4, true) === high;
  return found ? view.getUint32(entry + CODE_ENTRY.decoded, true) : undefined;
}
