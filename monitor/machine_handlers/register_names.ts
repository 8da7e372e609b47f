/**
 * Registers by name, for `set-register`.
 *
 * @module
 */
import { bits, value as toValue } from "../../cpu/engine/reference/values.ts";
import { FPSCR, summarize } from "../../cpu/isa/softfloat/mod.ts";
import { type Spr, sprBits } from "../../cpu/isa/spr_row.ts";
import { MSR_IMPLEMENTED, msrFromGuest } from "../../cpu/isa/system_msr.ts";
import { MSR, type StateName } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import { MonitorError } from "../errors.ts";
import { RegisterCopy, sprsByName } from "./special_registers.ts";

/** A register of a vCPU that can be read and written. */
export interface NamedRegister {
  /** Its name as answers have it. */
  readonly name: string;
  readonly bits: 32 | 64 | 128;
  read(): bigint;
  /** Replaces the bits of the mask. */
  write(value: bigint, mask: bigint): void;
}

/** The vCPU that a register is of. */
interface Place {
  readonly machine: Machine;
  readonly vcpu: number;
}

/** VSCR: NJ and SAT (Book I 6.3.2). */
const VSCR_IMPLEMENTED = 0x1_0001n;
/** FPSCR less reserved bits and what sums up the others (Book I 4.2.2). */
const FPSCR_WRITTEN = (FPSCR.DRN | 0xffff_f7ffn) & ~(FPSCR.FEX | FPSCR.VX);

/** Finds a register by name, in any case. */
export function findRegister(
  place: Place,
  name: string,
): NamedRegister | undefined {
  const lower = name.toLowerCase();
  const [, letters = "", digits = ""] =
    /^(r|gpr|f|fpr|vs|vsr|v|vr)(\d{1,2})$/.exec(lower) ?? [];
  const array = ARRAYS[letters]?.(place, Number(digits));
  if (array) return array;
  const special = SPECIALS[lower]?.(place);
  if (special) return special;
  const spr = sprsByName(place.machine.platform.cpu).get(name.toUpperCase());
  return spr && specialPurpose(place, spr);
}

type Finder = (place: Place, index: number) => NamedRegister | undefined;

function gpr(place: Place, index: number): NamedRegister | undefined {
  if (index > 31) return undefined;
  return plain(place, { name: `r${index}`, state: "GPR", index });
}

/** Doubleword 0 of the first 32 VSRs (Book I 7.2.1.1). */
function fpr(place: Place, index: number): NamedRegister | undefined {
  if (index > 31) return undefined;
  const whole = plain(place, { name: "", state: "VSR", index });
  return {
    name: `f${index}`,
    bits: 64,
    read: () => whole.read() >> 64n,
    write: (value, mask) => whole.write(value << 64n, mask << 64n),
  };
}

function vsr(place: Place, index: number): NamedRegister | undefined {
  if (index > 63) return undefined;
  return {
    ...plain(place, { name: `vs${index}`, state: "VSR", index }),
    bits: 128,
  };
}

function vr(place: Place, index: number): NamedRegister | undefined {
  return index > 31 ? undefined : vsr(place, index + 32);
}

const ARRAYS: Readonly<Record<string, Finder>> = {
  r: gpr,
  gpr,
  f: fpr,
  fpr,
  vs: vsr,
  vsr,
  v: vr,
  vr,
};

const SPECIALS: Readonly<Record<string, (place: Place) => NamedRegister>> = {
  nia,
  msr,
  cr,
  fpscr,
  vscr: (place) =>
    plain(place, {
      name: "vscr",
      state: "VSCR",
      bits: 32,
      mask: VSCR_IMPLEMENTED,
    }),
};

/** All of a register of the block, or the bits of it that exist. */
function plain(
  { machine: { accelerator }, vcpu }: Place,
  { name, state, index = 0, bits = 64, mask: existing = ~0n }: {
    name: string;
    state: StateName;
    index?: number;
    bits?: 32 | 64;
    mask?: bigint;
  },
): NamedRegister {
  return {
    name,
    bits,
    read: () => accelerator.getOneReg(vcpu, state, index),
    write: (value, mask) =>
      accelerator.setOneReg(vcpu, state, value, {
        mask: mask & existing,
        index,
      }),
  };
}

/** Bits 62:63 of an instruction's address are 0. */
function nia(place: Place): NamedRegister {
  const register = plain(place, { name: "nia", state: "NIA", mask: ~3n });
  return {
    ...register,
    write(value, mask) {
      register.write(value, mask);
      // The answer to a load from a device belongs to the old instruction.
      place.machine.accelerator.setOneReg(place.vcpu, "MMIO_DONE", 0n);
    },
  };
}

/** As a return from interrupt sets it, and ME too; a partition has no HV. */
function msr(place: Place): NamedRegister {
  const register = plain(place, { name: "msr", state: "MSR" });
  return {
    ...register,
    write(value, mask) {
      const { ops } = new RegisterCopy(place.machine, place.vcpu);
      ops.registers.set("MSR", register.read());
      const allowed = mask & MSR_IMPLEMENTED & ~MSR.HV;
      const next = ops.call(msrFromGuest, toValue(value), toValue(allowed));
      register.write(bits(next), ~0n);
    },
  };
}

/** Field 0 is the most significant of the eight (Book I 2.3.1). */
function cr({ machine: { accelerator }, vcpu }: Place): NamedRegister {
  const shift = (field: number) => BigInt(4 * (7 - field));
  const fields = [0, 1, 2, 3, 4, 5, 6, 7];
  return {
    name: "cr",
    bits: 32,
    read: () =>
      fields.reduce(
        (all, index) =>
          all | accelerator.getOneReg(vcpu, "CR", index) << shift(index),
        0n,
      ),
    write(value, mask) {
      for (const index of fields) {
        accelerator.setOneReg(vcpu, "CR", (value >> shift(index)) & 15n, {
          mask: (mask >> shift(index)) & 15n,
          index,
        });
      }
    },
  };
}

function fpscr(place: Place): NamedRegister {
  const register = plain(place, { name: "fpscr", state: "FPSCR" });
  return {
    ...register,
    write(value, mask) {
      const written = mask & FPSCR_WRITTEN;
      const next = (register.read() & ~written) | (value & written);
      const { ops } = new RegisterCopy(place.machine, place.vcpu);
      register.write(bits(summarize(ops, toValue(next))), ~0n);
    },
  };
}

function specialPurpose({ machine, vcpu }: Place, spr: Spr): NamedRegister {
  const { name } = spr;
  const read = () => new RegisterCopy(machine, vcpu).read(spr);
  return {
    name: name.toLowerCase(),
    bits: sprBits(spr),
    read,
    write(value, mask) {
      if (!spr.writes) {
        throw MonitorError.of("unsupported", {
          message: `Cannot set ${name}: it is read-only`,
        });
      }
      if (name === "LPCR") {
        return machine.lpcr.set(vcpu, { value, mask, cause: "set-register" });
      }
      new RegisterCopy(machine, vcpu)
        .write(spr, (read() & ~mask) | (value & mask));
    },
  };
}
