/**
 * The register file of one hardware thread as a described layout in shared
 * memory. Every engine, the machine and the monitor read it through
 * {@linkcode STATE}; nobody else knows an offset.
 *
 * All values are in the host's (little-endian) order, whatever the guest's.
 *
 * @module
 */

/** Where one register lives inside a vCPU's block, in bytes. */
export interface Slot {
  /** Offset from the start of the vCPU's block. */
  readonly offset: number;
  /** Width of one element: 1, 4, 8 or 16 bytes. */
  readonly bytes: 1 | 4 | 8 | 16;
  /** Number of elements; 1 for a plain register. */
  readonly count: number;
}

const ELEMENTS = {
  /** General purpose registers (Book I 3.2.1). */
  GPR: [8, 32],
  /**
   * VSX registers (Book I 7.2.1) as 128-bit integers: doubleword 0, which is
   * also FPR n for VSR 0-31, is the *upper* half, at offset + 8. VSR 32-63
   * are VR 0-31.
   */
  VSR: [16, 64],
  /** CR field n in byte n: LT 8, GT 4, EQ 2, SO 1 (Book I 2.3.1). */
  CR: [1, 8],
  // XER, kept apart (Book I 3.2.2): each is 0 or 1, XER_COUNT is bits 57:63.
  CA: [1, 1],
  CA32: [1, 1],
  OV: [1, 1],
  OV32: [1, 1],
  SO: [1, 1],
  XER_COUNT: [1, 1],
  /** XER 46:56, in place: POWER9 keeps them, nothing uses them. */
  XER_RESERVED: [4, 1],
  LR: [8, 1],
  CTR: [8, 1],
  /** Next instruction address, valid while the vCPU is not running. */
  NIA: [8, 1],
  MSR: [8, 1],
  FPSCR: [8, 1],
  /** Bit 0 (LSB) SAT, bit 16 NJ, as mfvscr's low word. */
  VSCR: [4, 1],
  VRSAVE: [4, 1],
  TAR: [8, 1],
  DSCR: [8, 1],
  // Interrupts (Book III 7.2)
  SRR0: [8, 1],
  SRR1: [8, 1],
  HSRR0: [8, 1],
  HSRR1: [8, 1],
  DAR: [8, 1],
  DSISR: [4, 1],
  HDAR: [8, 1],
  HDSISR: [4, 1],
  ASDR: [8, 1],
  HEIR: [4, 1],
  SPRG0: [8, 1],
  SPRG1: [8, 1],
  SPRG2: [8, 1],
  SPRG3: [8, 1],
  HSPRG0: [8, 1],
  HSPRG1: [8, 1],
  LPCR: [8, 1],
  LPIDR: [4, 1],
  PIDR: [4, 1],
  PTCR: [8, 1],
  /** Process table of this partition, base and size as PATE1 holds them. */
  PRTBL: [8, 1],
  HID0: [8, 1],
  HMER: [8, 1],
  HMEER: [8, 1],
  PCR: [8, 1],
  HFSCR: [8, 1],
  FSCR: [8, 1],
  CFAR: [8, 1],
  PVR: [4, 1],
  PIR: [4, 1],
  TIR: [4, 1],
  CTRL: [4, 1],
  AMR: [8, 1],
  IAMR: [8, 1],
  AMOR: [8, 1],
  UAMOR: [8, 1],
  CIABR: [8, 1],
  DAWR0: [8, 1],
  DAWRX0: [4, 1],
  PSSCR: [8, 1],
  PMCR: [8, 1],
  PMICR: [4, 1],
  PPR: [8, 1],
  PSPB: [4, 1],
  RPR: [8, 1],
  TRIG: [8, 1],
  EBBHR: [8, 1],
  EBBRR: [8, 1],
  BESCR: [8, 1],
  TFHAR: [8, 1],
  TFIAR: [8, 1],
  TEXASR: [8, 1],
  DPDES: [8, 1],
  VTB_OFFSET: [8, 1],
  PURR_OFFSET: [8, 1],
  SPURR_OFFSET: [8, 1],
  /** Added to the machine's timebase by mttbl and mttbu. */
  TB_OFFSET: [8, 1],
  /** Timebase value at which DEC reaches zero. */
  DEC_EXPIRY: [8, 1],
  /** Timebase value at which HDEC reaches zero. */
  HDEC_EXPIRY: [8, 1],
  TSCR: [4, 1],
  TTR: [8, 1],
  HRMOR: [8, 1],
  RMOR: [8, 1],
  SDR1: [8, 1],
  DHDES: [8, 1],
  ACOP: [8, 1],
  WORT: [8, 1],
  TIDR: [8, 1],
  TACR: [8, 1],
  TCSCR: [8, 1],
  CSIGR: [8, 1],
  MMCR0: [8, 1],
  MMCR1: [8, 1],
  MMCR2: [8, 1],
  MMCRA: [8, 1],
  MMCRC: [8, 1],
  MMCRS: [8, 1],
  PMC1: [4, 1],
  PMC2: [4, 1],
  PMC3: [4, 1],
  PMC4: [4, 1],
  PMC5: [4, 1],
  PMC6: [4, 1],
  SPMC1: [4, 1],
  SPMC2: [4, 1],
  SIAR: [8, 1],
  SDAR: [8, 1],
  SIER: [8, 1],
  /** Segment lookaside buffer, words as slbmte takes them (Book III 6.7.8.3). */
  SLBE: [8, 32],
  SLBV: [8, 32],

  // Not architected: how the thread stands to its machine.
  /** Reservation of lbarx..lqarx: real address, or all ones for none. */
  RESERVE_ADDRESS: [8, 1],
  RESERVE_BYTES: [4, 1],
  RESERVE_VALUE: [8, 2],
  /** 1: `sc 1` leaves to the machine and HV state does not exist (PAPR). */
  PAPR: [4, 1],
  /**
   * MSR of a partition's handler of an interrupt that its hypervisor injects,
   * instead of the thread raising it. Only LE is ever another one: it follows
   * LPCR[ILE] where `setOneReg` writes that.
   */
  INTR_MSR: [8, 1],
  /** Interrupt that the current instruction raised: index + 1, or 0. */
  EXCEPTION: [4, 1],
  /** Bits that the interrupt places into SRR1 beside MSR's. */
  EXCEPTION_SRR1: [8, 1],
  /** Pending asynchronous interrupts, one bit each (`PENDING` in interrupts.ts). */
  PENDING: [4, 1],
  /** Why the engine left, an index into `EXITS`. */
  EXIT: [4, 1],
  /** What an exit is about (address, value, size …), as its reason says. */
  EXIT_VALUE: [8, 4],
  /** 1: EXIT_VALUE[1] holds the answer to a load the machine has served. */
  MMIO_DONE: [4, 1],
  /** What other threads ask, bits of `REQUEST` in engine/layout.ts. */
  REQUEST: [4, 1],
  /** 1: in the guest, where only answered requests are sure to be done. */
  RUNNING: [4, 1],
  /** 1: tlbie has asked others, ptesync has not waited for them yet. */
  SHOOTDOWN: [4, 1],
  /** Nonzero: why the thread does not run (`HALT` in accelerator.ts). */
  HALTED: [4, 1],
  /** Instructions since reset, those that ended in an interrupt included. */
  INSTRUCTIONS: [8, 1],
  /** Interrupts taken since reset, modulo 2^32. */
  INTERRUPTS: [4, 1],
  /** Instructions left in this run's budget, valid between runs. */
  BUDGET: [4, 1],
  /** This thread's place among the vCPUs, from 0. */
  VCPU: [4, 1],
  /** Byte offsets of this context's software TLBs (see engine/). */
  TLB_DATA: [4, 1],
  TLB_CODE: [4, 1],
  /** Byte offset of the data TLB's journal; 0 in real mode, which has none. */
  TLB_JOURNAL: [4, 1],
  /** Code TLBs that hold pages of users: bit n is that of context n. */
  TLB_USER_CODE: [4, 1],
  /** MSR[HV] under which the TLBs were filled. */
  TLB_HYPERVISOR: [4, 1],
  /** Decoded pages: where the next unused one is, and the first given back. */
  POOL_NEXT: [4, 1],
  POOL_FREE: [4, 1],
  /** How many pages have been decoded, modulo 2^32. */
  POOL_SERIAL: [4, 1],
  /** How often decoded code or ways to it have been dropped, modulo 2^32. */
  CODE_DROPS: [4, 1],
  /** Value of INSTRUCTIONS when this run's budget will be used up. */
  RUN_END: [8, 1],
  /**
   * FPSCR exception bits, FR and FI that the floating-point subroutines have
   * found and not yet entered into FPSCR; 0 between instructions.
   */
  FP_FLAGS: [8, 1],
  /** What entering them gave: 1 target is left alone, 2 interrupt is due. */
  FP_STATUS: [8, 1],
  /** The lower doubleword where a floating-point subroutine gives 128 bits. */
  FP_LOW: [8, 1],
  /** Log2 of the size of the page that the last translation went through. */
  PAGE_SHIFT: [4, 1],
  /** 1: problem state has no access to that page, so AMR does not matter. */
  PAGE_PRIVILEGED: [4, 1],
  /**
   * 1: a segment of class 1 has been entered in the upper half of the
   * effective addresses, which slbia must then not spare.
   */
  SLB_UPPER_CLASS1: [4, 1],
  /**
   * What the timebase, without TB_OFFSET, must have reached: one more than was
   * read last; and BUDGET at that time.
   */
  TIMEBASE_FLOOR: [8, 1],
  TIMEBASE_BUDGET: [4, 1],
  /** Value of BUDGET below which the machine is asked for the timebase. */
  TIMEBASE_UNTIL: [4, 1],
  /** Instructions that regions have carried out, since the vCPU was made. */
  REGION_INSTRUCTIONS: [8, 1],
  /** Why regions came back to the interpreter, each modulo 2^32 (`STATUS`). */
  REGION_ENDS: [4, 16],
  /**
   * Where a region last came back to the interpreter although the budget went
   * on; and the budget, in instructions, when one last came back at all. 0: not
   * since this was looked at.
   */
  REGION_LEFT_FOR: [8, 1],
  REGION_LEFT_AT: [4, 1],
  /** Calls of regions by the interpreter, modulo 2^32. */
  REGION_CALLS: [4, 1],
  /** Calls of handlers and slow accesses by regions, modulo 2^32. */
  HELPER_CALLS: [4, 1],
  /** Translations entered into the data TLBs, modulo 2^32. */
  TLB_ENTERED: [4, 1],
  /** Pages entered into the code TLBs, modulo 2^32. */
  CODE_ENTERED: [4, 1],
  /** Scratch of the engines. */
  SCRATCH: [8, 16],
  /**
   * Digits that decimal floating point works on, 16 a doubleword; of no
   * meaning between instructions.
   */
  DECIMAL: [8, 32],
  /**
   * 1: the last floating-point instruction, or one before it, was computed in
   * integers throughout, the long way.
   */
  FP_LONG: [4, 1],
  /** 1: floating-point instructions are to be counted, which is slow. */
  FP_COUNTING: [4, 1],
  /** Those that were carried out while they were counted. */
  FP_INSTRUCTIONS: [8, 1],
  /** Those of them that went the long way, but for what FP_LONG says. */
  FP_LONG_INSTRUCTIONS: [8, 1],
  /**
   * Operands of what a region has not entered into FPSCR: three of an
   * operation, one of another that gives FR and FI alone, two of a comparison,
   * and two of nothing.
   */
  FP_DEFERRED: [8, 8],
  /**
   * Which operations those are, in bytes 0 and 1; byte 2 is 1 where there is a
   * comparison. 0 outside of regions.
   */
  FP_DEFERRED_NUMBERS: [4, 1],
  /** 1: instructions that access storage are to be counted, which is slow. */
  ACCESS_COUNTING: [4, 1],
  /** Those that were begun by an engine that counts. */
  ACCESSES: [8, 1],
  /** How often it has looked code up: behind branches that leave their page. */
  CODE_LOOKUPS: [8, 1],
} as const satisfies Record<string, readonly [1 | 4 | 8 | 16, number]>;

/** Name of a register or of an array of them. */
export type StateName = keyof typeof ELEMENTS;

function describe(): Record<StateName, Slot> {
  const out = {} as Record<StateName, Slot>;
  let offset = 0;
  for (const [name, [bytes, count]] of Object.entries(ELEMENTS)) {
    offset = Math.ceil(offset / bytes) * bytes;
    out[name as StateName] = { offset, bytes, count };
    offset += bytes * count;
  }
  return out;
}

/** Offset, width and count of every register of a vCPU's block. */
export const STATE: Readonly<Record<StateName, Slot>> = describe();

/** Bytes that a vCPU's registers take, a multiple of 4096. */
export const STATE_BYTES = 8192;

/** MSR bits as masks (Book III 4.2.1); LSB 0 numbering is 63 - the book's. */
export const MSR = {
  SF: 1n << 63n,
  HV: 1n << 60n,
  TS1: 1n << 34n,
  TS0: 1n << 33n,
  TM: 1n << 32n,
  VEC: 1n << 25n,
  VSX: 1n << 23n,
  EE: 1n << 15n,
  PR: 1n << 14n,
  FP: 1n << 13n,
  ME: 1n << 12n,
  FE0: 1n << 11n,
  SE: 1n << 10n,
  BE: 1n << 9n,
  FE1: 1n << 8n,
  IR: 1n << 5n,
  DR: 1n << 4n,
  PMM: 1n << 2n,
  RI: 1n << 1n,
  LE: 1n,
} as const;

/** LPCR fields as masks (Book III 2.2). */
export const LPCR = {
  VPM0: 1n << 63n,
  VPM1: 1n << 62n,
  ISL: 1n << 61n,
  KBV: 1n << 60n,
  DPFD: 7n << 52n,
  VRMASD: 0x1fn << 47n,
  HAIL: 1n << 26n,
  ILE: 1n << 25n,
  AIL: 3n << 23n,
  UPRT: 1n << 22n,
  EVIRT: 1n << 21n,
  HR: 1n << 20n,
  ONL: 1n << 18n,
  LD: 1n << 17n,
  PECE: 0x1fn << 12n,
  MER: 1n << 11n,
  GTSE: 1n << 10n,
  TC: 1n << 9n,
  HEIC: 1n << 4n,
  LPES: 0xcn,
  HVICE: 2n,
  HDICE: 1n,
} as const;
