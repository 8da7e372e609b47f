/**
 * The abstract machine as an emitter of WebAssembly: interpreter handlers and
 * subroutines come from the rows' meanings through this class.
 *
 * @module
 */
import { exitNumber } from "../../exits.ts";
import { checkFacility, FACILITY, PROGRAM_SRR1 } from "../../interrupts.ts";
import type {
  Field,
  FscrFacility,
  InstructionExit,
  MsrFacility,
  Ops,
  ProgramCause,
  TranslationScope,
  Value,
} from "../../isa/ops.ts";
import { MSR, STATE } from "../../state.ts";
import type { EmittedField } from "./operands.ts";
import { RealStorageEmitter } from "./real_storage.ts";

const UNAVAILABLE = {
  FP: ["fpUnavailable", MSR.FP],
  VEC: ["vectorUnavailable", MSR.VEC],
  VSX: ["vsxUnavailable", MSR.VSX],
} as const;

/** Functions of the runtime that drop translations, by scope. */
const DROPS = {
  all: "dropAll",
  user: "dropUser",
  keyed: "dropKeyed",
  others: "dropOthers",
  otherUsers: "dropOtherUsers",
  page: "dropPage",
} as const;

/** The whole emitter. */
export class Emitter extends RealStorageEmitter implements Ops {
  cia(): Value {
    this.frame.pushCia();
    return this.take();
  }

  jump(target: Value): void {
    const c = this.code;
    const to = c.temporary("i64");
    this.push(target);
    c.i64(this.runtime.mode.sixtyFour ? -4n : 0xfffffffcn);
    c.op("i64.and");
    c.set(to);
    this.frame.jump(to);
  }

  jumpRelative(f: Field, absolute: boolean): void {
    if (absolute) return this.jump(this.field(f));
    if (this.frame.jumpWithinPage) {
      this.frame.jumpWithinPage(() => this.pushField(f));
      return;
    }
    this.jump(this.add(this.cia(), this.field(f)));
  }

  override raise(
    interrupt: string,
    details: { srr1?: Value; dar?: Value; dsisr?: Value } = {},
  ): void {
    const { srr1, dar, dsisr } = details;
    if (dar) this.setReg("DAR", dar);
    if (dsisr) this.setReg("DSISR", dsisr);
    this.setReg("EXCEPTION_SRR1", srr1 ?? this.const(0));
    this.setReg("EXCEPTION", this.const(this.runtime.interrupt(interrupt)));
    this.frame.leave("raised");
  }

  program(cause: ProgramCause): void {
    if (cause === "illegal") return this.#illegal();
    this.raise("program", { srr1: this.const(PROGRAM_SRR1[cause]) });
  }

  /** The hypervisor's to emulate; `deliver` hands it to a partition. */
  #illegal(): void {
    const { word, knownWord } = this.frame;
    if (knownWord !== undefined) {
      this.setReg("HEIR", this.const(knownWord >>> 0));
    } else if (word !== undefined) {
      this.code.get(word);
      this.code.op("i64.extend_i32_u");
      this.setReg("HEIR", this.take());
    }
    this.raise("hypervisorEmulationAssistance");
  }

  privileged(): void {
    this.if(this.problemState(), () => this.program("privileged"));
  }

  hypervisor(): void {
    this.if(
      this.either(this.problemState(), this.negate(this.hypervisorState())),
      () => this.program("privileged"),
    );
  }

  require(facility: MsrFacility): void {
    const [interrupt, bit] = UNAVAILABLE[facility];
    const c = this.code;
    c.get(this.frame.state);
    c.memory("i32.load", STATE.MSR.offset);
    c.i32(Number(bit));
    c.op("i32.and");
    c.op("i32.eqz");
    c.if(false);
    this.raise(interrupt);
    c.end();
  }

  requireFacility(facility: FscrFacility): void {
    this.call(checkFacility, this.const(FACILITY[facility]));
  }

  exit(reason: InstructionExit, value?: Value): void {
    if (value) this.setRegAt("EXIT_VALUE", this.const(0), value);
    this.setReg("EXIT", this.const(exitNumber(reason)));
    this.setReg("NIA", this.ea(this.add(this.cia(), this.const(4))));
    this.frame.leave("exit");
  }

  setMsrAndJump(msr: Value, target: Value): void {
    this.setReg("MSR", msr);
    this.setReg("NIA", this.and(target, this.const(-4)));
    this.frame.leave("synchronize");
  }

  /** The machine's timebase; the emulator adds what mttb has set. */
  timebase(): Value {
    this.code.get(this.frame.state);
    this.code.call(this.runtime.timebase);
    return this.add(this.take(), this.reg("TB_OFFSET"));
  }

  decrementer(which: "DEC" | "HDEC"): Value {
    const expiry = which === "DEC" ? "DEC_EXPIRY" : "HDEC_EXPIRY";
    return this.sub(this.reg(expiry), this.timebase());
  }

  setDecrementer(which: "DEC" | "HDEC", value: Value): void {
    const expiry = which === "DEC" ? "DEC_EXPIRY" : "HDEC_EXPIRY";
    const bit = which === "DEC" ? 16 : 4;
    this.setReg(expiry, this.add(this.timebase(), value));
    const negative = this.ltSigned(value, this.const(0));
    this.if(
      negative,
      () => this.#changePending("i32.atomic.rmw.or", this.const(bit)),
      () => this.clearPending(this.const(bit)),
    );
  }

  clearPending(bits: Value): void {
    this.#changePending("i32.atomic.rmw.and", this.not(bits));
  }

  #changePending(
    op: "i32.atomic.rmw.or" | "i32.atomic.rmw.and",
    bits: Value,
  ): void {
    this.code.get(this.frame.state);
    this.pushLow(bits);
    this.code.memory(op, STATE.PENDING.offset);
    this.code.drop();
  }

  dropTranslations(scope: TranslationScope | "page", ea?: Value): void {
    this.code.get(this.frame.state);
    if (ea) this.push(ea);
    this.code.call(this.runtime[DROPS[scope]]);
  }

  /**
   * One thread needs none; the others see plain accesses in the host's order,
   * which only `sync` has to strengthen.
   */
  barrier(what: string): void {
    if (what === "sync" || what === "ptesync") this.code.fence();
    if (what !== "ptesync" || !this.runtime.layout.concurrent) return;
    this.code.get(this.frame.state);
    this.code.call(this.runtime.awaitShootdown);
  }

  random(): Value {
    this.code.get(this.frame.state);
    this.code.call(this.runtime.random);
    return this.take();
  }
}

/** Fields of a row as the emitter takes them: known ones by number. */
export function emittedFields(
  fields: ReadonlyMap<string, EmittedField>,
  known: ReadonlyMap<string, number>,
): Record<string, Field> {
  const out: Record<string, Field> = {};
  for (const [name, layout] of fields) {
    const number = known.get(name);
    out[name] =
      (number === undefined ? layout : { known: number }) as unknown as Field;
  }
  return out;
}
