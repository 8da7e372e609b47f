/**
 * One or two instructions with registers and storage, for comparing what they
 * do with what a processor does, and the text that says what they did.
 */

/** Where the instructions are, and the storage that is watched. */
export const SLOT = 0x3000;
export const BUFFER = 0x7000;
export const BUFFER_BYTES = 256;

/** `ori 0,0,0`, where one instruction is enough. */
export const NOP = 0x6000_0000;

/** What is carried out, and on what. */
export interface StorageCase {
  readonly words: readonly [number, number];
  readonly msr: bigint;
  readonly gpr: readonly bigint[];
  readonly cr: number;
  readonly xer: number;
  readonly lr: bigint;
  readonly ctr: bigint;
  readonly storage: Uint8Array;
}

/** Registers and storage afterwards. */
export interface StorageOutcome {
  readonly gpr: readonly bigint[];
  readonly cr: number;
  readonly xer: number;
  readonly lr: bigint;
  readonly ctr: bigint;
  readonly storage: Uint8Array;
  /** Vector of the interrupt that came; 0xc00 where none did. */
  readonly vector: number;
  readonly srr0: bigint;
  readonly srr1: bigint;
  readonly dar: bigint;
  readonly dsisr: number;
  readonly fscr: bigint;
}

/** SRR1 bits that say why a program interrupt happened. */
const CAUSES: ReadonlyMap<bigint, string> = new Map([
  [0x8_0000n, "illegal"],
  [0x4_0000n, "privileged"],
  [0x2_0000n, "trap"],
]);

function describeInterrupt(after: StorageOutcome): string[] {
  const place = after.srr0 === BigInt(SLOT) ? "" : "second ";
  switch (after.vector) {
    case 0xc00:
      return [];
    case 0x300:
      return [
        `${place}data dar=${after.dar.toString(16)} dsisr=${
          after.dsisr.toString(16)
        }`,
      ];
    case 0x600:
      return [`${place}alignment`];
    case 0x700:
      return [place + (CAUSES.get(after.srr1 & 0xe_0000n) ?? "program")];
    case 0xf60:
      return [`${place}facility ${after.fscr >> 56n}`];
    default:
      return [`${place}vector ${after.vector.toString(16)}`];
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Changed bytes, as "@40=0011 @50=ff". */
function describeStorage(old: Uint8Array, now: Uint8Array): string[] {
  const texts: string[] = [];
  for (let i = 0; i < BUFFER_BYTES; i++) {
    const start = i;
    while (i < BUFFER_BYTES && old[i] !== now[i]) i++;
    if (i > start) {
      texts.push(`@${start.toString(16)}=${hex(now.subarray(start, i))}`);
    }
  }
  return texts;
}

/** What has changed: "r3=5 cr=20000000 @40=ff alignment". */
export function describeOutcome(
  before: StorageCase,
  after: StorageOutcome,
): string {
  const texts: string[] = [];
  function note(name: string, old: bigint | number, now: bigint | number) {
    if (old !== now) texts.push(`${name}=${now.toString(16)}`);
  }
  after.gpr.forEach((now, i) => note(`r${i}`, before.gpr[i] ?? 0n, now));
  note("cr", before.cr, after.cr);
  note("xer", before.xer, after.xer);
  note("lr", before.lr, after.lr);
  note("ctr", before.ctr, after.ctr);
  texts.push(...describeStorage(before.storage, after.storage));
  texts.push(...describeInterrupt(after));
  return texts.join(" ");
}
