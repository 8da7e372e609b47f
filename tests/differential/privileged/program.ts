/**
 * Draws short programs for privileged state, with what they start from.
 *
 * @module
 */
import { MSR } from "../../../cpu/state.ts";
import { op } from "../assembler.ts";
import { Random } from "../random.ts";
import {
  CASE,
  CASE_BYTES,
  DATA_PAGES,
  pageAddress,
  PLACE,
  PROGRAM_WORDS,
  SPECIAL,
  SPECIAL_NAMES,
  type Translation,
  TRANSLATIONS,
} from "./layout.ts";

/** Registers by what a program has in them. */
const R = {
  /** What FSCR, XER and registers of 32 bits can hold. */
  facilities: 11,
  flags: 12,
  word: 13,
  /** What programs load and compute. */
  free: [3, 4, 5, 6, 7, 8, 9, 10],
  pointers: [14, 15, 16, 17, 18, 19],
  /** At the start of a cache block. */
  block: 20,
  states: [21, 22, 23],
  targets: [24, 25],
  /** RB and RS of SLB and TLB management. */
  segments: [0, 26],
  contents: [27, 28],
  /** RS and RB of tlbie. */
  process: 1,
  page: 2,
} as const;

/** Registers that QEMU lets hold more bits than there are, and from where. */
const HOLDERS: ReadonlyMap<number, number> = new Map([
  [SPECIAL.FSCR, R.facilities],
  [SPECIAL.XER, R.flags],
  ...(["PIDR", "VRSAVE", "DSISR", "PSPB", "TIDR"] as const)
    .map((name) => [SPECIAL[name], R.word] as const),
]);

const SRR0 = 26;
const SRR1 = 27;
const NOP = op("ori");
const ALL_BITS = (1n << 64n) - 1n;

/** AMR's number for problem state, which privileged state may use, too. */
const USER_AMR = 13;

/** Special purpose registers after which translation or state is another. */
const CONTEXT: ReadonlySet<number> = new Set([
  USER_AMR,
  SPECIAL.AMR,
  SPECIAL.IAMR,
  SPECIAL.PIDR,
  SPECIAL.FSCR,
]);

/** FSCR's scv, and TAR, EBB, DSCR (Book III 6.2.12). */
const SCV = 0x1000;
const FACILITIES = 0x184;

/** Numbers that mtspr and mfspr are tried with. */
const SPRS: readonly number[] = [
  ...Object.values(SPECIAL),
  ...Object.values(SPECIAL),
  SRR0,
  SRR1,
  // The hypervisor's: HSPRG0, LPCR, LPIDR, HFSCR, HSRR0, PTCR, AMOR.
  ...[304, 318, 319, 190, 314, 464, 349],
];

/** Numbers that are only read: SPRG3 and CTRL of problem state, PIR. */
const READ_ONLY: readonly number[] = [259, 136, 1023];

/** Loads and stores with a displacement, and its bytes' multiple. */
const DISPLACED: readonly (readonly [name: string, field: string])[] = [
  ...["lbz", "lhz", "lha", "lwz", "lbzu", "lwzu"].map((name) =>
    [name, "SI"] as const
  ),
  ...["ld", "lwa", "ldu"].map((name) => [name, "DS"] as const),
];
const STORED: typeof DISPLACED = [
  ...["stb", "sth", "stw", "stwu"].map((name) => [name, "SI"] as const),
  ...["std", "stdu"].map((name) => [name, "DS"] as const),
];
const INDEXED_LOADS = [
  ...["lbzx", "lhzx", "lwzx", "ldx", "lhbrx", "lwbrx", "ldbrx"],
  ...["lbarx", "lharx", "lwarx", "ldarx"],
];
const INDEXED_STORES = ["stbx", "sthx", "stwx", "stdx", "stwbrx", "stdbrx"];
const BLOCKS = ["dcbz", "dcbst", "dcbf", "dcbt"];

/** A program and its start state, as images have them. */
export interface PrivilegedProgram {
  readonly translation: Translation;
  readonly bytes: Uint8Array;
}

/** The program of a number. */
export function drawProgram(
  { seed, index, translation }: {
    readonly seed: number;
    readonly index: number;
    readonly translation: Translation;
  },
): PrivilegedProgram {
  const kind = TRANSLATIONS.indexOf(translation);
  const random = new Random(seed, kind + 1, index);
  return { translation, bytes: new Draft(random, translation).finish() };
}

class Draft {
  readonly #random: Random;
  readonly #translation: Translation;
  readonly #bytes = new Uint8Array(CASE_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #littleEndian: boolean;
  readonly #mayBeProblem: boolean;
  #at = 0;
  #targets = 0;

  constructor(random: Random, translation: Translation) {
    this.#random = random;
    this.#translation = translation;
    this.#view.setBigUint64(CASE.cr, BigInt(random.word()));
    SPECIAL_NAMES.forEach((name, n) =>
      this.#view.setBigUint64(CASE.special + 8 * n, this.#special(name))
    );
    for (let n = 0; n < 32; n++) this.#setGpr(n, this.#number());
    this.#setGpr(R.facilities, this.#special("FSCR"));
    this.#setGpr(R.flags, this.#special("XER"));
    this.#setGpr(R.word, BigInt(random.word()));
    for (const n of R.pointers) this.#setGpr(n, this.#pointer());
    this.#setGpr(R.block, this.#pointer() & -128n);
    this.#setGpr(R.process, BigInt(random.below(4)) << 32n);
    this.#setGpr(R.page, this.#isRadix ? 0x400n : 0n);
    for (const n of R.states) this.#setGpr(n, this.#state());
    for (const n of R.targets) this.#setGpr(n, this.#target());
    for (const n of R.segments) this.#setGpr(n, this.#segment());
    for (const n of R.contents) this.#setGpr(n, this.#content());
    const msr = this.#state();
    this.#view.setBigUint64(CASE.msr, msr);
    this.#littleEndian = (msr & MSR.LE) !== 0n;
    this.#mayBeProblem = [msr, ...R.states.map((n) => this.#gpr(n))]
      .some((state) => (state & MSR.PR) !== 0n);
  }

  get #isRadix(): boolean {
    return this.#translation === "radix";
  }

  finish(): Uint8Array {
    const length = 2 + this.#random.below(10);
    while (this.#at < length) this.#unit();
    while (this.#at < PROGRAM_WORDS) this.#word(op("sc"));
    return this.#bytes;
  }

  #word(word: number): void {
    this.#view.setUint32(CASE.code + 4 * this.#at++, word, this.#littleEndian);
  }

  #setGpr(n: number, value: bigint): void {
    this.#view.setBigUint64(CASE.gpr + 8 * n, BigInt.asUintN(64, value));
  }

  #gpr(n: number): bigint {
    return this.#view.getBigUint64(CASE.gpr + 8 * n);
  }

  #number(): bigint {
    const random = this.#random;
    const words = BigInt(random.word()) << 32n | BigInt(random.word());
    switch (random.below(5)) {
      case 0:
        return BigInt(random.below(256));
      case 1:
        return 1n << BigInt(random.below(64));
      case 2:
        return ALL_BITS ^ BigInt(random.below(256));
      default:
        return words;
    }
  }

  #special(name: keyof typeof SPECIAL): bigint {
    const random = this.#random;
    switch (name) {
      case "FSCR":
        return BigInt(random.word() & FACILITIES | SCV);
      case "PIDR":
        return random.once(6) ? BigInt(random.below(6)) : 0n;
      case "AMR":
      case "IAMR":
        // Key 0 is that of most pages.
        return random.once(3) ? this.#number() >> 2n : 0n;
      case "XER":
        return BigInt(random.below(8)) << 29n | BigInt(random.below(128));
      case "VRSAVE":
      case "DSISR":
      case "PSPB":
      case "TIDR":
        return this.#number() & 0xffff_ffffn;
      default:
        return this.#number();
    }
  }

  /** Where storage is accessed: near the ends of pages. */
  #pointer(): bigint {
    const random = this.#random;
    const page = pageAddress(random.pick(DATA_PAGES));
    const offset = random.once(2)
      ? random.below(24)
      : 0x1000 - 1 - random.below(32);
    const near = BigInt(page + (random.once(2) ? offset & ~7 : offset));
    switch (random.below(12)) {
      case 0:
        return BigInt(PLACE.nowhere) + near;
      case 1:
        return 2n << 28n | near;
      case 2:
        return 3n << 28n | near;
      case 3:
        return BigInt(random.pick([4, 8, 0xc, 0xe])) << 60n | near;
      default:
        return near;
    }
  }

  /** An MSR. ME is not a partition's to change. */
  #state(): bigint {
    const random = this.#random;
    let msr = MSR.ME;
    if (!random.once(6)) msr |= MSR.SF;
    for (const bit of [MSR.EE, MSR.FP, MSR.VEC, MSR.VSX, MSR.RI]) {
      if (random.once(2)) msr |= bit;
    }
    if (random.once(4)) msr |= MSR.LE;
    if (random.once(8)) msr |= random.pick([MSR.FE0, MSR.FE1]);
    if (this.#translation === "real") {
      if (random.once(20)) msr |= random.pick([MSR.IR, MSR.DR]);
      if (random.once(20)) msr |= MSR.PR;
      return msr;
    }
    if (!random.once(5)) msr |= MSR.IR;
    if (!random.once(5)) msr |= MSR.DR;
    if (random.once(3)) msr |= MSR.PR | MSR.IR | MSR.DR | MSR.EE;
    return msr;
  }

  /** Where rfid goes that does not go on behind itself. */
  #target(): bigint {
    const random = this.#random;
    // The middle of a page, where there are but zeros: an illegal instruction.
    const page = BigInt(pageAddress(random.pick(DATA_PAGES)) + 0x800);
    const top = random.pick([0n, 0n, 0n, 4n, 0xcn]) << 60n;
    return top | random.pick([page, page | 3n, BigInt(PLACE.nowhere)]);
  }

  /** RB of slbmte and others: entry n holds segment n. */
  #segment(): bigint {
    const random = this.#random;
    const entry = 1 + random.below(3);
    const esid = BigInt(entry) << 28n;
    const valid = random.once(6) ? 0n : 1n << 27n;
    return esid | valid | BigInt(entry);
  }

  /** RS of slbmte: keys, N, C; VSID 0 has pages, others have none. */
  #content(): bigint {
    const random = this.#random;
    const flags = BigInt(random.below(32)) << 7n & ~0x100n;
    const vsid = random.once(3) ? BigInt(random.below(4)) << 12n : 0n;
    return flags | vsid;
  }

  #unit(): void {
    const random = this.#random;
    const free = () => random.pick(R.free);
    switch (random.below(16)) {
      case 0:
      case 1:
      case 2:
        return this.#moveSpecial();
      case 3:
        return this.#writeMsr();
      case 4:
        return this.#word(op("mfmsr", { RT: free() }));
      case 5:
        return this.#return();
      case 6:
        return this.#trap();
      case 7:
      case 8:
        if (this.#translation === "real") return this.#access();
        return this.#manage();
      case 9:
        return this.#word(random.pick([
          op("lfd", { FRT: 1, RA: random.pick(R.pointers), D: 0 }),
          op("lvx", { VRT: 1, RA: 0, RB: random.pick(R.pointers) }),
          op("lxvd2x", { XT: 1, RA: 0, RB: random.pick(R.pointers) }),
        ]));
      case 10:
        return this.#word(op("add", { RT: free(), RA: free(), RB: free() }));
      default:
        return this.#access();
    }
  }

  #moveSpecial(): void {
    const random = this.#random;
    if (random.once(2)) {
      const SPR = random.pick([...SPRS, ...READ_ONLY]);
      this.#word(op("mfspr", { RT: random.pick(R.free), SPR }));
      return;
    }
    // Not read: QEMU looks into another register for it.
    const SPR = random.pick([...SPRS, USER_AMR]);
    const RS = HOLDERS.get(SPR) ?? random.pick(R.free);
    this.#word(op("mtspr", { RS, SPR }));
    if (!CONTEXT.has(SPR)) return;
    // QEMU goes on with what it has translated under other keys.
    const { page: RB } = R;
    if (this.#isRadix) {
      this.#word(op("tlbie", { RS: R.process, RB, RIC: 2, PRS: 1, R: 1 }));
    } else if (this.#translation === "hash") {
      this.#word(op("tlbiel", { RS: RB, RB }));
    }
    this.#word(op("isync"));
  }

  #writeMsr(): void {
    const random = this.#random;
    const name = random.pick(["mtmsr", "mtmsrd"]);
    // Bit 63 cannot be changed so: what follows is of the same order.
    this.#word(op(name, { RS: random.pick(R.states), L: random.below(2) }));
  }

  #return(): void {
    const random = this.#random;
    const state = random.pick(R.states);
    let target: number = R.targets[0];
    if (this.#targets++ === 0 && !random.once(4)) {
      target = R.targets[1];
      const next = BigInt(PLACE.slot + 4 * (this.#at + 3));
      this.#setGpr(target, random.once(4) ? next | 3n : next);
    }
    this.#word(op("mtspr", { RS: target, SPR: SRR0 }));
    this.#word(op("mtspr", { RS: state, SPR: SRR1 }));
    this.#word(op("rfid"));
    this.#littleEndian = (this.#gpr(state) & MSR.LE) !== 0n;
  }

  #trap(): void {
    const random = this.#random;
    const RA = random.pick(R.free);
    const RB = random.pick(R.free);
    this.#word(random.pick([
      op("sc"),
      op("tw", { TO: random.below(32), RA, RB }),
      op("td", { TO: random.below(32), RA, RB }),
      op("tdi", { TO: random.below(32), RA, SI: random.below(100) }),
      0,
      1 << 26,
      31 << 26 | 0x3f << 1,
      op("hrfid"),
      op("scv", { LEV: random.below(128) }),
      op("lwzcix", { RT: RA, RA: 0, RB: random.pick(R.pointers) }),
      op("slbmfee", { RT: RA, RB: R.page }),
      NOP,
    ]));
  }

  #manage(): void {
    const random = this.#random;
    const RB = random.pick(R.segments);
    const RS = random.pick(R.contents);
    const RT = random.pick(R.free);
    if (this.#isRadix) {
      const common = { RS: R.process, PRS: 1, R: 1 };
      this.#word(random.pick([
        op("tlbie", { ...common, RB: R.page, RIC: random.pick([0, 2]) }),
        op("tlbiel", { ...common, RB: R.page, RIC: 2 }),
      ]));
      this.#word(op("sync", { L: 2 }));
      return;
    }
    this.#word(random.pick([
      op("slbmte", { RS, RB }),
      op("slbmte", { RS, RB }),
      op("slbie", { RB }),
      op("slbia", { IH: random.below(8) }),
      op("slbmfee", { RT, RB }),
      op("slbmfev", { RT, RB }),
      // In problem state QEMU calls it illegal, not privileged.
      this.#mayBeProblem
        ? op("tlbie", { RS: R.page, RB: R.page })
        : op("slbfee.", { RT, RB: random.pick(R.pointers) }),
      op("tlbiel", { RS: R.page, RB: R.page }),
    ]));
    this.#word(op("isync"));
  }

  #access(): void {
    const random = this.#random;
    const RA = random.pick(R.pointers);
    const RT = random.pick(R.free);
    const [displaced, field] = random.pick(random.once(2) ? DISPLACED : STORED);
    const load = displaced.startsWith("l");
    switch (random.below(8)) {
      case 0:
        return this.#word(
          op(random.pick(INDEXED_LOADS), { RT, RA: 0, RB: RA }),
        );
      case 1:
        return this.#word(
          op(random.pick(INDEXED_STORES), { RS: RT, RA: 0, RB: RA }),
        );
      case 2:
        // QEMU's icbi makes DAR the start of the block.
        if (random.once(5)) {
          return this.#word(op("icbi", { RA: 0, RB: R.block }));
        }
        return this.#word(op(random.pick(BLOCKS), { RA: 0, RB: RA }));
      case 3:
        return this.#word(random.pick([
          // Of a quadword over two pages QEMU moves the part that it can.
          op("lq", { RTp: random.pick([4, 6, 8]), RA: R.block, DQ: 0 }),
          op("stq", { RSp: random.pick([4, 6, 8]), RA: R.block, DS: 0 }),
          // Whose alignment interrupt sets no DAR on QEMU.
          ...this.#littleEndian ? [] : [
            op("lmw", { RT: 29, RA, SI: 0 }),
            op("stmw", { RS: 29, RA, SI: 0 }),
          ],
        ]));
      default:
        return this.#word(
          op(displaced, {
            [load ? "RT" : "RS"]: RT,
            RA,
            [field]: 8 * (random.below(3) - 1),
          }),
        );
    }
  }
}
