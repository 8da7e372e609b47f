/**
 * The register file.
 *
 * @module
 */
import type { StateName } from "../../cpu/state.ts";
import type { Machine } from "../../machine/machine.ts";
import { MonitorError } from "../errors.ts";
import type { MethodHandlers } from "../handlers.ts";
import { formatHex, parseHex } from "../hex.ts";
import type { CheckedParams, MethodResult } from "../methods/mod.ts";
import { checkVcpu, invalidParam } from "./_check.ts";
import { findRegister, type NamedRegister } from "./register_names.ts";
import { RegisterCopy } from "./special_registers.ts";

/** The methods of `methods/registers.ts`. */
export type RegisterHandlers = Pick<
  MethodHandlers,
  "query-registers" | "set-register"
>;

/** Handlers of the register file. */
export function registerHandlers(machine: Machine): RegisterHandlers {
  return {
    "query-registers"({ vcpu }) {
      checkVcpu(machine, vcpu);
      return queryRegisters(machine, vcpu);
    },
    "set-register"(params) {
      checkVcpu(machine, params.vcpu);
      return setRegister(machine, params);
    },
  };
}

function queryRegisters(
  machine: Machine,
  vcpu: number,
): MethodResult<"query-registers"> {
  const { accelerator } = machine;
  const read = (name: string) =>
    formatHex(findRegister({ machine, vcpu }, name)?.read() ?? 0n);
  const array = (name: StateName, count: number) =>
    Array.from(
      { length: count },
      (_, index) => accelerator.getOneReg(vcpu, name, index),
    );
  const vsr = array("VSR", 64);
  return {
    vcpu,
    nia: read("nia"),
    msr: read("msr"),
    cr: read("cr"),
    xer: read("xer"),
    lr: read("lr"),
    ctr: read("ctr"),
    gpr: array("GPR", 32).map(formatHex),
    fpr: vsr.slice(0, 32).map((value) => formatHex(value >> 64n)),
    vsr: vsr.map(formatHex),
    fpscr: read("fpscr"),
    vscr: read("vscr"),
    sprs: Object.fromEntries(
      new RegisterCopy(machine, vcpu).readAll()
        .map(([name, value]) => [name, formatHex(value)]),
    ),
  };
}

function setRegister(
  machine: Machine,
  { vcpu, register: name, value, mask }: CheckedParams<"set-register">,
): MethodResult<"set-register"> {
  const register = findRegister({ machine, vcpu }, name);
  if (!register) {
    throw MonitorError.of("notFound", {
      message: `Cannot find register: ${name}`,
    });
  }
  const to = parseHex(value);
  const bits = maskOf(register, mask);
  if (to >> BigInt(register.bits) !== 0n) {
    throw invalidParam("value", `${register.name} has ${register.bits} bits`);
  }
  const before = register.read();
  register.write(to, bits);
  return {
    register: register.name,
    before: formatHex(before),
    after: formatHex(register.read()),
  };
}

function maskOf({ name, bits }: NamedRegister, mask?: string): bigint {
  const all = (1n << BigInt(bits)) - 1n;
  if (mask === undefined) return all;
  if (bits === 128) {
    throw invalidParam("mask", `${name} is a vector register`);
  }
  return parseHex(mask) & all;
}
