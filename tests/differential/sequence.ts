/**
 * Instructions that need others around them, or part of what they leave is
 * undefined or settled otherwise on QEMU.
 *
 * @module
 */
import type { Decoder } from "../../cpu/isa/decoder.ts";
import type { IsaVersion } from "../../cpu/isa/row.ts";
import { op } from "./assembler.ts";
import { isSettling, settling } from "./departures.ts";
import type { Random } from "./random.ts";
import { PLACE, STORAGE_BYTES } from "./record.ts";

/** An instruction that has been drawn. */
export interface Drawn {
  readonly name: string;
  readonly word: number;
  /** A register that addresses storage. */
  readonly pointer: number;
  readonly version: IsaVersion;
}

/** The instruction with what has to be around it. */
export function sequence(
  random: Random,
  drawn: Drawn,
): readonly number[] {
  const { name } = drawn;
  let { word } = drawn;
  const RT = word >>> 21 & 31;
  if (isConditional(name)) return conditional(random, drawn);
  if (isDivide(name)) {
    // No quotient: OV says so, and what is in RT is of no account. CR0 neither.
    // Before mcrxrx, nothing can be made of OV so shortly.
    const behind = drawn.version === "2.07"
      ? [op("addi", { RT, RA: 0, SI: 0 })]
      : behindDivide(name, RT);
    return [(word | 0x400) & ~1, ...behind];
  }
  // The upper word is undefined, and so is CR0.
  if (leavesWord(name)) return [word & ~1, extend(RT)];
  const element = /^vextu([bhw])[lr]x$/.exec(name)?.[1];
  if (element) {
    // The element must be in the register.
    const most = 16 - { b: 1, h: 2, w: 4 }[element as "b" | "h" | "w"];
    const RA = 13 + random.below(19);
    return [
      op("addi", { RT: RA, RA: 0, SI: random.below(most + 1) }),
      word & ~0x001f_0000 | RA << 16,
    ];
  }
  if (isConversion(name)) {
    // Elements alike: one that is invalid spoils those behind it on QEMU.
    const target = word & 1 ? 32 + RT : RT;
    const source = (word >>> 11 & 31) + (word & 2 ? 32 : 0);
    const { before } = settling(name);
    return [
      ...before,
      /^xvcvsp/.test(name)
        ? op("xxspltw", { XT: target, XB: source, UIM: random.below(4) })
        : op("xxpermdi", {
          XT: target,
          XA: source,
          XB: source,
          DM: random.pick([0, 3]),
        }),
      word & ~0x0000_f802 | RT << 11 | (word & 1) << 1,
    ];
  }
  if (name === "bcdcfz.") {
    // PS says which digits they are, and the sign goes with them.
    const ascii = (word >>> 11 & 31) === 27;
    word = word & ~0x200 | (ascii ? 0 : 0x200);
  }
  // To odd, QEMU rounds the negated difference as FPSCR says.
  if (name === "xsnmsubqp") word &= ~1;
  // QEMU sets FEX although VE is 0, and CR1 shows it.
  if (/^(denbcd|drrnd)q?$/.test(name)) word &= ~1;
  const kept = name === "mtspr" ? KEPT.get(sprOf(word)) : undefined;
  const masks = kept && drawn.version === "2.07"
    ? { ...kept, MB: kept.MB && 14 }
    : kept;
  if (masks) {
    const RA = 13 + random.below(19);
    return [
      op("rlwinm", { RS: RT, RA, SH: 0, ...masks }),
      op("rldicl", { RS: RA, RA, SH: 0, MB: 32 }),
      word & ~0x03e0_0000 | RA << 21,
    ];
  }
  const { before, behind } = settling(name);
  return [...before, word, ...behind];
}

/** Bits that XER and VRSAVE have: QEMU keeps 64 of either. */
const KEPT: ReadonlyMap<number, { MB: number; ME: number }> = new Map([
  [1, { MB: 12, ME: 2 }],
  [256, { MB: 0, ME: 31 }],
]);

function sprOf(word: number): number {
  return word >>> 16 & 31 | (word >>> 11 & 31) << 5;
}

function isConditional(name: string): boolean {
  return /^st.cx\.$/.test(name);
}

function isDivide(name: string): boolean {
  return name.startsWith("div");
}

function leavesWord(name: string): boolean {
  return /^(mulhwu?|mod[su]w)$/.test(name);
}

function isConversion(name: string): boolean {
  return /^xvcv[sd]p[su]x[dw]s$/.test(name);
}

function extend(RT: number): number {
  return op("extsw", { RS: RT, RA: RT });
}

function behindDivide(name: string, RT: number): readonly number[] {
  return [
    op("mcrxrx", { BF: 7 }),
    op("isel", { RT, RA: 0, RB: RT, BC: 28 }),
    ...name.startsWith("divw") ? [extend(RT)] : [],
  ];
}

/**
 * A store conditional, mostly after a load that reserves the same. Without a
 * reservation QEMU does not interrupt where storage is missing or unaligned.
 */
function conditional(
  random: Random,
  { name, word, pointer: RA }: Drawn,
): readonly number[] {
  const middle = PLACE.writable + STORAGE_BYTES / 2;
  const address = middle + (random.below(32) - 16) * 16;
  const at = [
    op("addis", { RT: RA, RA: 0, SI: address >>> 16 }),
    op("ori", { RS: RA, RA, UI: address & 0xffff }),
  ];
  const RT = 14 + 2 * random.below(9);
  const load = name.replace(/^st(.)cx\.$/, "l$1arx");
  const fields = { RA: 0, RB: RA };
  const reserve = load === "lqarx"
    ? op(load, { RTp: RT, ...fields })
    : op(load, { RT, ...fields });
  const store = (word & ~0x001f_f800 | RA << 11) >>> 0;
  // QEMU does not find its own reservation of 16 bytes.
  const free = random.once(4) || load === "lqarx";
  return free ? [...at, store] : [...at, reserve, store];
}

/** Words before and behind a word of a program that belong to it. */
export function surroundings(
  words: readonly number[],
  index: number,
  decode: Decoder,
): { readonly before: number; readonly behind: number } {
  const word = words[index] ?? 0;
  if (isSettling(word)) return { before: 0, behind: 0 };
  const name = decode(word)?.name ?? "";
  if (isConditional(name)) {
    const reserves = decode(words[index - 1] ?? 0)?.name.endsWith("arx");
    return { before: reserves ? 3 : 2, behind: 0 };
  }
  if (isDivide(name)) {
    const checks = decode(words[index + 1] ?? 0)?.name === "mcrxrx";
    return { before: 0, behind: checks ? behindDivide(name, 0).length : 1 };
  }
  if (leavesWord(name)) return { before: 0, behind: 1 };
  const { before, behind } = settling(name);
  const one = /^vextu[bhw][lr]x$/.test(name) || isConversion(name);
  const two = name === "mtspr" && KEPT.has(sprOf(word));
  return {
    before: before.length + (two ? 2 : one ? 1 : 0),
    behind: behind.length,
  };
}
