/**
 * RTAS calls that read and write configuration space (LoPAPR 7.3.3).
 *
 * @module
 */
import { RTAS, type RtasCall, type RtasContext } from "../rtas/table.ts";
import { type AccessBytes, CONFIG_BYTES } from "./config_registers.ts";
import type { PciFunction } from "./function.ts";
import {
  functionAt,
  type FunctionLookup,
  functionOf,
} from "./rtas_arguments.ts";

/** The bus, which learns who is accessing it. */
export interface ConfigBus extends FunctionLookup {
  /** Carries out an access of a vCPU. */
  during<R>(vcpu: number, access: () => R): R;
}

/** Bits 11:8 of the register come in bits 31:28 of the address. */
function registerOf(address: number): number {
  return ((address >>> 20) & 0xf00) | (address & 0xff);
}

interface Place {
  readonly fn: PciFunction;
  readonly register: number;
  readonly bytes: AccessBytes;
}

/** Where an access goes; undefined where there is nothing to answer it. */
function placeOf(
  fn: PciFunction | undefined,
  { address, bytes }: { address: number; bytes: number },
): Place | undefined {
  if (!fn || (bytes !== 1 && bytes !== 2 && bytes !== 4)) return undefined;
  const register = registerOf(address);
  if (register % bytes !== 0 || register >= CONFIG_BYTES) return undefined;
  return { fn, register, bytes };
}

/** The calls for a bus. */
export function configCalls(bus: ConfigBus): RtasCall[] {
  function read(call: RtasContext, place: Place | undefined): number {
    if (!place) return RTAS.HARDWARE_ERROR;
    const { fn, register, bytes } = place;
    const value = bus.during(
      call.vcpu,
      () => fn.readConfig(register, bytes),
    );
    call.result(1, value);
    return RTAS.SUCCESS;
  }

  function write(
    call: RtasContext,
    place: Place | undefined,
    value: number,
  ): number {
    if (!place) return RTAS.HARDWARE_ERROR;
    const { fn, register, bytes } = place;
    bus.during(call.vcpu, () => fn.writeConfig(register, bytes, value));
    return RTAS.SUCCESS;
  }

  /** The older calls name no bridge: there is but one. */
  function oldPlace(call: RtasContext): Place | undefined {
    const address = call.arg(0);
    const fn = functionAt(bus, address);
    return placeOf(fn, { address, bytes: call.arg(1) });
  }

  function place(call: RtasContext): Place | undefined {
    const fn = functionOf(call, bus);
    return placeOf(fn, { address: call.arg(0), bytes: call.arg(3) });
  }

  return [
    {
      name: "read-pci-config",
      token: 0x2014,
      args: 2,
      results: 2,
      handle: (call) => read(call, oldPlace(call)),
    },
    {
      name: "write-pci-config",
      token: 0x2015,
      args: 3,
      results: 1,
      handle: (call) => write(call, oldPlace(call), call.arg(2)),
    },
    {
      name: "ibm,read-pci-config",
      token: 0x2016,
      args: 4,
      results: 2,
      handle: (call) => read(call, place(call)),
    },
    {
      name: "ibm,write-pci-config",
      token: 0x2017,
      args: 5,
      results: 1,
      handle: (call) => write(call, place(call), call.arg(4)),
    },
  ];
}
