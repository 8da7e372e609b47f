/**
 * RTAS calls of firmware-assisted non-maskable interrupts (LoPAPR 7.3.14).
 *
 * @module
 */
import { RTAS, type RtasCall, type RtasContext } from "./table.ts";

/** Handlers lie in the first real mode area, below 32 MiB. */
const HANDLER_LIMIT = 32 * 2 ** 20;

function register(call: RtasContext): number {
  const [systemReset, machineCheck] = [call.arg(0), call.arg(1)];
  if (systemReset >= HANDLER_LIMIT || machineCheck >= HANDLER_LIMIT) {
    return RTAS.PARAMETER_ERROR;
  }
  call.world.nmi.register({ systemReset, machineCheck });
  return RTAS.SUCCESS;
}

/** Gives the save area of a machine check back. */
function interlock(call: RtasContext): number {
  return call.world.nmi.isRegistered ? RTAS.SUCCESS : RTAS.PARAMETER_ERROR;
}

/** The calls, by token. */
export const nmiCalls: readonly RtasCall[] = [
  {
    name: "ibm,nmi-register",
    token: 0x202b,
    args: 2,
    results: 1,
    handle: register,
  },
  {
    name: "ibm,nmi-interlock",
    token: 0x202c,
    args: 0,
    results: 1,
    handle: interlock,
  },
];
