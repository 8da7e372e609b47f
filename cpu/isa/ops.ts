/**
 * The abstract machine on which instructions are defined.
 *
 * A row's meaning is an ordinary function that calls these operations. Every
 * engine implements them once: the reference evaluates them with BigInt, the
 * emitter turns them into WebAssembly (interpreter and JIT), the tracer notes
 * what they touch. So a meaning must not look at the values it handles, only
 * pass them on; each closure given to {@linkcode Ops.if} runs exactly once in
 * the emitter, whatever the guest will do.
 *
 * Values are snapshots: `m.gpr(f.RA)` is RA as it was at that point.
 *
 * @module
 */
import type { StateName } from "../state.ts";

declare const kind: unique symbol;
/** A 64-bit value. */
export interface Value {
  readonly [kind]: "value";
}
/** True or false. */
export interface Condition {
  readonly [kind]: "condition";
}
/** A 128-bit value; element 0 of any width is the most significant (BE). */
export interface Vector {
  readonly [kind]: "vector";
}
/** An operand field of the instruction: a number, or bits not yet known. */
export interface Field {
  readonly [kind]: "field";
}
/** A 64-bit variable within one meaning or subroutine. */
export interface Variable {
  readonly [kind]: "variable";
}

/** Width of a memory access or an element in bytes. */
export type Bytes = 1 | 2 | 4 | 8;

/** Interrupts that an instruction can raise; `interrupts.ts` has the vectors. */
export type RaisedInterrupt =
  | "machineCheck"
  | "dataStorage"
  | "dataSegment"
  | "instructionStorage"
  | "instructionSegment"
  | "alignment"
  | "program"
  | "fpUnavailable"
  | "vectorUnavailable"
  | "vsxUnavailable"
  | "facilityUnavailable"
  | "hypervisorFacilityUnavailable"
  | "hypervisorEmulationAssistance"
  | "systemCall"
  | "systemCallVectored"
  | "trace";

/** Why a program interrupt happens: its SRR1 bit (Book III 7.5.9). */
export type ProgramCause =
  | "floatingPoint"
  | "illegal"
  | "privileged"
  | "trap";

/** Facilities that MSR can deny (Book III 4.2.1). */
export type MsrFacility = "FP" | "VEC" | "VSX";

/** Facilities that FSCR can deny, by the book's name (Book III 7.2.12). */
export type FscrFacility =
  | "DSCR"
  | "EBB"
  | "TAR"
  | "SCV"
  | "TM"
  | "PM"
  | "MSGP"
  | "LM";

/**
 * Software translations that can be dropped together; an engine may drop more.
 *
 * - `all`: whatever this thread keeps.
 * - `user`: those of quadrants 0 and 1, where EA bit 0 is 0: of processes.
 * - `keyed`: those that AMR or IAMR may deny.
 * - `others`: whatever other threads keep. They have dropped it when they
 *   carry out their next instruction.
 * - `otherUsers`: what other threads keep of quadrants 0 and 1.
 */
export type TranslationScope =
  | "all"
  | "user"
  | "keyed"
  | "others"
  | "otherUsers";

/** Reasons for which an instruction leaves the engine once it is complete. */
export type InstructionExit =
  | "hypercall"
  | "wait"
  | "stop"
  | "attn"
  | "message"
  | "timer";

/**
 * SIMD operations, by WebAssembly's name; lane n counts from the *least*
 * significant end there, which no lane-wise operation can tell.
 */
export type SimdBinary =
  | `i8x16.${
    | "add"
    | "sub"
    | "add_sat_s"
    | "add_sat_u"
    | "sub_sat_s"
    | "sub_sat_u"
    | "min_s"
    | "min_u"
    | "max_s"
    | "max_u"
    | "avgr_u"
    | "eq"
    | "gt_s"
    | "gt_u"
    | "swizzle"
    | "narrow_i16x8_s"
    | "narrow_i16x8_u"}`
  | `i16x8.${
    | "add"
    | "sub"
    | "mul"
    | "add_sat_s"
    | "add_sat_u"
    | "sub_sat_s"
    | "sub_sat_u"
    | "min_s"
    | "min_u"
    | "max_s"
    | "max_u"
    | "avgr_u"
    | "eq"
    | "gt_s"
    | "gt_u"}`
  | `i32x4.${
    | "add"
    | "sub"
    | "mul"
    | "min_s"
    | "min_u"
    | "max_s"
    | "max_u"
    | "eq"
    | "gt_s"
    | "gt_u"}`
  | `i64x2.${"add" | "sub" | "mul" | "eq" | "gt_s"}`
  | `v128.${"and" | "or" | "xor" | "andnot"}`;

/** A named function over the abstract machine; always gives one value. */
export interface Subroutine {
  readonly name: string;
  readonly parameters: number;
  /** Whether it may raise an interrupt, so that callers must look. */
  readonly raises: boolean;
  readonly body: (m: Ops, ...args: Value[]) => Value;
  /** A result that is right nearly always, for engines that write it inline. */
  readonly quick?: (
    m: Ops,
    host: HostNumbers,
    ...args: Value[]
  ) => QuickResult;
}

/** A result, and the condition under which it is right. */
export interface QuickResult {
  readonly likely: Condition;
  readonly result: Value;
}

/**
 * A floating-point operation that may leave FPSCR for when somebody looks at
 * it: one of which nothing is left to be seen there, once the next one is
 * done, but exception bits that were 1 already.
 */
export interface DeferredFloat {
  /**
   * Gives FPSCR all that the operation does to it, as often as it is called;
   * absent where that is nothing.
   */
  readonly enter?: Subroutine;
  readonly operands: readonly Value[];
  /** FPRF stays, so that what was done before still matters. */
  readonly keepsClass?: true;
  /**
   * The result, where FPSCR asks for no more than that: see `PATIENT` in
   * softfloat/quick.ts. It
   * may be written where one of the conditions holds.
   */
  readonly short: () => DeferredResult;
  /** The whole operation; nothing has been written before. */
  readonly long: () => void;
}

/** What a {@linkcode DeferredFloat} comes to. */
export interface DeferredResult {
  /** Holds nearly always. */
  readonly likely: Condition;
  /** Another one, for when it does not. */
  readonly otherwise?: () => Condition;
  readonly write: () => void;
}

/**
 * Sets a CR field and FPSCR[FPCC] from two numbers. An engine may leave FPSCR
 * for later where neither is a NaN, else it goes the long way.
 */
export interface DeferredComparison {
  readonly field: Field;
  readonly a: Value;
  readonly b: Value;
  readonly long: () => void;
}

/** The host's operations on numbers, without any FPSCR effect. */
export interface HostNumbers {
  /** a × c + b rounded once, where the host has it. */
  readonly fused: ((a: Value, c: Value, b: Value) => Value) | undefined;
  readonly vectors: HostVectors;
  /** An integral number beside x. */
  round(way: "ceil" | "floor" | "nearest" | "trunc", x: Value): Value;
  /** A 64-bit integer as a number, rounded once to nearest. */
  fromInteger(
    a: Value,
    format: { signed: boolean; precision: "double" | "single" },
  ): Value;
  /** The integer part of what fits a signed 64-bit integer. */
  toInteger(x: Value): Value;
  /** A single in the low word as a double; a NaN becomes quiet. */
  widen(word: Value): Value;
}

/**
 * The host's operations on vectors of singles (4 bytes) or doubles, without
 * any FPSCR effect.
 */
export interface HostVectors {
  binary(
    name: "add" | "sub" | "mul" | "div",
    bytes: 4 | 8,
    a: Vector,
    b: Vector,
  ): Vector;
  unary(name: "abs" | "neg" | "sqrt", bytes: 4 | 8, x: Vector): Vector;
  /** All ones where it holds. */
  compare(name: "eq" | "ge" | "lt", bytes: 4 | 8, a: Vector, b: Vector): Vector;
  /** a × c + b rounded once, where the host has it. */
  readonly fused:
    | ((bytes: 4 | 8, a: Vector, c: Vector, b: Vector) => Vector)
    | undefined;
}

export interface Ops {
  // ------------------------------------------------------------ operands
  /** A constant, cut to 64 bits. */
  const(value: number | bigint): Value;
  /** The field's value, sign-extended and scaled as its name says. */
  field(f: Field): Value;
  /** Runs `then` (or `otherwise`) by a one-bit or otherwise fixed field. */
  when(f: Field, then: () => void, otherwise?: () => void): void;
  /**
   * The number of a field that every engine knows when it emits (one-bit
   * fields and those a row lists as `fixed`).
   */
  fixed(f: Field): number;

  // ----------------------------------------------------------- registers
  gpr(f: Field): Value;
  /** (RA|0) of the book: zero where the field is 0. */
  gprOrZero(f: Field): Value;
  setGpr(f: Field, value: Value): void;
  /** GPR whose number is computed; only its low five bits count. */
  gprNumber(number: Value): Value;
  setGprNumber(number: Value, value: Value): void;
  /** FPR: doubleword 0 of VSR f, which may be any of the 64. */
  fpr(f: Field): Value;
  /** Sets an FPR; doubleword 1 of the VSR becomes 0. */
  setFpr(f: Field, value: Value): void;
  /** Sets doubleword 0 of a VSR; doubleword 1 stays. */
  setUpper(f: Field, value: Value): void;
  /** FPR whose number is computed (pairs). */
  fprNumber(number: Value): Value;
  setFprNumber(number: Value, value: Value): void;
  /** VSR 0-63. */
  vsr(f: Field): Vector;
  setVsr(f: Field, value: Vector): void;
  /** VR 0-31, which is VSR 32 + f. */
  vr(f: Field): Vector;
  setVr(f: Field, value: Vector): void;
  /** VSR whose number is computed, modulo 64. */
  vsrNumber(number: Value): Vector;
  setVsrNumber(number: Value, value: Vector): void;
  /** A named register, zero-extended. */
  reg(name: StateName): Value;
  setReg(name: StateName, value: Value): void;
  /** An element of a named array (SLBE, SLBV, PMC …), index modulo its count. */
  regAt(name: StateName, index: Value): Value;
  setRegAt(name: StateName, index: Value, value: Value): void;

  /** CR field as four bits LT GT EQ SO = 8 4 2 1. A number is that field. */
  crField(f: Field | number): Value;
  setCrField(f: Field | number, value: Value): void;
  /** CR bit 0-31. */
  crBit(f: Field): Condition;
  setCrBit(f: Field, c: Condition): void;
  /** All of CR as 32 bits. */
  cr(): Value;
  /** Replaces the fields whose bit is set in the 8-bit mask (FXM). */
  setCr(value: Value, mask: Value): void;
  /** CR0 (or CR field) from a signed compare with 0, and SO. 32-bit aware. */
  record(value: Value): void;
  /** CR field from a 64-bit compare, and SO. */
  compare(
    f: Field | number,
    a: Value,
    b: Value,
    signedness: "signed" | "unsigned",
  ): void;

  // ---------------------------------------------------------- arithmetic
  add(a: Value, b: Value): Value;
  sub(a: Value, b: Value): Value;
  mul(a: Value, b: Value): Value;
  /** High 64 bits of the 128-bit product. */
  mulHighSigned(a: Value, b: Value): Value;
  mulHighUnsigned(a: Value, b: Value): Value;
  /** Quotients and remainders; 0 where b is 0 or the quotient overflows. */
  divSigned(a: Value, b: Value): Value;
  divUnsigned(a: Value, b: Value): Value;
  remSigned(a: Value, b: Value): Value;
  remUnsigned(a: Value, b: Value): Value;
  and(a: Value, b: Value): Value;
  or(a: Value, b: Value): Value;
  xor(a: Value, b: Value): Value;
  not(a: Value): Value;
  /** Shifts and rotates: only the low six bits of `n` count. */
  shl(a: Value, n: Value | number): Value;
  shr(a: Value, n: Value | number): Value;
  sar(a: Value, n: Value | number): Value;
  rotl(a: Value, n: Value | number): Value;
  /** ROTL32 of the book: the low word twice, rotated by n's low five bits. */
  rotl32(a: Value, n: Value | number): Value;
  clz(a: Value): Value;
  ctz(a: Value): Value;
  popcnt(a: Value): Value;
  /** Sign- and zero-extension of the low 1, 2 or 4 bytes. */
  signExtend(bytes: 1 | 2 | 4, a: Value): Value;
  zeroExtend(bytes: 1 | 2 | 4, a: Value): Value;
  /** Reverses the low `bytes` bytes; the rest becomes 0. */
  reverseBytes(bytes: 2 | 4 | 8, a: Value): Value;

  // ---------------------------------------------------------- conditions
  eq(a: Value, b: Value): Condition;
  ne(a: Value, b: Value): Condition;
  ltSigned(a: Value, b: Value): Condition;
  leSigned(a: Value, b: Value): Condition;
  ltUnsigned(a: Value, b: Value): Condition;
  leUnsigned(a: Value, b: Value): Condition;
  /** a ≠ 0. */
  nonZero(a: Value): Condition;
  both(a: Condition, b: Condition): Condition;
  either(a: Condition, b: Condition): Condition;
  negate(a: Condition): Condition;
  /** 1 where true, else 0. */
  bit(c: Condition): Value;
  select(c: Condition, a: Value, b: Value): Value;
  /** MSR[LE] = 1, MSR[SF] = 1, MSR[PR] = 1, MSR[HV] = 1. */
  littleEndian(): Condition;
  sixtyFour(): Condition;
  problemState(): Condition;
  hypervisorState(): Condition;

  // -------------------------------------------------------- control flow
  if(c: Condition, then: () => void, otherwise?: () => void): void;
  variable(initial: Value): Variable;
  get(v: Variable): Value;
  set(v: Variable, value: Value): void;
  /** Repeats `body` while `test()` holds. Must be bounded by its meaning. */
  while(test: () => Condition, body: () => void): void;
  /** Calls a shared subroutine; it may raise if it says so. */
  call(subroutine: Subroutine, ...args: Value[]): Value;

  // -------------------------------------------------------------- memory
  /** An effective address: its low 32 bits only where MSR[SF] = 0. */
  ea(address: Value): Value;
  /** Zero-extended load in the order of MSR[LE], from any alignment. */
  load(bytes: Bytes, ea: Value): Value;
  store(bytes: Bytes, ea: Value, value: Value): void;
  /** Load and store against the order of MSR[LE] (lwbrx …). */
  loadReversed(bytes: 2 | 4 | 8, ea: Value): Value;
  storeReversed(bytes: 2 | 4 | 8, ea: Value, value: Value): void;
  /** A quadword as one 128-bit integer in the order of MSR[LE] (lvx, lxvx). */
  loadQuadword(ea: Value): Vector;
  storeQuadword(ea: Value, value: Vector): void;
  /** Load with reservation; alignment interrupt unless naturally aligned. */
  loadReserve(bytes: Bytes, ea: Value): Value;
  /** True where the reservation held and the store was done; clears it. */
  storeConditional(bytes: Bytes, ea: Value, value: Value): Condition;
  /** As above for a quadword (lqarx, stqcx.). */
  loadReserveQuadword(ea: Value): Vector;
  storeConditionalQuadword(ea: Value, value: Vector): Condition;
  /**
   * Atomic read-modify-write: stores `update(old)` and gives old. The old
   * value is zero-extended. `update` must be free of side effects.
   */
  readModifyWrite(
    bytes: 4 | 8,
    ea: Value,
    update: (old: Value) => Value,
  ): Value;
  /** Raises what an access to the byte would raise; no effect otherwise. */
  probe(ea: Value, access: "load" | "store"): void;
  /**
   * As `probe`, and raises the interrupt where the byte is a device's: for
   * instructions whose accesses do not fit into one that a device serves. It
   * is an alignment interrupt (Book III 7.5.8), or a data storage interrupt
   * with DSISR bit 37 (7.5.3).
   */
  requireMemory(
    ea: Value,
    access: "load" | "store",
    interrupt?: "alignment" | "dataStorage",
  ): void;
  /** Sets the aligned block of `bytes` that holds ea to zero (dcbz). */
  zeroBlock(bytes: number, ea: Value): void;
  /**
   * Makes stores to the block at ea visible to instruction fetch (icbi); may
   * raise what a load would.
   */
  invalidateInstructions(ea: Value): void;
  barrier(
    what: "sync" | "lwsync" | "ptesync" | "eieio" | "isync" | "slbsync",
  ): void;

  // ------------------------------------------- real storage (MMU, Book III)
  /** Big-endian load from real storage, whatever MSR; 0 beyond RAM. */
  loadReal(bytes: Bytes, real: Value): Value;
  storeReal(bytes: Bytes, real: Value, value: Value): void;
  /** Doubleword big-endian compare and swap; true where it was `expected`. */
  compareAndSwapReal(real: Value, expected: Value, value: Value): Condition;
  /** True where [real, real + bytes) lies in RAM. */
  inRam(real: Value, bytes: number): Condition;
  /** Doubleword `index` of the machine's hash table, a value as the CPU sees it. */
  loadHashTable(index: Value): Value;
  /** Replaces doubleword `index` of it; true where it was `expected`. */
  compareAndSwapHashTable(
    index: Value,
    expected: Value,
    value: Value,
  ): Condition;
  /** Number of PTE groups of the machine's hash table less one; 0: no table. */
  hashTableMask(): Value;

  // --------------------------------------------------- branches and system
  /** Address of this instruction. */
  cia(): Value;
  /** Continues at the target (low two bits ignored); ends the meaning. */
  jump(target: Value): void;
  /** Continues at CIA + field; with `absolute`, at the field. */
  jumpRelative(f: Field, absolute: boolean): void;
  /** Raises an interrupt; nothing after it is carried out. */
  raise(
    interrupt: Exclude<
      RaisedInterrupt,
      "program" | "facilityUnavailable" | "hypervisorFacilityUnavailable"
    >,
    details?: { srr1?: Value; dar?: Value; dsisr?: Value },
  ): void;
  /** Raises a program interrupt. */
  program(cause: ProgramCause): void;
  /** Program interrupt (privileged) where MSR[PR] = 1. */
  privileged(): void;
  /** Program interrupt (privileged) where MSR[PR] = 1 or MSR[HV] = 0. */
  hypervisor(): void;
  /** The unavailable interrupt of a facility that MSR denies. */
  require(facility: MsrFacility): void;
  /** The facility-unavailable interrupt where FSCR (or HFSCR) denies it. */
  requireFacility(facility: FscrFacility): void;
  /** Completes the instruction, then leaves the engine. */
  exit(reason: InstructionExit, value?: Value): void;
  /**
   * Sets MSR and continues at the target under it: context synchronising.
   * Takes a pending interrupt that the new MSR enables. Ends the meaning.
   */
  setMsrAndJump(msr: Value, target: Value): void;
  /** The current timebase, TB_OFFSET included. */
  timebase(): Value;
  /** 64 fresh bits of the machine's noise source (darn). */
  random(): Value;
  /** DEC and HDEC as signed 64-bit counts. */
  decrementer(which: "DEC" | "HDEC"): Value;
  setDecrementer(which: "DEC" | "HDEC", value: Value): void;
  /** Clears bits of PENDING atomically, for others set bits meanwhile. */
  clearPending(bits: Value): void;
  /** Drops software translations of a scope, or of the page at ea. */
  dropTranslations(scope: TranslationScope): void;
  dropTranslations(scope: "page", ea: Value): void;

  // ------------------------------------------------------------- vectors
  /** Vector from doublewords 0 (upper) and 1. */
  vector(upper: Value, lower: Value): Vector;
  upper(x: Vector): Value;
  lower(x: Vector): Value;
  /** Element `index` (0 is most significant), zero-extended. */
  element(bytes: Bytes, x: Vector, index: number): Value;
  /** Vector made element by element; the closure runs 16 / bytes times. */
  elements(bytes: Bytes, make: (index: number) => Value): Vector;
  simd(name: SimdBinary, a: Vector, b: Vector): Vector;
  simdNot(x: Vector): Vector;
  /** Bits of a where the mask is 1, of b elsewhere. */
  simdSelect(mask: Vector, a: Vector, b: Vector): Vector;
  /** Every element the low bits of the value. */
  splat(bytes: Bytes, value: Value): Vector;
  /** Element-wise shifts by one count for all, modulo the element's width. */
  simdShift(
    kind: "shl" | "shr_u" | "shr_s",
    bytes: Bytes,
    x: Vector,
    count: Value,
  ): Vector;
  /** True where every bit is 0. */
  isZeroVector(x: Vector): Condition;
  selectVector(c: Condition, a: Vector, b: Vector): Vector;

  // -------------------------------------------------------- floating point
  /**
   * IEEE binary64 operations of the host, round to nearest even, without any
   * FPSCR effect: for fast paths that have shown that none is due.
   */
  hostFloat(name: "add" | "sub" | "mul" | "div", a: Value, b: Value): Value;
  /** `single`: rounded to single precision. */
  hostFloat(name: "sqrt" | "single", a: Value): Value;
  /** More of the host's; only engines that defer have it. */
  readonly host: HostNumbers | undefined;
  /** An operation whose effect on FPSCR may wait. */
  deferFloat(way: DeferredFloat): void;
  /** A comparison whose effect on FPSCR may wait. */
  deferComparison(way: DeferredComparison): void;
}
