/**
 * RTAS calls of enhanced I/O error handling (EEH, LoPAPR 7.3.11). Each
 * function is a partitionable endpoint of its own. An emulated bus makes no
 * errors, so an endpoint never stops by itself; but it can be reset.
 *
 * @module
 */
import { RTAS, type RtasCall, type RtasContext } from "../rtas/table.ts";
import { type FunctionLookup, functionOf } from "./rtas_arguments.ts";

/** What ibm,set-eeh-option is to do. */
const OPTION = { disable: 0, enable: 1, releaseLoads: 2, releaseDma: 3 };

/** What ibm,get-config-addr-info2 is to tell. */
const INFO = { endpointAddress: 0, endpointMode: 1 } as const;
const MODE_NOT_SHARED = 1;
/** No configuration address has this bit: an endpoint's is never 0. */
const ENDPOINT = 1;

/** What ibm,set-slot-reset is to do. */
const RESET = { deactivate: 0, hot: 1, fundamental: 3 } as const;

/** Answers of ibm,read-slot-reset-state2. */
const STATE = { normal: 0, reset: 1 } as const;
const CAPABLE = 1;

const NO_ERROR_LOG = 1;

/** The calls for a bus. */
export function recoveryCalls(bus: FunctionLookup): RtasCall[] {
  function setOption(call: RtasContext): number {
    const known = Object.values(OPTION).includes(call.arg(3));
    // Nothing is ever stopped, so that there is nothing to release.
    return functionOf(call, bus) && known ? RTAS.SUCCESS : RTAS.PARAMETER_ERROR;
  }

  function addressInfo(call: RtasContext): number {
    const fn = functionOf(call, bus);
    if (!fn) return RTAS.PARAMETER_ERROR;
    switch (call.arg(3)) {
      case INFO.endpointAddress:
        call.result(1, (fn.devfn << 8) | ENDPOINT);
        return RTAS.SUCCESS;
      case INFO.endpointMode:
        call.result(1, MODE_NOT_SHARED);
        return RTAS.SUCCESS;
      default:
        return RTAS.PARAMETER_ERROR;
    }
  }

  function readState(call: RtasContext): number {
    const fn = functionOf(call, bus);
    if (!fn) return RTAS.PARAMETER_ERROR;
    call.result(1, fn.held ? STATE.reset : STATE.normal);
    call.result(2, CAPABLE);
    call.result(3, 0);
    return RTAS.SUCCESS;
  }

  function setReset(call: RtasContext): number {
    const fn = functionOf(call, bus);
    if (!fn) return RTAS.PARAMETER_ERROR;
    switch (call.arg(3)) {
      case RESET.deactivate:
        fn.hold(false);
        return RTAS.SUCCESS;
      case RESET.hot:
      case RESET.fundamental:
        fn.hold(true);
        return RTAS.SUCCESS;
      default:
        return RTAS.PARAMETER_ERROR;
    }
  }

  function configure(call: RtasContext): number {
    const fn = functionOf(call, bus);
    if (!fn) return RTAS.PARAMETER_ERROR;
    fn.reassign();
    return RTAS.SUCCESS;
  }

  function errorDetail(call: RtasContext): number {
    return functionOf(call, bus) ? NO_ERROR_LOG : RTAS.PARAMETER_ERROR;
  }

  return [
    {
      name: "ibm,set-eeh-option",
      token: 0x2020,
      args: 4,
      results: 1,
      handle: setOption,
    },
    {
      name: "ibm,get-config-addr-info2",
      token: 0x2021,
      args: 4,
      results: 2,
      handle: addressInfo,
    },
    {
      name: "ibm,read-slot-reset-state2",
      token: 0x2022,
      args: 3,
      results: 4,
      handle: readState,
    },
    {
      name: "ibm,set-slot-reset",
      token: 0x2023,
      args: 4,
      results: 1,
      handle: setReset,
    },
    {
      name: "ibm,configure-pe",
      token: 0x2024,
      args: 3,
      results: 1,
      handle: configure,
    },
    {
      name: "ibm,slot-error-detail",
      token: 0x2025,
      args: 8,
      results: 1,
      handle: errorDetail,
    },
  ];
}
