/**
 * The emitter for regions: operands are numbers, registers are locals, and
 * relative branches go to blocks of the same function.
 *
 * @module
 */
import type { Bytes, Condition, Field, Value } from "../../isa/ops.ts";
import type { StateName } from "../../state.ts";
import type { Local } from "../../wasm/code.ts";
import { DATA_ENTRY } from "../emitter/memory.ts";
import type { Emitter } from "../emitter/mod.ts";
import type { Frame, Runtime } from "../emitter/frame.ts";
import {
  type AccessGroup,
  type AccessKind,
  type BasedAccess,
  type CachedPage,
  NO_PAGE,
  tagMask,
} from "./based_access.ts";
import { FloatEmitter } from "./float_emitter.ts";
import { NotInlinable } from "./not_inlinable.ts";
import {
  CACHED,
  type CachedName,
  type RegionRegisters,
  REGISTER,
} from "./registers.ts";

/** Where relative branches of a region go. */
export interface RegionControl {
  /** Goes on at CIA + displacement; ends the meaning. */
  branch(displacement: number): void;
}

/** A group of accesses, and where its address in the shared memory is kept. */
export interface LocatedGroup {
  readonly group: AccessGroup;
  /** i32: of the lowest access; 0 where the TLB does not have them all. */
  readonly host: Local;
  /** Whether this access is the first. */
  readonly isFirst: boolean;
}

/** Pages that a block may keep. */
export interface CachedAccess {
  /** The group that the instruction's access is of. */
  readonly located: LocatedGroup | undefined;
  /** A function that looks into the TLB before it takes the slow path. */
  checked(kind: AccessKind, bytes: Bytes): number;
  /** The page of an access by way of a base register. */
  page(access: BasedAccess): CachedPage | undefined;
  /** A slow path is behind: permission to write may have gone. */
  slow(): void;
}

const IS_CACHED: ReadonlySet<string> = new Set(CACHED);

/** Emits meanings into a region. */
export class RegionEmitter extends FloatEmitter {
  readonly #registers: RegionRegisters;
  readonly #control: RegionControl;
  /** Values of 32 bits, with or without sign. */
  readonly #narrow = new Set<Value>();
  readonly #caches: CachedAccess | undefined;
  /** GPRs from which values are computed by adding something. */
  readonly #bases = new Map<
    Value,
    { readonly register: number; readonly displacement: number | undefined }
  >();
  /** The access by way of a base register that was emitted last. */
  lastAccess: BasedAccess | undefined;
  /** Accesses that were emitted. */
  accesses = 0;

  constructor(
    frame: Frame,
    runtime: Runtime,
    { registers, control, caches }: {
      registers: RegionRegisters;
      control: RegionControl;
      caches?: CachedAccess;
    },
  ) {
    super(frame, runtime, registers);
    this.#registers = registers;
    this.#control = control;
    this.#caches = caches;
  }

  #number(f: Field | number): number {
    return typeof f === "number" ? f : this.fixed(f);
  }

  #get(local: Local): Value {
    this.code.get(local);
    return this.take();
  }

  override gpr(f: Field): Value {
    const number = this.fixed(f);
    const value = this.#get(this.#registers.read(REGISTER.gpr(number)));
    this.#bases.set(value, { register: number, displacement: 0 });
    return value;
  }

  override add(a: Value, b: Value): Value {
    const sum = super.add(a, b);
    const base = this.#bases.get(a) ?? this.#bases.get(b);
    if (!base) return sum;
    const added = this.constantOf(b);
    const displacement = added === undefined || base.displacement === undefined
      ? undefined
      : base.displacement + Number(added);
    this.#bases.set(sum, { register: base.register, displacement });
    return sum;
  }

  protected override access(
    ...[what, hit, miss]: Parameters<Emitter["access"]>
  ): void {
    const { ea, kind, bytes } = what;
    this.accesses++;
    const base = this.#bases.get(ea);
    // What is only done sometimes finds nothing for the others.
    const displacement = this.#registers.conditional
      ? undefined
      : base?.displacement;
    this.lastAccess = base && { ...base, displacement, kind, bytes };
    const located = this.#caches?.located;
    if (located && displacement !== undefined) {
      return this.#accessInGroup(located, what, hit, miss);
    }
    const page = this.lastAccess && this.#caches?.page(this.lastAccess);
    const missed = () => {
      miss();
      this.#caches?.slow();
    };
    if (!page) return super.access(what, hit, missed);
    const c = this.code;
    const done = c.block();
    this.push(ea);
    c.i64(tagMask(page, bytes));
    c.op("i64.and");
    c.get(page.tag);
    c.op("i64.ne");
    c.if(false);
    const entry = this.ifTranslated(what);
    this.push(ea);
    c.i64(-1n << BigInt(page.shift));
    c.op("i64.and");
    if (page.shift > 12) {
      c.i64(NO_PAGE);
      c.get(entry);
      c.memory("i32.load", DATA_ENTRY.shift);
      c.i32(page.shift);
      c.op("i32.ge_u");
      c.select();
    }
    c.set(page.tag);
    c.get(entry);
    c.memory("i32.load", DATA_ENTRY.addend);
    c.set(page.addend);
    c.else();
    missed();
    c.br(done);
    c.end();
    c.end();
    hit(() => {
      this.pushLow(ea);
      c.get(page.addend);
      c.op("i32.add");
    }, 0);
    c.end();
  }

  #accessInGroup(
    { group, host, isFirst }: LocatedGroup,
    ...[{ kind, bytes, ea }, hit, miss]: Parameters<Emitter["access"]>
  ): void {
    const c = this.code;
    const { register, low, high } = group;
    if (isFirst) {
      c.get(this.#registers.read(REGISTER.gpr(register)));
      c.i64(low);
      c.op("i64.add");
      const start = this.take();
      const all = { bytes: high - low, ea: start, kind: group.kind };
      const entry = this.ifTranslated(all);
      this.pushLow(start);
      c.get(entry);
      c.memory("i32.load", DATA_ENTRY.addend);
      c.op("i32.add");
      c.set(host);
      c.else();
      c.i32(0);
      c.set(host);
      c.end();
    }
    const displacement = this.#bases.get(ea)?.displacement ?? low;
    c.get(host);
    c.if(true);
    hit(() => c.get(host), displacement - low);
    c.else();
    miss(this.#caches?.checked(kind, bytes as Bytes));
    this.#caches?.slow();
    c.end();
  }

  override gprOrZero(f: Field): Value {
    return this.fixed(f) === 0 ? this.const(0) : this.gpr(f);
  }

  override setGpr(f: Field, value: Value): void {
    const local = this.#registers.write(REGISTER.gpr(this.fixed(f)));
    this.push(value);
    this.code.set(local);
  }

  override gprNumber(): Value {
    throw new NotInlinable();
  }

  override setGprNumber(): void {
    throw new NotInlinable();
  }

  protected override resolve(
    ...args: Parameters<Emitter["resolve"]>
  ): number {
    const host = super.resolve(...args);
    this.#caches?.slow();
    return host;
  }

  override reg(name: StateName): Value {
    if (!IS_CACHED.has(name)) {
      if (name === "FPSCR") throw new NotInlinable();
      return super.reg(name);
    }
    return this.#get(
      this.#registers.read(REGISTER.cached(name as CachedName)),
    );
  }

  override setReg(name: StateName, value: Value): void {
    if (!IS_CACHED.has(name)) {
      if (name === "FPSCR") throw new NotInlinable();
      return super.setReg(name, value);
    }
    const local = this.#registers.write(REGISTER.cached(name as CachedName));
    this.push(value);
    this.code.set(local);
  }

  override crField(f: Field | number): Value {
    this.#pushField(this.#number(f));
    this.code.op("i64.extend_i32_u");
    return this.take();
  }

  #pushField(n: number): void {
    this.#registers.noteRead(REGISTER.crField(n));
    this.#registers.fields.push(n);
  }

  override setCrField(f: Field | number, value: Value): void {
    const n = this.#number(f);
    this.#registers.noteValue(n);
    this.pushLow(value);
    this.#registers.fields.set(n);
  }

  override crBit(f: Field): Condition {
    const bit = this.fixed(f);
    this.#registers.noteRead(REGISTER.crField(bit >> 2));
    this.#registers.fields.pushBit(bit >> 2, bit & 3);
    return this.takeCondition();
  }

  override setCrBit(f: Field, condition: Condition): void {
    const bit = this.fixed(f);
    const n = bit >> 2;
    // The other bits stay.
    this.#registers.noteRead(REGISTER.crField(n));
    this.#registers.noteValue(n);
    this.pushCondition(condition);
    this.#registers.fields.setBit(n, bit & 3);
  }

  override cr(): Value {
    const c = this.code;
    for (let n = 0; n < 8; n++) {
      this.#pushField(n);
      if (n < 7) {
        c.i32(28 - 4 * n);
        c.op("i32.shl");
      }
      if (n > 0) c.op("i32.or");
    }
    c.op("i64.extend_i32_u");
    return this.take();
  }

  override setCr(value: Value, mask: Value): void {
    const known = this.constantOf(mask);
    if (known === undefined) throw new NotInlinable();
    for (let n = 0; n < 8; n++) {
      if ((known & (0x80n >> BigInt(n))) === 0n) continue;
      this.#registers.noteValue(n);
      this.pushLow(value);
      this.code.i32(28 - 4 * n);
      this.code.op("i32.shr_u");
      this.code.i32(15);
      this.code.op("i32.and");
      this.#registers.fields.set(n);
    }
  }

  override compare(
    f: Field | number,
    a: Value,
    b: Value,
    signedness: "signed" | "unsigned",
  ): void {
    const n = this.#number(f);
    this.#registers.noteWrite(REGISTER.crField(n));
    // SO of a comparison is XER's when it is asked for.
    this.#registers.noteRead(REGISTER.cached("SO"));
    this.#registers.fields.compareIntegers(n, {
      signedness,
      a: () => this.push(a),
      b: this.constantOf(b) ?? (() => this.push(b)),
      narrow: this.#isNarrow(a) && this.#isNarrow(b),
      conditional: this.#registers.conditional,
    });
  }

  /** Whether a value has 33 bits at most, with its sign. */
  #isNarrow(value: Value): boolean {
    const constant = this.constantOf(value);
    return constant === undefined
      ? this.#narrow.has(value)
      : BigInt.asIntN(33, constant) === constant;
  }

  override signExtend(...args: Parameters<Emitter["signExtend"]>): Value {
    const value = super.signExtend(...args);
    this.#narrow.add(value);
    return value;
  }

  override zeroExtend(...args: Parameters<Emitter["zeroExtend"]>): Value {
    const value = super.zeroExtend(...args);
    this.#narrow.add(value);
    return value;
  }

  override if(
    ...[condition, then, otherwise]: Parameters<Emitter["if"]>
  ): void {
    if (this.known(condition) !== undefined) {
      super.if(condition, then, otherwise);
      return;
    }
    const before = this.#registers.conditional;
    this.#registers.conditional = true;
    super.if(condition, then, otherwise);
    this.#registers.conditional = before;
  }

  override while(...args: Parameters<Emitter["while"]>): void {
    const before = this.#registers.conditional;
    this.#registers.conditional = true;
    super.while(...args);
    this.#registers.conditional = before;
  }

  override jumpRelative(f: Field, absolute: boolean): void {
    if (absolute) this.jump(this.field(f));
    else this.#control.branch(this.fixed(f));
  }

  override storeConditionalQuadword(): Condition {
    throw new NotInlinable();
  }

  override exit(): void {
    throw new NotInlinable();
  }

  override setMsrAndJump(): void {
    throw new NotInlinable();
  }

  override timebase(): Value {
    throw new NotInlinable();
  }

  override setDecrementer(): void {
    throw new NotInlinable();
  }

  override clearPending(): void {
    throw new NotInlinable();
  }

  override dropTranslations(): void {
    throw new NotInlinable();
  }

  override random(): Value {
    throw new NotInlinable();
  }
}
